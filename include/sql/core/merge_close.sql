-- Ends the current versions of one month that changed rows replace, by the place where the comparison found them: to look for them again
-- would read the month once more. In the order of their places, so that each page is met once.
update core.dossier_version as held
set known_to = :known_from
from (
    select held_at
    from merge_row
    where
        outcome = 'changed'
        and held_in = :held_in
    order by held_at
) as replaced
where
    held.ctid = replaced.held_at
    and held.received_at >= :first_current
    and held.received_at <= :last_current
    and held.known_to = 'infinity'
