-- One row: a delivery that a comparison with earlier ones had refused, and that a person accepted.
-- Made from ops.delivery_override, which `onestop deliveries accept` fills.
create or replace view bi.delivery_override as
select
    override.delivery_override_id,
    override.delivery_id,
    delivery.source_id,
    delivery.period,
    override.rules,
    override.reason,
    override.accepted_by,
    override.accepted_at
from ops.delivery_override as override
inner join ops.delivery
    on override.delivery_id = delivery.delivery_id;

comment on view bi.delivery_override is 'Lần nhận số liệu bị từ chối do khác thường so với trước và được người có trách nhiệm chấp nhận. | Deliveries refused for how they differ from earlier ones, and accepted by a person.';
comment on column bi.delivery_override.delivery_override_id is 'Mã lần chấp nhận. | Acceptance.';
comment on column bi.delivery_override.delivery_id is 'Mã lần nhận. | Delivery.';
comment on column bi.delivery_override.source_id is 'Mã nguồn. | Source.';
comment on column bi.delivery_override.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.delivery_override.rules is 'Các quy tắc so sánh được bỏ qua. | Rules of comparison that were overridden.';
comment on column bi.delivery_override.reason is 'Lý do chấp nhận. | Why it was accepted.';
comment on column bi.delivery_override.accepted_by is 'Người chấp nhận. | Who accepted it.';
comment on column bi.delivery_override.accepted_at is 'Thời điểm chấp nhận. | When it was accepted.';
