-- One row: a unit, scope and metric in a published month, in the series as reported or in the comparable one; latest official revisions.
-- Made from mart.compliance_month: as reported, each month has its own units; comparable, those of the latest published month, to which
-- mart.unit_comparable carries the figures of their predecessors. Figures are pooled over the units carried that have data. The scopes own
-- and communes stand where all units carried have them. Compliance is decided as reported: the comparable series has no target.
create or replace view bi.compliance_series as
with unit_month as materialized (
    select
        publication_id,
        unit_code,
        reported_unit_code,
        reference_period,
        reference_ends_on,
        comparability,
        count(reported_unit_code) over (partition by publication_id, unit_code) as reported_unit_count
    from mart.unit_comparable
),

pooled as (
    select
        unit_month.publication_id,
        unit_month.unit_code,
        unit_month.reference_period,
        unit_month.reference_ends_on,
        unit_month.comparability,
        fact.scope,
        fact.metric_id,
        fact.metric_version,
        array_agg(fact.unit_code order by fact.unit_code) as reported_unit_codes,
        count(*) as unit_count,
        count(fact.denominator) as unit_with_data_count,
        sum(fact.numerator)::bigint as numerator,
        sum(fact.denominator)::bigint as denominator,
        (array_agg(
            fact.reporting_status
            order by array_position(
                array['missing', 'rejected', 'late', 'reported', 'reported_zero', 'not_expected'], fact.reporting_status
            )
        ))[1] as reporting_status
    from unit_month
    inner join mart.compliance_month as fact
        on
            unit_month.publication_id = fact.publication_id
            and unit_month.reported_unit_code = fact.unit_code
    group by
        unit_month.publication_id, unit_month.unit_code, unit_month.reference_period, unit_month.reference_ends_on,
        unit_month.comparability, unit_month.reported_unit_count, fact.scope, fact.metric_id, fact.metric_version
    having
        fact.scope = 'total'
        or count(*) = unit_month.reported_unit_count
),

measured as (
    select distinct
        publication_id,
        metric_id,
        metric_version
    from mart.compliance_month
),

without_figures as (
    select
        unit_month.publication_id,
        unit_month.unit_code,
        unit_month.reference_period,
        unit_month.reference_ends_on,
        unit_month.comparability,
        'total' as scope,
        measured.metric_id,
        measured.metric_version,
        '{}'::text[] as reported_unit_codes,
        0 as unit_count,
        0 as unit_with_data_count,
        null::bigint as numerator,
        null::bigint as denominator,
        null as reporting_status
    from unit_month
    inner join measured
        on unit_month.publication_id = measured.publication_id
    where unit_month.reported_unit_code is null
),

comparable_figure as (
    select
        publication_id,
        unit_code,
        reference_period,
        reference_ends_on,
        comparability,
        scope,
        metric_id,
        metric_version,
        reported_unit_codes,
        unit_count,
        unit_with_data_count,
        numerator,
        denominator,
        reporting_status
    from pooled
    union all
    select
        publication_id,
        unit_code,
        reference_period,
        reference_ends_on,
        comparability,
        scope,
        metric_id,
        metric_version,
        reported_unit_codes,
        unit_count,
        unit_with_data_count,
        numerator,
        denominator,
        reporting_status
    from without_figures
)

select
    'as_reported' as series,
    publication_id,
    revision,
    published_at,
    calendar,
    period,
    period as reference_period,
    unit_code,
    unit_name_vi,
    unit_name_en,
    unit_group,
    unit_type,
    roster_order,
    scope,
    metric_id,
    metric_version,
    is_official_metric,
    'as_reported' as comparability,
    array[unit_code] as reported_unit_codes,
    1::bigint as unit_count,
    case when denominator is null then 0 else 1 end::bigint as unit_with_data_count,
    numerator,
    denominator,
    rate_percent,
    reporting_status
from mart.compliance_month_described
where is_latest
union all
select
    'comparable' as series,
    figure.publication_id,
    described.revision,
    described.published_at,
    described.calendar,
    described.period,
    figure.reference_period,
    figure.unit_code,
    unit.name_vi as unit_name_vi,
    unit.name_en as unit_name_en,
    unit.unit_group,
    unit.unit_type,
    unit.roster_order,
    figure.scope,
    figure.metric_id,
    figure.metric_version,
    coalesce(metric.is_official, false) as is_official_metric,
    figure.comparability,
    figure.reported_unit_codes,
    figure.unit_count,
    figure.unit_with_data_count,
    figure.numerator,
    figure.denominator,
    round(100.0 * figure.numerator / nullif(figure.denominator, 0), 4) as rate_percent,
    figure.reporting_status
from comparable_figure as figure
inner join ops.publication_described as described
    on figure.publication_id = described.publication_id
