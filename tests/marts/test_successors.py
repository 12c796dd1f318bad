"""Dossiers of units that were merged or renamed. A failure loses what was pending on the day that a unit ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from onestop import publication
from tests.marts.conftest import FILES, Office, lines
from tests.province import SUCCESSION_HEADER, UNIT_TABLE, direct, living, load, online

FORM = "unit_code carried_over resolved_total pending_total"
RESOLVED = "metric_id = 'resolved_all' and scope = 'total' and denominator is not null"


def reorganised(province: Office, folder: Path, successions: str, **ends: str) -> None:
    """The province whose units end on these days."""
    units = UNIT_TABLE
    for code, day in ends.items():
        units = living(units, code, ends=day)
    changed = {**FILES, "unit_successions.csv": SUCCESSION_HEADER + successions}
    province.synchronise(load(folder / "reorganised", units, changed))


@pytest.fixture
def merged(province: Office, tmp_path: Path) -> Office:
    """Justice goes into health on 1 April with five dossiers pending, received online; health has one of its own."""
    reorganised(province, tmp_path, "so_tu_phap,so_y_te,2019-04-01,merge\n", so_tu_phap="2019-03-31")
    province.deliver(
        "tu_phap", "2019-03",
        online(5, None, received="2019-03-25", name="pending", status="in_process"),
        direct(2, "2019-03-20", received="2019-03-05"),
    )  # fmt: skip
    province.deliver("y_te", "2019-03", direct(1, None, received="2019-03-28", name="own", status="in_process"))
    return province


def resolve(province: Office, *units: str) -> None:
    """Health resolves three of the five in April, and four of its own."""
    province.deliver("y_te", "2019-04", direct(4, "2019-04-20", received="2019-04-05"))
    resolved = online(3, "2019-04-10", received="2019-03-25", name="pending")
    for unit in units:
        province.deliver("y_te", "2019-04", resolved, unit=unit)


def test_what_is_pending_when_a_unit_is_merged_is_carried_over_and_resolved_at_its_successor(merged: Office) -> None:
    merged.publish("2019-03")
    resolve(merged, "so_tu_phap")
    number = merged.publish("2019-04").publication_id
    assert merged.table("form_06a", FORM, "figures_from = 'dossiers'", "2019-03") == lines(
        """
        so_y_te    0 0 1
        so_tu_phap 0 2 5
        """
    )
    assert merged.table("form_06a", FORM, "figures_from = 'dossiers'", "2019-04") == lines("so_y_te 6 7 3")
    assert merged.table("compliance_month", "unit_code numerator denominator", RESOLVED) == lines("so_y_te 3 7")
    assert merged.table("compliance_ytd", "unit_code numerator denominator", RESOLVED) == lines(
        """
        so_y_te    3 7
        so_tu_phap 0 2
        """
    )
    assert merged.table("timeliness_month", "resolved_count pending_count", "unit_code = 'so_y_te'") == lines("7 3")
    own_desk = "commune_code = '' and unit_code = 'so_y_te'"
    assert merged.table("commune_month", "resolved_count received_count", own_desk) == lines("7 4")
    told = {finding for _, finding, _ in merged.findings(number)}
    assert not told & {"counted_off_roster", "carry_over_differs", "mart_unbalanced"}


def test_what_differs_from_what_both_published_as_pending_is_told(merged: Office) -> None:
    merged.publish("2019-03")
    merged.deliver("tu_phap", "2019-03", direct(1, None, received="2019-03-29", name="late", status="in_process"))
    resolve(merged, "so_tu_phap")
    told = merged.findings(merged.publish("2019-04").publication_id)
    assert ("warn", "carry_over_differs", "so_y_te") in told


@pytest.mark.parametrize("unit", ["so_y_te", "so_tu_phap"])
def test_figures_are_explained_by_the_dossiers_of_both_and_the_predecessors_say_where_they_count(
    merged: Office, unit: str
) -> None:
    resolve(merged, "so_tu_phap")
    number = merged.publish("2019-04").publication_id
    with merged.engine.begin() as connection:
        explained = publication.explain(connection, number, "so_y_te", span="ytd")
        rows = merged.rows(
            "select reason, count(*) as dossiers from mart.compliance_explained where publication_id = :id"
            " and unit_code = :unit and month = '2019-04' and metric_id = 'resolved_all' group by 1 order by 1",
            id=number,
            unit=unit,
        )
    assert explained.is_equal
    counted = {row["reason"]: row["dossiers"] for row in rows}
    assert counted == {"so_y_te": {"direct": 4, "online": 3}, "so_tu_phap": {"counted_at_successor": 3}}[unit]


def test_every_month_of_a_later_publication_counts_at_its_own_roster_and_is_rebuilt(merged: Office) -> None:
    """Also from the counts that are kept of earlier months."""
    resolve(merged, "so_tu_phap")
    merged.publish("2019-04")
    merged.deliver("y_te", "2019-05", online(1, "2019-05-02", received="2019-03-25", name="pending"), unit="so_tu_phap")
    number = merged.publish("2019-05").publication_id
    counted = merged.rows(
        "select period, unit_code, sum(dossier_count) as dossiers from mart.dossier_count_month"
        " where publication_id = :id and event = 'resolved' group by 1, 2 order by 1, 2",
        id=number,
    )
    assert [tuple(row.values()) for row in counted] == [
        ("2019-03", "so_tu_phap", 2),
        ("2019-04", "so_y_te", 6),  # one of them was resolved in May after all
        ("2019-05", "so_y_te", 1),
    ]
    with merged.engine.begin() as connection:
        assert publication.rebuild(connection, number).matches


def test_dossiers_follow_one_successor_after_another(province: Office, tmp_path: Path) -> None:
    reorganised(
        province,
        tmp_path,
        "so_tu_phap,so_noi_vu,2019-02-01,merge\nso_noi_vu,so_y_te,2019-03-01,merge\n",
        so_tu_phap="2019-01-31",
        so_noi_vu="2019-02-28",
    )
    pending = {"received": "2019-01-25", "name": "pending"}
    province.deliver("tu_phap", "2019-01", online(2, None, status="in_process", **pending))
    for source, month in (("noi_vu", "2019-02"), ("y_te", "2019-03")):
        province.deliver(source, month, direct(1, f"{month}-10", received=f"{month}-05"))
        if source == "y_te":
            province.deliver(source, month, online(1, "2019-03-12", **pending), unit="so_tu_phap")
        told = province.findings(province.publish(month).publication_id)
        assert not {finding for _, finding, _ in told} & {"counted_off_roster", "carry_over_differs"}
    assert province.table("form_06a", FORM, "figures_from = 'dossiers'", "2019-02") == lines("so_noi_vu 2 1 2")
    assert province.table("form_06a", FORM, "figures_from = 'dossiers'", "2019-03") == lines("so_y_te 2 2 1")


def test_a_unit_that_ends_within_a_month_keeps_it_and_hands_over_with_the_next(
    province: Office, tmp_path: Path
) -> None:
    reorganised(province, tmp_path, "so_tu_phap,so_y_te,2019-03-16,merge\n", so_tu_phap="2019-03-15")
    province.deliver("tu_phap", "2019-03", online(2, None, received="2019-03-10", status="in_process"))
    for month in ("2019-03", "2019-04"):
        province.deliver("y_te", month, direct(1, f"{month}-10", received=f"{month}-05"))
        province.publish(month)
    assert "so_tu_phap 0 0 2" in province.table("form_06a", FORM, "figures_from = 'dossiers'", "2019-03")
    assert province.table("form_06a", FORM, "figures_from = 'dossiers'", "2019-04") == lines("so_y_te 2 1 2")


@pytest.mark.parametrize(
    "successions",
    [
        "so_tu_phap,,2019-04-01,abolition\n",
        "so_tu_phap,so_y_te,2019-04-01,split\nso_tu_phap,so_noi_vu,2019-04-01,split\n",
    ],
)
def test_what_nobody_or_several_take_over_is_told_and_given_to_nobody(
    province: Office, tmp_path: Path, successions: str
) -> None:
    reorganised(province, tmp_path, successions, so_tu_phap="2019-03-31")
    province.deliver("tu_phap", "2019-03", online(5, None, received="2019-03-25", name="pending", status="in_process"))
    resolve(province, "so_tu_phap")
    told = province.findings(province.publish("2019-04").publication_id)
    assert ("warn", "counted_off_roster", "so_tu_phap") in told
    assert province.table("form_06a", FORM, "figures_from = 'dossiers'") == lines("so_y_te 0 4 0")
