-- One row: a unit and the agency part of its codes in a delivery's accepted dossiers, where it has the national shape: 000.00.12.H02.
select distinct
    unit_code as owner_unit_code,
    split_part(dossier_code, '-', 1) as agency_part
from {{ typed }}
where
    reasons is null
    and dossier_code like '%.%-%-%'
