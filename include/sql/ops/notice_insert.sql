-- One row: a mail in the outbox. Written by notice.queue, in the transaction that changes its alerts.
-- The same changes to the same recipient are queued once, whoever tries again.
insert into ops.notice (dedup_key, route, recipient, subject, body_text, body_html, alert_ids, publication_id)
values (
    :dedup_key, :route, :recipient, :subject, :body_text, :body_html, cast(:alert_ids as bigint[]), cast(:publication_id as bigint)
)
on conflict (dedup_key) do nothing
returning notice_id
