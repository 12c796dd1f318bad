-- One row: how many of the dossiers that earlier deliveries brought, each of them once, do not stand in a typed table, not even refused.
-- Counted by every processor; core/dossier_brought.sql says whether each is brought once.
with known as (
    select
        owner_unit_code,
        dossier_code
    from core.dossier_version
    where delivery_id = any(:delivery_ids)
    union all
    select
        confirmation.owner_unit_code,
        confirmed.dossier_code
    from core.dossier_confirmation as confirmation
    cross join lateral unnest(confirmation.dossier_codes) as confirmed (dossier_code)
    where confirmation.delivery_id = any(:delivery_ids)
)

select count(*) as gone_count
from known
where
    not exists (
        select 1
        from {{ typed }} as typed
        where
            typed.unit_code = known.owner_unit_code
            and typed.dossier_code = known.dossier_code
    )
