"""Two calendars from the same facts. A failure puts dossiers into wrong months, or shows one calendar for the other."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from onestop import notice
from onestop.jurisdiction import Calendar
from onestop.publication.page import queries
from tests.province import SOURCES, Province, direct, load, online

ADMINISTRATIVE = {"calendar": "administrative"}
VIEWS = ("compliance_month", "compliance_ytd", "compliance_month_group", "compliance_ytd_group")


def denominator(province: Province, view: str, period: str, **more: Any) -> int | None:
    value: int | None = province.figures(view, period, **more)["so_y_te"]["denominator"]
    return value


@pytest.mark.parametrize(
    ("calendar", "moments"),
    [
        ("calendar", ("2019-03-31 23:59:59", "2019-04-01 00:00:00", "2019-04-30 23:59:59", "2019-05-01 00:00:00")),
        (
            "administrative",
            ("2019-03-14 23:59:59", "2019-03-15 00:00:00", "2019-04-14 23:59:59", "2019-04-15 00:00:00"),
        ),
    ],
)
def test_a_month_begins_and_ends_at_local_midnight_to_the_second(
    province: Province, calendar: str, moments: tuple[str, ...]
) -> None:
    for period in ("2019-03", "2019-04"):
        province.deliver_nothing(period, besides=["y_te"])
        province.deliver("y_te", period, *(direct(1, moment, received="2019-03-01") for moment in moments))
    province.publish("2019-04", calendar=calendar)
    assert denominator(province, "compliance_month", "2019-04", calendar=calendar) == 2


@pytest.mark.parametrize(
    ("calendar", "moments"),
    [
        # Summer time began on 31 March 2019 at two o'clock and ended on 27 October at three.
        ("calendar", ("2019-03-31T21:59:59+00:00", "2019-03-31T22:00:00+00:00")),
        ("administrative", ("2019-03-14T22:59:59+00:00", "2019-03-14T23:00:00+00:00")),
    ],
)
def test_a_month_begins_at_local_midnight_where_clocks_are_put_forward(
    loader_engine: Any, tmp_path: Path, calendar: str, moments: tuple[str, ...]
) -> None:
    source = tmp_path / "small"
    load(source)
    text = (source / "calendar.yaml").read_text(encoding="utf-8")
    shutil.rmtree(source)
    berlin = load(source, changed={"calendar.yaml": text.replace("Asia/Ho_Chi_Minh", "Europe/Berlin")})
    before, first = (datetime.fromisoformat(moment) for moment in moments)
    month = berlin.period("2019-04", calendar)
    assert month.starts_at.astimezone(UTC) == first
    assert berlin.calendar(calendar).period_of(before).code == "2019-03"
    assert berlin.calendar(calendar).period_of(first).code == "2019-04"
    province = Province(loader_engine, berlin, tmp_path / "exports")
    province.synchronise(berlin)
    found = province.rows(
        "select period from core.period where calendar = :calendar and starts_at <= :first and ends_at > :first "
        "union all "
        "select period from core.period where calendar = :calendar and starts_at <= :before and ends_at > :before",
        calendar=calendar,
        first=first,
        before=before,
    )
    assert [row["period"] for row in found] == ["2019-04", "2019-03"]


def test_a_day_whose_midnight_does_not_exist_begins_when_clocks_jump() -> None:
    damascus = Calendar("calendar", "Asia/Damascus", 1, 0, 5, 15, 16, holidays=None)
    april = damascus.period("2011-04")  # 1 April 2011 had no hour from 00:00 to 01:00
    jump = datetime(2011, 3, 31, 22, tzinfo=UTC)
    assert april.starts_at.astimezone(UTC) == jump
    assert damascus.period_of(jump).code == "2011-04"
    assert damascus.period_of(jump - timedelta(seconds=1)).code == "2011-03"


def test_both_calendars_are_published_beside_each_other_from_the_same_facts(province: Province) -> None:
    finished = ("2019-03-20 08:00:00", "2019-04-10 08:00:00", "2019-04-20 08:00:00")
    for period in ("2019-03", "2019-04"):
        province.deliver_nothing(period, besides=["y_te"])
        province.deliver("y_te", period, *(online(1, moment, received="2019-03-01") for moment in finished))
    results = [province.publish("2019-04", **calendar) for calendar in ({}, ADMINISTRATIVE)]
    assert [result.revision for result in results] == [1, 1]
    assert denominator(province, "compliance_month", "2019-04") == 2
    assert denominator(province, "compliance_month", "2019-04", **ADMINISTRATIVE) == 2
    assert denominator(province, "compliance_ytd", "2019-04") == 3
    assert denominator(province, "compliance_ytd", "2019-04", **ADMINISTRATIVE) == 2
    for view in VIEWS:
        rows = province.rows(f"select distinct calendar, publication_id from bi.{view}")  # noqa: S608
        assert {(row["calendar"], row["publication_id"]) for row in rows} == {
            ("calendar", results[0].publication_id),
            ("administrative", results[1].publication_id),
        }
    listed = province.rows("select calendar, is_latest from bi.publication order by publication_id")
    assert [tuple(row.values()) for row in listed] == [("calendar", True), ("administrative", True)]


def test_each_calendar_has_its_own_exports(province: Province) -> None:
    province.deliver("y_te", "2019-03", direct(1, "2019-03-20", received="2019-03-01"))
    province.deliver("y_te", "2019-04", direct(1))
    for calendar in ({}, ADMINISTRATIVE):
        province.publish("2019-04", **calendar)
    folders = sorted(path.parent.relative_to(province.exports_root) for path in province.exports_root.rglob("*.json"))
    assert folders == [Path("administrative/2019-04/revision-1"), Path("calendar/2019-04/revision-1")]


def test_a_restatement_of_one_calendar_leaves_the_other(province: Province) -> None:
    for count in (1, 2):
        province.deliver("y_te", "2019-03")
        province.deliver("y_te", "2019-04", direct(count))
        province.publish("2019-04", **ADMINISTRATIVE)
        if count == 1:
            province.publish("2019-04")
    assert denominator(province, "compliance_month", "2019-04") == 1
    assert denominator(province, "compliance_month", "2019-04", **ADMINISTRATIVE) == 2


def test_alerts_follow_the_deciding_calendar_alone(province: Province) -> None:
    for period in ("2019-03", "2019-04"):
        province.deliver("y_te", period, direct(1))
    publication_id = province.publish("2019-04", **ADMINISTRATIVE).publication_id
    with province.engine.begin() as connection:
        notice.evaluate(connection, province.jurisdiction, publication_id)
    assert province.rows("select * from ops.alert") == []
    publication_id = province.publish("2019-04").publication_id
    with province.engine.begin() as connection:
        notice.evaluate(connection, province.jurisdiction, publication_id)
    assert province.rows("select * from ops.alert where unit_code = 'so_y_te'")


def test_the_page_shows_the_deciding_calendar_whatever_else_is_published(province: Province) -> None:
    def shown() -> list[object]:
        with province.engine.begin() as connection:
            (publication,) = queries.published(connection)
            return [
                publication,
                queries.read_month(connection, publication, "ytd"),
                queries.read_month(connection, publication, "month"),
                queries.read_unit(connection, publication, "so_y_te"),
                queries.reporting_statuses(connection, "2019-04"),
                queries.changed_units(connection),
            ]

    for period in ("2019-03", "2019-04"):
        province.deliver("y_te", period, direct(1, "2019-03-20", received="2019-03-01"), online(2, "2019-04-20"))
    province.publish("2019-04")
    before = shown()
    for count in (1, 2):
        province.deliver("tu_phap", "2019-04", direct(count))
        province.publish("2019-04", **ADMINISTRATIVE)
    assert shown() == before


@pytest.mark.parametrize("calendar", ["calendar", "administrative"])
def test_the_last_month_of_a_quarter_or_year_carries_it(province: Province, calendar: str) -> None:
    months = [f"2019-{month:02d}" for month in range(1, 13)]
    counts = {period: number for number, period in enumerate(months, 1)}
    for period in months:
        day = {"finished": f"{period}-10", "received": "2019-01-01"}
        province.deliver("y_te", period, online(1, **day), direct(counts[period], **day))
    for period in months[:3]:
        province.publish(period, calendar=calendar)
        assert len(province.rows("select 1 from bi.compliance_rollup")) == (4 * 11 if period == "2019-03" else 0)
    quarter = province.figures("compliance_rollup", "2019-Q1", calendar=calendar)["so_y_te"]
    assert (quarter["numerator"], quarter["denominator"], quarter["months_reported"]) == (3, 3 + 1 + 2 + 3, 3)
    assert (quarter["first_period"], quarter["last_period"], quarter["period_kind"]) == (
        "2019-01",
        "2019-03",
        "quarter",
    )
    assert (quarter["status"], quarter["rank"], quarter["target_percent"]) == ("met", 1, 30)
    nobody = province.figures("compliance_rollup", "2019-Q1", calendar=calendar)["tan_yen"]
    assert (nobody["numerator"], nobody["status"], nobody["months_expected"]) == (None, "no_data", 3)
    province.publish("2019-12", calendar=calendar)
    year = province.figures("compliance_rollup", "2019", calendar=calendar)["so_y_te"]
    to_date = province.figures("compliance_ytd", "2019-12", calendar=calendar)["so_y_te"]
    assert {name: year[name] for name in ("numerator", "denominator", "status", "rank", "months_reported")} == {
        name: to_date[name] for name in ("numerator", "denominator", "status", "rank", "months_reported")
    }
    last_quarter = province.figures("compliance_rollup", "2019-Q4", calendar=calendar)["so_y_te"]
    assert last_quarter["denominator"] == 3 + 10 + 11 + 12


def test_a_quarter_that_changes_while_month_and_year_to_date_do_not_is_a_new_revision(province: Province) -> None:
    for moved_to in ("2019-03", "2019-04"):
        for period in ("2019-03", "2019-04", "2019-06"):
            day = f"{moved_to}-10"
            province.deliver("y_te", period, direct(1, day, received="2019-01-01", name="moved"))
        result = province.publish("2019-06")
    assert (result.revision, denominator(province, "compliance_rollup", "2019-Q2")) == (2, 1)
    ids = [row["publication_id"] for row in province.rows("select publication_id from ops.publication order by 1")]
    assert {one.span for one in province.difference(*ids)} == {"quarter"}


def test_the_administrative_quarter_and_year_run_from_15_december(province: Province) -> None:
    rows = province.rows(
        "select period, starts_on::text, last_day::text, due_at from bi.period "
        "where calendar = 'administrative' and year = 2019 and period_kind <> 'month' order by starts_on, period"
    )
    assert [(row["period"], row["starts_on"], row["last_day"]) for row in rows] == [
        ("2019", "2018-12-15", "2019-12-14"),
        ("2019-Q1", "2018-12-15", "2019-03-14"),
        ("2019-Q2", "2019-03-15", "2019-06-14"),
        ("2019-Q3", "2019-06-15", "2019-09-14"),
        ("2019-Q4", "2019-09-15", "2019-12-14"),
    ]
    quarter = province.jurisdiction.calendar("administrative").period("2019-Q1")
    assert rows[1]["due_at"] == quarter.due_at == province.jurisdiction.period("2019-03", "administrative").due_at


def test_the_deliveries_of_an_administrative_month_are_those_of_both_months_that_it_overlaps(
    province: Province,
) -> None:
    calendar = province.jurisdiction.calendar()
    april = province.jurisdiction.period("2019-04", "administrative")
    assert [month.code for month in calendar.months_between(april.starts_at, april.ends_at)] == ["2019-03", "2019-04"]
    own = province.jurisdiction.period("2019-04")
    assert [month.code for month in calendar.months_between(own.starts_at, own.ends_at)] == ["2019-04"]
    for source_id in SOURCES:
        province.deliver(source_id, "2019-04")
    province.deliver("y_te", "2019-03", direct(1, "2019-03-20", received="2019-03-01"))
    province.publish("2019-04", **ADMINISTRATIVE)
    rows = province.figures("compliance_month", "2019-04", **ADMINISTRATIVE)
    assert (rows["so_y_te"]["reporting_status"], rows["so_tu_phap"]["reporting_status"]) == ("reported", "missing")
