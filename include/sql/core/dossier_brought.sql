-- One row: what earlier deliveries have brought, counted: their versions, closed ones too, and the codes that they confirmed, a list a
-- unit. Versions are never deleted, so the same counts and digest mean the same dossiers.
with held as (
    select
        count(*) as version_count,
        count(*) filter (where known_to < 'infinity') as closed_count
    from core.dossier_version
    where delivery_id = any(:delivery_ids)
),

confirmed as (
    select
        count(*) as list_count,
        count(distinct owner_unit_code) as unit_count,
        coalesce(sum(core.code_count(dossier_codes)), 0) as confirmed_count,
        coalesce(sum(hashtextextended(dossier_codes, delivery_id)), 0) as confirmed_digest
    from core.dossier_confirmation
    where delivery_id = any(:delivery_ids)
)

select
    held.version_count,
    held.closed_count,
    confirmed.list_count,
    confirmed.unit_count,
    confirmed.confirmed_count,
    confirmed.confirmed_digest
from held
cross join confirmed
