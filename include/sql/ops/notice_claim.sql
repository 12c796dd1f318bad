-- One row: the next mail to send after a given one. The lock on its row is the claim: whoever dies holding it lets it go.
-- Read by notice.deliver; what another deliverer holds is passed over.
select
    notice_id,
    dedup_key,
    route,
    recipient,
    subject,
    body_text,
    body_html
from ops.notice
where
    state = 'pending'
    and notice_id > :after
order by notice_id
limit 1
for update skip locked
