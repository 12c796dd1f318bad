"""Dates and amounts are what their source declares: a failure here counts a dossier in another month, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from onestop.jurisdiction.timestamp_formats import compiled, contradiction, problem, skips_times

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CHICAGO = ZoneInfo("America/Chicago")
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMS = {
    "d/M/yyyy": "%-d/%-m/%Y",
    "d/M/yyyy H:mm": "%-d/%-m/%Y %-H:%M",
    "d/M/yyyy HH:mm:ss": "%-d/%-m/%Y %H:%M:%S",
    "d-M-yy": "%-d-%-m-%y",
    "dd-MM-yyyy HH:mm": "%d-%m-%Y %H:%M",
    "dd.MM.yyyy": "%d.%m.%Y",
    "yyyy/MM/dd HH:mm:ss": "%Y/%m/%d %H:%M:%S",
    "yyMMddHHmmss": "%y%m%d%H%M%S",
    "MM/dd/yyyy hh:mm:ss a": "%m/%d/%Y %I:%M:%S %p",
    "d 'tháng' M 'năm' yyyy": "%-d tháng %-m năm %Y",
}


@pytest.fixture
def session(loader_engine):
    with loader_engine.connect() as connection:
        in_zone(connection, "Asia/Ho_Chi_Minh")
        yield connection


def in_zone(connection, name):
    for setting, value in (("datestyle", "SQL, DMY"), ("timezone", name)):
        connection.execute(text("select set_config(:name, :value, false)"), {"name": setting, "value": value})


def read(connection, value, *forms, since=1970):
    moment = connection.scalar(
        text("select extract(epoch from staging.timestamp_by_pattern(:value, cast(:patterns as text [])))"),
        {"value": value, "patterns": compiled(forms, since)},
    )
    return None if moment is None else datetime.fromtimestamp(float(moment), UTC)


def built_in(connection, value, form):
    moment = connection.scalar(
        text("select extract(epoch from staging.timestamp_of(:value, array[:form]))"), {"value": value, "form": form}
    )
    return None if moment is None else datetime.fromtimestamp(float(moment), UTC)


@SETTINGS
@given(
    at=st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001
    form=st.sampled_from(sorted(FORMS)),
)
def test_what_python_writes_by_a_pattern_is_read_as_the_same_moment(session, at, form):
    written = at.strftime(FORMS[form])
    wanted = datetime.strptime(written, FORMS[form].replace("%-", "%")).replace(tzinfo=HANOI)
    if wanted.year > at.year:  # strptime's own window begins with 69
        wanted = wanted.replace(year=at.year)
    assert read(session, written, form) == wanted.replace(year=at.year)


def test_a_year_of_two_digits_is_in_the_declared_hundred_years(session):
    assert read(session, "5-4-19", "d-M-yy", since=1970).year == 2019
    assert read(session, "5-4-70", "d-M-yy", since=1970).year == 1970
    assert read(session, "5-4-69", "d-M-yy", since=1970).astimezone(HANOI).year == 2069
    assert read(session, "5-4-19", "d-M-yy", since=1900).year == 1919
    assert read(session, "5-4-99", "d-M-yy", since=2000).year == 2099


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("31/4/2019", "d/M/yyyy"), ("29/2/2019", "d/M/yyyy"), ("5/13/2019", "d/M/yyyy"), ("5/4/19", "d/M/yyyy"),
        ("5/4/2019 8:00", "d/M/yyyy"), (" 5/4/2019", "d/M/yyyy"), ("5-4-2019", "d-M-yy"), ("1" * 10_000, "d/M/yyyy"),
        ("04/05/2019 13:00:00 PM", "MM/dd/yyyy hh:mm:ss a"), ("٥/٤/2019", "d/M/yyyy"),
        ("5/4/2019 24:00", "d/M/yyyy H:mm"),
    ],
)  # fmt: skip
def test_what_is_no_date_of_the_pattern_is_none(session, written, form):
    assert read(session, written, form) is None


def test_half_days_are_read_as_vietnamese_windows_writes_them(session):
    for written in ("05/04/2019 12:30:00 SA", "05/04/2019 12:30:00 AM", "05/04/2019 12:30:00 a.m."):
        assert read(session, written, "dd/MM/yyyy hh:mm:ss a") == datetime(2019, 4, 5, 0, 30, tzinfo=HANOI)
    assert read(session, "05/04/2019 12:30:00 CH", "dd/MM/yyyy hh:mm:ss a") == datetime(
        2019, 4, 5, 12, 30, tzinfo=HANOI
    )


def test_patterns_that_read_one_text_as_two_days_are_found():
    assert contradiction(["dd/MM/yyyy", "d/M/yyyy", "dd/MM/yyyy HH:mm", "iso", "excel", "yyyyMMdd"], None) is None
    for forms in (["dd/MM/yyyy", "M/d/yyyy"], ["d-M-yy", "yy-M-d"], ["yyyyMMdd", "ddMMyyyy"]):
        assert contradiction(forms, 1970) == tuple(forms)
    assert [problem(form) is None for form in ("d.M.yyyy", "dd/MM", "MM/yyyy", "d/M/yyyy d", "dd/MM/yyyy X")] == [
        True, False, False, False, False,
    ]  # fmt: skip


def test_serials_of_1904_are_four_years_and_a_day_later(session):
    at = datetime(2019, 4, 5, 12, tzinfo=HANOI)
    assert built_in(session, "43560.5", "excel") == built_in(session, "42098.5", "excel_1904") == at
    assert built_in(session, "18537", "excel_1904") is None


SKIPPED = "select staging.is_skipped_time(:value, :forms, :patterns, staging.timestamp_of(:value, :forms))"


@pytest.mark.parametrize(
    ("zone", "value", "is_skipped"),
    [
        ("America/Chicago", "10/03/2019 02:30", True),
        ("America/Chicago", "10/03/2019 01:59", False),
        ("America/Chicago", "10/03/2019 03:00", False),
        ("America/Chicago", "2019-03-10T02:30:00-06:00", False),
        ("America/Sao_Paulo", "04/11/2018", False),  # a day whose midnight was skipped is that day
        ("America/Sao_Paulo", "04/11/2018 00:30", True),
        ("Asia/Ho_Chi_Minh", "10/03/2019 02:30", False),
    ],
)
def test_a_time_that_no_clock_showed_is_told(session, zone, value, is_skipped):
    in_zone(session, zone)
    forms = ["dd/MM/yyyy HH:mm", "dd/MM/yyyy", "iso"]
    assert session.scalar(text(SKIPPED), {"value": value, "forms": forms, "patterns": []}) is is_skipped
    assert skips_times(zone) == (zone != "Asia/Ho_Chi_Minh")


def test_a_time_that_clocks_showed_twice_means_the_second(session):
    in_zone(session, "America/Chicago")
    seen = built_in(session, "03/11/2019 01:30", "dd/MM/yyyy HH:mm")
    assert seen == datetime(2019, 11, 3, 7, 30, tzinfo=UTC)  # 1:30 of standard time; the first was at 6:30


def test_a_skipped_time_is_refused_and_the_month_is_that_of_the_source_s_clock(agency, judged):
    agency.settings = {"timezone": "America/Chicago", "timestamp_formats": ["d/M/yyyy H:mm"]}
    own = {"submitted_at": "", "due_at": "", "finished_at": "", "returned_at": "", "status": "2"}
    reasons, _ = judged(received_at="10/3/2019 2:30", **own)
    assert [(reason["rule"], reason["field"]) for reason in reasons] == [("date_unreadable", "received_at")]


def test_a_wall_clock_time_of_another_timezone_belongs_to_the_month_it_names(agency, judged):
    agency.settings = {
        "timezone": "America/Chicago",
        "timestamp_formats": ["d-M-yy H:mm"],
        "two_digit_years_from": 1970,
    }
    own = {"submitted_at": "", "due_at": "", "finished_at": "", "returned_at": "", "status": "2"}
    _, version = judged(received_at="31-3-19 23:30", **own)
    assert (
        version.received_at == datetime(2019, 3, 31, 23, 30, tzinfo=CHICAGO) == datetime(2019, 4, 1, 4, 30, tzinfo=UTC)
    )


AMOUNTS = [
    ("150000", {"plain": "150000", "1.234,5": "150000", "1,234.5": "150000"}),
    ("150000.50", {"plain": "150000.50", "1,234.5": "150000.50"}),
    ("150000,50", {"1.234,5": "150000.50"}),
    ("150.000", {"1.234,5": "150000"}),
    ("150,000", {"1,234.5": "150000"}),
    ("1.234.567,8", {"1.234,5": "1234567.80"}),
    ("1,234,567.89", {"1,234.5": "1234567.89"}),
    ("1.234", {"1.234,5": "1234"}),
    ("1.23", {"plain": "1.23", "1,234.5": "1.23"}),
    *[(wrong, {}) for wrong in ("1.23.456", "12,34,567", "-1", "+1", "1e5", "1e400", "NaN", "Infinity", "1 000")],
    *[(digits, dict.fromkeys(("plain", "1.234,5", "1,234.5"), digits)) for digits in ("0", "7", "007", "9" * 15)],
    *[(wrong, {}) for wrong in ("0x1F", "0b1", "1_000", "-0", " 5", "5 ", "9" * 16)],
    *[(wrong, {}) for wrong in (".5", "5.", "1.2.3", "", "1,", "٣", "9" * 30, "150.000 đ")],
]  # fmt: skip


@pytest.mark.parametrize(("written", "meant"), AMOUNTS)
def test_an_amount_is_what_the_number_format_says_and_nothing_else(session, written, meant):
    for form in ("plain", "1.234,5", "1,234.5"):
        seen = session.scalar(
            text("select staging.amount_of(:value, cast(array[:form] as text[]))"), {"value": written, "form": form}
        )
        assert seen == (Decimal(meant[form]) if form in meant else None), form


def test_a_source_s_amounts_are_read_as_declared_and_the_reason_shows_how(agency, judged):
    agency.settings = {"number_format": "1.234,5"}
    _, version = judged(fee_amount="1.150.000,5")
    assert version.fee_amount == Decimal("1150000.50")


def test_an_amount_in_another_form_is_refused_with_an_example_of_the_declared_one(agency, judged):
    agency.settings = {"number_format": "1.234,5"}
    (reason,), _ = judged(fee_amount="150,000")
    assert (reason["rule"], reason["expected"]) == ("fee_unreadable", "Số tiền không âm, ví dụ 150.000 hoặc 150.000,50")
