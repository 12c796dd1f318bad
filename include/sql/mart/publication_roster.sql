-- One row: a unit on the roster of a publication's period, with what every mart needs of the period and of who reported.
-- Made from ops.publication and mart.reporting_status_month. measured_at is the end of the period, or the moment of the data if that is
-- earlier: what was pending, and overdue, then. has_dossiers: the unit reported, and its figures are counted from dossiers.
create or replace view mart.publication_roster as
select
    publication.publication_id,
    publication.calendar,
    publication.period,
    publication.as_of,
    period.year,
    period.starts_on,
    period.ends_on,
    period.starts_at,
    period.ends_at,
    reporting.unit_key,
    reporting.unit_code,
    unit.unit_type,
    unit.unit_group,
    reporting.reporting_status,
    reporting.figures_from,
    least(publication.as_of, period.ends_at) as measured_at,
    reporting.reporting_status in ('reported', 'reported_zero', 'late') as has_data,
    reporting.reporting_status in ('reported', 'reported_zero', 'late') and reporting.figures_from = 'dossiers' as has_dossiers
from ops.publication
inner join core.period
    on
        publication.calendar = period.calendar
        and publication.period = period.period
inner join mart.reporting_status_month as reporting
    on
        publication.publication_id = reporting.publication_id
        and publication.period = reporting.period
inner join core.unit
    on reporting.unit_key = unit.unit_key
