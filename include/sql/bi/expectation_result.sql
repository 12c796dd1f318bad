-- One row: the result of one expectation on one delivery.
-- Made from ops.expectation_result, which the contracts fill.
create or replace view bi.expectation_result as
select
    result.delivery_id,
    delivery.source_id,
    delivery.period,
    result.expectation,
    result.severity,
    result.is_met,
    result.observed,
    result.expected,
    result.checked_count,
    result.failing_count,
    result.message_vi,
    result.remedy_vi,
    result.evaluated_at
from ops.expectation_result as result
inner join ops.delivery
    on result.delivery_id = delivery.delivery_id;

comment on view bi.expectation_result is 'Kết quả kiểm tra chất lượng của từng lần nhận. | Quality check results of each delivery.';
comment on column bi.expectation_result.delivery_id is 'Mã lần nhận. | Delivery.';
comment on column bi.expectation_result.source_id is 'Mã nguồn. | Source.';
comment on column bi.expectation_result.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.expectation_result.expectation is 'Yêu cầu được kiểm tra. | Expectation checked.';
comment on column bi.expectation_result.severity is 'Mức độ: refuse_delivery, refuse_row, warn. | Severity: refuse_delivery, refuse_row or warn.';
comment on column bi.expectation_result.is_met is 'Đạt yêu cầu. | Whether it was met.';
comment on column bi.expectation_result.observed is 'Giá trị đo được. | Value observed.';
comment on column bi.expectation_result.expected is 'Giá trị yêu cầu. | Value expected.';
comment on column bi.expectation_result.checked_count is 'Số dòng đã kiểm tra. | Rows checked.';
comment on column bi.expectation_result.failing_count is 'Số dòng không đạt. | Rows failing.';
comment on column bi.expectation_result.message_vi is 'Diễn giải. | Explanation in Vietnamese.';
comment on column bi.expectation_result.remedy_vi is 'Cách khắc phục. | Remedy in Vietnamese.';
comment on column bi.expectation_result.evaluated_at is 'Thời điểm kiểm tra. | When it was evaluated.';
