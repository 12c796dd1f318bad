-- One row: a dossier of a delivery that came late, or was judged again, that the later full delivery of its month does not have, as far as
-- the row that it refused tells; core/absence_shown.sql takes away what it or a later one has shown. Filled after the merge.
create temporary table absent_dossier on commit drop as
select
    typed.unit_code as owner_unit_code,
    typed.dossier_code
from {{ typed }} as typed
where
    typed.reasons is null
    and typed.dossier_code not in (
        select refused.raw ->> 'dossier_code'
        from quarantine.row as refused
        where
            refused.delivery_id = :lacking_id
            and refused.state <> 'replayed'
            and refused.raw ->> 'dossier_code' is not null
    )
