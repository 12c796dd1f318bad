-- One row: a dossier that a delivery brings, and that is marked absent at another unit of the same source. Beside those withdrawn, missed
-- or found again in this transaction.
insert into marked_dossier (dossier_code)
select typed.dossier_code
from core.dossier_absence as absence
inner join {{ typed }} as typed
    on
        absence.dossier_code = typed.dossier_code
        and absence.owner_unit_code <> typed.unit_code
where
    absence.source_id = :source_id
    and absence.known_to = 'infinity'
    and typed.reasons is null
