-- One row: a group of units (departments, districts, all), scope and metric in the year to date; latest official revision.
-- Made from mart.compliance_ytd: numerators and denominators are pooled, rates are never averaged.
create or replace view bi.compliance_ytd_group as
with pooled as (
    select
        publication_id,
        revision,
        published_at,
        calendar,
        period,
        scope,
        metric_id,
        metric_version,
        metric_name_vi,
        metric_name_en,
        is_official_metric,
        coalesce(unit_group, 'all') as unit_group,
        count(*) as unit_count,
        count(*) filter (where status <> 'no_data') as unit_with_data_count,
        count(*) filter (where status = 'met') as unit_met_count,
        count(*) filter (where status = 'not_met') as unit_not_met_count,
        count(*) filter (where status = 'zero_online') as unit_zero_online_count,
        count(*) filter (where status = 'no_data') as unit_no_data_count,
        sum(numerator)::bigint as numerator,
        sum(denominator)::bigint as denominator,
        sum(online_level_3_count)::bigint as online_level_3_count,
        sum(online_level_4_count)::bigint as online_level_4_count,
        sum(online_other_count)::bigint as online_other_count,
        sum(direct_count)::bigint as direct_count,
        sum(post_count)::bigint as post_count,
        min(target_operator) as target_operator,
        min(target_num) as target_num,
        min(target_den) as target_den,
        count(target_num) = count(*)
        and min(target_operator) = max(target_operator)
        and min(target_num) = max(target_num)
        and min(target_den) = max(target_den) as has_one_target
    from mart.compliance_ytd_described
    where is_latest
    group by
        publication_id, revision, published_at, calendar, period, scope, metric_id, metric_version, metric_name_vi, metric_name_en,
        is_official_metric, grouping sets ((unit_group), ())
)

select
    publication_id,
    revision,
    published_at,
    calendar,
    period,
    unit_group,
    scope,
    metric_id,
    metric_version,
    metric_name_vi,
    metric_name_en,
    is_official_metric,
    unit_count,
    unit_with_data_count,
    unit_met_count,
    unit_not_met_count,
    unit_zero_online_count,
    unit_no_data_count,
    numerator,
    denominator,
    online_level_3_count,
    online_level_4_count,
    online_other_count,
    direct_count,
    post_count,
    round(100.0 * numerator / nullif(denominator, 0), 4) as rate_percent,
    case when has_one_target then target_operator end as target_operator,
    case when has_one_target then round(100.0 * target_num / target_den, 4) end as target_percent,
    case
        when has_one_target then round(100.0 * numerator / nullif(denominator, 0) - 100.0 * target_num / target_den, 4)
    end as gap_pp,
    case
        when numerator is null then 'no_data'
        when numerator = 0 then 'zero_online'
        when has_one_target is not true then 'no_target'
        when target_operator = '>=' and numerator * target_den >= target_num * denominator then 'met'
        when target_operator = '>' and numerator * target_den > target_num * denominator then 'met'
        else 'not_met'
    end as status
from pooled;

