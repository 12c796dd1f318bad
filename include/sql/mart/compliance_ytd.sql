-- One row: a unit on the roster of any month of the year up to the period, scope and metric, pooled over those months; decides compliance.
-- Filled by publication.build from metric_count. Only months that the unit reported are pooled (months_reported of months_expected).
-- The target is that of the unit's last month on the roster. online_needed_per_month: the fewest online dossiers in each remaining
-- month of the year, of those in which the unit exists, that reach the target, if it goes on at its average month so far; null in its last
-- month, without data or target.
insert into mart.compliance_ytd (
    publication_id, period, unit_key, unit_code, scope, metric_id, metric_version, numerator, denominator, online_level_3_count,
    online_level_4_count, online_other_count, direct_count, post_count, target_operator, target_num, target_den, status,
    months_reported, months_expected, rank, online_needed_per_month, figures_from
)
with remaining as (
    select
        unit.unit_code,
        count(distinct later_month.period) as month_count
    from ops.publication
    inner join core.period
        on
            publication.calendar = period.calendar
            and publication.period = period.period
    inner join core.period as later_month
        on
            period.calendar = later_month.calendar
            and period.year = later_month.year
            and period.starts_at < later_month.starts_at
    inner join core.unit
        on
            later_month.ends_on > unit.valid_from
            and later_month.starts_on < unit.valid_to
    where publication.publication_id = :publication_id
    group by unit.unit_code
),

pooled as (
    select
        publication_id,
        publication_period as period,
        unit_code,
        scope,
        metric_id,
        metric_version,
        (array_agg(unit_key order by starts_at desc))[1] as unit_key,
        (array_agg(unit_group order by starts_at desc))[1] as unit_group,
        (array_agg(target_operator order by starts_at desc))[1] as target_operator,
        (array_agg(target_num order by starts_at desc))[1] as target_num,
        (array_agg(target_den order by starts_at desc))[1] as target_den,
        sum(numerator)::bigint as numerator,
        sum(denominator)::bigint as denominator,
        sum(online_level_3_count)::bigint as online_level_3_count,
        sum(online_level_4_count)::bigint as online_level_4_count,
        sum(online_other_count)::bigint as online_other_count,
        sum(direct_count)::bigint as direct_count,
        sum(post_count)::bigint as post_count,
        case
            when min(figures_from) = max(figures_from) then min(figures_from)
            when count(figures_from) > 0 then 'mixed'
        end as figures_from,
        count(*) filter (where has_data)::integer as months_reported,
        count(*) filter (where reporting_status <> 'not_expected')::integer as months_expected
    from metric_count
    where is_in_year
    group by publication_id, publication_period, unit_code, scope, metric_id, metric_version
),

compared as (
    select
        pooled.publication_id,
        pooled.period,
        pooled.unit_key,
        pooled.unit_code,
        pooled.unit_group,
        pooled.scope,
        pooled.metric_id,
        pooled.metric_version,
        pooled.numerator,
        pooled.denominator,
        pooled.online_level_3_count,
        pooled.online_level_4_count,
        pooled.online_other_count,
        pooled.direct_count,
        pooled.post_count,
        pooled.target_operator,
        pooled.target_num,
        pooled.target_den,
        pooled.figures_from,
        pooled.months_reported,
        pooled.months_expected,
        case pooled.target_operator
            when '>=' then pooled.numerator * pooled.target_den >= pooled.target_num * pooled.denominator
            when '>' then pooled.numerator * pooled.target_den > pooled.target_num * pooled.denominator
        end as is_met,
        pooled.target_num::numeric * pooled.denominator * (pooled.months_reported + coalesce(remaining.month_count, 0))
        - pooled.numerator::numeric * pooled.target_den * pooled.months_reported as shortfall_num,
        pooled.target_den::numeric * pooled.months_reported as shortfall_den,
        coalesce(remaining.month_count, 0) as remaining_month_count
    from pooled
    left join remaining
        on pooled.unit_code = remaining.unit_code
)

select
    publication_id,
    period,
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
        when is_met is null then 'no_target'
        when is_met then 'met'
        else 'not_met'
    end as status,
    months_reported,
    months_expected,
    case
        when denominator > 0
            then rank() over (
                partition by unit_group, scope, metric_id
                order by div(numerator * 1e20, nullif(denominator, 0)) desc nulls last
            )::integer
    end as rank,
    case
        when remaining_month_count = 0 or coalesce(denominator, 0) = 0 then null
        when target_operator = '>=' then greatest(ceil(ceil(shortfall_num / shortfall_den) / remaining_month_count), 0)
        when target_operator = '>' then greatest(ceil((floor(shortfall_num / shortfall_den) + 1) / remaining_month_count), 0)
    end as online_needed_per_month,
    figures_from
from compared
