-- Remembers that a full delivery shows unchanged what earlier ones of its source brought of its month, and what of that it lacks, or is
-- known better from a later one; nothing where it shows none of it. After changed versions were ended: what it does not confirm is a part
-- of what is current of the month, so that one row more tells that it confirms something. Not looked for by `not exists`: the planner
-- expects to meet one soon, and of 20,000 that all are lacking compares each with each, 17 s.
with unconfirmed as materialized (
    select
        unit_code,
        dossier_code
    from merge_row
    where
        outcome in ('lacking', 'older')
        and is_of_month
),

begun as (
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
    from (select count(*) as row_count from unconfirmed) as counted
    where
        counted.row_count < (
            select count(*)
            from (
                select 1
                from core.dossier_version as held
                where
                    held.known_to = 'infinity'
                    and held.delivery_id = any(:earlier_ids)
                    and held.received_at >= :received_from
                    and held.received_at <= :received_to
                    and held.owner_unit_code = any(:unit_codes)
                limit counted.row_count + 1 -- noqa: AM09
            ) as current_of_month
        )
    returning delivery_id
)

insert into core.unconfirmed_dossier (delivery_id, owner_unit_code, dossier_code)
select
    begun.delivery_id,
    unconfirmed.unit_code,
    unconfirmed.dossier_code
from begun
cross join unconfirmed
