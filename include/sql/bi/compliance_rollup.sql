-- One row: a unit, scope and metric in a quarter or year of either calendar; latest official revision of its last month.
-- Made from mart.compliance_rollup of published publications: the months as known at one moment.
create or replace view bi.compliance_rollup as
select
    fact.publication_id,
    described.revision,
    described.published_at,
    described.calendar,
    fact.period,
    fact.period_kind,
    rolled.first_period,
    rolled.last_period,
    fact.unit_code,
    unit.name_vi as unit_name_vi,
    unit.name_en as unit_name_en,
    unit.unit_group,
    unit.unit_type,
    unit.roster_order,
    fact.scope,
    fact.metric_id,
    fact.metric_version,
    fact.numerator,
    fact.denominator,
    fact.online_level_3_count,
    fact.online_level_4_count,
    fact.online_other_count,
    fact.direct_count,
    fact.post_count,
    fact.target_operator,
    fact.status,
    fact.rank,
    fact.months_reported,
    fact.months_expected,
    fact.figures_from,
    coalesce(metric.name_vi, fact.metric_id) as metric_name_vi,
    coalesce(metric.name_en, fact.metric_id) as metric_name_en,
    coalesce(metric.is_official, false) as is_official_metric,
    round(100.0 * fact.numerator / nullif(fact.denominator, 0), 4) as rate_percent,
    round(100.0 * fact.target_num / fact.target_den, 4) as target_percent,
    round(100.0 * fact.numerator / nullif(fact.denominator, 0) - 100.0 * fact.target_num / fact.target_den, 4) as gap_pp
from mart.compliance_rollup as fact
inner join ops.publication_described as described
    on fact.publication_id = described.publication_id
inner join core.period_rollup as rolled
    on
        described.calendar = rolled.calendar
        and fact.period = rolled.period
inner join core.unit
    on fact.unit_key = unit.unit_key
left join core.metric
    on
        fact.metric_id = metric.metric_id
        and fact.metric_version = metric.metric_version
where described.is_latest;

comment on view bi.compliance_rollup is 'Tỷ lệ hồ sơ trực tuyến theo quý và năm của từng đơn vị, lần công bố chính thức mới nhất. | Share handled online by unit in quarters and years, latest official revision.';
comment on column bi.compliance_rollup.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.compliance_rollup.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.compliance_rollup.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.compliance_rollup.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.compliance_rollup.period is 'Quý hoặc năm: 2019-Q1, 2019. | Quarter or year: 2019-Q1, 2019.';
comment on column bi.compliance_rollup.period_kind is 'Loại kỳ: quarter (quý), year (năm). | Kind of period: quarter or year.';
comment on column bi.compliance_rollup.first_period is 'Tháng đầu của kỳ. | First month of the period.';
comment on column bi.compliance_rollup.last_period is 'Tháng cuối của kỳ; số liệu thuộc lần công bố của tháng này. | Last month of the period, whose publication carries the figures.';
comment on column bi.compliance_rollup.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.compliance_rollup.unit_name_vi is 'Tên đơn vị. | Unit name in Vietnamese.';
comment on column bi.compliance_rollup.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.compliance_rollup.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.compliance_rollup.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.compliance_rollup.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.compliance_rollup.scope is 'Phạm vi: total (toàn đơn vị), own (tại đơn vị), communes (cấp xã). | Scope: total, own desk, or communes.';
comment on column bi.compliance_rollup.metric_id is 'Mã chỉ số. | Metric.';
comment on column bi.compliance_rollup.metric_version is 'Phiên bản định nghĩa chỉ số; không so sánh giữa các phiên bản. | Version of the metric''s definition; versions are not comparable.';
comment on column bi.compliance_rollup.metric_name_vi is 'Tên chỉ số. | Metric name in Vietnamese.';
comment on column bi.compliance_rollup.metric_name_en is 'Tên chỉ số bằng tiếng Anh. | Metric name in English.';
comment on column bi.compliance_rollup.is_official_metric is 'Là chỉ số chính thức dùng để đánh giá. | Whether this is the official metric.';
comment on column bi.compliance_rollup.numerator is 'Số hồ sơ trực tuyến được tính; trống là chưa có số liệu. | Online dossiers counted; null is no data, never 0.';
comment on column bi.compliance_rollup.denominator is 'Tổng số hồ sơ được tính; trống là chưa có số liệu. | All dossiers counted; null is no data, never 0.';
comment on column bi.compliance_rollup.online_level_3_count is 'Số hồ sơ trực tuyến mức độ 3. | Online dossiers at level 3.';
comment on column bi.compliance_rollup.online_level_4_count is 'Số hồ sơ trực tuyến mức độ 4. | Online dossiers at level 4.';
comment on column bi.compliance_rollup.online_other_count is 'Số hồ sơ trực tuyến dưới mức 3 hoặc không rõ mức: chỉ thuộc tử số khi chỉ số tính mọi mức. | Online dossiers below level 3 or of unknown level: in the numerator only where the metric counts every level.';
comment on column bi.compliance_rollup.direct_count is 'Số hồ sơ nộp trực tiếp. | Dossiers filed directly.';
comment on column bi.compliance_rollup.post_count is 'Số hồ sơ nộp qua bưu chính công ích. | Dossiers filed by public post.';
comment on column bi.compliance_rollup.rate_percent is 'Tỷ lệ phần trăm, bốn chữ số thập phân; trống khi mẫu số bằng 0 hoặc chưa có số liệu. | Rate in percent, four decimals; null when nothing was counted or there is no data.';
comment on column bi.compliance_rollup.target_operator is 'Phép so sánh với chỉ tiêu: >= hoặc >. | How the rate is compared with the target: >= or >.';
comment on column bi.compliance_rollup.target_percent is 'Chỉ tiêu phần trăm. | Target in percent.';
comment on column bi.compliance_rollup.gap_pp is 'Chênh lệch so với chỉ tiêu, điểm phần trăm. | Rate minus target, in percentage points.';
comment on column bi.compliance_rollup.status is 'Đánh giá: met (Đạt), not_met (Chưa đạt), zero_online (Chưa phát sinh), no_data (Chưa có số liệu), no_target (Không giao chỉ tiêu). | Status, by exact integer comparison: met, not_met, zero_online, no_data or no_target.';
comment on column bi.compliance_rollup.rank is 'Hạng theo tỷ lệ trong nhóm (1, 2, 2, 4); trống khi không xếp hạng. | Rank by rate within group, scope and metric (1, 2, 2, 4); null when unranked.';
comment on column bi.compliance_rollup.months_reported is 'Số tháng có số liệu trong kỳ. | Months of the period with data.';
comment on column bi.compliance_rollup.months_expected is 'Số tháng phải báo cáo trong kỳ. | Months of the period for which data was expected.';
comment on column bi.compliance_rollup.figures_from is 'Nguồn con số: dossiers (đếm từ hồ sơ), reported_total (biểu 06a đơn vị tự báo cáo), mixed (lẫn cả hai theo tháng); trống khi chưa có số liệu. | Where the figures come from: dossiers, reported_total (the agency''s own form 06a), or mixed over the months; null without data.';
