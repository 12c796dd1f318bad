-- One row: a month that published figures are about or read, and whether it is among those of an official revision.
-- Read by synchronise: its bounds may not change; what was due and closed then stays so, whatever becomes of holidays and limits.
select
    period.calendar,
    period.period,
    period.year,
    period.month,
    period.starts_on,
    period.ends_on,
    period.starts_at,
    period.ends_at,
    period.due_at,
    period.closes_at,
    bool_or(publication.kind = 'official') as is_official
from mart.reporting_status_month as reporting
inner join ops.publication
    on
        reporting.publication_id = publication.publication_id
        and publication.state = 'published'
inner join core.period
    on
        publication.calendar = period.calendar
        and reporting.period = period.period
group by period.calendar, period.period
