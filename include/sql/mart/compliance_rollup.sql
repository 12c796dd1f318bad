-- One row: a unit on the roster of any month of a quarter or year, scope and metric, pooled over those months.
-- Filled by publication.build from metric_count, in the publication of the last month of a quarter or year, and of no other:
-- all its months are counted as known at one moment, and one decision publishes them. Only months that the unit reported are pooled.
-- Months of a year before the calendar begins do not exist; the target is that of the unit's last month on the roster.
insert into mart.compliance_rollup (
    publication_id, period, period_kind, unit_key, unit_code, scope, metric_id, metric_version, numerator, denominator,
    online_level_3_count, online_level_4_count, online_other_count, direct_count, post_count, target_operator, target_num, target_den,
    status, months_reported, months_expected, rank, figures_from
)
with rollup_month as (
    select
        rolled.period,
        rolled.period_kind,
        month.period as month_period
    from ops.publication
    inner join core.period_rollup as rolled
        on
            publication.calendar = rolled.calendar
            and publication.period = rolled.last_period
    inner join core.period as month
        on
            rolled.calendar = month.calendar
            and rolled.starts_at <= month.starts_at
            and rolled.ends_at >= month.ends_at
    where publication.publication_id = :publication_id
),

pooled as (
    select
        rollup_month.period,
        rollup_month.period_kind,
        counted.unit_code,
        counted.scope,
        counted.metric_id,
        counted.metric_version,
        (array_agg(counted.unit_key order by counted.starts_at desc))[1] as unit_key,
        (array_agg(counted.unit_group order by counted.starts_at desc))[1] as unit_group,
        (array_agg(counted.target_operator order by counted.starts_at desc))[1] as target_operator,
        (array_agg(counted.target_num order by counted.starts_at desc))[1] as target_num,
        (array_agg(counted.target_den order by counted.starts_at desc))[1] as target_den,
        cast(sum(counted.numerator) as bigint) as numerator,
        cast(sum(counted.denominator) as bigint) as denominator,
        cast(sum(counted.online_level_3_count) as bigint) as online_level_3_count,
        cast(sum(counted.online_level_4_count) as bigint) as online_level_4_count,
        cast(sum(counted.online_other_count) as bigint) as online_other_count,
        cast(sum(counted.direct_count) as bigint) as direct_count,
        cast(sum(counted.post_count) as bigint) as post_count,
        case
            when min(counted.figures_from) = max(counted.figures_from) then min(counted.figures_from)
            when count(counted.figures_from) > 0 then 'mixed'
        end as figures_from,
        cast(count(*) filter (where counted.has_data) as integer) as months_reported,
        cast(count(*) filter (where counted.reporting_status <> 'not_expected') as integer) as months_expected
    from rollup_month
    inner join metric_count as counted
        on rollup_month.month_period = counted.period
    group by
        rollup_month.period, rollup_month.period_kind, counted.unit_code, counted.scope, counted.metric_id, counted.metric_version
)

select
    cast(:publication_id as bigint) as publication_id,
    period,
    period_kind,
    unit_key,
    unit_code,
    scope,
    metric_id,
    metric_version,
    numerator,
    denominator,
    online_level_3_count,
    online_level_4_count,
    online_other_count,
    direct_count,
    post_count,
    target_operator,
    target_num,
    target_den,
    case
        when months_reported = 0 then 'no_data'
        when numerator = 0 then 'zero_online'
        when target_operator = '>=' and numerator * target_den >= target_num * denominator then 'met'
        when target_operator = '>' and numerator * target_den > target_num * denominator then 'met'
        when target_operator is null then 'no_target'
        else 'not_met'
    end as status,
    months_reported,
    months_expected,
    case
        when denominator > 0
            then cast(rank() over (
                partition by period, unit_group, scope, metric_id
                order by div(numerator * 1e20, nullif(denominator, 0)) desc nulls last
            ) as integer)
    end as rank,
    figures_from
from pooled
