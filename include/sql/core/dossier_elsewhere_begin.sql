-- One row: a dossier that is counted at another unit, which reports it too. Filled after every merge of dossiers.
insert into core.dossier_elsewhere (owner_unit_code, dossier_code, counted_unit_code, known_from)
select
    owner_unit_code,
    dossier_code,
    counted_unit_code,
    clock_timestamp() as known_from
from core.dossier_double(:agency_parts)
on conflict (owner_unit_code, dossier_code) where known_to = 'infinity' do nothing
