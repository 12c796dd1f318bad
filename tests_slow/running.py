"""What tests of a running installation share: looking, waiting, logging in, and holding a task where it is."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, text

from example_province.installation import ADMINISTRATOR, Installation
from example_province.progress import Progress, follow


def rows(warehouse: Engine, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with warehouse.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def wait_until_published(installation: Installation, progress: Progress) -> None:
    from rich.console import Console

    with Path(os.devnull).open("w") as nowhere:
        follow(progress, Console(file=nowhere), check=installation.processes.check)


def token(installation: Installation) -> str:
    answer = httpx.post(
        f"{installation.address}/auth/token",
        json={"username": ADMINISTRATOR, "password": installation.keys["admin_password"]},
        timeout=60,
    )
    return str(answer.json()["access_token"])


class held_delivery:  # noqa: N801 - reads as a statement
    """Hold the row of a delivery as soon as it is registered, so that its load cannot commit."""

    def __init__(self, warehouse: Engine, source_id: str, period: str) -> None:
        self.warehouse, self.values = warehouse, {"source": source_id, "period": period}
        self.found, self.release = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._hold, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()
        assert self.found.wait(180), "the delivery was not registered"

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self.thread.join(30)

    def _hold(self) -> None:
        query = text("select 1 from ops.delivery where source_id = :source and period = :period for update")
        with self.warehouse.connect() as connection:
            while not connection.execute(query, self.values).one_or_none():
                connection.rollback()
                time.sleep(0.005)
            self.found.set()
            self.release.wait(120)
            connection.rollback()


def wait(is_so: Callable[[], bool], timeout_seconds: float = 60) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def wait_until_asked(client: httpx.Client, task: str, timeout_seconds: float = 240) -> None:
    """Wait until an approval waits for a person, and the scheduler knows.

    When an answer comes before the scheduler has heard from the executor that the task waits, Airflow takes the task
    for failed and asks again. No person is that quick.
    """
    wait(lambda: client.get(task).json()["state"] == "awaiting_input", timeout_seconds)
    time.sleep(5)
