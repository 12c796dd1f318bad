-- One row: something in a built publication that must not be published.
-- Filled by publication.check, from the publication's marts held against the roster and the counts that they were made from.
insert into ops.publication_finding (publication_id, finding, severity, unit_code, message_vi)
with publication as (
    select
        publication.calendar,
        publication.period,
        publication.kind,
        publication.as_of,
        period.starts_on,
        period.ends_on,
        period.ends_at
    from ops.publication
    inner join core.period
        on
            publication.calendar = period.calendar
            and publication.period = period.period
    where publication.publication_id = :publication_id
),

roster as (
    select distinct unit.unit_code
    from core.unit
    inner join publication
        on
            unit.valid_from < publication.ends_on
            and unit.valid_to > publication.starts_on
),

metric as (
    select metric.metric_id
    from core.metric
    inner join publication
        on
            metric.valid_from < publication.ends_on
            and metric.valid_to >= publication.ends_on
),

fact as (
    select
        'month' as mart,
        month.unit_code,
        month.scope,
        month.metric_id,
        month.figures_from,
        month.numerator,
        month.denominator,
        month.online_level_3_count + month.online_level_4_count + month.online_other_count
        + month.direct_count + month.post_count as part_count,
        least(
            month.numerator, month.online_level_3_count, month.online_level_4_count, month.online_other_count,
            month.direct_count, month.post_count
        ) as least_count
    from mart.compliance_month as month
    where month.publication_id = :publication_id
    union all
    select
        'ytd' as mart,
        ytd.unit_code,
        ytd.scope,
        ytd.metric_id,
        ytd.figures_from,
        ytd.numerator,
        ytd.denominator,
        ytd.online_level_3_count + ytd.online_level_4_count + ytd.online_other_count
        + ytd.direct_count + ytd.post_count as part_count,
        least(
            ytd.numerator, ytd.online_level_3_count, ytd.online_level_4_count, ytd.online_other_count,
            ytd.direct_count, ytd.post_count
        ) as least_count
    from mart.compliance_ytd as ytd
    where ytd.publication_id = :publication_id
    union all
    select
        rolled.period_kind as mart,
        rolled.unit_code,
        rolled.scope,
        rolled.metric_id,
        rolled.figures_from,
        rolled.numerator,
        rolled.denominator,
        rolled.online_level_3_count + rolled.online_level_4_count + rolled.online_other_count
        + rolled.direct_count + rolled.post_count as part_count,
        least(
            rolled.numerator, rolled.online_level_3_count, rolled.online_level_4_count, rolled.online_other_count,
            rolled.direct_count, rolled.post_count
        ) as least_count
    from mart.compliance_rollup as rolled
    where rolled.publication_id = :publication_id
),

-- what the publication must hold: its quarter and year too where it is their last month
expected_mart as (
    select expected.mart
    from (values ('month'), ('ytd')) as expected (mart)
    union all
    select rolled.period_kind as mart
    from core.period_rollup as rolled
    inner join publication
        on
            rolled.calendar = publication.calendar
            and rolled.last_period = publication.period
),

rollup_sum as (
    select
        rolled.period_kind,
        counted.unit_code,
        counted.scope,
        counted.metric_id,
        sum(counted.numerator) as numerator,
        sum(counted.denominator) as denominator
    from mart.metric_count_month as counted
    cross join publication
    inner join core.period as month
        on
            publication.calendar = month.calendar
            and counted.period = month.period
    inner join core.period_rollup as rolled
        on
            publication.calendar = rolled.calendar
            and publication.period = rolled.last_period
            and month.starts_at >= rolled.starts_at
            and month.ends_at <= rolled.ends_at
    where counted.publication_id = :publication_id
    group by rolled.period_kind, counted.unit_code, counted.scope, counted.metric_id
),

month_sum as (
    select
        unit_code,
        scope,
        metric_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from mart.metric_count_month
    where
        publication_id = :publication_id
        and is_in_year
    group by unit_code, scope, metric_id
),

period_not_over as (
    select
        'period_not_over' as finding,
        'block' as severity,
        '' as unit_code,
        ops.told(
            :publication_id,
            'Số liệu được chốt khi kỳ chưa kết thúc; chỉ công bố tạm tính, hoặc lập lại sau khi hết kỳ.',
            'The figures are from before the end of the period: publish them as provisional, or build again after it.'
        ) as message_vi
    from publication
    where
        kind = 'official'
        and as_of < ends_at
),

no_metric as (
    select
        'no_metric' as finding,
        'block' as severity,
        '' as unit_code,
        ops.told(
            :publication_id,
            'Không có chỉ số nào có hiệu lực trong kỳ; bổ sung metrics.yaml rồi lập lại.',
            'No metric is in force in the period; add one to metrics.yaml and build again.'
        ) as message_vi
    from publication
    where not exists (select 1 from metric)
),

roster_incomplete as (
    select
        'roster_incomplete' as finding,
        'block' as severity,
        roster.unit_code,
        ops.told(
            :publication_id,
            'Đơn vị có trong danh sách nhưng thiếu dòng số liệu ('
            || string_agg(mart.mart || ' ' || metric.metric_id, ', ' order by mart.mart, metric.metric_id)
            || '); lập lại lần công bố này.',
            'The unit is on the roster and has no figures ('
            || string_agg(mart.mart || ' ' || metric.metric_id, ', ' order by mart.mart, metric.metric_id)
            || '); build this publication again.'
        ) as message_vi
    from roster
    cross join metric
    cross join expected_mart as mart
    left join fact
        on
            mart.mart = fact.mart
            and roster.unit_code = fact.unit_code
            and metric.metric_id = fact.metric_id
            and fact.scope = 'total'
    where fact.unit_code is null
    group by roster.unit_code
),

