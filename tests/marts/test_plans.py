"""How marts find their dossiers: by the month of receipt and by indexes, never by reading history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from onestop.compliance import COUNTS, MARTS
from onestop.warehouse import index_months
from onestop.warehouse.sql import rendered
from tests.marts.conftest import Office
from tests.province import direct, online

FORMER = range(2014, 2019)
READERS = {"older_dossier", "period_procedure", "received_count", "period_unit", "suspected_filing"}
_FILLS = re.compile(r"(?:insert into mart|create temporary table) ?[.]?(\w+)")
_SCANNED = re.compile(r"(\w[\w ]*Scan)[^\n]* on (dossier_version_\d{4}_\d{2})")


@contextmanager
def explained(connection: Connection) -> Iterator[dict[str, str]]:
    """Collect the plan of every statement that fills a table for a publication, by the table's name."""
    plans: dict[str, str] = {}

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        bare = re.sub("--[^\n]*\n", "", statement).strip()
        if found := _FILLS.match(bare):
            with closing(cursor.connection.cursor()) as own:
                own.execute(f"explain {bare}", parameters)
                plans[found[1]] = "\n".join([plans.get(found[1], ""), *(line for (line,) in own.fetchall())])

    event.listen(connection, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(connection, "before_cursor_execute", explain)


@pytest.fixture
def plans(province: Office) -> dict[str, str]:
    """The plans of publishing April 2019, with years of history before it; no table is read whole where it need not."""
    former = [direct(1, received=f"{year}-02-01", finished=None) for year in FORMER]
    province.deliver("y_te", "2019-03", *former, direct(1, "2019-03-10", received="2019-03-01"))
    province.deliver("y_te", "2019-04", online(2, received="2019-04-02"))
    province.execute("set local enable_seqscan = off")
    with province.engine.begin() as connection, explained(connection) as found:
        province.build("2019-04")
    return found


def test_every_mart_leaves_out_the_partitions_it_does_not_need(plans: dict[str, str]) -> None:
    """A failure means that publishing becomes slower with every year."""
    assert set(plans) >= {*(mart.name for mart in MARTS), *COUNTS, "period_procedure", "period_unit"}
    readers = {name for name, plan in plans.items() if "dossier_version" in plan}
    assert readers == READERS
    for name in readers:
        for kind, partition in _SCANNED.findall(plans[name]):
            if partition < "dossier_version_2018_05":  # before the twelve months that a publication counts
                assert "Index" in kind, (name, partition)
            if name == "suspected_filing":  # of the month's receipt alone
                assert partition == "dossier_version_2019_04"
            if name == "older_dossier":  # each is looked into once for what ended since, and once for what is open
                assert partition < "dossier_version_2019_04"
                assert plans[name].count(f" on {partition} ") == 2, partition


def test_dossiers_are_looked_for_elsewhere_where_there_are_any_and_by_hash(province: Office) -> None:
    """A failure means that every dossier of a month is looked for four times for nothing, or held against each mark."""
    province.deliver("y_te", "2019-03", online(2, received="2019-03-02"))
    province.deliver("y_te", "2019-04", online(2, received="2019-04-02"))
    with province.engine.begin() as connection, explained(connection) as found:
        province.build("2019-04")
    assert not [name for name in READERS if "dossier_elsewhere" in found[name]]
    province.execute(
        "insert into core.dossier_elsewhere (owner_unit_code, dossier_code, counted_unit_code, known_from)"
        " values ('so_y_te', 'another', 'yen_the', clock_timestamp())"
    )
    province.execute("analyze core.dossier_elsewhere")
    with province.engine.begin() as connection, explained(connection) as found:
        province.build("2019-04")
    assert not [name for name in READERS if "dossier_version" not in found[name]]
    assert not [name for name in READERS if "dossier_elsewhere" not in found[name]]
    assert not [name for name in READERS if "Nested Loop Anti Join" in found[name]]


def test_the_counts_of_a_publication_are_counted_once(plans: dict[str, str], province: Office) -> None:
    """Joined as a view by the months of a quarter or year they may be counted again for each of the calendar's months.

    A failure means that each mart of compliance counts all of them again, and that a month of a new warehouse takes a
    quarter of a minute to check, while there are no statistics.
    """
    assert plans["metric_count"].count("on reporting_status_month") == 1
    for mart in ("compliance_month", "compliance_ytd", "compliance_rollup"):
        assert "on metric_count" in plans[mart]
        assert "_count_month" not in plans[mart]
    bare = re.sub("--[^\n]*\n", "", rendered("ops/publication_finding_compliance.sql"))
    plan = province.rows(f"explain {bare}", publication_id=1)
    lines = [row["QUERY PLAN"] for row in plan]
    assert sum("on reporting_status_month" in line for line in lines) == 1


def test_refused_rows_are_looked_up_for_the_deliveries_of_the_month(plans: dict[str, str]) -> None:
    """A failure means that whatever was refused in all years is read for every publication."""
    assert plans["quality_month"].count("Index Cond: (delivery_id = decided.delivery_id)") == 1
    assert plans["quality_month"].count("Index Cond: ((delivery_id = decided.delivery_id) AND (known_to >") == 1
    assert "Seq Scan on row" not in plans["quality_month"]


def test_what_a_delivery_is_held_against_is_found_without_reading_history(province: Office) -> None:
    """A failure means that loading becomes slower with every year."""
    former = [direct(1, received=f"{year}-02-01", finished=None) for year in FORMER]
    province.deliver("y_te", "2019-03", *former, direct(1, "2019-03-10", received="2019-03-01"))
    with province.engine.begin() as connection:
        index_months(connection)
    province.execute("set local enable_seqscan = off")
    province.execute("create temporary table typed (unit_code text, dossier_code text) on commit drop")
    delivered = {
        "delivery_ids": [2],
        "confirmed_delivery_ids": [1],
        "unit_codes": ["so_y_te"],
        "received_from": "2019-03-01",
        "received_to": "2019-03-31",
        "confirmed_at": "2019-04-01",
    }
    for file in ("dossier_brought", "dossier_vanished", "dossier_overlap", "absence_find"):
        plan = province.rows("explain " + rendered(f"core/{file}.sql", typed="typed"), **delivered)
        lines = "\n".join(row["QUERY PLAN"] for row in plan)
        scans = {partition: kind for kind, partition in _SCANNED.findall(lines)}
        assert {f"dossier_version_{year}_02" for year in FORMER} <= set(scans), file
        assert all("Bitmap" in kind for kind in scans.values()), file


def test_a_late_delivery_asks_only_the_months_that_confirm_what_it_replaces(province: Office) -> None:
    """A failure means that a month delivered again after years holds each changed dossier against every delivery since.

    Of 4,800 later deliveries that took 47 seconds for 50,000 dossiers.
    """
    province.execute(
        "create temporary table merge_row as select owner_unit_code as unit_code, dossier_code, received_at as"
        " current_received_at, delivery_id as current_delivery_id, known_from as current_known_from,"
        " 'changed' as outcome from core.dossier_version"
    )
    binds = {"unit_codes": ["so_y_te"], "observed_at": "2019-04-01", "delivery_id": 1}
    plan = province.rows("explain " + rendered("core/merge_confirmed_later.sql"), **binds)
    lines = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "&& month.confirmed_delivery_ids" in lines
    assert "Index Cond: (delivery_id = ANY ((array_agg(month.delivery_id))))" in lines


def test_that_a_delivery_confirms_something_is_told_without_comparing_what_it_lacks(province: Office) -> None:
    """A failure means that a delivery that lacks its month holds each dossier against each: 17 seconds of 20,000."""
    province.deliver("y_te", "2019-04", online(200, received="2019-04-02"))
    province.execute(
        "create temporary table merge_row as select owner_unit_code as unit_code, dossier_code, true as is_of_month,"
        " 'lacking' as outcome from core.dossier_version"
    )
    binds = {
        "delivery_id": 2,
        "observed_at": "2019-05-02",
        "known_from": "2019-05-02",
        "earlier_ids": [1],
        "unit_codes": ["so_y_te"],
        "received_from": "2019-04-01",
        "received_to": "2019-04-30",
    }
    plan = province.rows("explain " + rendered("core/merge_confirm_month.sql"), **binds)
    lines = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "dossier_version_2019_04" in lines
    assert "Anti Join" not in lines
