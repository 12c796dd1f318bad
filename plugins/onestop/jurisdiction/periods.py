"""Months, quarters and years of a jurisdiction's calendars, to the second: when they begin, end, are due and close.

A period is named by its year and month ("2019-04"), quarter ("2019-Q1") or year ("2019"), whatever the calendar.
Quarters and years are made of the months of their calendar. Dates are local dates of the jurisdiction, moments carry
its timezone. Rule: domain.md section 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

PeriodKind = Literal["month", "quarter", "year"]
MONTHS_OF: dict[PeriodKind, int] = {"month": 1, "quarter": 3, "year": 12}
"""How many months make a period."""

DECIDING_CALENDAR = "calendar"
"""Sources deliver by its months, alerts follow its official figures, the page shows it; SQL names it likewise."""

_CODE = re.compile(r"([1-9]\d{3})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])))?")
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """How a jurisdiction cuts time into months.

    A month begins on `first_day`, `months_before` months before the month that names it, and lasts until the next one
    begins. The `…_days` count from the period's last day: for months that end with the calendar month they are days of
    the following month. Due and publication days that fall on a weekend or holiday move to the next working day; the
    closing day stays, so that runs have a fixed distance from the month they are about.
    """

    name: str
    timezone: str
    first_day: int
    months_before: int
    due_days: int
    closing_days: int
    publication_days: int
    holidays: str | None
    """Country code of the `holidays` library, such as VN; None: only weekends are free."""

    def period(self, code: str) -> Period:
        """Return the month, quarter or year of this name. Raises ValueError for any other name."""
        matched = _CODE.fullmatch(code)
        if matched is None:
            raise ValueError(
                f"{code!r} is not a period: expected a year and a month, such as 2019-04, a quarter, such as 2019-Q1, "
                f"or a year, such as 2019"
            )
        year = int(matched[1])
        if matched[2]:
            return self._period("month", year, int(matched[2]))
        return self._period("quarter", year, int(matched[3])) if matched[3] else self._period("year", year, 1)

    def periods_of_year(self, year: int, kind: PeriodKind = "month") -> list[Period]:
        """Return the periods of a kind that make a year, the first one first."""
        return [self._period(kind, year, number) for number in range(1, 12 // MONTHS_OF[kind] + 1)]

    def months_between(self, starts_at: datetime, ends_at: datetime) -> list[Period]:
        """Return the months that a time overlaps, `ends_at` exclusive: those whose deliveries may tell of it."""
        months = [self.period_of(starts_at)]
        while months[-1].ends_at.astimezone(UTC) < ends_at.astimezone(UTC):
            months.append(self.period_of(months[-1].ends_at))
        return months

    def period_of(self, moment: datetime) -> Period:
        """Return the month that an aware moment lies in. Raises ValueError for a moment without an offset."""
        if moment.utcoffset() is None:
            raise ValueError(f"{moment} has no offset: which period it lies in depends on it")
        day = moment.astimezone(ZoneInfo(self.timezone)).date()
        months = day.year * 12 + day.month - 1 + self.months_before - (day.day < self.first_day)
        return self._period("month", months // 12, months % 12 + 1)

    def _starts_on(self, year: int, month: int) -> date:
        months = year * 12 + month - 1 - self.months_before
        return date(months // 12, months % 12 + 1, self.first_day)

    def _period(self, kind: PeriodKind, year: int, number: int) -> Period:
        last_month = number * MONTHS_OF[kind]
        starts_on = self._starts_on(year, last_month - MONTHS_OF[kind] + 1)
        ends_on = self._starts_on(year + last_month // 12, last_month % 12 + 1)
        last_day = ends_on - _ONE_DAY
        codes = {"month": f"{year:04d}-{number:02d}", "quarter": f"{year:04d}-Q{number}", "year": f"{year:04d}"}
        return Period(
            calendar=self.name,
            kind=kind,
            code=codes[kind],
            year=year,
            month=last_month,
            starts_on=starts_on,
            ends_on=ends_on,
            starts_at=self._begin_of(starts_on),
            ends_at=self._begin_of(ends_on),
            closes_at=self.end_of(last_day + timedelta(days=self.closing_days)),
            definition=self,
        )

    def _begin_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.timezone))

    def end_of(self, day: date) -> datetime:
        """Return the midnight after a day."""
        return self._begin_of(day + _ONE_DAY)

    def working_day(self, day: date) -> date:
        """Return a day, or the next one on which offices are open."""
        free = _holidays(self.holidays) if self.holidays else ()
        while day.weekday() >= _SATURDAY or day in free:
            day += _ONE_DAY
        return day


@dataclass(frozen=True)
class Period:
    """A month, quarter or year of a calendar. `starts_…` is inclusive; `ends_…`, `due_at`, `closes_at` are exclusive.

    A delivery made available before `due_at` is in time. What comes after `closes_at` restates the period.
    """

    calendar: str
    kind: PeriodKind
    code: str
    year: int
    month: int
    """The last month of a quarter or year: due, closing and publication days are that month's."""
    starts_on: date
    ends_on: date
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    definition: Calendar = field(repr=False)

    # Asked for by few, and the first answer imports the holidays of all countries.
    @cached_property
    def due_at(self) -> datetime:
        """The end of the working day on which a delivery is due."""
        return self.definition.end_of(self._working_day_after(self.definition.due_days))

    @cached_property
    def publication_on(self) -> date:
        """The working day on which the period is published."""
        return self._working_day_after(self.definition.publication_days)

    def _working_day_after(self, days: int) -> date:
        return self.definition.working_day(self.ends_on - _ONE_DAY + timedelta(days=days))

    def previous(self) -> Period:
        """Return the period of the same kind that ends where this one begins."""
        same_kind = self.definition.periods_of_year(self.year, self.kind)
        place = [period.code for period in same_kind].index(self.code)
        return same_kind[place - 1] if place else self.definition.periods_of_year(self.year - 1, self.kind)[-1]

    def months(self) -> list[Period]:
        """Return the months that make this period, the first one first."""
        return self.definition.periods_of_year(self.year)[self.month - MONTHS_OF[self.kind] : self.month]

    def months_of_year_to_date(self) -> list[Period]:
        """Return the months of this one's year, from January up to this one's last."""
        return self.definition.periods_of_year(self.year)[: self.month]


@lru_cache
def _holidays(country: str) -> HolidayBase:
    import holidays  # noqa: PLC0415 - a tenth of a second that reading the sources does not need

    return holidays.country_holidays(country)
