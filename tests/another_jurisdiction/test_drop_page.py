"""The drop page of a city of another shape: its officers are spoken to in the city's language and dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from fastapi.testclient import TestClient

from onestop.intake import Office, Officer, create_app
from onestop.jurisdiction import Source
from onestop.landing import Uploads
from tests.another_jurisdiction.conftest import City
from tests.another_jurisdiction.service_requests import Requests, write
from tests.another_jurisdiction.test_month import VIETNAMESE


def test_an_officer_hands_in_in_english(city: City, tmp_path: Path) -> None:
    described = city.jurisdiction.source("service_requests")
    upload = {"kind": "upload", "uploaders": {"users": ["clerk"]}}
    source = Source.model_validate({**described.model_dump(), "id": "handed_in", "access": upload})
    jurisdiction = city.jurisdiction.model_copy(update={"sources": (source,)})
    office = Office(
        city.engine, Uploads(tmp_path / "uploads"), lambda: jurisdiction,
        lambda: datetime(2025, 12, 2, 13, tzinfo=UTC),
    )  # fmt: skip
    clerk = Officer("clerk", frozenset({"User"}))
    export = write(tmp_path, "2025-11", (Requests(3), Requests(1, channel="SMOKE SIGNAL")))
    with TestClient(create_app(office, lambda: clerk), headers={"Origin": "http://testserver"}) as page:
        seen = page.post("/sources/handed_in/2025-11", files={"file": (export.name, export.read_bytes())})
        confirm = re.search(r'action="(/drafts/[0-9a-f]{32}/confirm)"', seen.text)
        assert confirm, seen.text
        pages = [
            page.get("/").text, page.get("/sources/handed_in/2025-11").text, seen.text, page.post(confirm[1]).text,
            page.get("/nowhere").text, page.get("/").text,
        ]  # fmt: skip
    assert "3 would be taken; 1 would be sent back" in pages[2]
    assert "was handed in at 2025-12-02 08:00: 3 of 4 records are valid." in pages[3]
    for shown in pages:
        assert '<html lang="en">' in shown
        assert not VIETNAMESE.search(shown), VIETNAMESE.search(shown)
