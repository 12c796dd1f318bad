-- One row: how many dossiers of a unit had an event (received, resolved) in a month, by desk, channel and level at receipt.
-- Filled by publication.build from the dossiers as known at a moment, for the twelve months that end with the period: one pass.
-- Received: a receipt date in the month, unless the dossier is only filed or was refused. Resolved: finished in the month with a result;
-- withdrawn, stopped and refused dossiers are never resolved. A dossier finished after the month does not count in it, whenever it is seen.
-- The second part of the union finds old dossiers by the index on their finish date, so that older partitions are never read whole.
insert into {{ dossier_count_month }} (
    publication_id, period, unit_code, is_commune, event, channel, service_level, figures_from, dossier_count
)
with window_month as (
    select
        array_agg(period order by starts_at) as periods,
        array_agg(starts_at order by starts_at) || max(ends_at) as bounds,
        cast(count(*) as integer) as month_count
    from core.period
    where
        calendar = :calendar
        and starts_at >= cast(:window_starts_at as timestamptz)
        and ends_at <= cast(:window_ends_at as timestamptz)
),

known_dossier as (
    select
        owner_unit_code,
        commune_code is not null as is_commune,
        channel,
        coalesce(service_level, 0) as service_level,
        status_group <> 'not_accepted' as is_received,
        width_bucket(received_at, (select window_month.bounds from window_month)) as received_month,
        case
            when status_group = 'resolved' then width_bucket(finished_at, (select window_month.bounds from window_month))
        end as resolved_month
    from mart.dossier_as_of(cast(:as_of as timestamptz))
    where
        received_at >= cast(:window_starts_at as timestamptz)
        and received_at < cast(:window_ends_at as timestamptz)
    union all
    select
        owner_unit_code,
        commune_code is not null as is_commune,
        channel,
        coalesce(service_level, 0) as service_level,
        false as is_received,
        0 as received_month,
        width_bucket(finished_at, (select window_month.bounds from window_month)) as resolved_month
    from mart.dossier_as_of(cast(:as_of as timestamptz))
    where
        received_at < cast(:window_starts_at as timestamptz)
        and finished_at >= cast(:window_starts_at as timestamptz)
        and finished_at < cast(:window_ends_at as timestamptz)
        and status_group = 'resolved'
),

dossier_count as (
    select
        owner_unit_code,
        is_commune,
        channel,
        service_level,
        is_received,
        received_month,
        resolved_month,
        count(*) as dossier_count
    from known_dossier
    group by owner_unit_code, is_commune, channel, service_level, is_received, received_month, resolved_month
),

event_count as (
    select
        'received' as event,
        received_month as month_number,
        owner_unit_code,
        is_commune,
        channel,
        service_level,
        dossier_count
    from dossier_count
    where is_received
    union all
    select
        'resolved' as event,
        resolved_month as month_number,
        owner_unit_code,
        is_commune,
        channel,
        service_level,
        dossier_count
    from dossier_count
)

select
    cast(:publication_id as bigint) as publication_id,
    window_month.periods[event_count.month_number] as period,
    event_count.owner_unit_code as unit_code,
    event_count.is_commune,
    event_count.event,
    event_count.channel,
    event_count.service_level,
    'dossiers' as figures_from,
    sum(event_count.dossier_count) as dossier_count
from event_count
cross join window_month
where event_count.month_number between 1 and window_month.month_count
group by
    window_month.periods[event_count.month_number],
    event_count.owner_unit_code,
    event_count.is_commune,
    event_count.event,
    event_count.channel,
    event_count.service_level
