"""November 2025 of a fictional city, collected and published; shared, because nothing in it is changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import Engine, text

from onestop.jurisdiction import Jurisdiction, load_jurisdiction
from onestop.notice import Notice
from onestop.pipeline import Pipeline
from onestop.publication import Finding
from onestop.publication.page import create_app
from onestop.settings import Settings
from onestop.sources import SourceAccess
from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import BI, OWNER
from tests.another_jurisdiction.service_requests import Requests, write

PERIOD = "2025-11"
PULLED_AT = datetime(2025, 12, 2, 13, tzinfo=UTC)
REQUESTS = (
    # Public Works: 6 of 10 closed came by web or app, exactly the target of 60 %.
    Requests(4, "DPW", channel="WEB"),
    Requests(2, "Public Works - Streets", "Street Light Out", "MOBILE APP", has_due_date=False),
    Requests(3, "Public Works", "Street Pothole Repair", "PHONE"),
    Requests(1, "DPW", channel="Walk-in"),
    Requests(3, "DPW", "Fallen Tree", "Employee Generated"),  # kept, in no share
    Requests(2, "DPW", "Fallen Tree", "Internal", closed=None, status="Open"),
    Requests(7, "DPW", channel="WEB", closed=None, status="Open"),
    Requests(2, "DPW", channel="WEB", closed=None, status="Pending", has_due_date=False),
    # Parks: 1 of 4 closed; what is cancelled or a duplicate is never resolved, and a duplicate was never accepted.
    Requests(1, "Parks & Recreation", "Tree Pruning", "Self Service"),
    Requests(3, "Parks", "Fallen Tree", "Constituent Call"),
    Requests(4, "Parks", "Fallen Tree", "WEB", status="Cancelled"),
    Requests(6, "Parks", "Fallen Tree", "WEB", status="Closed - Duplicate"),
    # Sanitation: the month by the city's clocks. The last minute of October is not in it; the evening of 30 November
    # is, though it is 1 December in UTC, and so is an hour that clocks showed twice.
    Requests(1, "Sanitation", "Missed Trash", "Mobile", opened="2025-10-30 08:00", closed="2025-10-31 23:59"),
    Requests(1, "Sanitation", "Missed Trash", "Mobile", opened="2025-10-31 23:59", closed="2025-11-02 01:30"),
    Requests(1, "Sanitation", "Missed Recycling", "Counter", closed="2025-11-30 23:30"),
    # Buildings: nothing closed by web or app.
    Requests(2, "Inspectional Services", "Heat - Excessive or Insufficient", "PHONE"),
    # Refused: no channel; an unknown department; a clock time that was left out when summer time began.
    Requests(1, "DPW", channel=""),
    Requests(1, "Ministry of Silly Walks"),
    Requests(1, "DPW", opened="2025-03-09 02:30"),
)


@dataclass
class City:
    """The city's month as everybody sees it."""

    jurisdiction: Jurisdiction
    engine: Engine
    page: TestClient
    findings: list[Finding]
    notices: list[Notice]
    exports: Path

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def figures(self, metric_id: str) -> dict[str, tuple[Any, ...]]:
        query = """
            select unit_code, numerator, denominator, direct_count, post_count, status from bi.compliance_month
            where period = :period and metric_id = :metric_id and scope = 'total'
        """
        return {code: tuple(rest) for code, *rest in self.rows(query, period=PERIOD, metric_id=metric_id)}


@pytest.fixture(scope="session")
def city(
    administrator: Engine,
    warehouse_template: str,
    postgres_server: EmbeddedServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[City]:
    with administrator.connect() as connection:
        connection.execute(text(f"create database city template {warehouse_template} owner {OWNER} strategy file_copy"))
    home, inbox = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("inbox")
    export = write(inbox, PERIOD, REQUESTS)
    os.utime(export, (PULLED_AT.timestamp() - 86_400,) * 2)
    settings = Settings(
        jurisdiction="port_elsewhere",
        home=home,
        warehouse_url=postgres_server.url("city"),
        bi_url=postgres_server.url("city", BI),
        identity_key=SecretStr("a key for tests"),
    )
    jurisdiction = load_jurisdiction("port_elsewhere")
    pipeline = Pipeline(jurisdiction, settings)
    pipeline.prepare()
    access = SourceAccess(extra={"root": str(inbox)})
    delivery_id = pipeline.pull("service_requests", PERIOD, access, pulled_at=PULLED_AT)
    pipeline.load("service_requests", delivery_id)
    pipeline.check("service_requests", delivery_id, PERIOD)
    publication_id = pipeline.measure(PERIOD, kind="official", reason="monthly report", requested_by="a test")
    findings = pipeline.inspect(publication_id, PERIOD)
    pipeline.publish(publication_id, approver="the city manager", evidence={})
    notices: list[Notice] = []
    pipeline.notify(publication_id, notices.append)
    owner = engine(postgres_server.url("city", OWNER))
    reader = engine(settings.bi_url)
    page = TestClient(create_app(reader, jurisdiction=jurisdiction))
    yield City(jurisdiction, owner, page, findings, notices, home / "exports")
    for used in (owner, reader, pipeline.engine):
        used.dispose()
