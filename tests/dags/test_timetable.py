"""Which months and days runs are about, and when they start. A failure here means months collected twice, early or
never.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

if TYPE_CHECKING:
    from onestop.airflow_bridge import IntervalTimetable
    from onestop.jurisdiction import Jurisdiction

pytestmark = pytest.mark.usefixtures("airflow_environment")

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.fixture
def months() -> IntervalTimetable:
    from onestop.airflow_bridge import IntervalTimetable

    return IntervalTimetable("0 0 1 * *", "Asia/Ho_Chi_Minh", timedelta(days=4))


def local(moment: datetime) -> str:
    return f"{moment.astimezone(HANOI):%Y-%m-%d %H:%M}"


def runs(timetable: IntervalTimetable, earliest: datetime, latest: datetime) -> list[tuple[str, str, str]]:
    """The runs a backfill would make: (start, end, run after), in local time."""
    import pendulum
    from airflow.timetables.base import TimeRestriction

    restriction = TimeRestriction(pendulum.instance(earliest), pendulum.instance(latest), catchup=True)
    made, last = [], None
    while info := timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction):
        last = info.data_interval
        made.append((local(last.start), local(last.end), local(info.run_after)))
    return made


def test_a_run_is_about_one_calendar_month_and_starts_when_the_month_closes(months: IntervalTimetable) -> None:
    assert runs(months, datetime(2019, 1, 1, tzinfo=HANOI), datetime(2019, 4, 30, tzinfo=HANOI)) == [
        ("2019-01-01 00:00", "2019-02-01 00:00", "2019-02-05 00:00"),
        ("2019-02-01 00:00", "2019-03-01 00:00", "2019-03-05 00:00"),
        ("2019-03-01 00:00", "2019-04-01 00:00", "2019-04-05 00:00"),
        ("2019-04-01 00:00", "2019-05-01 00:00", "2019-05-05 00:00"),
    ]


def test_the_year_ends_in_december_and_begins_in_january(months: IntervalTimetable) -> None:
    assert runs(months, datetime(2018, 12, 1, tzinfo=HANOI), datetime(2019, 1, 1, tzinfo=HANOI)) == [
        ("2018-12-01 00:00", "2019-01-01 00:00", "2019-01-05 00:00"),
        ("2019-01-01 00:00", "2019-02-01 00:00", "2019-02-05 00:00"),
    ]


def test_a_bare_date_is_utc_and_misses_january(months: IntervalTimetable) -> None:
    utc = ZoneInfo("UTC")
    made = runs(months, datetime(2019, 1, 1, tzinfo=utc), datetime(2019, 2, 28, tzinfo=utc))
    assert [start for start, _, _ in made] == ["2019-02-01 00:00"]


def test_a_leap_february_has_29_days(months: IntervalTimetable) -> None:
    start = datetime(2020, 2, 1, tzinfo=HANOI)
    assert runs(months, start, start) == [("2020-02-01 00:00", "2020-03-01 00:00", "2020-03-05 00:00")]


def test_a_manual_run_with_a_date_is_about_the_month_before(months: IntervalTimetable) -> None:
    import pendulum

    interval = months.infer_manual_data_interval(run_after=pendulum.instance(datetime(2026, 5, 10, tzinfo=HANOI)))
    assert (local(interval.start), local(interval.end)) == ("2026-04-01 00:00", "2026-05-01 00:00")


def test_a_timetable_survives_the_metadata_database(months: IntervalTimetable) -> None:
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable

    from onestop.airflow_bridge import IntervalTimetable

    stored = encode_timetable(months)
    assert stored["__type"] == "onestop.airflow_bridge.IntervalTimetable", "versions of DAGs that are stored say so"
    restored = decode_timetable(stored)
    assert isinstance(restored, IntervalTimetable)
    assert restored == months
    assert restored != IntervalTimetable("0 0 1 * *", "Asia/Ho_Chi_Minh", timedelta(days=5))
    assert encode_timetable(restored) == stored


def test_the_jurisdiction_says_when_its_months_close(jurisdiction: Jurisdiction) -> None:
    from onestop.airflow_bridge import monthly_timetable

    start = datetime(2019, 4, 1, tzinfo=HANOI)
    ((_, end, run_after),) = runs(monthly_timetable(jurisdiction), start, start)
    assert end == "2019-05-01 00:00"
    assert run_after == local(jurisdiction.period("2019-04").closes_at)


@pytest.mark.parametrize(
    ("period", "partition_key", "data_interval_start", "run_after", "expected"),
    [
        # the parameter decides whatever else is there
        ("2018-12", "2019-04", "2019-03-01T00:00+07:00", "2019-05-05T00:00+07:00", "2018-12"),
        # then the key that collecting handed over: such a run has no data interval
        (None, "2019-04", None, "2026-11-24T10:00+00:00", "2019-04"),
        # then the local month in which the data interval starts: 17:00 UTC on 31 December is January in Hà Nội
        (None, None, "2018-12-31T17:00+00:00", "2019-02-05T00:00+07:00", "2019-01"),
        (None, None, "2018-12-31T16:59+00:00", "2019-01-05T00:00+07:00", "2018-12"),
        # then the local month before the run: a manual run without a date
        (None, None, None, "2019-05-10T08:00+07:00", "2019-04"),
        (None, None, None, "2019-01-01T00:00+07:00", "2018-12"),
        (None, None, None, "2018-12-31T17:00+00:00", "2018-12"),
        (None, None, None, "2018-12-31T16:59+00:00", "2018-11"),
        # an empty parameter is none
        ("", None, None, "2019-05-10T08:00+07:00", "2019-04"),
    ],
)
def test_the_month_of_a_run(
    period: str | None, partition_key: str | None, data_interval_start: str | None, run_after: str, expected: str
) -> None:
    from onestop.airflow_bridge import period_code

    assert expected == period_code(
        timezone="Asia/Ho_Chi_Minh",
        period=period,
        partition_key=partition_key,
        data_interval_start=datetime.fromisoformat(data_interval_start) if data_interval_start else None,
        run_after=datetime.fromisoformat(run_after),
    )
