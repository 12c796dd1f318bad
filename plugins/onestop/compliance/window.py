"""The months that a measurement reads."""

import itertools
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

MONTHS_MEASURED = 12
"""A publication reads this many months, its period the last.

They hold the longest year to date and the longest row of missed months that is told; as their number is constant, the
time to publish stays flat as history grows.
"""


class PeriodUnknownError(LookupError):
    """core.period has no such period."""


class MonthGapError(ValueError):
    """Two months of a calendar do not meet in core.period."""


@dataclass(frozen=True)
class Window:
    """Consecutive months of one calendar that end with `period`; moments of begin inclusive, of end exclusive."""

    calendar: str
    period: str
    starts_at: datetime
    period_starts_at: datetime
    ends_at: datetime


_MONTHS = text("""
select
    month.period,
    month.starts_at,
    month.ends_at
from core.period
inner join core.period as month
    on
        period.calendar = month.calendar
        and period.starts_at >= month.starts_at
where
    period.calendar = :calendar
    and period.period = :period
order by month.starts_at desc
limit :months
""")


def window(connection: Connection, calendar: str, period: str, months: int = MONTHS_MEASURED) -> Window:
    """Return the window of `months` months (fewer where the calendar begins later) that ends with the period.

    Raises PeriodUnknownError, and MonthGapError where one month does not begin as the one before it ends.
    """
    rows = connection.execute(_MONTHS, {"calendar": calendar, "period": period, "months": months}).all()
    if not rows:
        raise PeriodUnknownError(
            f"core.period has no period {period!r} of the calendar {calendar!r}. "
            "Add it to calendar.yaml if it should exist, then run `onestop warehouse synchronise`."
        )
    for later, earlier in itertools.pairwise(rows):
        if earlier.ends_at != later.starts_at:
            raise MonthGapError(
                f"The calendar {calendar!r} has a gap or an overlap: {earlier.period} ends at {earlier.ends_at}, "
                f"{later.period} starts at {later.starts_at}. Correct calendar.yaml and synchronise again."
            )
    return Window(calendar, period, rows[-1].starts_at, rows[0].starts_at, rows[0].ends_at)
