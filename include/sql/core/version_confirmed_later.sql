-- Marks as older what a later delivery has already shown unchanged: the current version holds since that delivery.
update merge_row
set outcome = 'older'
from core.version_confirmation as confirmation
cross join lateral unnest(confirmation.record_keys) as confirmed (record_key)
where
    merge_row.outcome = 'changed'
    and confirmation.dataset = :dataset
    and (confirmation.observed_at, confirmation.delivery_id) > (:observed_at, :delivery_id)
    and confirmed.record_key = concat_ws(
        chr(31),
        {% for column in key %}
            merge_row.{{ column }}{{ '' if loop.last else ',' }}
        {% endfor %}
    )
