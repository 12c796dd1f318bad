-- One row: what earlier deliveries have brought, counted: their versions, closed ones too, and the codes that they confirmed, a list a
-- unit, or as a month but for some. Versions are never deleted, a month is told once: the same counts and digest mean the same dossiers.
with held as (
    select
        count(*) as version_count,
        count(*) filter (where known_to < 'infinity') as closed_count,
        min(known_from) as first_known,
        max(known_from) as last_known
    from core.dossier_version
    where delivery_id = any(:delivery_ids)
),

confirmed as (
    select
        count(*) as list_count,
        count(distinct owner_unit_code) as unit_count,
        coalesce(sum(hashtextextended(dossier_codes, delivery_id)), 0) as list_digest
    from core.dossier_confirmation
    where delivery_id = any(:delivery_ids)
),

confirmed_month as (
    select
        count(*) as month_count,
        max(confirmed_at) as confirmed_at
    from core.month_confirmation
    where delivery_id = any(:delivery_ids)
),

unconfirmed as (
    select count(*) as unconfirmed_count
    from core.unconfirmed_dossier
    where delivery_id = any(:delivery_ids)
)

select
    held.version_count,
    held.closed_count,
    confirmed.list_count,
    confirmed.unit_count,
    confirmed.list_digest,
    confirmed_month.month_count,
    unconfirmed.unconfirmed_count,
    held.first_known >= confirmed_month.confirmed_at and held.last_known <= confirmed_month.confirmed_at as is_of_one_merge
from held
cross join confirmed
cross join confirmed_month
cross join unconfirmed
