"""When months begin, end, are due and close. A failure here puts dossiers into wrong months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestop.jurisdiction import Calendar, load_jurisdiction

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDARS = {name: load_jurisdiction("bac_giang").calendar(name) for name in ("calendar", "administrative")}
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("received_at", "calendar", "period"),
    [
        ("2019-04-30T16:59:59+00:00", "calendar", "2019-04"),
        ("2019-04-30T17:00:00+00:00", "calendar", "2019-05"),
        ("2019-04-30T18:00:00+00:00", "calendar", "2019-05"),
        ("2018-12-31T23:59:59+07:00", "calendar", "2018-12"),
        ("2019-01-01T00:00:00+07:00", "calendar", "2019-01"),
        ("2019-04-14T16:59:59+00:00", "administrative", "2019-04"),
        ("2019-04-14T17:00:00+00:00", "administrative", "2019-05"),
        ("2018-12-14T23:59:59+07:00", "administrative", "2018-12"),
        ("2018-12-15T00:00:00+07:00", "administrative", "2019-01"),
    ],
)
def test_a_moment_belongs_to_the_month_of_hanoi_to_the_second(received_at: str, calendar: str, period: str) -> None:
    moment = datetime.fromisoformat(received_at)
    found = CALENDARS[calendar].period_of(moment)
    assert found.code == period
    assert found.starts_at <= moment < found.ends_at


def test_april_2019_begins_and_ends_at_midnight_in_hanoi(jurisdiction: Jurisdiction) -> None:
    april = jurisdiction.period("2019-04")
    assert (april.calendar, april.code, april.year, april.month) == ("calendar", "2019-04", 2019, 4)
    assert (april.starts_on, april.ends_on) == (date(2019, 4, 1), date(2019, 5, 1))
    assert april.starts_at == datetime(2019, 3, 31, 17, tzinfo=UTC)
    assert april.ends_at == datetime(2019, 4, 30, 17, tzinfo=UTC)


def test_the_administrative_month_runs_from_the_15th_to_the_14th(jurisdiction: Jurisdiction) -> None:
    april = jurisdiction.period("2019-04", calendar="administrative")
    assert (april.starts_on, april.ends_on - timedelta(days=1)) == (date(2019, 3, 15), date(2019, 4, 14))
    year = april.definition.period("2019-12").months_of_year_to_date()
    assert (year[0].starts_on, year[-1].ends_on) == (date(2018, 12, 15), date(2019, 12, 15))


@pytest.mark.parametrize(
    ("period", "due_on", "why"),
    [
        ("2018-12", "2019-01-07", "the 5th is a Saturday"),
        ("2019-01", "2019-02-11", "Tết from 4 to 8 February, then a weekend"),
        ("2019-02", "2019-03-05", "a Tuesday"),
        ("2019-04", "2019-05-06", "the 5th is a Sunday"),
        ("2022-01", "2022-02-07", "Tết until the 4th, then a weekend"),
    ],
)
def test_deliveries_are_due_at_the_end_of_the_fifth_or_of_the_next_working_day(
    jurisdiction: Jurisdiction, period: str, due_on: str, why: str
) -> None:
    next_midnight = datetime.fromisoformat(due_on).replace(tzinfo=HANOI) + timedelta(days=1)
    assert jurisdiction.period(period).due_at == next_midnight, why


def test_the_publication_day_is_a_working_day(jurisdiction: Jurisdiction) -> None:
    assert jurisdiction.period("2019-04", "administrative").publication_on == date(2019, 5, 2)
    assert jurisdiction.period("2019-04").publication_on == date(2019, 5, 16)


def test_every_month_closes_the_same_time_after_its_end_and_after_it_was_due(jurisdiction: Jurisdiction) -> None:
    for name in jurisdiction.calendars:
        periods = [
            jurisdiction.period(f"{year}-{month:02d}", name) for year in range(2016, 2028) for month in range(1, 13)
        ]
        assert len({period.closes_at - period.ends_at for period in periods}) == 1
        assert all(period.ends_at < period.due_at <= period.closes_at for period in periods)


def test_the_year_to_date_begins_in_january(jurisdiction: Jurisdiction) -> None:
    months = jurisdiction.period("2019-04").months_of_year_to_date()
    assert [month.code for month in months] == ["2019-01", "2019-02", "2019-03", "2019-04"]


@given(st.sampled_from(sorted(CALENDARS)), st.integers(1990, 2100), st.integers(1, 12))
def test_months_follow_each_other_without_gap_or_overlap(name: str, year: int, month: int) -> None:
    calendar = CALENDARS[name]
    period = calendar.period(f"{year}-{month:02d}")
    before = period.previous()
    assert before.ends_at == period.starts_at
    assert before.ends_on == period.starts_on
    assert 28 <= (period.ends_on - period.starts_on).days <= 31


@given(
    st.sampled_from(sorted(CALENDARS)),
    st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis adds it
)
def test_every_moment_lies_in_exactly_one_month(name: str, moment: datetime) -> None:
    calendar = CALENDARS[name]
    period = calendar.period_of(moment)
    assert period.starts_at <= moment < period.ends_at
    assert calendar.period_of(period.starts_at) == period == calendar.period_of(period.ends_at - SECOND)


def test_a_moment_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="has no offset"):
        CALENDARS["calendar"].period_of(datetime(2019, 4, 30, 18))  # noqa: DTZ001 - the refused kind


@pytest.mark.parametrize(
    ("calendar", "code", "first", "last"),
    [
        ("calendar", "2019-Q1", date(2019, 1, 1), date(2019, 3, 31)),
        ("calendar", "2019-Q4", date(2019, 10, 1), date(2019, 12, 31)),
        ("calendar", "2019", date(2019, 1, 1), date(2019, 12, 31)),
        ("administrative", "2019-Q1", date(2018, 12, 15), date(2019, 3, 14)),
        ("administrative", "2019-Q4", date(2019, 9, 15), date(2019, 12, 14)),
        ("administrative", "2019", date(2018, 12, 15), date(2019, 12, 14)),
    ],
)
def test_quarters_and_years_are_made_of_their_months(calendar: str, code: str, first: date, last: date) -> None:
    period = CALENDARS[calendar].period(code)
    months = period.months()
    assert (period.starts_on, period.ends_on - timedelta(days=1)) == (first, last)
    assert (months[0].starts_at, months[-1].ends_at) == (period.starts_at, period.ends_at)
    assert (months[-1].due_at, months[-1].closes_at) == (period.due_at, period.closes_at)
    assert len(months) == {"quarter": 3, "year": 12}[period.kind]
    assert period.previous().ends_at == period.starts_at


def test_what_is_delivered_and_published_is_a_month(jurisdiction: Jurisdiction) -> None:
    for code, kind, month in (("2019-Q1", "quarter", "2019-03"), ("2019", "year", "2019-12")):
        with pytest.raises(ValueError, match=f"'{code}' is a {kind}: expected a year and a month, such as {month}"):
            jurisdiction.period(code)


@pytest.mark.parametrize(
    "code", ["2019-Q0", "2019-Q5", "2019-q1", "2019-4", "2019-13", "2019-00", "201904", "2019-04-01", "", "0000-01"]
)
def test_anything_but_a_year_and_a_month_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="expected a year and a month, such as 2019-04"):
        CALENDARS["calendar"].period(code)


def test_an_unknown_calendar_is_told_with_those_there_are(jurisdiction: Jurisdiction) -> None:
    with pytest.raises(LookupError, match=r"no calendar 'lunar': calendar\.yaml has calendar, administrative"):
        jurisdiction.period("2019-04", calendar="lunar")


def test_without_a_country_only_weekends_are_free() -> None:
    calendar = Calendar("calendar", "Asia/Ho_Chi_Minh", 1, 0, 5, 15, 16, holidays=None)
    assert calendar.period("2019-01").due_at == datetime(2019, 2, 6, tzinfo=HANOI)
