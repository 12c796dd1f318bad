-- One row: a unit of the period's roster, scope and metric in the period's month, with its target, status, rank and months missed.
-- Filled by publication.build from metric_count; every unit has its rows, counts are null where the unit did not report.
-- Rates are compared as exact integers and ranked 1, 2, 2, 4 within group, scope and metric; a unit without a dossier has no rank.
-- Months missed count back from the period until a month that met its target or had none; months without dossiers or data are passed over.
insert into mart.compliance_month (
    publication_id, period, unit_key, unit_code, scope, metric_id, metric_version, numerator, denominator, online_level_3_count,
    online_level_4_count, online_other_count, direct_count, post_count, target_operator, target_num, target_den, status, reporting_status,
    rank, months_missed_in_a_row, figures_from
)
with month_count as (
    select
        publication_id,
        publication_period,
        period,
        starts_at,
        unit_key,
        unit_code,
        unit_group,
        scope,
        metric_id,
        metric_version,
        reporting_status,
        figures_from,
        has_data,
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
        is_met,
        denominator > 0 and is_met is false as is_missed,
        denominator > 0 and is_met is not false as ends_misses
    from metric_count
),

last_month_kept as (
    select
        unit_code,
        scope,
        metric_id,
        max(starts_at) filter (where ends_misses) as starts_at
    from month_count
    group by unit_code, scope, metric_id
),

months_missed as (
    select
        month_count.unit_code,
        month_count.scope,
        month_count.metric_id,
        count(*)::integer as month_count
    from month_count
    inner join last_month_kept
        on
            month_count.unit_code = last_month_kept.unit_code
            and month_count.scope = last_month_kept.scope
            and month_count.metric_id = last_month_kept.metric_id
    where
        month_count.is_missed
        and month_count.starts_at > coalesce(last_month_kept.starts_at, '-infinity')
    group by month_count.unit_code, month_count.scope, month_count.metric_id
),

ranked as (
    select
        unit_code,
        scope,
        metric_id,
        rank() over (
            partition by unit_group, scope, metric_id
            order by div(numerator * 1e20, denominator) desc
        )::integer as rank
    from month_count
    where
        period = publication_period
        and denominator > 0
)

select
    month_count.publication_id,
    month_count.period,
    month_count.unit_key,
    month_count.unit_code,
    month_count.scope,
    month_count.metric_id,
    month_count.metric_version,
    month_count.numerator,
    month_count.denominator,
    month_count.online_level_3_count,
    month_count.online_level_4_count,
    month_count.online_other_count,
    month_count.direct_count,
    month_count.post_count,
    month_count.target_operator,
    month_count.target_num,
    month_count.target_den,
    case
        when not month_count.has_data then 'no_data'
        when month_count.numerator = 0 then 'zero_online'
        when month_count.is_met is null then 'no_target'
        when month_count.is_met then 'met'
        else 'not_met'
    end as status,
    month_count.reporting_status,
    ranked.rank,
    case when month_count.has_data then coalesce(months_missed.month_count, 0) end as months_missed_in_a_row,
    month_count.figures_from
from month_count
left join ranked
    on
        month_count.unit_code = ranked.unit_code
        and month_count.scope = ranked.scope
        and month_count.metric_id = ranked.metric_id
left join months_missed
    on
        month_count.unit_code = months_missed.unit_code
        and month_count.scope = months_missed.scope
        and month_count.metric_id = months_missed.metric_id
where month_count.period = month_count.publication_period
