-- One row: a dossier that earlier deliveries of a month brought and this full one does not have, refused rows included; some twice. Filled
-- after the merge. A table of its own, because PostgreSQL looks for what it inserts with one processor only.
create temporary table absent_dossier on commit drop as
select
    known.owner_unit_code,
    known.dossier_code
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
