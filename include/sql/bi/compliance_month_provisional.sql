-- One row: a unit, scope and metric in a month; current provisional figures of a month still in flux.
-- Made from mart.compliance_month of published publications.
create or replace view bi.compliance_month_provisional as
select
    publication_id,
    revision,
    published_at,
    calendar,
    period,
    unit_code,
    unit_name_vi,
    unit_name_en,
    unit_group,
    unit_type,
    roster_order,
    scope,
    metric_id,
    metric_version,
    metric_name_vi,
    metric_name_en,
    is_official_metric,
    numerator,
    denominator,
    online_level_3_count,
    online_level_4_count,
    online_other_count,
    direct_count,
    post_count,
    rate_percent,
    target_operator,
    target_percent,
    gap_pp,
    status,
    reporting_status,
    rank,
    months_missed_in_a_row,
    figures_from
from mart.compliance_month_described
where is_in_flux;

comment on view bi.compliance_month_provisional is 'Tỷ lệ hồ sơ trực tuyến trong tháng theo đơn vị, số liệu tạm tính của kỳ chưa công bố. | Share handled online by unit in the month, provisional and subject to change.';
comment on column bi.compliance_month_provisional.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.compliance_month_provisional.revision is 'Luôn trống: số liệu tạm tính không phải là lần công bố chính thức. | Always null: provisional figures are no official revision.';
comment on column bi.compliance_month_provisional.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.compliance_month_provisional.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.compliance_month_provisional.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.compliance_month_provisional.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.compliance_month_provisional.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.compliance_month_provisional.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.compliance_month_provisional.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.compliance_month_provisional.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.compliance_month_provisional.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.compliance_month_provisional.scope is 'Phạm vi: total (toàn đơn vị), own (tại đơn vị), communes (cấp xã). | Scope: total, own desk, or communes.';
comment on column bi.compliance_month_provisional.metric_id is 'Mã chỉ số. | Metric.';
comment on column bi.compliance_month_provisional.metric_version is 'Phiên bản định nghĩa chỉ số; không so sánh giữa các phiên bản. | Version of the metric''s definition; versions are not comparable.';
comment on column bi.compliance_month_provisional.metric_name_vi is 'Tên chỉ số. | Metric name in Vietnamese.';
comment on column bi.compliance_month_provisional.metric_name_en is 'Tên chỉ số bằng tiếng Anh. | Metric name in English.';
comment on column bi.compliance_month_provisional.is_official_metric is 'Là chỉ số chính thức dùng để đánh giá. | Whether this is the official metric.';
comment on column bi.compliance_month_provisional.numerator is 'Số hồ sơ trực tuyến được tính; trống là chưa có số liệu. | Online dossiers counted; null is no data, never 0.';
comment on column bi.compliance_month_provisional.denominator is 'Tổng số hồ sơ được tính; trống là chưa có số liệu. | All dossiers counted; null is no data, never 0.';
comment on column bi.compliance_month_provisional.online_level_3_count is 'Số hồ sơ trực tuyến mức độ 3. | Online dossiers at level 3.';
comment on column bi.compliance_month_provisional.online_level_4_count is 'Số hồ sơ trực tuyến mức độ 4. | Online dossiers at level 4.';
comment on column bi.compliance_month_provisional.online_other_count is 'Số hồ sơ trực tuyến dưới mức 3 hoặc không rõ mức: chỉ thuộc tử số khi chỉ số tính mọi mức. | Online dossiers below level 3 or of unknown level: in the numerator only where the metric counts every level.';
comment on column bi.compliance_month_provisional.direct_count is 'Số hồ sơ nộp trực tiếp. | Dossiers filed directly.';
comment on column bi.compliance_month_provisional.post_count is 'Số hồ sơ nộp qua bưu chính công ích. | Dossiers filed by public post.';
comment on column bi.compliance_month_provisional.rate_percent is 'Tỷ lệ phần trăm, bốn chữ số thập phân; trống khi mẫu số bằng 0 hoặc chưa có số liệu. | Rate in percent, four decimals; null when nothing was counted or there is no data.';
comment on column bi.compliance_month_provisional.target_operator is 'Phép so sánh với chỉ tiêu: >= hoặc >. | How the rate is compared with the target: >= or >.';
comment on column bi.compliance_month_provisional.target_percent is 'Chỉ tiêu phần trăm. | Target in percent.';
comment on column bi.compliance_month_provisional.gap_pp is 'Chênh lệch so với chỉ tiêu, điểm phần trăm. | Rate minus target, in percentage points.';
comment on column bi.compliance_month_provisional.status is 'Đánh giá: met (Đạt), not_met (Chưa đạt), zero_online (Chưa phát sinh), no_data (Chưa có số liệu), no_target (Không giao chỉ tiêu). | Status, by exact integer comparison: met, not_met, zero_online, no_data or no_target.';
comment on column bi.compliance_month_provisional.reporting_status is 'Tình trạng gửi số liệu của tháng: reported, reported_zero, late, missing, rejected, not_expected. | Reporting status of the month: reported, reported_zero, late, missing, rejected or not_expected.';
comment on column bi.compliance_month_provisional.rank is 'Hạng theo tỷ lệ trong nhóm (1, 2, 2, 4); trống khi không xếp hạng. | Rank by rate within group, scope and metric (1, 2, 2, 4); null when unranked.';
comment on column bi.compliance_month_provisional.months_missed_in_a_row is 'Số tháng liên tiếp không đạt tính đến kỳ này, tối đa 12; bỏ qua tháng không có số liệu. | Months in a row below target up to this one, at most 12; months without data are passed over.';
comment on column bi.compliance_month_provisional.figures_from is 'Nguồn con số: dossiers (đếm từ hồ sơ), reported_total (biểu 06a đơn vị tự báo cáo); trống khi chưa có số liệu. | Where the figures come from: dossiers, reported_total (the agency''s own form 06a); null without data.';
