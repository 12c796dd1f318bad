-- One row: a unit's dossiers resolved in the month (early, on time, late) and pending at its end (in time, overdue), by day of the due
-- date.
-- Filled by publication.build from period_unit. What has no due date is a class of its own: neither on time nor late. Pending is
-- measured at the end of the month, or at the moment of the data if the month is not over. Null where the unit did not report dossiers.
insert into mart.timeliness_month (
    publication_id, period, unit_code, resolved_count, resolved_early_count, resolved_on_time_count, resolved_late_count,
    resolved_no_due_date_count, pending_count, pending_in_time_count, pending_overdue_count, pending_no_due_date_count,
    pending_paused_count, longest_overdue_days
)
with counted as (
    select
        unit_code,
        sum(dossier_count) filter (where outcome = 'resolved') as resolved_count,
        sum(dossier_count) filter (where outcome = 'resolved' and timeliness = 'early') as resolved_early_count,
        sum(dossier_count) filter (where outcome = 'resolved' and timeliness = 'on_time') as resolved_on_time_count,
        sum(dossier_count) filter (where outcome = 'resolved' and timeliness = 'late') as resolved_late_count,
        sum(dossier_count) filter (where outcome = 'resolved' and timeliness = 'no_due_date') as resolved_no_due_date_count,
        sum(dossier_count) filter (where outcome in ('in_process', 'paused')) as pending_count,
        sum(dossier_count) filter (where outcome in ('in_process', 'paused') and timeliness = 'in_time') as pending_in_time_count,
        sum(dossier_count) filter (where outcome in ('in_process', 'paused') and timeliness = 'overdue') as pending_overdue_count,
        sum(dossier_count) filter (where outcome in ('in_process', 'paused') and timeliness = 'no_due_date') as pending_no_due_date_count,
        sum(dossier_count) filter (where outcome = 'paused') as pending_paused_count,
        max(longest_overdue_days) as longest_overdue_days
    from period_unit
    group by unit_code
)

select
    roster.publication_id,
    roster.period,
    roster.unit_code,
    case when roster.has_dossiers then coalesce(counted.resolved_count, 0) end as resolved_count,
    case when roster.has_dossiers then coalesce(counted.resolved_early_count, 0) end as resolved_early_count,
    case when roster.has_dossiers then coalesce(counted.resolved_on_time_count, 0) end as resolved_on_time_count,
    case when roster.has_dossiers then coalesce(counted.resolved_late_count, 0) end as resolved_late_count,
    case when roster.has_dossiers then coalesce(counted.resolved_no_due_date_count, 0) end as resolved_no_due_date_count,
    case when roster.has_dossiers then coalesce(counted.pending_count, 0) end as pending_count,
    case when roster.has_dossiers then coalesce(counted.pending_in_time_count, 0) end as pending_in_time_count,
    case when roster.has_dossiers then coalesce(counted.pending_overdue_count, 0) end as pending_overdue_count,
    case when roster.has_dossiers then coalesce(counted.pending_no_due_date_count, 0) end as pending_no_due_date_count,
    case when roster.has_dossiers then coalesce(counted.pending_paused_count, 0) end as pending_paused_count,
    case when roster.has_dossiers then counted.longest_overdue_days end as longest_overdue_days
from mart.publication_roster as roster
left join counted
    on roster.unit_code = counted.unit_code
where roster.publication_id = :publication_id
