-- One row: how many of the dossiers that earlier deliveries brought, each of them once, do not stand in a typed table, not even refused.
-- Counted by every processor; core/dossier_brought.sql says whether each is brought once.
select count(*) as gone_count
from
    core.delivered_dossier(
        :delivery_ids, :confirmed_delivery_ids, :unit_codes, :received_from, :received_to, :confirmed_at
    ) as known
where
    not exists (
        select 1
        from {{ typed }} as typed
        where
            typed.unit_code = known.owner_unit_code
            and typed.dossier_code = known.dossier_code
    )
