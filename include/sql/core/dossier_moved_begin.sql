-- One row: a dossier that its source has moved to another unit, where it is counted. Filled after every merge of dossiers that has any
-- (core/dossier_moved.sql); those that core.dossier_double compares are left to it.
insert into core.dossier_elsewhere (owner_unit_code, dossier_code, counted_unit_code, known_from)
select
    owner_unit_code,
    dossier_code,
    counted_unit_code,
    clock_timestamp() as known_from
from moved_dossier
where counted_unit_code is not null
on conflict (owner_unit_code, dossier_code) where known_to = 'infinity' do nothing
