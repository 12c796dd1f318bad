-- One row: how many dossiers earlier deliveries brought, and how many of them stand in a typed table, refused or not.
with known as (
    select distinct
        owner_unit_code,
        dossier_code
    from core.delivered_dossier(
        :delivery_ids, :confirmed_delivery_ids, :unit_codes, :received_from, :received_to, :confirmed_at
    )
),

shared as (
    select count(*) as shared_count
    from known
    where
        exists (
            select 1
            from {{ typed }} as typed
            where
                typed.unit_code = known.owner_unit_code
                and typed.dossier_code = known.dossier_code
        )
)

select
    count(*) as known_count,
    (select shared.shared_count from shared) as shared_count
from known
