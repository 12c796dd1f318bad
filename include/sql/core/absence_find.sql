-- One row: a dossier that earlier deliveries of a month brought and this full one does not have, refused rows included; some twice. Filled
-- after the merge. A table of its own, because PostgreSQL looks for what it inserts with one processor only.
create temporary table absent_dossier on commit drop as
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

select
    known.owner_unit_code,
    known.dossier_code
from known
where
    not exists (
        select 1
        from {{ typed }} as typed
        where
            typed.unit_code = known.owner_unit_code
            and typed.dossier_code = known.dossier_code
    )
