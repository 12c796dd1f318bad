-- One row: a dossier of which a version was withdrawn in this transaction, so that its double may count.
insert into marked_dossier (dossier_code)
select dossier_code
from core.dossier_version
where
    delivery_id = :delivery_id
    and known_to = :known_from
