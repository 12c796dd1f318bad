-- One row: a month whose deliveries are watched: the last one that was due at a moment, and those of alerts that are not resolved.
-- Read by notice.watch.
with last_due as (
    select period
    from core.period
    where
        calendar = 'calendar'
        and due_at <= :moment
    order by starts_at desc
    limit 1
)

select period
from last_due
union
select period
from ops.alert
where
    state <> 'resolved'
    and rule = any(cast(:rules as text[]))
order by period
