-- One row: an accepted delivery of a source that was observed after another; the last full one of that one's month first.
select
    delivery_id,
    observed_at,
    is_full and period = :period as is_full_of_month
from ops.delivery
where
    source_id = :source_id
    and state = 'accepted'
    and (observed_at, delivery_id) > (:observed_at, :delivery_id)
order by is_full_of_month desc, observed_at desc, delivery_id desc
limit 1
