"""Sessions share the server's processors. A failure here means that deliveries at once take longer than one by one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, NullPool, create_engine, text

from onestop.warehouse.connection import use_free_processors

_SETTINGS = ("max_parallel_workers_per_gather", "max_parallel_maintenance_workers")


def workers(engine: Engine) -> list[int]:
    """How many processes a transaction that begins now may use beside its own, of four."""
    allowed = {"options": " ".join(f"-c {name}=4" for name in _SETTINGS)}
    with create_engine(engine.url, poolclass=NullPool, connect_args=allowed).connect() as connection:
        use_free_processors(connection)
        use_free_processors(connection)  # asking again takes nothing away
        asked = text("select cast(current_setting(:name) as integer)")
        return [connection.scalar(asked, {"name": name}) or 0 for name in _SETTINGS]


def is_active(connection: Connection, pid: int, waiting_for: str) -> bool:
    connection.rollback()  # what a transaction has once seen of other sessions, it sees until its end
    seen = "select state = 'active' and wait_event_type = :what from pg_stat_activity where pid = :pid"
    return bool(connection.scalar(text(seen), {"pid": pid, "what": waiting_for}))


@contextmanager
def running(engine: Engine, query: str, waiting_for: str) -> Iterator[None]:
    """Another session that runs a query meanwhile, until it is cancelled."""
    with engine.connect() as other, engine.connect() as watcher:
        pid = other.scalar(text("select pg_backend_pid()")) or 0
        thread = threading.Thread(target=lambda: _until_cancelled(lambda: other.execute(text(query))))
        thread.start()
        try:
            deadline = time.monotonic() + 10
            while not is_active(watcher, pid, waiting_for):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield
        finally:
            watcher.execute(text("select pg_cancel_backend(:pid)"), {"pid": pid})
            thread.join()


def _until_cancelled(run: Callable[[], object]) -> None:
    try:
        run()
    except Exception as error:  # noqa: BLE001 - a thread's own
        assert "canceling statement" in str(error)  # noqa: PT017


def test_a_statement_is_shared_out_only_to_processors_that_no_other_session_keeps_busy(loader_engine: Engine) -> None:
    assert workers(loader_engine) == [4, 4]
    with running(loader_engine, "select pg_sleep(60)", "Timeout"):
        assert workers(loader_engine) == [3, 3]
    assert workers(loader_engine) == [4, 4]


def test_a_session_that_waits_for_another_keeps_no_processor_busy(loader_engine: Engine) -> None:
    with loader_engine.begin() as holder:
        holder.execute(text("select pg_advisory_xact_lock(1)"))
        with running(loader_engine, "select pg_advisory_xact_lock(1)", "Lock"):
            assert workers(loader_engine) == [4, 4]
