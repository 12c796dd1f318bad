-- One row: numerator, denominator and target of a metric for a unit and scope in one of a publication's twelve months, roster first.
-- Made from dossier_count_month and reporting_status_month; read by metric_count and by the checks of a publication.
-- Counts are null where the unit's month is missing, rejected or not expected: what later deliveries tell about such a month is a part of
-- it, and a part must not look like the whole. From reported totals (figures_from) they are known for the whole unit only, for metrics
-- over all dossiers, and where the form states them: any other count is null. The metric's definition is the one in force on the last day
-- of the publication's period, for all twelve months; the target is the one in force on each month's last day, a unit's own before its
-- type's. A unit that had a commune at any time of the publication's year has the scopes own and communes in every month, so that they add
-- up to the total in the year to date as in the month.
create or replace view mart.metric_count_month as
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
    select distinct
        publication.publication_id,
        commune.district_unit_code
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
),

measured as (
    select
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
        on
            publication.publication_id = commune_district.publication_id
            and reporting.unit_code = commune_district.district_unit_code
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
        desk.desk_scope = 'total'
        or commune_district.district_unit_code is not null
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
        counted.numerator,
        counted.denominator,
        counted.online_level_3_count,
        counted.online_level_4_count,
        counted.online_other_count,
        counted.direct_count,
        counted.post_count,
        measured.has_data
        and (
            measured.figures_from = 'dossiers'
            or (measured.scope = 'total' and measured.denominator_scope = 'all' and counted.is_counted)
        ) as has_data
    from measured
    cross join lateral (
        select
            count(*) > 0 as is_counted,
            coalesce(sum(counts.dossier_count) filter (
                where counts.channel = 'online' and counts.service_level = any(measured.online_levels)
            ), 0)::bigint as numerator,
            coalesce(sum(counts.dossier_count), 0)::bigint as denominator,
            coalesce(sum(counts.dossier_count) filter (
                where counts.channel = 'online' and counts.service_level = 3
            ), 0)::bigint as online_level_3_count,
            coalesce(sum(counts.dossier_count) filter (
                where counts.channel = 'online' and counts.service_level = 4
            ), 0)::bigint as online_level_4_count,
            coalesce(sum(counts.dossier_count) filter (
                where counts.channel = 'online' and counts.service_level not in (3, 4)
            ), 0)::bigint as online_other_count,
            coalesce(sum(counts.dossier_count) filter (where counts.channel = 'direct'), 0)::bigint as direct_count,
            coalesce(sum(counts.dossier_count) filter (where counts.channel = 'post'), 0)::bigint as post_count
        from mart.dossier_count_month as counts
        where
            counts.publication_id = measured.publication_id
            and counts.period = measured.period
            and counts.unit_code = measured.unit_code
            and counts.event = measured.event
            and counts.figures_from = measured.figures_from
            and (measured.scope = 'total' or counts.is_commune = (measured.scope = 'communes'))
            and (measured.denominator_scope = 'all' or counts.service_level = any(measured.online_levels))
    ) as counted
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
    target_operator,
    target_num,
    target_den,
    case when has_data then figures_from end as figures_from,
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
