"""The drop page before a department that uploads CSV, with the officers who come to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException, Request
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine

from onestop import warehouse
from onestop.intake import Office, Officer, create_app
from onestop.jurisdiction import Jurisdiction, Source
from onestop.landing import Uploads
from tests.contracts.conftest import COLUMNS, csv_text, numbered

NOW = datetime(2019, 5, 3, 2, tzinfo=UTC)
ORIGIN = {"Origin": "http://testserver"}
OFFICERS = {
    "lan": Officer("lan", frozenset({"User"})),
    "minh": Officer("minh", frozenset({"Sở Y tế"})),
    "stranger": Officer("stranger", frozenset({"Admin", "User"})),
}
ADDRESS = "/sources/so_y_te_nop/2019-04"


def uploaded_source(**changes: Any) -> Source:
    described = {
        "id": "so_y_te_nop",
        "title_vi": "Sở Y tế – nộp tệp hằng tháng",
        "units": ["so_y_te"],
        "dataset": "dossier",
        "connection_id": "so_y_te_nop",
        "timezone": "Asia/Ho_Chi_Minh",
        "state_as_of": "period_end",
        "expected_from": "2019-01-01",
        "access": {"kind": "upload", "uploaders": {"users": ["lan"], "roles": ["Sở Y tế"]}, "max_megabytes": 1},
        "format": {"kind": "csv", "encoding": "utf-8-sig", "delimiter": ";"},
        "fields": {name: column for name, column in COLUMNS.items() if name != "unit"},
        "timestamp_formats": ["dd/MM/yyyy HH:mm", "dd/MM/yyyy"],
    }
    return Source.model_validate({**described, **changes})


@dataclass
class Desk:
    """The drop page, asked as a browser asks; `who` is logged in."""

    office: Office
    client: TestClient
    who: str = "lan"
    headers: dict[str, str] = field(default_factory=lambda: dict(ORIGIN))

    def get(self, path: str, **more: Any) -> Response:
        return self.client.get(path, headers={"X-Who": self.who}, **more)

    def send(self, content: bytes | str, name: str = "hoso.csv", address: str = ADDRESS, **headers: str) -> Response:
        data = content.encode() if isinstance(content, str) else content
        files = {"file": (name, data, "text/csv")}
        return self.client.post(address, files=files, headers={"X-Who": self.who, **self.headers, **headers})

    def post(self, path: str, **headers: str) -> Response:
        sent = {"X-Who": self.who, **self.headers, **headers}
        return self.client.post(path, headers=sent, follow_redirects=False)

    def confirm_path(self, response: Response) -> str:
        found = re.search(r'action="(/drafts/[0-9a-f]{32}/confirm)"', response.text)
        assert found, response.text
        return found[1]


@pytest.fixture
def now() -> list[datetime]:
    """The clock; a test may set it."""
    return [NOW]


@pytest.fixture
def province(jurisdiction: Jurisdiction) -> Jurisdiction:
    other = uploaded_source(
        id="yen_the_nop",
        connection_id="yen_the_nop",
        units=["yen_the"],
        access={"kind": "upload", "uploaders": {"users": ["hoa"]}},
    )
    limits = jurisdiction.contracts.model_copy(update={"max_refused_row_share": 0.5, "max_duplicate_share": 0.5})
    return jurisdiction.model_copy(update={"sources": (uploaded_source(), other), "contracts": limits})


@pytest.fixture
def office(loader_engine: Engine, province: Jurisdiction, tmp_path: Path, now: list[datetime]) -> Office:
    with loader_engine.begin() as connection:
        warehouse.synchronise(connection, province)
    return Office(loader_engine, Uploads(tmp_path / "uploads"), lambda: province, lambda: now[0])


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    def logged_in(request: Request) -> Officer:
        known = OFFICERS.get(request.headers.get("x-who", ""))
        if known is None:
            raise HTTPException(401)
        return known

    with TestClient(create_app(office, logged_in), raise_server_exceptions=False) as client:
        yield Desk(office, client)


def good(count: int = 4) -> str:
    return csv_text(numbered(count, unit="Sở Y tế"))
