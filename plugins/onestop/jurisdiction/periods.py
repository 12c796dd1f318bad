"""Months of a jurisdiction's calendars, to the second: when they begin, end, are due and close.

A period is named by a year and a month ("2019-04") whatever the calendar. Dates are local dates of the jurisdiction,
moments carry its timezone. Rule: domain.md section 3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

_CODE = re.compile(r"([1-9]\d{3})-(0[1-9]|1[0-2])")
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
        """Return the period of this name. Raises ValueError for anything that is not a year and a month."""
        matched = _CODE.fullmatch(code)
        if matched is None:
            raise ValueError(f"{code!r} is not a period: expected a year and a month, such as 2019-04")
        return self._period(int(matched[1]), int(matched[2]))

    def period_of(self, moment: datetime) -> Period:
        """Return the period that an aware moment lies in. Raises ValueError for a moment without an offset."""
        if moment.utcoffset() is None:
            raise ValueError(f"{moment} has no offset: which period it lies in depends on it")
        day = moment.astimezone(ZoneInfo(self.timezone)).date()
        months = day.year * 12 + day.month - 1 + self.months_before - (day.day < self.first_day)
        return self._period(months // 12, months % 12 + 1)

    def _starts_on(self, year: int, month: int) -> date:
        months = year * 12 + month - 1 - self.months_before
        return date(months // 12, months % 12 + 1, self.first_day)

    def _period(self, year: int, month: int) -> Period:
        starts_on = self._starts_on(year, month)
        ends_on = self._starts_on(year + month // 12, month % 12 + 1)
        last_day = ends_on - _ONE_DAY
        return Period(
            calendar=self.name,
            code=f"{year:04d}-{month:02d}",
            year=year,
            month=month,
            starts_on=starts_on,
            ends_on=ends_on,
            starts_at=self._begin_of(starts_on),
            ends_at=self._begin_of(ends_on),
            due_at=self._end_of(self._working_day(last_day + timedelta(days=self.due_days))),
            closes_at=self._end_of(last_day + timedelta(days=self.closing_days)),
            publication_on=self._working_day(last_day + timedelta(days=self.publication_days)),
            definition=self,
        )

    def _begin_of(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.timezone))

    def _end_of(self, day: date) -> datetime:
        return self._begin_of(day + _ONE_DAY)

    def _working_day(self, day: date) -> date:
        free = _holidays(self.holidays) if self.holidays else ()
        while day.weekday() >= _SATURDAY or day in free:
            day += _ONE_DAY
        return day


@dataclass(frozen=True)
class Period:
    """A month of a calendar. `starts_…` is inclusive; `ends_…`, `due_at` and `closes_at` are exclusive.

    A delivery made available before `due_at` is in time. What comes after `closes_at` restates the period.
    """

    calendar: str
    code: str
    year: int
    month: int
    starts_on: date
    ends_on: date
    starts_at: datetime
    ends_at: datetime
    due_at: datetime
    closes_at: datetime
    publication_on: date
    definition: Calendar = field(repr=False)

    def previous(self) -> Period:
        """Return the period that ends where this one begins."""
        return self.definition.period(
            f"{self.year:04d}-{self.month - 1:02d}" if self.month > 1 else f"{self.year - 1:04d}-12"
        )

    def months_of_year_to_date(self) -> list[Period]:
        """Return the periods of this one's year, from January up to this one."""
        return [self.definition.period(f"{self.year:04d}-{month:02d}") for month in range(1, self.month + 1)]


@lru_cache
def _holidays(country: str) -> HolidayBase:
    import holidays  # noqa: PLC0415 - a tenth of a second that reading the sources does not need

    return holidays.country_holidays(country)
