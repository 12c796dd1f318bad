-- Ends the marks of dossiers that their source has here again, or has no more at the unit where they were counted. What is absent at both
-- stays counted where it was. Two units that use the agency part of the code are compared by core.dossier_double.
update core.dossier_elsewhere as held
set known_to = clock_timestamp()
from moved_dossier as here
where
    held.known_to = 'infinity'
    and held.owner_unit_code = here.owner_unit_code
    and held.dossier_code = here.dossier_code
    and not (
        here.is_compared
        and exists (
            select 1
            from core.dossier_prefix as used
            where
                used.owner_unit_code = held.counted_unit_code
                and used.agency_part = split_part(held.dossier_code, '-', 1)
        )
    )
    and not (
        here.is_absent
        and exists (
            select 1
            from moved_dossier as there
            where
                there.owner_unit_code = held.counted_unit_code
                and there.dossier_code = held.dossier_code
                and (
                    not there.is_absent
                    or not exists (
                        select 1
                        from moved_dossier as present
                        where
                            present.dossier_code = held.dossier_code
                            and not present.is_absent
                    )
                )
        )
    )
