-- One row: an alert whose rule is no longer configured, ended without being told.
-- Written by notice.evaluate.
update ops.alert
set
    state = 'resolved',
    resolution = 'lapsed',
    changed_at = clock_timestamp(),
    changed_by = :changed_by
where
    state <> 'resolved'
    and rule <> all(cast(:rules as text[]))
returning alert_key
