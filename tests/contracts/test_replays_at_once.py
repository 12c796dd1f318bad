"""A replay beside a check of the same units. A failure loses a dossier that a delivery has just confirmed, or ends in a
deadlock.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from onestop.warehouse.sql import statement
from tests.contracts.conftest import Agency, numbered, row
from tests.contracts.test_reconsidering import delivered_at, replay

CURRENT = "select channel, status_code, delivery_id from core.dossier_version where known_to = 'infinity'"
CODE = "000.00.12.H02-190405-0001"
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


def loaded(agency: Agency, day: int, rows: list[dict[str, str]]) -> int:
    agency.pulled_at = datetime(2019, 5, day, tzinfo=UTC)
    delivery_id = agency.deliver(rows)
    agency.load(delivery_id)
    return delivery_id


@contextmanager
def halted(module: str, step: str, *, after: bool) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Halt whoever comes to a step first, before or after it, until the second event; the first says that it has."""
    there, go = threading.Event(), threading.Event()
    holder = sys.modules[f"onestop.contracts.{module}"]
    real = getattr(holder, step)

    def halting(*arguments: object) -> object:
        done = real(*arguments) if after else None
        if not there.is_set():
            there.set()
            assert go.wait(60)
        return done if after else real(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holder, step, halting)
        yield there, go


def both(agency: Agency, halt: tuple[str, str, bool], first: Callable[[], object], then: Callable[[], object]) -> None:
    """Run the second while the first stands in the middle, and let the first go on once the second waits or is done."""
    module, step, after = halt
    with halted(module, step, after=after) as (there, go), ThreadPoolExecutor(2) as threads:
        one = threads.submit(first)
        assert there.wait(60)
        other = threads.submit(then)
        deadline = time.monotonic() + 60
        while not other.done() and agency.rows(WAITING) == [(0,)]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        go.set()
        one.result(60)
        other.result(60)


def test_what_is_being_confirmed_is_not_ended_by_a_replay(agency: Agency) -> None:
    agency.settings.update(value_maps={"channel": {"2": "online", "X": "online"}}, state_as_of="pull")
    first = delivered_at(agency, [row(channel="X"), *numbered(3)[1:]], "2019-05-02")
    second = loaded(agency, 3, numbered(3))
    agency.settings["value_maps"] = {"channel": {"2": "online"}}
    both(
        agency,
        ("decision", "mark_absences", False),
        lambda: agency.check(second),
        lambda: replay(agency, first),
    )
    current = agency.rows(f"{CURRENT} and dossier_code = :code", code=CODE)
    assert [one.channel for one in current] == ["online"]


def test_what_a_replay_is_ending_is_written_anew_by_the_delivery_that_waits_for_it(agency: Agency) -> None:
    agency.settings.update(value_maps={"channel": {"2": "online", "X": "online"}}, state_as_of="pull")
    first = delivered_at(agency, [row(channel="X"), *numbered(3)[1:]], "2019-05-02")
    # Indexes the month, so that a merge waits for a row and not for the table.
    delivered_at(agency, numbered(4)[1:], "2019-05-02T01:00", is_full=False)
    second = loaded(agency, 3, [row(status="7", finished_at="", returned_at=""), *numbered(3)[1:]])
    agency.settings["value_maps"] = {"channel": {"2": "online"}}
    both(
        agency,
        ("reconsidering", "_withdraw", True),
        lambda: replay(agency, first),
        lambda: agency.check(second),
    )
    assert agency.rows(f"{CURRENT} and dossier_code = :code", code=CODE) == [("online", 7, second)]


def test_a_replay_holds_the_units_of_which_its_delivery_only_confirmed_the_month(agency: Agency) -> None:
    """Though it may not understand any of their rows now, and brought no version of them."""
    had = [*numbered(3), row(dossier_code="000.00.77.H02-190405-0001", unit="Huyện Lạng Giang")]
    delivered_at(agency, had, "2019-05-02")
    second = delivered_at(agency, had[::-1], "2019-05-03")
    with agency.engine.begin() as connection:
        connection.execute(text("create temporary table typed (unit_code text, reasons jsonb) on commit drop"))
        touched = statement("core/dossier_touched.sql", typed="typed")
        held = connection.scalars(touched, {"delivery_id": second}).all()
    assert sorted(held) == ["lang_giang", "so_y_te"]
