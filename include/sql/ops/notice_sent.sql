-- One row: a mail that the mail server has taken.
-- Written by notice.deliver in the transaction that holds its claim.
update ops.notice
set
    state = 'sent',
    attempts = attempts + 1,
    last_error = null,
    sent_at = clock_timestamp()
where notice_id = :notice_id
