-- One row: a unit's dossiers resolved in a month by fee and payment; latest official revision.
-- Made from mart.payment_month.
create or replace view bi.payment_month as
select
    publication_unit.publication_id,
    publication_unit.revision,
    publication_unit.published_at,
    publication_unit.calendar,
    publication_unit.period,
    publication_unit.unit_code,
    publication_unit.unit_name_vi,
    publication_unit.unit_name_en,
    publication_unit.unit_group,
    publication_unit.unit_type,
    publication_unit.roster_order,
    publication_unit.reporting_status,
    fact.resolved_count,
    fact.with_fee_count,
    fact.without_fee_count,
    fact.fee_unknown_count,
    fact.paid_online_count,
    fact.national_gateway_count,
    fact.local_gateway_count,
    fact.counter_count,
    fact.unpaid_count,
    fact.method_unknown_count,
    fact.fee_amount,
    fact.paid_online_amount,
    round(100.0 * fact.paid_online_count / nullif(fact.with_fee_count, 0), 4) as online_payment_rate_percent
from mart.publication_unit
inner join mart.payment_month as fact
    on
        publication_unit.publication_id = fact.publication_id
        and publication_unit.period = fact.period
        and publication_unit.unit_code = fact.unit_code
where publication_unit.is_latest;

comment on view bi.payment_month is 'Thanh toán trực tuyến của hồ sơ đã giải quyết trong tháng, lần công bố chính thức mới nhất. | Online payment of the dossiers resolved in the month, latest official revision.';
comment on column bi.payment_month.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.payment_month.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.payment_month.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.payment_month.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.payment_month.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.payment_month.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.payment_month.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.payment_month.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.payment_month.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.payment_month.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.payment_month.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.payment_month.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.payment_month.resolved_count is 'Số hồ sơ đã giải quyết trong tháng; trống là chưa có số liệu. | Dossiers resolved in the month; null is no data, never 0.';
comment on column bi.payment_month.with_fee_count is 'Hồ sơ đã giải quyết có phí, lệ phí; trống là chưa có số liệu. | Resolved dossiers with a fee; null is no data, never 0.';
comment on column bi.payment_month.without_fee_count is 'Hồ sơ đã giải quyết không có phí; trống là chưa có số liệu. | Resolved dossiers without a fee; null is no data, never 0.';
comment on column bi.payment_month.fee_unknown_count is 'Hồ sơ đã giải quyết không rõ phí; trống là chưa có số liệu. | Resolved dossiers whose fee is not stated; null is no data, never 0.';
comment on column bi.payment_month.paid_online_count is 'Có phí, thanh toán trực tuyến qua cổng quốc gia hoặc cổng địa phương; trống là chưa có số liệu. | With a fee, paid online: at the national or a local gateway; null is no data, never 0.';
comment on column bi.payment_month.national_gateway_count is 'Có phí, qua cổng thanh toán quốc gia; trống là chưa có số liệu. | With a fee, paid at the national gateway; null is no data, never 0.';
comment on column bi.payment_month.local_gateway_count is 'Có phí, qua cổng thanh toán địa phương; trống là chưa có số liệu. | With a fee, paid at a local gateway; null is no data, never 0.';
comment on column bi.payment_month.counter_count is 'Có phí, nộp tại quầy; trống là chưa có số liệu. | With a fee, paid at the counter; null is no data, never 0.';
comment on column bi.payment_month.unpaid_count is 'Có phí, chưa thanh toán; trống là chưa có số liệu. | With a fee, not paid; null is no data, never 0.';
comment on column bi.payment_month.method_unknown_count is 'Có phí, không rõ hình thức; trống là chưa có số liệu. | With a fee, method not stated; null is no data, never 0.';
comment on column bi.payment_month.fee_amount is 'Tổng phí đã biết, đồng; trống khi không biết phí nào. | Sum of the known fees, đồng; null when none is known.';
comment on column bi.payment_month.paid_online_amount is 'Trong đó thanh toán trực tuyến, đồng. | Of that, paid online, đồng.';
comment on column bi.payment_month.online_payment_rate_percent is 'Tỷ lệ thanh toán trực tuyến trên hồ sơ có phí; trống khi không có hồ sơ có phí. | Percent paid online of those with a fee; null when none has one.';
