-- Remembers that a full delivery shows unchanged what earlier ones of its source brought of its month, and what of that it lacks, or is
-- known better from a later one; nothing where it shows none of it. After changed versions were ended.
with begun as (
    insert into core.month_confirmation (
        delivery_id, confirmed_at, observed_at, confirmed_delivery_ids, unit_codes, received_from, received_to
    )
    select
        :delivery_id as delivery_id,
        :known_from as confirmed_at,
        :observed_at as observed_at,
        :earlier_ids as confirmed_delivery_ids,
        :unit_codes as unit_codes,
        :received_from as received_from,
        :received_to as received_to
    where
        exists (
            select 1
            from core.dossier_version as held
            where
                held.known_to = 'infinity'
                and held.delivery_id = any(:earlier_ids)
                and held.received_at >= :received_from
                and held.received_at <= :received_to
                and held.owner_unit_code = any(:unit_codes)
                and not exists (
                    select 1
                    from merge_row
                    where
                        merge_row.outcome in ('lacking', 'older')
                        and merge_row.unit_code = held.owner_unit_code
                        and merge_row.dossier_code = held.dossier_code
                )
        )
    returning delivery_id
)

insert into core.unconfirmed_dossier (delivery_id, owner_unit_code, dossier_code)
select
    begun.delivery_id,
    merge_row.unit_code,
    merge_row.dossier_code
from begun
cross join merge_row
where
    merge_row.outcome in ('lacking', 'older')
    and merge_row.is_of_month
