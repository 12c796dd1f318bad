-- Takes from what a delivery confirmed what it does not bring any more (core.withdrawn_record). A list without records goes.
{% if confirmed_by_unit %}
    with unconfirmed as (
        insert into core.unconfirmed_dossier (delivery_id, owner_unit_code, dossier_code)
        select
            month.delivery_id,
            split_part(withdrawn.record_key, chr(31), 1) as owner_unit_code,
            split_part(withdrawn.record_key, chr(31), 2) as dossier_code
        from core.month_confirmation as month
        inner join core.withdrawn_record as withdrawn
            on month.delivery_id = withdrawn.delivery_id
        where month.delivery_id = :delivery_id
        on conflict do nothing
    ),

    kept as (
        select
            confirmation.owner_unit_code,
            string_agg(confirmed.dossier_code, chr(31) order by confirmed.place)
            filter (where withdrawn.record_key is null) as dossier_codes
        from core.dossier_confirmation as confirmation
        cross join lateral string_to_table(confirmation.dossier_codes, chr(31)) with ordinality as confirmed (dossier_code, place)
        left join core.withdrawn_record as withdrawn
            on
                confirmation.delivery_id = withdrawn.delivery_id
                and withdrawn.record_key = concat_ws(chr(31), confirmation.owner_unit_code, confirmed.dossier_code)
        where confirmation.delivery_id = :delivery_id
        group by confirmation.owner_unit_code
        having count(withdrawn.record_key) > 0
    ),

    emptied as (
        delete from core.dossier_confirmation as held
        using kept
        where
            held.delivery_id = :delivery_id
            and held.owner_unit_code = kept.owner_unit_code
            and kept.dossier_codes is null
    )

    update core.dossier_confirmation as held
    set dossier_codes = kept.dossier_codes
    from kept
    where
        held.delivery_id = :delivery_id
        and held.owner_unit_code = kept.owner_unit_code
        and kept.dossier_codes is not null
{% else %}
    with kept as (
        select array_agg(confirmed.record_key order by confirmed.place) filter (where withdrawn.record_key is null) as record_keys
        from core.version_confirmation as confirmation
        cross join lateral unnest(confirmation.record_keys) with ordinality as confirmed (record_key, place)
        left join core.withdrawn_record as withdrawn
            on
                confirmation.delivery_id = withdrawn.delivery_id
                and confirmed.record_key = withdrawn.record_key
        where confirmation.delivery_id = :delivery_id
        having count(withdrawn.record_key) > 0
    ),

    emptied as (
        delete from core.version_confirmation as held
        using kept
        where
            held.delivery_id = :delivery_id
            and kept.record_keys is null
    )

    update core.version_confirmation as held
    set record_keys = kept.record_keys
    from kept
    where
        held.delivery_id = :delivery_id
        and kept.record_keys is not null
{% endif %}
