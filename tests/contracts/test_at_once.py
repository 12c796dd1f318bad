"""Two deliveries at once for the same source and period. A failure here means that a dossier is counted twice, or that
what stands in the warehouse is half of the one and half of the other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from onestop.warehouse import index_months, prepare_month
from tests.contracts.conftest import Agency, numbered, row


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    """Run the steps in threads that start together; return what they give, in their order. Raises what one raises."""
    start, given, failed = threading.Barrier(len(steps)), [None] * len(steps), []

    def run(number: int, step: Callable[[], Any]) -> None:
        start.wait(10)
        try:
            given[number] = step()
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=run, args=arguments) for arguments in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failed:
        raise failed[0]
    return given


def test_the_same_bytes_pulled_twice_at_once_are_one_delivery_loaded_and_counted_once(agency: Agency) -> None:
    rows = numbered(300)
    ids = at_once(*[lambda: agency.deliver(rows)] * 4)
    assert len(set(ids)) == 1
    loaded = at_once(*[lambda: agency.load(ids[0])] * 2)
    assert [result.record_count for result in loaded] == [300, 300]
    checked = at_once(*[lambda: agency.check(ids[0])] * 2)
    assert sorted(result.merge.inserted for result in checked) == [0, 300]
    assert agency.rows("select count(*), count(distinct dossier_code) from core.dossier_version") == [(300, 300)]
    assert agency.rows("select count(*), min(state) from ops.delivery") == [(1, "accepted")]


@pytest.mark.parametrize("later_is_checked_first", [False, True])
def test_two_different_deliveries_at_once_leave_the_state_of_the_later_one(
    agency: Agency, later_is_checked_first: bool
) -> None:
    """Both hold dossiers 1 to 200; the later one has 1 to 100 as withdrawn, and 50 more."""
    earlier = numbered(200)
    later = [
        *(row(**{**one, "status": "7"}) for one in numbered(100)),
        *numbered(200)[100:],
        *(row(dossier_code=f"000.00.12.H02-190406-{number:04}") for number in range(50)),
    ]
    first, second = agency.deliver(earlier), agency.deliver(later)

    def taken(delivery_id: int) -> Callable[[], Any]:
        def take() -> Any:
            agency.load(delivery_id)
            return agency.check(delivery_id)

        return take

    steps = [taken(first), taken(second)]
    at_once(*(reversed(steps) if later_is_checked_first else steps))
    states = "select status_code, count(*) from core.dossier group by status_code order by status_code"
    assert agency.rows(states) == [(7, 100), (10, 150)]
    current = "select count(*) from core.dossier_version where known_to = 'infinity'"
    assert agency.rows(current) == [(250,)]
    assert agency.rows("select count(*) from quarantine.row") == [(0,)]


def months(agency: Agency) -> list[tuple[str, bool]]:
    """The months that versions have, and whether the planner knows what is in them."""
    found = agency.rows(
        "select relname, reltuples >= 0 from pg_class join pg_inherits on inhrelid = oid"
        " where inhparent = 'core.dossier_version'::regclass order by relname"
    )
    return [(name, is_known) for name, is_known in found]


def test_of_two_sources_that_bring_a_new_month_neither_waits_until_the_other_has_decided(agency: Agency) -> None:
    other = replace(agency, source_id="lang_giang")
    codes = [f"000.00.31.H02-190405-{number:04}" for number in range(1, 251)]
    mine = agency.deliver(numbered(300))
    theirs = other.deliver([row(dossier_code=code, unit="UBND huyện Lạng Giang") for code in codes])
    agency.load(mine)
    other.load(theirs)
    checked: list[Any] = []
    held_up = threading.Thread(target=lambda: checked.append(agency.check(mine)))
    with agency.engine.connect() as holder:
        holder.execute(text("select pg_advisory_xact_lock(hashtextextended('merge so_y_te', 0))"))  # as its merge does
        held_up.start()
        deadline = time.monotonic() + 30
        while months(agency) != [("dossier_version_2019_04", False)]:
            assert time.monotonic() < deadline, "the month is not made for both"
            time.sleep(0.01)
        assert other.check(theirs).merge.inserted == 250
        assert not checked
    held_up.join(30)
    assert [result.merge.inserted for result in checked] == [300]
    assert months(agency) == [("dossier_version_2019_04", True)]
    assert agency.rows("select count(*), count(distinct dossier_code) from core.dossier_version") == [(550, 550)]


INDEXES = "select count(*) from pg_indexes where tablename = 'dossier_version_2019_04'"


def test_a_new_month_has_no_indexes_until_the_next_delivery_comes_or_it_is_published(agency: Agency) -> None:
    """Writing into them costs as much again as making them afterwards."""
    first, second = agency.deliver(numbered(300)), agency.deliver(numbered(302)[2:])
    for delivery_id, indexes, inserted in ((first, 0, 300), (second, 7, 2)):
        agency.load(delivery_id)
        assert agency.check(delivery_id).merge.inserted == inserted
        assert agency.rows(INDEXES) == [(indexes,)]
    assert months(agency) == [("dossier_version_2019_04", True)]


def test_a_delivery_of_another_month_indexes_those_before(agency: Agency) -> None:
    """It looks into all months for its dossiers: a failure means that a backfill reads months for all later ones."""
    first = agency.deliver(numbered(300))
    agency.load(first)
    agency.check(first)
    with agency.engine.connect() as connection:
        prepare_month(connection, agency.period().ends_at)
    assert agency.rows(INDEXES) == [(7,)]
    assert agency.rows(INDEXES.replace("2019_04", "2019_05")) == [(0,)]


def test_indexes_are_made_once_and_wait_for_deliveries_that_are_being_written(agency: Agency) -> None:
    delivery_id = agency.deliver(numbered(300))
    agency.load(delivery_id)
    agency.check(delivery_id)
    waiting = "select count(*) from pg_locks where not granted and relation = 'core.dossier_version_2019_04'::regclass"

    def index() -> None:
        with agency.engine.begin() as connection:
            index_months(connection)

    def prepare() -> None:
        with agency.engine.connect() as connection:
            prepare_month(connection, agency.period().starts_at)

    with ThreadPoolExecutor(3) as threads:
        with agency.engine.begin() as writer:
            writer.execute(text("delete from core.dossier_version where dossier_code like '%0001'"))
            indexing = [threads.submit(work) for work in (index, index, prepare)]
            deadline = time.monotonic() + 30
            while agency.rows(waiting) != [(len(indexing),)]:
                assert time.monotonic() < deadline, "not all wait for who writes"
                time.sleep(0.01)
            assert agency.rows(INDEXES) == [(0,)]
        for done in indexing:
            done.result(30)
    assert agency.rows(INDEXES) == [(7,)]


def test_months_that_a_period_reads_whole_are_left_without_indexes(agency: Agency) -> None:
    delivery_id = agency.deliver(
        [*numbered(300), row(received_at="05/03/2019 08:00", dossier_code="000.00.12.H02-190305-0001")]
    )
    agency.load(delivery_id)
    agency.check(delivery_id)
    of_march = INDEXES.replace("2019_04", "2019_03")
    with agency.engine.begin() as connection:
        index_months(connection, beside=agency.period())
    assert (agency.rows(INDEXES), agency.rows(of_march)) == ([(0,)], [(7,)])
    with agency.engine.begin() as connection:
        index_months(connection)
    assert agency.rows(INDEXES) == [(7,)]
