-- One row: how many dossiers of a unit had an event (received, resolved) in a month, by desk, channel and level at receipt.
-- Filled by publication.build from the dossiers as known at a moment, for the twelve months that end with the period: from period_procedure
-- for its own month, and from earlier_count for those before, so that no dossier is read again. In each month, dossiers
-- of a unit that has ended count at its successor (month_succession).
-- Received: a receipt date in the month, unless the dossier is only filed or was refused. Resolved: finished in the month with a result;
-- withdrawn, stopped and refused dossiers are never resolved. A dossier finished after the month does not count in it, whenever it is seen.
-- Nothing is resolved before it is received: what was finished before (a day without a time may be, by the hours between two timezones)
-- counts as resolved in the month of its receipt, as in form 06a, where received = resolved + pending.
insert into {{ dossier_count_month }} (
    publication_id, period, unit_code, is_commune, event, channel, service_level, figures_from, dossier_count
)
with earlier_month as (
    select
        period,
        row_number() over (order by starts_at) as month_number
    from core.period
    where
        calendar = :calendar
        and starts_at >= cast(:window_starts_at as timestamptz)
        and ends_at <= cast(:starts_at as timestamptz)
),

event_count as (
    select
        'received' as event,
        earlier_month.period,
        coalesce(succession.succeeding_unit_code, earlier.unit_code) as unit_code,
        earlier.desk = 'communes' as is_commune,
        earlier.channel,
        earlier.service_level,
        earlier.dossier_count
    from earlier_count as earlier
    inner join earlier_month
        on earlier.received_month = earlier_month.month_number
    left join month_succession as succession
        on
            earlier_month.period = succession.period
            and earlier.unit_code = succession.unit_code
    union all
    select
        'resolved' as event,
        earlier_month.period,
        coalesce(succession.succeeding_unit_code, earlier.unit_code) as unit_code,
        earlier.desk = 'communes' as is_commune,
        earlier.channel,
        earlier.service_level,
        earlier.dossier_count
    from earlier_count as earlier
    inner join earlier_month
        on earlier.resolved_month = earlier_month.month_number
    left join month_succession as succession
        on
            earlier_month.period = succession.period
            and earlier.unit_code = succession.unit_code
    union all
    select
        'received' as event,
        :period as period,
        unit_code,
        commune_code <> '' as is_commune,
        channel,
        service_level,
        dossier_count
    from period_procedure
    where is_received
    union all
    select
        'resolved' as event,
        :period as period,
        unit_code,
        commune_code <> '' as is_commune,
        channel,
        service_level,
        dossier_count
    from period_procedure
    where is_resolved
)

select
    cast(:publication_id as bigint) as publication_id,
    period,
    unit_code,
    is_commune,
    event,
    channel,
    service_level,
    'dossiers' as figures_from,
    sum(dossier_count) as dossier_count
from event_count
group by period, unit_code, is_commune, event, channel, service_level
