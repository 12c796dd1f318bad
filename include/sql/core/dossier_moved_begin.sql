-- One row: a dossier that its source has moved to another unit, where it is counted: of several the first that received it. Filled after
-- every merge of dossiers that has any (core/dossier_moved.sql); those that core.dossier_double compares are left to it.
insert into core.dossier_elsewhere (owner_unit_code, dossier_code, counted_unit_code, known_from)
select distinct on (here.owner_unit_code, here.dossier_code)
    here.owner_unit_code,
    here.dossier_code,
    there.owner_unit_code as counted_unit_code,
    clock_timestamp() as known_from
from moved_dossier as here
inner join moved_dossier as there
    on
        here.dossier_code = there.dossier_code
        and not there.is_absent
where
    here.is_absent
    and not (here.is_compared and there.is_compared)
order by here.owner_unit_code asc, here.dossier_code asc, there.received_at asc, there.owner_unit_code asc
on conflict (owner_unit_code, dossier_code) where known_to = 'infinity' do nothing
