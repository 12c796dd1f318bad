-- One row: an alert whose last change stands in the outbox, or has no route that would tell it.
-- Written by notice.queue, with the notices.
update ops.alert
set told_change = case state when 'resolved' then 'resolved' else 'opened' end
where alert_id = any(cast(:alert_ids as bigint[]))
