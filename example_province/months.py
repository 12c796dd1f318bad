"""Months, working days and local minutes, as the generator counts them.

A month is a number: `year * 12 + month - 1`. A moment is a number of minutes since 2018-01-01 00:00 local time of the
province (UTC+7, no daylight saving), negative before.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

EPOCH = date(2018, 1, 1)
LOCAL = timezone(timedelta(hours=7))
DAY = 1440
"""Minutes of a day."""

SIGN = "DỮ LIỆU TỔNG HỢP / SYNTHETIC"
"""The label that every payload carries."""

HOLIDAYS = frozenset(
    {
        date(2017, 2, 1), date(2017, 4, 6), date(2017, 5, 1), date(2017, 5, 2), date(2017, 9, 4), date(2018, 1, 1),
        *(date(2018, 2, day) for day in range(14, 21)),  # Tết
        date(2018, 4, 25), date(2018, 4, 30), date(2018, 5, 1), date(2018, 9, 3), date(2018, 12, 31), date(2019, 1, 1),
        *(date(2019, 2, day) for day in range(4, 9)),  # Tết
        date(2019, 4, 15), date(2019, 4, 29), date(2019, 4, 30), date(2019, 5, 1),
    }
)  # fmt: skip
"""Public holidays of 2017-02 to 2019-08 on which no counter is open."""


def month_number(code: str) -> int:
    """Return the number of a month such as 2019-04. Raises ValueError for another form."""
    matched = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", code)
    if matched is None:
        raise ValueError(f"{code!r} is not a month: expected a year and a month, such as 2019-04")
    return int(matched[1]) * 12 + int(matched[2]) - 1


def month_code(month: int) -> str:
    """Return the name of a month, such as 2019-04."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


FIRST_PERIOD, LAST_PERIOD = month_number("2017-05"), month_number("2019-05")
PERIODS = tuple(range(FIRST_PERIOD, LAST_PERIOD + 1))
"""The months for which the sources deliver: 24 to April 2019, and the one after."""

LONGEST_LAG = 3
"""A dossier is resolved at most so many months after the one in which it was received."""


@lru_cache
def first_day(month: int) -> int:
    """Return the day number (days since 2018-01-01) of the first of a month."""
    return (date(month // 12, month % 12 + 1, 1) - EPOCH).days


@lru_cache
def working_days(month: int) -> tuple[int, ...]:
    """Return the day numbers of a month on which counters are open."""
    year, number = month // 12, month % 12 + 1
    days = (date(year, number, day) for day in range(1, monthrange(year, number)[1] + 1))
    return tuple((day - EPOCH).days for day in days if day.weekday() < 5 and day not in HOLIDAYS)


def starts_at(month: int) -> int:
    """Return the moment at which a month starts."""
    return first_day(month) * DAY


def moment_as_datetime(moment: int) -> datetime:
    """Return a moment as an aware datetime."""
    return datetime(EPOCH.year, EPOCH.month, EPOCH.day, tzinfo=LOCAL) + timedelta(minutes=moment)
