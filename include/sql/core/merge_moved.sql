-- Finds, for the rows of one unit that seem new, a current version in another month: a dossier whose receipt was
-- corrected. Only the range of their codes is read.
update merge_row
set
    held_in = elsewhere.tableoid,
    held_at = elsewhere.ctid,
    current_received_at = elsewhere.received_at,
    current_delivery_id = elsewhere.delivery_id,
    current_known_from = elsewhere.known_from,
    outcome = core.merge_outcome(
        elsewhere.row_hash, elsewhere.observed_at, elsewhere.delivery_id,
        merge_row.row_hash, :observed_at, :delivery_id
    )
from core.dossier_version as elsewhere
where
    merge_row.outcome = 'new'
    and merge_row.unit_code = :unit_code
    and elsewhere.owner_unit_code = :unit_code
    and elsewhere.dossier_code >= :first_code
    and elsewhere.dossier_code <= :last_code
    and elsewhere.dossier_code = merge_row.dossier_code
    and elsewhere.known_to = 'infinity'
    and (elsewhere.received_at < :first_received_at or elsewhere.received_at > :last_received_at)
