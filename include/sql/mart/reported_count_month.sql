-- One row: how many dossiers of a unit had an event in a month by channel and level, as the agency states it in its form 06a.
-- Filled by publication.build beside dossier_count_month, for months in which a source of totals is expected for the unit and none of
-- dossiers. A count is taken only where the form states all that it needs and its parts do not exceed their whole; 0 stands where 0 is
-- stated. Of the dossiers resolved only those filed online at level 3 and 4 are told apart: the rest counts as direct, as a dossier
-- without a channel does. Forms are by calendar months: another calendar has none.
insert into {{ dossier_count_month }} (
    publication_id, period, unit_code, is_commune, event, channel, service_level, figures_from, dossier_count
)
with window_month as (
    select
        period,
        starts_on,
        ends_on
    from core.period
    where
        calendar = :calendar
        and calendar = 'calendar'
        and starts_at >= cast(:window_starts_at as timestamptz)
        and ends_at <= cast(:window_ends_at as timestamptz)
),

unit_without_dossiers as (
    select
        window_month.period,
        expected_source.unit_code
    from window_month
    inner join core.expected_source
        on
            window_month.ends_on > expected_source.valid_from
            and window_month.starts_on < expected_source.valid_to
    group by window_month.period, expected_source.unit_code
    having
        bool_or(expected_source.dataset = 'reported_total')
        and not bool_or(expected_source.dataset = 'dossier')
),

stated as (
    select
        total.period,
        total.owner_unit_code as unit_code,
        total.received_direct,
        total.received_online,
        total.resolved_total,
        case when total.received_online = 0 then 0 else total.received_online_level_3 end as received_online_level_3,
        case when total.received_online = 0 then 0 else total.received_online_level_4 end as received_online_level_4,
        case when total.resolved_total = 0 then 0 else total.resolved_online_level_3 end as resolved_online_level_3,
        case when total.resolved_total = 0 then 0 else total.resolved_online_level_4 end as resolved_online_level_4
    from core.reported_total_as_of(cast(:as_of as timestamptz)) as total
    inner join unit_without_dossiers
        on
            total.period = unit_without_dossiers.period
            and total.owner_unit_code = unit_without_dossiers.unit_code
),

event_count as (
    select
        stated.period,
        stated.unit_code,
        part.event,
        part.channel,
        part.service_level,
        part.dossier_count,
        min(part.dossier_count) over of_event as least_count,
        bool_or(part.dossier_count is null) over of_event as is_incomplete
    from stated
    cross join
        lateral (
            values
            ('received', 'online', 3, stated.received_online_level_3),
            ('received', 'online', 4, stated.received_online_level_4),
            ('received', 'online', 0, stated.received_online - stated.received_online_level_3 - stated.received_online_level_4),
            ('received', 'direct', 0, stated.received_direct),
            ('resolved', 'online', 3, stated.resolved_online_level_3),
            ('resolved', 'online', 4, stated.resolved_online_level_4),
            ('resolved', 'direct', 0, stated.resolved_total - stated.resolved_online_level_3 - stated.resolved_online_level_4)
        ) as part (event, channel, service_level, dossier_count)
    window of_event as (partition by stated.period, stated.unit_code, part.event)
)

select
    cast(:publication_id as bigint) as publication_id,
    period,
    unit_code,
    false as is_commune,
    event,
    channel,
    service_level,
    'reported_total' as figures_from,
    dossier_count
from event_count
where
    not is_incomplete
    and least_count >= 0
