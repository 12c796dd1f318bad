"""Earlier months are counted once, and their counts kept up to date by what becomes known.

A failure means that a publication tells other counts of earlier months than its dossiers give, or reads them all again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine

from onestop import publication
from onestop.compliance import counted_months, earlier, verify_counts
from onestop.jurisdiction import Jurisdiction
from onestop.warehouse import index_months
from tests.marts.conftest import Office
from tests.marts.test_plans import explained
from tests.province import Dossiers, OneTransaction, direct, online

KEPT = "select period, sum(dossier_count)::integer as dossiers from core.counted_dossier group by period order by 1"
COUNTS = """
    select period, event, sum(dossier_count)::integer as dossiers
    from mart.dossier_count_month where publication_id = :id and event = 'received' group by period, event order by 1
"""
DAYS = ("2018-03-31 23:59:59", "2018-04-20", "2019-02-14", "2019-02-15", "2019-03-14 23:59:59", "2019-03-31 23:59:59",
        "2019-04-01 00:00:00", "2019-04-20")  # fmt: skip


@dataclass(frozen=True)
class Delivery:
    """The same few dossiers come again and again: some changed, some received in another month than was told."""

    source_id: str
    dossiers: tuple[Dossiers, ...]


@dataclass(frozen=True)
class Elsewhere:
    """Dossiers of a name are counted at another unit from now on, or are no longer."""

    name: str
    is_marked: bool


@dataclass(frozen=True)
class Build:
    period: str
    calendar: str
    as_known_before: int
    """How many steps before this one it is of; 0: of now."""


NAMES = ("a", "b", "c", "d")
DOSSIERS = st.builds(
    Dossiers,
    count=st.integers(1, 2),
    channel=st.sampled_from(("online", "direct", "internal")),
    received=st.sampled_from(DAYS),
    finished=st.sampled_from((None, *DAYS)),
    level=st.sampled_from((None, 3)),
    status=st.sampled_from(("resolved", "resolved", "in_process", "not_accepted")),
    commune=st.sampled_from((None, "07243")),
    name=st.sampled_from(NAMES),
)
DELIVERY = st.builds(
    Delivery,
    source_id=st.sampled_from(("yen_the", "tan_yen")),
    dossiers=st.lists(DOSSIERS, max_size=3, unique_by=lambda one: one.name).map(tuple),
)
ELSEWHERE = st.builds(Elsewhere, name=st.sampled_from(NAMES), is_marked=st.booleans())
BUILD = st.builds(
    Build,
    period=st.sampled_from(("2019-02", "2019-03", "2019-04")),
    calendar=st.sampled_from(("calendar", "administrative")),
    as_known_before=st.sampled_from((0, 0, 0, 1, 2)),
)
APRIL = Build("2019-04", "calendar", 0)


@example(
    steps=[Delivery("yen_the", (Dossiers(2, received="2019-03-10", name="a"),)), APRIL, Elsewhere("a", True), APRIL]
)
@example(
    steps=[
        Delivery("yen_the", (Dossiers(2, received="2019-03-10", finished=None, status="in_process", name="a"),)),
        APRIL,
        Delivery("yen_the", (Dossiers(2, received="2019-03-10", finished="2019-03-20", name="a"),)),
        APRIL,
        replace(APRIL, as_known_before=3),
    ]
)
@example(
    steps=[
        Delivery("yen_the", (Dossiers(2, received="2019-03-10", name="a"),)),
        APRIL,
        Delivery("yen_the", (Dossiers(2, received="2019-02-10", name="a"),)),
        APRIL,
    ]
)
@given(steps=st.lists(st.one_of(DELIVERY, ELSEWHERE, BUILD, BUILD), min_size=3, max_size=8))
def test_after_any_deliveries_and_publications_the_counts_of_earlier_months_are_those_of_their_dossiers(
    shared_engine: Engine, small_jurisdiction: Jurisdiction, steps: list[Delivery | Elsewhere | Build]
) -> None:
    with shared_engine.connect() as connection:
        province = Office(OneTransaction(connection), small_jurisdiction, Path("unused"))
        moments: list[datetime] = []
        for step in [*steps, APRIL]:
            if isinstance(step, Delivery):
                province.deliver(step.source_id, "2019-04", *step.dossiers)
            elif isinstance(step, Elsewhere):
                mark(province, step)
            else:
                as_of = moments[-step.as_known_before] if 0 < step.as_known_before <= len(moments) else None
                publication_id = province.build(step.period, calendar=step.calendar, as_of=as_of)
                rebuilt = publication.rebuild(connection, publication_id)
                assert rebuilt.matches, rebuilt.differing
            moments.append(connection.exec_driver_sql("select clock_timestamp()").scalar_one())
        assert not [month for month in counted_months(connection) if verify_counts(connection, *month)]
        connection.rollback()


def mark(province: Office, step: Elsewhere) -> None:
    if step.is_marked:
        province.execute(
            "insert into core.dossier_elsewhere (owner_unit_code, dossier_code, counted_unit_code, known_from)"
            " select owner_unit_code, dossier_code, 'so_y_te', clock_timestamp() from core.dossier_version"
            " where dossier_code like :name and known_to = 'infinity' on conflict do nothing",
            name=f"{step.name}-%",
        )
    else:
        province.execute(
            "update core.dossier_elsewhere set known_to = clock_timestamp()"
            " where dossier_code like :name and known_to = 'infinity'",
            name=f"{step.name}-%",
        )


def received(province: Office, publication_id: int) -> dict[str, int]:
    return {row["period"]: row["dossiers"] for row in province.rows(COUNTS, id=publication_id)}


@pytest.fixture
def counted(province: Office) -> Office:
    """February and March 2019 are counted: April was built once."""
    province.deliver("y_te", "2019-02", direct(3, "2019-02-20", received="2019-02-02"))
    province.deliver("y_te", "2019-03", direct(5, None, received="2019-03-02", status="in_process"))
    province.deliver("y_te", "2019-04", online(2, received="2019-04-02"))
    assert received(province, province.build("2019-04")) == {"2019-02": 3, "2019-03": 5, "2019-04": 2}
    assert [tuple(row.values()) for row in province.rows(KEPT)] == [("2019-02", 3), ("2019-03", 5)]
    return province


def test_a_month_that_is_counted_is_not_read_again(counted: Office) -> None:
    """A failure means that a publication of a million dossiers a month reads eleven millions more than it needs."""
    counted.deliver("y_te", "2019-04", direct(5, "2019-04-09", received="2019-03-02"))
    with counted.engine.begin() as connection:
        index_months(connection)
    counted.execute("set local enable_seqscan = off")
    with counted.engine.begin() as connection, explained(connection) as plans:
        counted.build("2019-04")
    assert "dossier_version" not in plans["received_count"]
    of_change = [line for line in plans["received_change"].splitlines() if "dossier_version" in line]
    assert of_change
    assert not [line for line in of_change if "Seq Scan" in line]
    assert "known_from" in plans["received_change"]
    assert "known_to_idx" in plans["received_change"]


def test_what_becomes_known_of_a_counted_month_is_added_and_kept(counted: Office) -> None:
    counted.deliver("tan_yen", "2019-04", direct(4, received="2019-03-20"))
    counted.deliver("y_te", "2019-04", direct(1, "2019-04-09", received="2019-02-02", name="late"))
    assert received(counted, counted.build("2019-04")) == {"2019-02": 4, "2019-03": 9, "2019-04": 2}
    assert [tuple(row.values()) for row in counted.rows(KEPT)] == [("2019-02", 4), ("2019-03", 9)]
    moments = counted.rows(
        "select distinct as_of = (select max(as_of) from ops.publication) as now from core.counted_month"
    )
    assert [row["now"] for row in moments] == [True]


def test_a_moment_at_which_a_version_begins_is_one_at_which_it_is_known(counted: Office) -> None:
    """And the version that it ends no longer is: neither counts twice, nor never, whichever moment comes next."""
    for status in ("in_process", "resolved"):
        counted.deliver("y_te", "2019-04", direct(2, "2019-03-20", received="2019-03-02", status=status, name="same"))
    moments = counted.rows(
        "select distinct known_from as at from core.dossier_version order by known_from desc limit 2"
    )
    assert len(moments) == 2
    for moment in (moments[1].at, moments[0].at, None):
        publication_id = counted.build("2019-04", as_of=moment)
        with counted.engine.begin() as connection:
            assert publication.rebuild(connection, publication_id).matches, moment


def test_a_publication_of_an_earlier_moment_leaves_the_counts_of_a_later_one(counted: Office) -> None:
    """A failure means that every publication after it counts all earlier months once more."""
    [before] = counted.rows("select max(known_from) as at from core.dossier_version")
    kept = counted.rows("select * from core.counted_month order by 1, 2")
    counted.build("2019-04", as_of=before.at)
    assert counted.rows("select * from core.counted_month order by 1, 2") == kept


def test_a_preview_that_is_taken_back_keeps_nothing(counted: Office) -> None:
    before = counted.rows("select * from core.counted_month order by 1, 2")
    counted.deliver("tan_yen", "2019-04", direct(4, received="2019-03-20"))
    with counted.engine.begin() as connection:
        publication.preview(connection, counted.jurisdiction, [counted.jurisdiction.period("2019-04")])
    assert counted.rows("select * from core.counted_month order by 1, 2") == before


@pytest.fixture
def falsified(counted: Office) -> Office:
    """Somebody has changed what is kept of March."""
    counted.execute("update core.counted_dossier set dossier_count = dossier_count + 1 where period = '2019-03'")
    return counted


def test_computing_a_publication_again_does_not_take_the_kept_counts(falsified: Office) -> None:
    """A failure means that an auditor is shown the same wrong counts once more."""
    publication_id = falsified.build("2019-04")
    with falsified.engine.begin() as connection:
        rebuilt = publication.rebuild(connection, publication_id)
    assert not rebuilt.matches
    assert {row.key["period"] for row in rebuilt.differing if row.mart == "dossier_count_month"} == {"2019-03"}


def test_wrong_counts_are_found_and_told_until_a_publication_has_counted_them_anew(falsified: Office) -> None:
    with falsified.engine.begin() as connection:
        for _ in range(2):  # a task that was killed before it could say so is run again
            found = {month: verify_counts(connection, *month) for month in counted_months(connection)}
            assert {period: count for (_, period), count in found.items() if count} == {"2019-03": 1}
    assert received(falsified, falsified.build("2019-04"))["2019-03"] == 5
    with falsified.engine.begin() as connection:
        assert not [month for month in counted_months(connection) if verify_counts(connection, *month)]


def test_counts_by_another_rule_are_made_again(falsified: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure means that an update of the program that counts otherwise goes on from what the former one counted."""
    monkeypatch.setattr(earlier, "_statements", lambda: b"other statements")
    assert received(falsified, falsified.build("2019-04"))["2019-03"] == 5


def test_counts_of_a_calendar_with_other_months_are_not_taken(falsified: Office) -> None:
    """What ends a month later, or ended in no month so far, was resolved in another month than the counts say."""
    falsified.execute(
        "update core.period set ends_at = ends_at + interval '1 second' where calendar = 'calendar' and period ="
        " (select max(period) from core.period where calendar = 'calendar')"
    )
    with falsified.engine.begin() as connection:
        assert not [month for month in counted_months(connection) if verify_counts(connection, *month)]
