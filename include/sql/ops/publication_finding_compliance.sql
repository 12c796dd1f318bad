-- One row: a figure of compliance in a built publication that does not add up, or is not what was counted; one that is not there included.
-- Filled by publication.check, from compliance_month, compliance_ytd and compliance_rollup, held against metric_counts.
insert into ops.publication_finding (publication_id, finding, severity, unit_code, message_vi)
with publication as (
    select
        publication.calendar,
        publication.period
    from ops.publication
    where publication.publication_id = :publication_id
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

month_published as (
    select
        unit_code,
        scope,
        metric_id,
        numerator,
        denominator
    from mart.compliance_month
    where publication_id = :publication_id
),

-- Counted once, however it is joined: where the planner takes the few months for one, it would count all of them again for each.
counted as materialized (
    select
        unit_code,
        scope,
        metric_id,
        period,
        publication_period,
        is_in_year,
        numerator,
        denominator
    from mart.metric_counts(:publication_id)
),

month_counted as (
    select
        unit_code,
        scope,
        metric_id,
        numerator,
        denominator
    from counted
    where period = publication_period
),

ytd_published as (
    select
        unit_code,
        scope,
        metric_id,
        numerator,
        denominator
    from mart.compliance_ytd
    where publication_id = :publication_id
),

month_sum as (
    select
        unit_code,
        scope,
        metric_id,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from counted
    where is_in_year
    group by unit_code, scope, metric_id
),

rollup_published as (
    select
        period_kind,
        unit_code,
        scope,
        metric_id,
        numerator,
        denominator
    from mart.compliance_rollup
    where publication_id = :publication_id
),

rollup_sum as (
    select
        rolled.period_kind,
        counted.unit_code,
        counted.scope,
        counted.metric_id,
        sum(counted.numerator) as numerator,
        sum(counted.denominator) as denominator
    from counted
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
    group by rolled.period_kind, counted.unit_code, counted.scope, counted.metric_id
),

scopes_unbalanced as (
    select
        'scopes_unbalanced' as finding,
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
        coalesce(published.unit_code, counted.unit_code) as unit_code,
        ops.told(
            :publication_id,
            'Số của tháng khác số đã đếm ('
            || coalesce(published.metric_id, counted.metric_id) || ' ' || coalesce(published.scope, counted.scope) || ').',
            'The month differs from what was counted ('
            || coalesce(published.metric_id, counted.metric_id) || ' ' || coalesce(published.scope, counted.scope) || ').'
        ) as message_vi
    from month_published as published
    full join month_counted as counted
        on
            published.unit_code = counted.unit_code
            and published.scope = counted.scope
            and published.metric_id = counted.metric_id
    where
        published.unit_code is null
        or counted.unit_code is null
        or (published.numerator, published.denominator) is distinct from (counted.numerator, counted.denominator)
),

ytd_unbalanced as (
    select
        'ytd_unbalanced' as finding,
        coalesce(published.unit_code, counted.unit_code) as unit_code,
        ops.told(
            :publication_id,
            'Lũy kế khác tổng các tháng có số liệu ('
            || coalesce(published.metric_id, counted.metric_id) || ' ' || coalesce(published.scope, counted.scope) || ').',
            'The year to date is not the sum of the months with figures ('
            || coalesce(published.metric_id, counted.metric_id) || ' ' || coalesce(published.scope, counted.scope) || ').'
        ) as message_vi
    from ytd_published as published
    full join month_sum as counted
        on
            published.unit_code = counted.unit_code
            and published.scope = counted.scope
            and published.metric_id = counted.metric_id
    where
        published.unit_code is null
        or counted.unit_code is null
        or (published.numerator, published.denominator) is distinct from (counted.numerator, counted.denominator)
),

rollup_unbalanced as (
    select
        'rollup_unbalanced' as finding,
        coalesce(published.unit_code, counted.unit_code) as unit_code,
        ops.told(
            :publication_id,
            'Số quý, năm khác tổng các tháng có số liệu (' || coalesce(published.period_kind, counted.period_kind) || ' '
            || coalesce(published.metric_id, counted.metric_id) || ' ' || coalesce(published.scope, counted.scope) || ').',
            'The quarter or year differs from its months with data (' || coalesce(published.period_kind, counted.period_kind) || ' '
            || coalesce(published.metric_id, counted.metric_id) || ' ' || coalesce(published.scope, counted.scope) || ').'
        ) as message_vi
    from rollup_published as published
    full join rollup_sum as counted
        on
            published.period_kind = counted.period_kind
            and published.unit_code = counted.unit_code
            and published.scope = counted.scope
            and published.metric_id = counted.metric_id
    where
        published.unit_code is null
        or counted.unit_code is null
        or (published.numerator, published.denominator) is distinct from (counted.numerator, counted.denominator)
),

finding as (
    select
        finding,
        unit_code,
        message_vi
    from scopes_unbalanced
    union all
    select
        finding,
        unit_code,
        message_vi
    from parts_unbalanced
    union all
    select
        finding,
        unit_code,
        message_vi
    from month_unbalanced
    union all
    select
        finding,
        unit_code,
        message_vi
    from ytd_unbalanced
    union all
    select
        finding,
        unit_code,
        message_vi
    from rollup_unbalanced
)

select
    cast(:publication_id as bigint) as publication_id,
    finding,
    'block' as severity,
    unit_code,
    string_agg(message_vi, ' ' order by message_vi) as message_vi
from finding
group by finding, unit_code
