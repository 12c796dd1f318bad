-- One row: a silenced alert whose last day of silence is over at a moment, open again and to be told again.
-- Written by notice.evaluate and notice.watch after what ceased has been resolved; reason and expiry stay as its history.
update ops.alert
set
    state = 'open',
    told_change = null,
    changed_at = clock_timestamp(),
    changed_by = :changed_by
where
    state = 'silenced'
    and silenced_until < cast(cast(:moment as timestamptz) at time zone :timezone as date)
    and rule = any(cast(:rules as text[]))
    and (cast(:period as text) is null or period = :period)
returning alert_key
