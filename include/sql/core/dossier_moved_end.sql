-- Ends the marks of dossiers that are counted here, or at another unit than was marked (core/dossier_moved.sql). Two units that use the
-- agency part of the code are compared by core.dossier_double.
update core.dossier_elsewhere as held
set known_to = clock_timestamp()
from moved_dossier as here
where
    held.known_to = 'infinity'
    and held.owner_unit_code = here.owner_unit_code
    and held.dossier_code = here.dossier_code
    and here.counted_unit_code is distinct from held.counted_unit_code
    and 2 > (
        select count(*)
        from core.dossier_prefix as used
        where
            used.agency_part = split_part(held.dossier_code, '-', 1)
            and used.owner_unit_code in (held.owner_unit_code, held.counted_unit_code)
    )
