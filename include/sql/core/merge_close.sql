-- Ends the current versions that changed rows replace.
update core.dossier_version as held
set known_to = :known_from
from merge_row
where
    merge_row.outcome = 'changed'
    and held.owner_unit_code = merge_row.unit_code
    and held.dossier_code = merge_row.dossier_code
    and held.received_at = merge_row.current_received_at
    and held.known_to = 'infinity'
    and held.owner_unit_code = any(:unit_codes)
    and held.received_at >= :first_current
    and held.received_at <= :last_current
