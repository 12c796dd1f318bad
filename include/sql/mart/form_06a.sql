-- One row: a unit's form II.06a (TT 01/2020/TT-VPCP) of the month: 3 = 4 + 5 + 6 = 7 + 11, 7 = 8 + 9 + 10, 11 = 12 + 13.
-- Filled by publication.build from period_unit, or from the agency's own form where it sends no dossiers (figures_from); null: no data.
-- The form knows no withdrawn dossier: one that is withdrawn in the month is in none of its columns, and counted beside it, so that 3 = 7
-- + 11 holds and what was pending at the end of a month = 6 + withdrawn_carried_over of the next. Refused and merely filed ones were never
-- received. What has no due date cannot be late: resolved it counts as on time (9), pending as in time (12); timeliness_month tells it
-- apart.
insert into mart.form_06a (
    publication_id, period, unit_code, figures_from, received_total, received_online, received_direct, carried_over, resolved_total,
    resolved_early, resolved_on_time, resolved_late, pending_total, pending_in_time, pending_overdue, withdrawn_received,
    withdrawn_carried_over
)
with counted as (
    select
        unit_code,
        sum(dossier_count) filter (where outcome <> 'withdrawn') as received_total,
        sum(dossier_count) filter (where outcome <> 'withdrawn' and arrival = 'online') as received_online,
        sum(dossier_count) filter (where outcome <> 'withdrawn' and arrival = 'direct') as received_direct,
        sum(dossier_count) filter (where outcome <> 'withdrawn' and arrival = 'carried_over') as carried_over,
        sum(dossier_count) filter (where outcome = 'resolved') as resolved_total,
        sum(dossier_count) filter (where outcome = 'resolved' and timeliness = 'early') as resolved_early,
        sum(dossier_count) filter (where outcome = 'resolved' and timeliness in ('on_time', 'no_due_date')) as resolved_on_time,
        sum(dossier_count) filter (where outcome = 'resolved' and timeliness = 'late') as resolved_late,
        sum(dossier_count) filter (where outcome in ('in_process', 'paused')) as pending_total,
        sum(dossier_count) filter (
            where outcome in ('in_process', 'paused') and timeliness in ('in_time', 'no_due_date')
        ) as pending_in_time,
        sum(dossier_count) filter (where outcome in ('in_process', 'paused') and timeliness = 'overdue') as pending_overdue,
        sum(dossier_count) filter (where outcome = 'withdrawn' and arrival <> 'carried_over') as withdrawn_received,
        sum(dossier_count) filter (where outcome = 'withdrawn' and arrival = 'carried_over') as withdrawn_carried_over
    from period_unit
    group by unit_code
)

select
    roster.publication_id,
    roster.period,
    roster.unit_code,
    case when roster.has_dossiers or stated.owner_unit_code is not null then roster.figures_from end as figures_from,
    case when roster.has_dossiers then coalesce(counted.received_total, 0) else stated.received_total end as received_total,
    case when roster.has_dossiers then coalesce(counted.received_online, 0) else stated.received_online end as received_online,
    case when roster.has_dossiers then coalesce(counted.received_direct, 0) else stated.received_direct end as received_direct,
    case when roster.has_dossiers then coalesce(counted.carried_over, 0) else stated.carried_over end as carried_over,
    case when roster.has_dossiers then coalesce(counted.resolved_total, 0) else stated.resolved_total end as resolved_total,
    case when roster.has_dossiers then coalesce(counted.resolved_early, 0) else stated.resolved_early end as resolved_early,
    case when roster.has_dossiers then coalesce(counted.resolved_on_time, 0) else stated.resolved_on_time end as resolved_on_time,
    case when roster.has_dossiers then coalesce(counted.resolved_late, 0) else stated.resolved_late end as resolved_late,
    case when roster.has_dossiers then coalesce(counted.pending_total, 0) else stated.pending_total end as pending_total,
    case when roster.has_dossiers then coalesce(counted.pending_in_time, 0) else stated.pending_in_time end as pending_in_time,
    case when roster.has_dossiers then coalesce(counted.pending_overdue, 0) else stated.pending_overdue end as pending_overdue,
    case when roster.has_dossiers then coalesce(counted.withdrawn_received, 0) end as withdrawn_received,
    case when roster.has_dossiers then coalesce(counted.withdrawn_carried_over, 0) end as withdrawn_carried_over
from mart.publication_roster as roster
left join counted
    on roster.unit_code = counted.unit_code
left join core.reported_total_as_of(cast(:as_of as timestamptz)) as stated
    on
        roster.unit_code = stated.owner_unit_code
        and roster.period = stated.period
        and roster.calendar = 'calendar'
        and roster.has_data
        and roster.figures_from = 'reported_total'
where roster.publication_id = :publication_id
