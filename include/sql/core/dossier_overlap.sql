-- One row: how many dossiers earlier deliveries brought, and how many of them stand in a typed table, refused or not.
with known as (
    select
        owner_unit_code,
        dossier_code
    from core.dossier_version
    where delivery_id = any(:delivery_ids)
    union
    select
        confirmation.owner_unit_code,
        confirmed.dossier_code
    from core.dossier_confirmation as confirmation
    cross join lateral unnest(confirmation.dossier_codes) as confirmed (dossier_code)
    where confirmation.delivery_id = any(:delivery_ids)
),

held as (
    select distinct
        unit_code,
        dossier_code
    from {{ typed }}
)

select
    count(*) as known_count,
    count(held.dossier_code) as shared_count
from known
left join held
    on
        known.owner_unit_code = held.unit_code
        and known.dossier_code = held.dossier_code