inner join lateral (
    select
        candidate.name_vi,
        candidate.name_en,
        candidate.unit_group,
        candidate.unit_type,
        candidate.roster_order
    from core.unit as candidate
    where
        candidate.unit_code = figure.unit_code
        and candidate.valid_from < figure.reference_ends_on
    order by candidate.valid_from desc
    limit 1
) as unit on true
left join core.metric
    on
        figure.metric_id = metric.metric_id
        and figure.metric_version = metric.metric_version;

comment on view bi.compliance_series is 'Chuỗi số liệu theo tháng: như đã báo cáo (as_reported) và so sánh được (comparable, số liệu của đơn vị cũ được cộng vào đơn vị kế thừa). | Series over the months: as reported, and comparable, where figures of predecessors are added to their successor.';
comment on column bi.compliance_series.series is 'Chuỗi: as_reported (như đã báo cáo), comparable (so sánh được). | Series: as_reported or comparable.';
comment on column bi.compliance_series.publication_id is 'Mã lần công bố. | Publication that the figure belongs to.';
comment on column bi.compliance_series.revision is 'Lần công bố chính thức của kỳ: 1, 2, … | Official revision of the period: 1, 2, …';
comment on column bi.compliance_series.published_at is 'Thời điểm công bố. | When it was published.';
comment on column bi.compliance_series.calendar is 'Lịch của kỳ: calendar (tháng dương lịch), administrative (từ ngày 15 đến ngày 14). | Calendar of the period: calendar (calendar months) or administrative (15th to 14th).';
comment on column bi.compliance_series.period is 'Kỳ báo cáo, năm-tháng. | Period, year-month.';
comment on column bi.compliance_series.reference_period is 'Kỳ có danh sách đơn vị của dòng này: chính kỳ đó, hoặc kỳ công bố mới nhất. | Period whose units these are: its own as reported, the latest published one when comparable.';
comment on column bi.compliance_series.unit_code is 'Mã đơn vị trong danh sách theo dõi. | Unit code on the roster.';
comment on column bi.compliance_series.unit_name_vi is 'Tên đơn vị trong kỳ tham chiếu. | Unit name in Vietnamese, in the reference period.';
comment on column bi.compliance_series.unit_name_en is 'Tên đơn vị bằng tiếng Anh. | Unit name in English.';
comment on column bi.compliance_series.unit_group is 'Nhóm đơn vị theo cấu hình của địa phương: departments (sở, ngành), districts (huyện, thành phố), … | Report group, of the jurisdiction''s unit_groups: departments, districts, …';
comment on column bi.compliance_series.unit_type is 'Loại đơn vị theo cấu hình của địa phương: department, vertical (ngành dọc), district, … | Unit type, of the jurisdiction''s unit_types: department, vertical, district, …';
comment on column bi.compliance_series.roster_order is 'Thứ tự trong báo cáo. | Order in the report.';
comment on column bi.compliance_series.scope is 'Phạm vi: total (toàn đơn vị), own (tại đơn vị), communes (cấp xã). | Scope: total, own desk, or communes.';
comment on column bi.compliance_series.metric_id is 'Mã chỉ số. | Metric.';
comment on column bi.compliance_series.metric_version is 'Phiên bản định nghĩa chỉ số; không so sánh giữa các phiên bản. | Version of the metric''s definition; versions are not comparable.';
comment on column bi.compliance_series.is_official_metric is 'Là chỉ số chính thức dùng để đánh giá. | Whether this is the official metric.';
comment on column bi.compliance_series.comparability is 'as_reported; comparable (so sánh được); split (đơn vị bị chia tách sau kỳ này, không so sánh được và không phân bổ); no_predecessor (chưa tồn tại); ceased (đã chấm dứt, không có đơn vị kế thừa). | as_reported; comparable; split: divided after this period, not comparable and never apportioned; no_predecessor: did not exist yet; ceased: ended without a successor.';
comment on column bi.compliance_series.reported_unit_codes is 'Các đơn vị của kỳ có số liệu được cộng vào dòng này. | Units of the period whose figures are pooled here.';
comment on column bi.compliance_series.unit_count is 'Số đơn vị được cộng. | How many units are pooled.';
comment on column bi.compliance_series.unit_with_data_count is 'Trong đó có số liệu. | How many of them have data.';
comment on column bi.compliance_series.numerator is 'Số hồ sơ trực tuyến được tính; trống là chưa có số liệu. | Online dossiers counted; null is no data, never 0.';
comment on column bi.compliance_series.denominator is 'Tổng số hồ sơ được tính; trống là chưa có số liệu. | All dossiers counted; null is no data, never 0.';
comment on column bi.compliance_series.rate_percent is 'Tỷ lệ phần trăm, bốn chữ số thập phân; trống khi mẫu số bằng 0 hoặc chưa có số liệu. | Rate in percent, four decimals; null when nothing was counted or there is no data.';
comment on column bi.compliance_series.reporting_status is 'Tình trạng gửi số liệu của tháng, kém nhất trong các đơn vị được cộng: missing, rejected, late, reported, reported_zero, not_expected; trống khi không có đơn vị nào. | Reporting status of the month, the worst of the units pooled; null when there is none.';
