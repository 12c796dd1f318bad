-- One row: a mail that could not be sent: it stays pending, and fails for good after the last attempt.
-- Written by notice.deliver in the transaction that holds its claim.
update ops.notice
set
    state = case when attempts + 1 < :most_attempts then 'pending' else 'failed' end,
    attempts = attempts + 1,
    last_error = :error
where notice_id = :notice_id
returning state
