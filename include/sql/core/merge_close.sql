-- Ends the current versions of one month that changed rows replace, by the place where the comparison found them: to look for them again
-- would read the month once more.
update core.dossier_version as held
set known_to = :known_from
from merge_row
where
    merge_row.outcome = 'changed'
    and merge_row.held_in = :held_in
    and held.ctid = merge_row.held_at
    and held.received_at >= :first_current
    and held.received_at <= :last_current
    and held.known_to = 'infinity'
