-- One row: how many dossiers of a unit are alike in desk, channel, level at receipt and the months before the period in which they were
-- received and resolved; null: in none of them. Filled by publication.build for dossier_count_month, as known at a moment. Dropped with the
-- transaction. A table, because no statement that fills a mart is planned for more than one processor.
-- What was received in the months before the period is counted already: kept (core.counted_dossier) and changed since (received_change), or
-- anew (received_count). What was received before them and resolved in one of them is among older_dossier.
create temporary table earlier_count on commit drop as
with earlier_month as (
    select
        period,
        starts_at,
        ends_at
    from core.period
    where
        calendar = :calendar
        and starts_at >= cast(:window_starts_at as timestamptz)
        and ends_at <= cast(:starts_at as timestamptz)
),

bound as (
    select array_agg(starts_at order by starts_at) || max(ends_at) as bounds
    from earlier_month
),

received_count_known as (
    select
        period,
        unit_code,
        desk,
        channel,
        service_level,
        is_received,
        resolved_from,
        dossier_count
    from core.counted_dossier
    where
        calendar = :calendar
        and period = any(cast(:counted_periods as text[]))
    union all
    select
        period,
        unit_code,
        desk,
        channel,
        service_level,
        is_received,
        resolved_from,
        dossier_count
    from received_change
    union all
    select
        period,
        unit_code,
        desk,
        channel,
        service_level,
        is_received,
        resolved_from,
        dossier_count
    from received_count
),

resolved_dossier as (
    select
        owner_unit_code,
        commune_code,
        channel,
        service_level,
        finished_at
    from older_dossier
    where
        received_at < cast(:window_starts_at as timestamptz)
        and finished_at < cast(:starts_at as timestamptz)
        and status_group = 'resolved'
),

counted as (
    select
        received.unit_code,
        received.desk,
        received.channel,
        received.service_level,
        case when received.is_received then width_bucket(earlier_month.starts_at, bound.bounds) end as received_month,
        case
            when received.resolved_from < cast(:starts_at as timestamptz)
                then nullif(width_bucket(received.resolved_from, bound.bounds), 0)
        end as resolved_month,
        received.dossier_count
    from received_count_known as received
    inner join earlier_month
        on received.period = earlier_month.period
    cross join bound
    union all
    select
        owner_unit_code as unit_code,
        case when commune_code is null then 'own' else 'communes' end as desk,
        channel,
        coalesce(service_level, 0) as service_level,
        cast(null as integer) as received_month,
        width_bucket(finished_at, (select bound.bounds from bound)) as resolved_month,
        count(*) as dossier_count
    from resolved_dossier
    group by unit_code, desk, channel, coalesce(service_level, 0), resolved_month
)

select
    unit_code,
    channel,
    desk,
    service_level,
    received_month,
    resolved_month,
    sum(dossier_count) as dossier_count
from counted
group by unit_code, channel, desk, service_level, received_month, resolved_month
having sum(dossier_count) <> 0
