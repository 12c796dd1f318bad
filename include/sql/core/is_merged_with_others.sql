-- Whether other deliveries of the same month are loaded and not decided, that bring at least half as many records as this one. Not of one
-- with more than `most`.
select coalesce(sum(other.record_count) * 2 >= max(own.record_count), false) as is_merged_with_others
from ops.delivery as own
inner join ops.delivery as other
    on
        own.dataset = other.dataset
        and own.period = other.period
        and own.delivery_id <> other.delivery_id
where
    own.delivery_id = :delivery_id
    and own.record_count <= :most
    and other.state = 'loaded'
