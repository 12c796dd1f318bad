-- Marks as older what a later delivery has already shown unchanged: the current version holds since that delivery.
update merge_row
set outcome = 'older'
from core.dossier_confirmation as confirmation
cross join lateral unnest(confirmation.dossier_codes) as confirmed (dossier_code)
where
    merge_row.outcome = 'changed'
    and merge_row.unit_code = confirmation.owner_unit_code
    and merge_row.dossier_code = confirmed.dossier_code
    and confirmation.owner_unit_code = any(:unit_codes)
    and (confirmation.observed_at, confirmation.delivery_id) > (:observed_at, :delivery_id)
