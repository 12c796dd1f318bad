-- Ends the marks of dossiers that are no doubles any more, or are counted at another unit than was marked; of units that both use the
-- agency part, as core.dossier_double compares them. Other marks are those of core/dossier_moved.sql.
update core.dossier_elsewhere as held
set known_to = clock_timestamp()
where
    held.known_to = 'infinity'
    and split_part(held.dossier_code, '-', 1) = any(:agency_parts)
    and 2 = (
        select count(*)
        from core.dossier_prefix as used
        where
            used.agency_part = split_part(held.dossier_code, '-', 1)
            and used.owner_unit_code in (held.owner_unit_code, held.counted_unit_code)
    )
    and not exists (
        select 1
        from core.dossier_double(:agency_parts) as twice
        where
            twice.owner_unit_code = held.owner_unit_code
            and twice.dossier_code = held.dossier_code
            and twice.counted_unit_code = held.counted_unit_code
    )
