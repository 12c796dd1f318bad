"""The page before a small province with March (published twice) and April 2019; read as the role onestop_bi."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, text

from onestop import warehouse
from onestop.jurisdiction import Jurisdiction
from onestop.publication.page import create_app
from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import BI, LOADER, OWNER
from tests.page.document import Element, read
from tests.province import Dossiers, Province, direct, online

MARCH: dict[str, Any] = {"finished": "2019-03-10", "received": "2019-03-01"}


@dataclass(frozen=True)
class Site:
    """The page's application, asked as a browser asks."""

    app: Any

    def get(self, path: str = "/", method: str = "GET") -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
                return await client.request(method, path)

        return asyncio.run(answer())

    def page(self, path: str = "/", status: int = 200) -> Element:
        response = self.get(path)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return read(response.text)


def tell(province: Province) -> None:
    """March, March again, April; two alerts, and two rows held back for one fault."""
    province.deliver("y_te", "2019-03", online(2, **MARCH), direct(8, **MARCH))
    province.deliver("tu_phap", "2019-03", online(4, level=4, **MARCH), direct(6, **MARCH))
    province.deliver("noi_vu", "2019-03", direct(5, **MARCH))
    province.deliver("thue_ho_so", "2019-03", online(3, **MARCH), direct(7, **MARCH))
    province.deliver("thue_hoa_don", "2019-03")
    province.deliver("yen_the", "2019-03", online(3, **MARCH), direct(7, **MARCH))
    province.publish("2019-03")
    province.deliver("tan_yen", "2019-03", direct(2, **MARCH))
    province.publish("2019-03")
    province.deliver("y_te", "2019-04", online(1), direct(9), Dossiers(2, "post"))
    province.deliver("tu_phap", "2019-04", online(5, level=4), direct(5))
    province.deliver("noi_vu", "2019-04", direct(4))
    province.deliver("thue_ho_so", "2019-04", decision="rejected")
    province.deliver("thue_hoa_don", "2019-04")
    of_commune = (online(1, commune="07243"), direct(2, commune="07243"))
    province.deliver("yen_the", "2019-04", *of_commune, direct(7), delivered_at="2019-05-20")
    province.deliver("tan_yen", "2019-04")
    province.publish("2019-04")
    with province.engine.begin() as connection:
        connection.execute(
            text("""
                insert into ops.alert (
                    alert_key, rule, unit_code, period, state, severity, message_vi, facts, resolution, silenced_until,
                    silenced_reason
                )
                values
                    (
                        'a', 'below_target_ytd', 'so_y_te', '2019-04', 'silenced', 'warning', 'Dưới chỉ tiêu.', '{}',
                        null, '2019-06-30', 'Đang sửa phần mềm.'
                    ),
                    (
                        'b', 'zero_online', 'so_noi_vu', '2019-04', 'open', 'critical', 'Chưa có hồ sơ.', '{}', null,
                        null, null
                    ),
                    (
                        'c', 'below_target_ytd', 'so_y_te', '2019-03', 'resolved', 'warning', 'Đã xong.', '{}',
                        'ceased', null, null
                    )
            """)
        )
        connection.execute(
            text("""
                insert into quarantine.row (delivery_id, row_number, raw, reasons)
                select
                    delivery_id, number, '{}',
                    '[{"rule": "receipt_date_missing", "remedy": "Bổ sung ngày tiếp nhận."}]'
                from ops.delivery cross join generate_series(1, 2) as number
                where source_id = 'y_te' and period = '2019-04'
            """)
        )


def province_of(engine: Engine, jurisdiction: Jurisdiction, exports_root: Path) -> Province:
    with engine.begin() as connection:
        warehouse.synchronise(connection, jurisdiction)
    return Province(engine, jurisdiction, exports_root)


@pytest.fixture(scope="session")
def page_warehouse(
    administrator: Engine,
    warehouse_template: str,
    postgres_server: EmbeddedServer,
    small_jurisdiction: Jurisdiction,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:
    """What the story tells, read as the page reads it; shared, because nothing can be written to it."""
    with administrator.connect() as connection:
        connection.execute(text(f"create database page template {warehouse_template} owner {OWNER} strategy file_copy"))
    loader, reader = (engine(postgres_server.url("page", role)) for role in (LOADER, BI))
    tell(province_of(loader, small_jurisdiction, tmp_path_factory.mktemp("exports")))
    loader.dispose()
    yield reader
    reader.dispose()


@pytest.fixture(scope="session")
def site(page_warehouse: Engine, small_jurisdiction: Jurisdiction) -> Site:
    return Site(create_app(page_warehouse, jurisdiction=small_jurisdiction))


@pytest.fixture
def province(loader_engine: Engine, small_jurisdiction: Jurisdiction, tmp_path: Path) -> Province:
    """The province before its first delivery, on the test's own warehouse."""
    return province_of(loader_engine, small_jurisdiction, tmp_path / "exports")


@pytest.fixture
def bi_engine(postgres_server: EmbeddedServer, warehouse_database: str) -> Iterator[Engine]:
    """The page's role on the test's own warehouse."""
    bi_engine = engine(postgres_server.url(warehouse_database, BI))
    yield bi_engine
    bi_engine.dispose()


@pytest.fixture
def site_of(bi_engine: Engine) -> Callable[[Jurisdiction], Site]:
    """The page of a jurisdiction on the test's own warehouse."""

    def of(jurisdiction: Jurisdiction) -> Site:
        app: FastAPI = create_app(bi_engine, jurisdiction=jurisdiction)
        return Site(app)

    return of