scopes_unbalanced as (
    select
        'scopes_unbalanced' as finding,
        'block' as severity,
        unit_code,
        ops.told(
            :publication_id,
            'Tổng khác với tại đơn vị cộng cấp xã (' || mart || ' ' || metric_id || ').',
            'The total is not the unit and its communes together (' || mart || ' ' || metric_id || ').'
        ) as message_vi
    from fact
    group by mart, unit_code, metric_id
    having
        count(*) <> 1
        -- an agency's own totals do not tell its desks apart
        and coalesce(max(figures_from) filter (where scope = 'total'), 'dossiers') = 'dossiers'
        and (
            count(*) <> 3
            or sum(denominator) filter (where scope = 'total') is distinct from sum(denominator) filter (where scope <> 'total')
            or sum(numerator) filter (where scope = 'total') is distinct from sum(numerator) filter (where scope <> 'total')
        )
),

parts_unbalanced as (
    select
        'parts_unbalanced' as finding,
        'block' as severity,
        unit_code,
        ops.told(
            :publication_id,
            'Số theo mức và kênh không cộng thành tổng, hoặc có số âm, hoặc tử số lớn hơn mẫu số ('
            || mart || ' ' || metric_id || ' ' || scope || ').',
            'Levels and channels do not add up to the total, a count is negative, or the numerator is the larger one ('
            || mart || ' ' || metric_id || ' ' || scope || ').'
        ) as message_vi
    from fact
    where
        part_count is distinct from denominator
        or least_count < 0
        or numerator > denominator
        or (numerator is null) <> (denominator is null)
),

month_unbalanced as (
    select
        'month_unbalanced' as finding,
        'block' as severity,
        unit_code,
        ops.told(
            :publication_id,
            'Số của tháng khác số đã đếm (' || metric_id || ' ' || scope || ').',
            'The month differs from what was counted (' || metric_id || ' ' || scope || ').'
        ) as message_vi
    from (
        select
            unit_code,
            scope,
            metric_id,
            numerator,
            denominator
        from mart.compliance_month
        where publication_id = :publication_id
        except
        select
            unit_code,
            scope,
            metric_id,
            numerator,
            denominator
        from mart.metric_count_month
        where
            publication_id = :publication_id
            and period = publication_period
    ) as miscounted
),

ytd_unbalanced as (
    select
        'ytd_unbalanced' as finding,
        'block' as severity,
        ytd.unit_code,
        ops.told(
            :publication_id,
            'Lũy kế khác tổng các tháng có số liệu (' || ytd.metric_id || ' ' || ytd.scope || ').',
            'The year to date is not the sum of the months with figures (' || ytd.metric_id || ' ' || ytd.scope || ').'
        ) as message_vi
    from mart.compliance_ytd as ytd
    left join month_sum
        on
            ytd.unit_code = month_sum.unit_code
            and ytd.scope = month_sum.scope
            and ytd.metric_id = month_sum.metric_id
    where
        ytd.publication_id = :publication_id
        and (ytd.numerator, ytd.denominator) is distinct from (month_sum.numerator, month_sum.denominator)
),

rollup_unbalanced as (
    select
        'rollup_unbalanced' as finding,
        'block' as severity,
        rolled.unit_code,
        ops.told(
            :publication_id,
            'Số quý, năm khác tổng các tháng có số liệu (' || rolled.period || ' ' || rolled.metric_id || ' ' || rolled.scope || ').',
            'The quarter or year differs from its months with data (' || rolled.period || ' ' || rolled.metric_id || ' '
            || rolled.scope || ').'
        ) as message_vi
    from mart.compliance_rollup as rolled
    left join rollup_sum
        on
            rolled.period_kind = rollup_sum.period_kind
            and rolled.unit_code = rollup_sum.unit_code
            and rolled.scope = rollup_sum.scope
            and rolled.metric_id = rollup_sum.metric_id
    where
        rolled.publication_id = :publication_id
        and (rolled.numerator, rolled.denominator) is distinct from (rollup_sum.numerator, rollup_sum.denominator)
),

nobody_reported as (
    select
        'nobody_reported' as finding,
        'block' as severity,
        '' as unit_code,
        ops.told(
            :publication_id,
            'Không đơn vị nào có số liệu trong kỳ; không công bố một bảng trống.',
            'No unit has figures in the period; an empty table is not published.'
        ) as message_vi
    from publication
    where not exists (
        select 1
        from fact
        where
            fact.mart = 'month'
            and fact.denominator is not null
    )
),

finding as (
    select
        finding,
        severity,
        unit_code,
        message_vi
    from period_not_over
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from no_metric
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from roster_incomplete
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from scopes_unbalanced
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from parts_unbalanced
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from month_unbalanced
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from ytd_unbalanced
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from rollup_unbalanced
    union all
    select
        finding,
        severity,
        unit_code,
        message_vi
    from nobody_reported
)

select
    cast(:publication_id as bigint) as publication_id,
    finding,
    severity,
    unit_code,
    string_agg(message_vi, ' ' order by message_vi) as message_vi
from finding
group by finding, severity, unit_code