comment on view bi.compliance_ytd_group is 'Tỷ lệ hồ sơ trực tuyến lũy kế từ đầu năm gộp theo nhóm đơn vị, lần công bố chính thức mới nhất. | Share handled online year to date, pooled by group of units, latest official revision.';
comment on column bi.compliance_ytd_group.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.compliance_ytd_group.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.compliance_ytd_group.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.compliance_ytd_group.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.compliance_ytd_group.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.compliance_ytd_group.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), …; all là toàn bộ. | Group, of the jurisdiction''s unit_groups: departments, districts, …; all of them together is all.';
comment on column bi.compliance_ytd_group.scope is 'Phạm vi: total (toàn đơn vị), own (tại đơn vị), communes (cấp xã). | Scope: total, own desk, or communes.';
comment on column bi.compliance_ytd_group.metric_id is 'Mã chỉ số. | Metric.';
comment on column bi.compliance_ytd_group.metric_version is 'Phiên bản định nghĩa chỉ số; không so sánh giữa các phiên bản. | Version of the metric''s definition; versions are not comparable.';
comment on column bi.compliance_ytd_group.metric_name_vi is 'Tên chỉ số. | Metric name in Vietnamese.';
comment on column bi.compliance_ytd_group.metric_name_en is 'Tên chỉ số bằng tiếng Anh. | Metric name in English.';
comment on column bi.compliance_ytd_group.is_official_metric is 'Là chỉ số chính thức dùng để đánh giá. | Whether this is the official metric.';
comment on column bi.compliance_ytd_group.unit_count is 'Số đơn vị trong nhóm. | Units in the group.';
comment on column bi.compliance_ytd_group.unit_with_data_count is 'Số đơn vị có số liệu. | Units with data.';
comment on column bi.compliance_ytd_group.unit_met_count is 'Số đơn vị đạt. | Units that met their target.';
comment on column bi.compliance_ytd_group.unit_not_met_count is 'Số đơn vị chưa đạt nhưng có hồ sơ trực tuyến. | Units below target with online dossiers.';
comment on column bi.compliance_ytd_group.unit_zero_online_count is 'Số đơn vị chưa phát sinh hồ sơ trực tuyến. | Units without an online dossier.';
comment on column bi.compliance_ytd_group.unit_no_data_count is 'Số đơn vị chưa có số liệu. | Units without data.';
comment on column bi.compliance_ytd_group.numerator is 'Số hồ sơ trực tuyến được tính; trống là chưa có số liệu. | Online dossiers counted; null is no data, never 0.';
comment on column bi.compliance_ytd_group.denominator is 'Tổng số hồ sơ được tính; trống là chưa có số liệu. | All dossiers counted; null is no data, never 0.';
comment on column bi.compliance_ytd_group.online_level_3_count is 'Số hồ sơ trực tuyến mức độ 3. | Online dossiers at level 3.';
comment on column bi.compliance_ytd_group.online_level_4_count is 'Số hồ sơ trực tuyến mức độ 4. | Online dossiers at level 4.';
comment on column bi.compliance_ytd_group.online_other_count is 'Số hồ sơ trực tuyến dưới mức 3 hoặc không rõ mức: chỉ thuộc tử số khi chỉ số tính mọi mức. | Online dossiers below level 3 or of unknown level: in the numerator only where the metric counts every level.';
comment on column bi.compliance_ytd_group.direct_count is 'Số hồ sơ nộp trực tiếp. | Dossiers filed directly.';
comment on column bi.compliance_ytd_group.post_count is 'Số hồ sơ nộp qua bưu chính công ích. | Dossiers filed by public post.';
comment on column bi.compliance_ytd_group.rate_percent is 'Tỷ lệ phần trăm, bốn chữ số thập phân; trống khi mẫu số bằng 0 hoặc chưa có số liệu. | Rate in percent, four decimals; null when nothing was counted or there is no data.';
comment on column bi.compliance_ytd_group.target_operator is 'Phép so sánh với chỉ tiêu; trống khi các đơn vị trong nhóm có chỉ tiêu khác nhau. | How the rate is compared with the target; null when the group''s units differ in target.';
comment on column bi.compliance_ytd_group.target_percent is 'Chỉ tiêu phần trăm; trống khi các đơn vị trong nhóm có chỉ tiêu khác nhau. | Target in percent; null when the group''s units differ in target.';
comment on column bi.compliance_ytd_group.gap_pp is 'Chênh lệch so với chỉ tiêu, điểm phần trăm. | Rate minus target, in percentage points.';
comment on column bi.compliance_ytd_group.status is 'Đánh giá: met (Đạt), not_met (Chưa đạt), zero_online (Chưa phát sinh), no_data (Chưa có số liệu), no_target (Không giao chỉ tiêu). | Status, by exact integer comparison: met, not_met, zero_online, no_data or no_target.';
