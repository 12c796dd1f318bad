"""Real source systems on loopback, and a landing zone to pull into."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter

from onestop.jurisdiction.models import Access
from onestop.landing import Landing, Manifest
from onestop.sources import RetryPolicy, SourceAccess, pull
from tests.sources.servers import FileServer, WebService, file_server, web_service

ACCESS: TypeAdapter[Any] = TypeAdapter(Access)
QUICK = RetryPolicy(attempts=4, first_wait_seconds=0.01, longest_wait_seconds=0.05, budget_seconds=5)
APRIL = SimpleNamespace(
    calendar="calendar",
    code="2019-04",
    year=2019,
    month=4,
    starts_on=date(2019, 4, 1),
    ends_on=date(2019, 5, 1),
    starts_at=datetime.fromisoformat("2019-04-01T00:00:00+07:00"),
    ends_at=datetime.fromisoformat("2019-05-01T00:00:00+07:00"),
)
PULLED_AT = datetime(2019, 5, 3, 1, tzinfo=UTC)


def a_source(timeout_seconds: float = 5, **access: Any) -> Any:
    """One source with this access, as its YAML would say it; files need no time to settle."""
    settling = {"settle_seconds": 0} if access["kind"] in {"sftp", "folder"} else {}
    return SimpleNamespace(
        id="so_y_te",
        dataset="dossier",
        connection_id="so_y_te",
        timezone="Asia/Ho_Chi_Minh",
        state_as_of="period_end",
        timeout_seconds=timeout_seconds,
        access=ACCESS.validate_python({**settling, **access}),
    )


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


@pytest.fixture(scope="session")
def web_server() -> Iterator[WebService]:
    with web_service() as state:
        yield state


@pytest.fixture
def web(web_server: WebService) -> WebService:
    """The service, well behaved at the start of each test."""
    fresh = WebService()
    for field in dataclasses.fields(WebService):
        if field.name != "url":
            setattr(web_server, field.name, getattr(fresh, field.name))
    return web_server


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileServer]:
    root = tmp_path / "outside" / "root"
    (root / "outbox").mkdir(parents=True)
    with file_server(root) as state:
        yield state


def take(source: Any, access: SourceAccess, landing: Landing, retry: RetryPolicy = QUICK) -> Manifest:
    """Pull April 2019."""
    return pull(source, APRIL, access, landing, pulled_at=PULLED_AT, retry=retry)


def bytes_of(landing: Landing, manifest: Manifest) -> list[bytes]:
    """The parts' bytes as they were kept."""
    return [stream.read() for _, stream in landing.open_parts(manifest)]


def nothing_was_kept(landing: Landing) -> bool:
    """Whether no file, finished or not, lies in the landing zone."""
    return not [path for path in landing.root.rglob("*") if path.is_file()]
