-- One row: an agency part of the codes of dossiers that were withdrawn, or whose mark of absence began or ended, in this transaction.
select distinct split_part(dossier_code, '-', 1) as agency_part
from marked_dossier
