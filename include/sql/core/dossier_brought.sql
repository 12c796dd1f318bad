-- One row: what earlier deliveries have brought, counted: their versions, closed ones too, and the codes that they confirmed, a list a unit.
-- Versions are never deleted, so the same counts and digest mean the same dossiers.
select
    version.version_count,
    version.closed_count,
    confirmation.list_count,
    confirmation.unit_count,
    confirmation.confirmed_count,
    confirmation.confirmed_digest
from (
    select
        count(*) as version_count,
        count(*) filter (where known_to < 'infinity') as closed_count
    from core.dossier_version
    where delivery_id = any(:delivery_ids)
) as version
cross join (
    select
        count(*) as list_count,
        count(distinct owner_unit_code) as unit_count,
        coalesce(sum(cardinality(dossier_codes)), 0) as confirmed_count,
        coalesce(sum(hash_array_extended(dossier_codes, delivery_id)), 0) as confirmed_digest
    from core.dossier_confirmation
    where delivery_id = any(:delivery_ids)
) as confirmation
