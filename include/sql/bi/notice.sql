-- One row: a mail of the outbox, without its text and without the mailbox it goes to.
-- Made from ops.notice, which notice.queue fills and notice.deliver sends. Mail servers name mailboxes in their errors: they are left out.
create or replace view bi.notice as
select
    notice_id,
    route,
    subject,
    publication_id,
    state,
    attempts,
    queued_at,
    sent_at,
    cardinality(alert_ids) as alert_count,
    substring(recipient from '@(.*)$') as recipient_domain,
    regexp_replace(last_error, '[^\s<>(){}''":,;]+@[^\s<>(){}''":,;]+', '…', 'g') as last_error
from ops.notice;

comment on view bi.notice is 'Thư thông báo và tình trạng gửi, không có địa chỉ người nhận. | Notices and whether they were sent, without mailboxes.';
comment on column bi.notice.notice_id is 'Mã thư. | Notice.';
comment on column bi.notice.route is 'Tuyến thông báo. | Route.';
comment on column bi.notice.subject is 'Tiêu đề. | Subject.';
comment on column bi.notice.publication_id is 'Lần công bố mà thư nói đến; trống khi do theo dõi hằng ngày. | Publication it is about; null when the daily watch wrote it.';
comment on column bi.notice.state is 'Tình trạng: pending (chờ gửi), sent (đã gửi), failed (gửi không được). | State: pending, sent or failed.';
comment on column bi.notice.attempts is 'Số lần đã thử gửi. | Attempts to send it.';
comment on column bi.notice.queued_at is 'Thời điểm ghi vào hàng đợi. | When it was queued.';
comment on column bi.notice.sent_at is 'Thời điểm máy chủ thư nhận. | When the mail server took it.';
comment on column bi.notice.alert_count is 'Số cảnh báo được nêu. | Alerts that it tells of.';
comment on column bi.notice.recipient_domain is 'Tên miền của hộp thư nhận. | Domain of the mailbox it goes to.';
comment on column bi.notice.last_error is 'Lỗi của lần thử gần nhất, đã bỏ địa chỉ thư. | Error of the last attempt, mailboxes left out.';
