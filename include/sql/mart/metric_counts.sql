-- One row: numerator, denominator and target of a metric for a unit and scope in one of a publication's twelve months, roster first.
-- Made from dossier_count_month and reporting_status_month; read by metric_count and by the checks of a publication. A function, whose body
-- the planner puts in the place of the call: a view that numbers its rows, to group counts by one number, cannot be asked for one
-- publication.
-- Counts are null where the unit's month is missing, rejected or not expected: what later deliveries tell about such a month is a part of
-- it, and a part must not look like the whole. From reported totals (figures_from) they are known for the whole unit only, for metrics
-- over all dossiers, and where the form states them: any other count is null. The metric's definition is the one in force on the last day
-- of the publication's period, for all twelve months; the target is the one in force on each month's last day, a unit's own before its
-- type's. A unit that had a commune at any time of the publication's year has the scopes own and communes in every month, so that they add
-- up to the total in the year to date as in the month.
create or replace function mart.metric_counts(of_publication bigint)
returns table (
    publication_id bigint,
    publication_period text,
    period text,
    starts_at timestamptz,
    is_in_year boolean,
    unit_key bigint,
    unit_code text,
    unit_group text,
    scope text,
    metric_id text,
    metric_version integer,
    reporting_status text,
    has_data boolean,
    figures_from text,
    target_operator text,
    target_num integer,
    target_den integer,
    numerator bigint,
    denominator bigint,
    online_level_3_count bigint,
    online_level_4_count bigint,
    online_other_count bigint,
    direct_count bigint,
    post_count bigint,
    is_met boolean
)
language sql
stable
parallel safe
as $$
with year_begin as (
    select
        calendar,
        year,
        min(starts_on) as starts_on
    from core.period
    group by calendar, year
),

-- Once, and not for every unit, month and metric.
commune_district as (
    select distinct commune.district_unit_code
    from ops.publication
    inner join core.period
        on
            publication.calendar = period.calendar
            and publication.period = period.period
    inner join year_begin
        on
            period.calendar = year_begin.calendar
            and period.year = year_begin.year
    inner join core.commune
        on
            period.ends_on > commune.valid_from
            and year_begin.starts_on < commune.valid_to
    where publication.publication_id = of_publication
),

measured as (
    select
        row_number() over () as measured_number,
        publication.publication_id,
        publication.period as publication_period,
        month.period,
        month.starts_at,
        reporting.unit_key,
        reporting.unit_code,
        reporting.reporting_status,
        unit.unit_group,
        desk.desk_scope as scope,
        metric.metric_id,
        metric.metric_version,
        reporting.figures_from,
        metric.event,
        metric.denominator_scope,
        metric.online_levels,
        applied_target.target_operator,
        applied_target.target_num,
        applied_target.target_den,
        month.year = period.year as is_in_year,
        reporting.reporting_status in ('reported', 'reported_zero', 'late') as has_data
    from ops.publication
    inner join core.period
        on
            publication.calendar = period.calendar
            and publication.period = period.period
    inner join mart.reporting_status_month as reporting
        on publication.publication_id = reporting.publication_id
    inner join core.period as month
        on
            publication.calendar = month.calendar
            and reporting.period = month.period
    inner join core.unit
        on reporting.unit_key = unit.unit_key
    inner join core.metric
        on
            period.ends_on > metric.valid_from
            and period.ends_on <= metric.valid_to
    cross join (values ('total'), ('own'), ('communes')) as desk (desk_scope)
    left join commune_district
        on reporting.unit_code = commune_district.district_unit_code
    left join lateral (
        select
            candidate.operator as target_operator,
            candidate.target_num,
            candidate.target_den
        from core.target as candidate
        where
            candidate.metric_id = metric.metric_id
            and (candidate.unit_code = reporting.unit_code or candidate.unit_type = unit.unit_type)
            and candidate.valid_from < month.ends_on
            and candidate.valid_to >= month.ends_on
        order by candidate.unit_code is null
        limit 1
    ) as applied_target on true
    where
        publication.publication_id = of_publication
        and (desk.desk_scope = 'total' or commune_district.district_unit_code is not null)
),

counted as (
    select
        measured.measured_number,
        sum(counts.dossier_count) filter (
            where counts.channel = 'online' and counts.service_level = any(measured.online_levels)
        ) as numerator,
        sum(counts.dossier_count) as denominator,
        sum(counts.dossier_count) filter (where counts.channel = 'online' and counts.service_level = 3) as online_level_3_count,
        sum(counts.dossier_count) filter (where counts.channel = 'online' and counts.service_level = 4) as online_level_4_count,
        sum(counts.dossier_count) filter (where counts.channel = 'online' and counts.service_level not in (3, 4)) as online_other_count,
        sum(counts.dossier_count) filter (where counts.channel = 'direct') as direct_count,
        sum(counts.dossier_count) filter (where counts.channel = 'post') as post_count
    from measured
    inner join mart.dossier_count_month as counts
        on
            measured.period = counts.period
            and measured.unit_code = counts.unit_code
            and measured.event = counts.event
            and measured.figures_from = counts.figures_from
    where
        counts.publication_id = of_publication
        and (measured.scope = 'total' or counts.is_commune = (measured.scope = 'communes'))
        and (measured.denominator_scope = 'all' or counts.service_level = any(measured.online_levels))
    group by measured.measured_number
),

counted_month as (
    select
        measured.publication_id,
        measured.publication_period,
        measured.period,
        measured.starts_at,
        measured.is_in_year,
        measured.unit_key,
        measured.unit_code,
        measured.unit_group,
        measured.scope,
        measured.metric_id,
        measured.metric_version,
        measured.reporting_status,
        measured.figures_from,
        measured.target_operator,
        measured.target_num,
        measured.target_den,
        coalesce(counted.numerator, 0)::bigint as numerator,
        coalesce(counted.denominator, 0)::bigint as denominator,
        coalesce(counted.online_level_3_count, 0)::bigint as online_level_3_count,
        coalesce(counted.online_level_4_count, 0)::bigint as online_level_4_count,
        coalesce(counted.online_other_count, 0)::bigint as online_other_count,
        coalesce(counted.direct_count, 0)::bigint as direct_count,
        coalesce(counted.post_count, 0)::bigint as post_count,
        measured.has_data
        and (
            measured.figures_from = 'dossiers'
            or (
                measured.scope = 'total'
                and measured.denominator_scope = 'all'
                and counted.measured_number is not null
            )
        ) as has_data
    from measured
    left join counted
        on measured.measured_number = counted.measured_number
)

select
    publication_id,
    publication_period,
    period,
    starts_at,
    is_in_year,
    unit_key,
    unit_code,
    unit_group,
    scope,
    metric_id,
    metric_version,
    reporting_status,
    has_data,
    case when has_data then figures_from end as figures_from,
    target_operator,
    target_num,
    target_den,
    case when has_data then numerator end as numerator,
    case when has_data then denominator end as denominator,
    case when has_data then online_level_3_count end as online_level_3_count,
    case when has_data then online_level_4_count end as online_level_4_count,
    case when has_data then online_other_count end as online_other_count,
    case when has_data then direct_count end as direct_count,
    case when has_data then post_count end as post_count,
    case
        when not has_data then null
        when target_operator = '>=' then numerator * target_den >= target_num * denominator
        when target_operator = '>' then numerator * target_den > target_num * denominator
    end as is_met
from counted_month
$$;
