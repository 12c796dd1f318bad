-- One row: a delivery, what one source gave for one period in one pull.
-- Made from ops.delivery, which landing, reading and the contracts fill.
create or replace view bi.delivery as
select
    delivery_id,
    source_id,
    dataset,
    period,
    is_full,
    state,
    pulled_at,
    delivered_at,
    observed_at,
    decided_at,
    byte_count,
    declared_count,
    record_count,
    accepted_count,
    quarantined_count,
    reasons,
    decided_by,
    decision_note
from ops.delivery;

comment on view bi.delivery is 'Các lần nhận số liệu từ nguồn và tình trạng xử lý. | Deliveries of the sources and what became of them.';
comment on column bi.delivery.delivery_id is 'Mã lần nhận. | Delivery.';
comment on column bi.delivery.source_id is 'Mã nguồn. | Source.';
comment on column bi.delivery.dataset is 'Bộ dữ liệu. | Dataset.';
comment on column bi.delivery.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.delivery.is_full is 'Gồm toàn bộ hồ sơ của kỳ; false: chỉ gồm hồ sơ thay đổi từ lần nhận trước. | Whether it holds all dossiers of the period; false: only those that changed since the delivery before.';
comment on column bi.delivery.state is 'Trạng thái: landed, loaded, accepted, rejected. | State: landed, loaded, accepted or rejected.';
comment on column bi.delivery.pulled_at is 'Thời điểm lấy. | When it was pulled.';
comment on column bi.delivery.delivered_at is 'Thời điểm nguồn cung cấp; trống là không rõ. | When the source made it available; null is unknown.';
comment on column bi.delivery.observed_at is 'Thời điểm mà số liệu phản ánh. | The moment whose state it shows.';
comment on column bi.delivery.decided_at is 'Thời điểm chấp nhận hoặc từ chối. | When it was accepted or rejected.';
comment on column bi.delivery.byte_count is 'Dung lượng, byte. | Size in bytes.';
comment on column bi.delivery.declared_count is 'Số bản ghi nguồn khai báo. | Records that the source declared.';
comment on column bi.delivery.record_count is 'Số bản ghi đọc được. | Records read.';
comment on column bi.delivery.accepted_count is 'Số bản ghi được chấp nhận. | Records accepted.';
comment on column bi.delivery.quarantined_count is 'Số bản ghi bị cách ly. | Records quarantined.';
comment on column bi.delivery.reasons is 'Lý do từ chối, danh sách. | Why it was rejected, a list.';
comment on column bi.delivery.decided_by is 'Ai quyết định: contract (kiểm tra tự động) hoặc người. | Who decided: contract (automatic), or a person.';
comment on column bi.delivery.decision_note is 'Lý do của người quyết định. | The reason of the person who decided.';
