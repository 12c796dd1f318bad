-- Ends the current versions that a delivery once brought and, judged again, does not bring any more: of a record that is refused now,
-- or is another's. What a later delivery has confirmed stays. Gives the keys of the ended ones.
update {{ versions }} as held
set known_to = :known_from
where
    held.known_to = 'infinity'
    and held.delivery_id = :delivery_id
    and not exists (
        select 1
        from {{ typed }} as typed
        where
            typed.reasons is null
            {% for column in key %}
                and typed.{{ column }} = held.{{ version_key[loop.index0] }}
            {% endfor %}
    )
    {% if confirmed_by_unit %}
        and not exists (
            select 1
            from core.dossier_confirmation as confirmation
            where
                confirmation.owner_unit_code = held.owner_unit_code
                and (confirmation.observed_at, confirmation.delivery_id) > (held.observed_at, held.delivery_id)
                and held.dossier_code = any(confirmation.dossier_codes)
        )
    {% else %}
        and not exists (
            select 1
            from core.version_confirmation as confirmation
            where
                confirmation.dataset = :dataset
                and (confirmation.observed_at, confirmation.delivery_id) > (held.observed_at, held.delivery_id)
                and concat_ws(
                    chr(31),
                    {% for column in version_key %}
                        held.{{ column }}{{ '' if loop.last else ',' }}
                    {% endfor %}
                ) = any(confirmation.record_keys)
        )
    {% endif %}
