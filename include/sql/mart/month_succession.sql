-- One row: a unit that had ended when a month of a publication began, and the unit at which its dossiers count in that month.
-- Filled by publication.build for the counts of the period and of the months before it. Dropped with the transaction. A dossier stays that
-- of the unit that received it, and counts in each month at the unit of that month's roster: what is pending when a unit is merged or
-- renamed is carried over at its successor.
create temporary table month_succession on commit drop as
select
    month.period,
    succession.unit_code,
    succession.succeeding_unit_code
from core.period as month
inner join core.succeeding_unit as succession
    on
        month.starts_on >= succession.starts_on
        and month.starts_on < succession.ends_on
where
    month.calendar = :calendar
    and month.starts_at >= cast(:window_starts_at as timestamptz)
    and month.ends_at <= cast(:ends_at as timestamptz)
