-- One row: what the agency was told of a delivery that was judged.
-- Made from ops.delivery_answer and the outbox, which are filled with the decision.
create or replace view bi.delivery_answer as
select
    answer.delivery_id,
    delivery.source_id,
    delivery.period,
    answer.told_count,
    notice.state as mail_state,
    answer.answered_at,
    answer.data_docs_path is not null as has_data_docs
from ops.delivery_answer as answer
inner join ops.delivery
    on answer.delivery_id = delivery.delivery_id
left join ops.notice
    on answer.notice_id = notice.notice_id;

comment on view bi.delivery_answer is 'Trả lời đơn vị về từng lần gửi số liệu. | What agencies were told of their deliveries.';
comment on column bi.delivery_answer.delivery_id is 'Mã lần nhận. | Delivery.';
comment on column bi.delivery_answer.source_id is 'Mã nguồn. | Source.';
comment on column bi.delivery_answer.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.delivery_answer.told_count is 'Số lỗi và cảnh báo trong tệp trả lời; 0 là không có tệp. | Findings in the error file; 0: there is none.';
comment on column bi.delivery_answer.mail_state is 'Thư trả lời: pending, sent, failed; trống là không gửi. | The mail to the contact: pending, sent or failed; null: none.';
comment on column bi.delivery_answer.answered_at is 'Thời điểm trả lời. | When it was answered.';
comment on column bi.delivery_answer.has_data_docs is 'Có trang kết quả kiểm tra. | Whether a page with the check results is kept.';
