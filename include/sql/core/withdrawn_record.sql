-- One row: a record that a delivery left a version of, or confirmed, and does not bring as judged now: it is refused, or is another's.
insert into core.withdrawn_record (delivery_id, record_key)
with brought as (
    select distinct
        concat_ws(
            chr(31),
            {% for column in key %}
                {{ column }}{{ '' if loop.last else ',' }}
            {% endfor %}
        ) as record_key
    from {{ typed }}
    where reasons is null
),

held as (
    select
        concat_ws(
            chr(31),
            {% for column in version_key %}
                {{ column }}{{ '' if loop.last else ',' }}
            {% endfor %}
        ) as record_key
    from {{ versions }}
    where delivery_id = :delivery_id
    union
    {% if confirmed_by_unit %}
        select concat_ws(chr(31), confirmed.owner_unit_code, confirmed.dossier_code) as record_key
        from core.confirmed_dossier as confirmed
        where confirmed.delivery_id = :delivery_id
    {% else %}
        select confirmed.record_key
        from core.version_confirmation as confirmation
        cross join lateral unnest(confirmation.record_keys) as confirmed (record_key)
        where confirmation.delivery_id = :delivery_id
    {% endif %}
)

select
    cast(:delivery_id as bigint) as delivery_id,
    held.record_key
from held
left join brought
    on held.record_key = brought.record_key
where brought.record_key is null
on conflict (delivery_id, record_key) do nothing
