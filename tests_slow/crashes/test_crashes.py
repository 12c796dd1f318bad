"""The crash matrix: a worker, its session or the whole server dies at each step of a month, and the step is run again.

Every test: a worker in a process of its own comes to the point and stands still; the fault strikes; another worker does
what Airflow does, the task again and then the rest. All that is left must be what a month without a crash leaves. A
failure means that a crash loses, doubles or half-publishes something.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from onestop.warehouse import engine
from onestop.warehouse.embedded import SUPERUSER
from tests_slow.crashes.conftest import Beginning, Place
from tests_slow.crashes.month import CHANGED
from tests_slow.crashes.points import COLLECTING, PUBLISHING, SERVER, SESSION, WORKER, Point, stand_still_at

PATIENCE_SECONDS = 60


class Worker:
    """A process that does the tasks of a month and stands still at a point."""

    def __init__(self, place: Place, beginning: Beginning, point: Point) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=_work, args=(theirs, place, beginning, point))
        self.handed_on = dict(beginning.handed_on)
        self.process.start()
        theirs.close()

    def wait_for(self, expected: str) -> Any:
        """Take messages until this one comes, keeping what finished tasks hand on."""
        while self.pipe.poll(PATIENCE_SECONDS):
            said, value = self.pipe.recv()
            if said == expected:
                return value
            assert said == "handed on", f"{said} instead of {expected}: {value}"
            self.handed_on.update(value)
        raise AssertionError(f"the worker did not say {expected!r}")


def _work(pipe: Pipe, place: Place, beginning: Beginning, point: Point) -> None:
    def halt() -> None:
        pipe.send(("standing", None))
        pipe.recv()

    try:
        begins = stand_still_at(point, halt)
        for task, value in place.month(beginning.handed_on).run(beginning.tasks, begins):
            pipe.send(("handed on", {task: value}))
        pipe.send(("finished", None))
    except BaseException as error:  # noqa: BLE001 - told to the test
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
    os._exit(0)


def worker_killed(worker: Worker, _place: Place) -> None:
    assert worker.process.pid
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.join(PATIENCE_SECONDS)
    assert worker.process.exitcode == -signal.SIGKILL


def session_terminated(worker: Worker, place: Place) -> None:
    administrator = engine(place.server.url("postgres", SUPERUSER))
    with administrator.connect() as connection:
        connection.execute(
            text("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = :name"),
            {"name": place.database},
        )
    administrator.dispose()
    _go_on_without_database(worker)


def server_crashed(worker: Worker, place: Place) -> None:
    """SIGKILL to the worker's backend, or to another where it has none: the server ends all others, and recovers."""
    administrator = engine(place.server.url("postgres", SUPERUSER))
    with administrator.connect() as connection:
        pid = connection.scalar(
            text(
                "select pid from pg_stat_activity where datname = :name or backend_type = 'walwriter'"
                " order by datname is null limit 1"
            ),
            {"name": place.database},
        )
    administrator.dispose()
    victim = psutil.Process(pid)
    victim.kill()
    victim.wait(PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not place.server.is_running():
        assert time.monotonic() < deadline, "the server did not recover"
        time.sleep(0.02)
    _go_on_without_database(worker)


def _go_on_without_database(worker: Worker) -> None:
    """The worker lives, and its task fails at the next statement; or it needed none, or came by a new session."""
    worker.pipe.send("go on")
    while worker.pipe.poll(PATIENCE_SECONDS):
        said, value = worker.pipe.recv()
        if said != "handed on":
            break
        worker.handed_on.update(value)
    worker.process.join(PATIENCE_SECONDS)
    assert worker.process.exitcode == 0
    assert said == "finished" or "OperationalError" in value or "InterfaceError" in value, value


@pytest.fixture(scope="session")
def undisturbed(places: Any, collecting: Beginning, publishing: Beginning) -> dict[str, dict[str, Any]]:
    """What is left where nothing happens: after collecting, and after publishing."""
    left = {}
    for name, beginning in (("collecting", collecting), ("publishing", publishing)):
        place = places.copy(beginning)
        list(place.month(beginning.handed_on).run(beginning.tasks))
        left[name] = place.what_is_left()
        places.remove(place)
    return left


def test_the_undisturbed_month_has_all_that_a_crash_could_damage(undisturbed: dict[str, dict[str, Any]]) -> None:
    collected, published = undisturbed["collecting"], undisturbed["publishing"]
    assert collected["tables left over"] == []
    assert {state for _, _, state, *_ in collected["deliveries"]} == {"accepted"}
    assert len(collected["quarantine"]) == 8
    ended = {(source, is_current): int(count) for _, source, is_current, count, _ in collected["versions"]}
    assert ended[CHANGED, "False"] > 400
    assert [row[2] for row in published["publications"]] == ["1", "2"]
    assert collected["figures"] != published["figures"]
    assert sum(published["mails"].values()) > sum(collected["mails"].values()) > 0
    assert {is_whole for _, is_whole in published["files"]} == {True}


STRIKE: dict[str, Callable[[Worker, Place], None]] = {
    WORKER: worker_killed,
    SESSION: session_terminated,
    SERVER: server_crashed,
}


@pytest.mark.parametrize(
    ("point", "fault"),
    [(point, fault) for point in (*COLLECTING, *PUBLISHING) for fault in point.faults],
    ids=lambda part: part if isinstance(part, str) else part.id,
)
def test_a_crash_leaves_the_month_as_if_there_had_been_none(  # noqa: PLR0917 - pytest names them
    point: Point,
    fault: str,
    collecting: Beginning,
    publishing: Beginning,
    undisturbed: dict[str, dict[str, Any]],
    place_of: Callable[[Beginning], Place],
) -> None:
    name, beginning = ("collecting", collecting) if point in COLLECTING else ("publishing", publishing)
    place = place_of(beginning)
    worker = Worker(place, beginning, point)
    worker.wait_for("standing")
    STRIKE[fault](worker, place)

    left_to_do = [task for task in beginning.tasks if task not in worker.handed_on]
    list(place.month(worker.handed_on).run(left_to_do))

    left = place.what_is_left()
    expected = undisturbed[name]
    repeated = left["mails"] - expected["mails"]
    assert sum(repeated.values()) == (fault in point.a_mail_again_after)
    left["mails"] -= repeated
    assert {part: found for part, found in left.items() if found != expected[part]} == {}
