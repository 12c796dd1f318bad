"""Dates are what Python's calendar says: a failure here puts dossiers into the wrong month, or refuses good ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
DAY_FIRST = {
    "dd/MM/yyyy HH:mm:ss": "%d/%m/%Y %H:%M:%S",
    "dd/MM/yyyy HH:mm": "%d/%m/%Y %H:%M",
    "dd/MM/yyyy": "%d/%m/%Y",
    "yyyyMMddHHmmss": "%Y%m%d%H%M%S",
    "yyyyMMdd": "%Y%m%d",
}
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001
SETTINGS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def session(loader_engine):
    with loader_engine.connect() as connection:
        _set(connection, "SQL, DMY", "Asia/Ho_Chi_Minh")
        yield connection


def _set(connection: Connection, datestyle: str, timezone: str) -> None:
    for name, value in (("datestyle", datestyle), ("timezone", timezone)):
        connection.execute(text("select set_config(:name, :value, false)"), {"name": name, "value": value})


def read(connection, value, *formats):
    moment = connection.scalar(
        text("select extract(epoch from staging.timestamp_of(:value, cast(:formats as text [])))"),
        {"value": value, "formats": list(formats)},
    )
    return None if moment is None else datetime.fromtimestamp(float(moment), UTC)


def _padded(at: datetime, pattern: str) -> str:
    return at.strftime(pattern)


@SETTINGS
@given(at=MOMENTS, name=st.sampled_from(sorted(DAY_FIRST)))
def test_what_python_writes_is_read_as_the_same_moment(session, at, name):
    written = _padded(at, DAY_FIRST[name])
    wanted = datetime.strptime(written, DAY_FIRST[name]).replace(tzinfo=HANOI)
    assert read(session, written, *DAY_FIRST) == wanted
    assert read(session, written, *(other for other in DAY_FIRST if other != name)) is None, "only what is declared"


@SETTINGS
@given(at=MOMENTS, offset=st.integers(-14 * 4, 14 * 4), separator=st.sampled_from("T "))
def test_iso_is_read_with_and_without_offset(session, at, offset, separator):
    assert read(session, at.isoformat(separator), "iso") == at.replace(tzinfo=HANOI)
    minutes = abs(offset) * 15
    sign = "-" if offset < 0 else "+"
    written = f"{at.isoformat(separator)}{sign}{minutes // 60:02}:{minutes % 60:02}"
    wanted = at.replace(tzinfo=UTC) - timedelta(minutes=offset * 15)
    assert read(session, written, "iso") == wanted
    assert read(session, at.isoformat() + "Z", "iso") == at.replace(tzinfo=UTC)


@SETTINGS
@given(serial=st.floats(20000, 73050, allow_nan=False, exclude_max=True))
def test_an_excel_serial_is_days_since_1899_12_30(session, serial):
    written = f"{serial:.6f}"
    wanted = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(seconds=round(float(written) * 86400))
    seen = read(session, written, "excel")
    assert abs(seen.replace(tzinfo=UTC) + _offset(seen) - wanted) <= timedelta(seconds=1)


def _offset(at: datetime) -> timedelta:
    return at.astimezone(HANOI).utcoffset() or timedelta()


ALMOST = st.builds(
    lambda base, index, letter: base[: index % len(base)] + letter + base[index % len(base) + 1 :],
    st.sampled_from(["28/04/2019 10:35", "28/04/2019", "28/04/2019 10:35:20", "20190428103520", "20190428"]),
    st.integers(0, 30),
    st.sampled_from("0123456789 +-./:TZaAJpP,()'"),
)


@settings(SETTINGS, max_examples=600)
@given(written=ALMOST)
def test_what_is_no_date_is_none(session, written):
    wanted = None
    for pattern in DAY_FIRST.values():
        try:
            at = datetime.strptime(written, pattern)  # noqa: DTZ007
        except ValueError:
            continue
        if (
            at.strftime(pattern) == written and 1000 <= at.year < 3000
        ):  # strptime takes "8/4/2019" too; nobody declared that
            wanted = at.replace(tzinfo=HANOI)
    if wanted is None or wanted.year >= 1906:  # before, Hanoi's clock was not set by the hour
        assert read(session, written, *DAY_FIRST) == wanted


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("29/02/2019", "dd/MM/yyyy"), ("31/04/2019 08:00", "dd/MM/yyyy HH:mm"),
        ("30/04/2019 24:00", "dd/MM/yyyy HH:mm"),
        ("30/04/2019 23:59:60", "dd/MM/yyyy HH:mm:ss"), ("20190431080000", "yyyyMMddHHmmss"),
        ("20190430240000", "yyyyMMddHHmmss"), ("2019-02-30", "iso"), ("2019-04-30T24:00:00", "iso"),
        ("19999", "excel"), ("73051", "excel"), ("1e5", "excel"), ("now", "iso"), ("infinity", "iso"), ("", "iso"),
        ("today", "dd/MM/yyyy"), ("4/30/2019", "dd/MM/yyyy"), ("04/30/2019", "dd/MM/yyyy"),
        ("00/00/0000", "dd/MM/yyyy"),
    ],
)  # fmt: skip
def test_a_date_that_does_not_exist_is_none(session, written, form):
    assert read(session, written, form) is None


def test_the_month_comes_first_only_where_it_is_declared(session):
    assert read(session, "04/05/2019", "dd/MM/yyyy") == datetime(2019, 5, 4, tzinfo=HANOI)
    _set(session, "SQL, MDY", "America/Chicago")
    summer = datetime(2019, 4, 5, tzinfo=ZoneInfo("America/Chicago"))
    assert read(session, "04/05/2019", "MM/dd/yyyy") == summer
    assert read(session, "30/04/2019", "MM/dd/yyyy") is None


def test_another_session_s_datestyle_reads_nothing_rather_than_something_wrong(session):
    _set(session, "ISO, MDY", "UTC")
    assert read(session, "04/05/2019", "dd/MM/yyyy") is None
