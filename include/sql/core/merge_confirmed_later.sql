-- Marks as older what a later delivery has already shown unchanged: the current version holds since that delivery.
update merge_row
set outcome = 'older'
from core.confirmed_dossier as confirmed
where
    merge_row.outcome = 'changed'
    and merge_row.unit_code = confirmed.owner_unit_code
    and merge_row.dossier_code = confirmed.dossier_code
    and confirmed.owner_unit_code = any(:unit_codes)
    and (confirmed.observed_at, confirmed.delivery_id) > (:observed_at, :delivery_id)
