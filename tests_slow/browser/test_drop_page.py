"""Handing in on the drop page, in Chromium: on a screen and on a phone, with no more than a browser sends by itself.

A failure means that an officer cannot hand in a month's file, or cannot read what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from onestop import warehouse
from onestop.intake import Office, Officer, create_app
from onestop.jurisdiction import load_jurisdiction
from onestop.landing import Uploads
from onestop.warehouse import engine, owned_server, upgrade
from onestop.warehouse.embedded import OWNER, TEST_SETTINGS
from tests.contracts.conftest import csv_text, numbered, row
from tests.intake.conftest import uploaded_source
from tests_slow.browser.conftest import DESKTOP, PATIENCE, PHONE, _served

NOW = datetime(2019, 5, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def drop_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("drop_page")
    loaded = load_jurisdiction("bac_giang")
    limits = loaded.contracts.model_copy(update={"max_refused_row_share": 0.5})
    jurisdiction = loaded.model_copy(update={"sources": (uploaded_source(),), "contracts": limits})
    with owned_server(folder / "data", TEST_SETTINGS) as server:
        owner, loader = engine(server.url("warehouse", OWNER)), engine(server.url("warehouse"))
        upgrade(owner)
        with loader.begin() as connection:
            warehouse.synchronise(connection, jurisdiction)
        office = Office(loader, Uploads(folder / "uploads"), lambda: jurisdiction, lambda: NOW)
        app = create_app(office, lambda: Officer("lan"))
        with _served(uvicorn.Config(app, log_level="warning")) as address:
            yield address
        for used in (owner, loader):
            used.dispose()


@pytest.fixture(params=[DESKTOP, PHONE])
def page(browser: Browser, drop_page: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 900}, locale="vi-VN")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.goto(drop_page)
    yield page
    context.close()
    assert complaints == []


def fits(page: Page) -> bool:
    """Whether nothing runs over the side of the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_an_officer_sees_what_is_wrong_corrects_it_and_hands_in(page: Page, screenshots: Path, tmp_path: Path) -> None:
    width = page.viewport_size["width"] if page.viewport_size else 0

    def seen(name: str) -> None:
        assert fits(page), name
        page.screenshot(path=screenshots / f"drop_page_{name}_{width}.png", full_page=True)

    seen("choose")
    page.get_by_role("link", name="Tháng 4/2019").click()
    seen("form")
    wrong = tmp_path / "Báo cáo tháng 4.csv"
    rows = [*numbered(6), row(dossier_code="000.00.12.H02-190405-0007", received_at="31/02/2019", channel="qua mạng")]
    wrong.write_text(csv_text(rows).replace("MaTTHC", "Mã thủ tục"), encoding="utf-8")
    page.get_by_label("Tệp số liệu").set_input_files(wrong)
    page.get_by_role("button", name="Tải lên và kiểm tra thử").click()
    page.get_by_role("heading", name="Chưa nộp được tệp này").wait_for()
    assert page.get_by_role("button", name="Nộp chính thức").count() == 0
    seen("refused")
    page.get_by_role("link", name="Chọn tệp khác").click()
    wrong.write_text(csv_text([*rows, row(status="99")]), encoding="utf-8")
    page.get_by_label("Tệp số liệu").set_input_files(wrong)
    page.get_by_role("button", name="Tải lên và kiểm tra thử").click()
    page.get_by_role("heading", name="Các dòng bị trả lại").wait_for()
    seen("rows")
    remedy = page.get_by_text("Sửa lại ngày theo đúng dạng đã đăng ký.").bounding_box()
    assert remedy is not None
    assert remedy["x"] + remedy["width"] <= width
    page.get_by_role("button", name="Nộp chính thức").click()
    page.get_by_role("heading", name="Đã nộp chính thức").wait_for()
    assert page.get_by_text("Báo cáo tháng 4.csv").count() >= 2
    seen("done")
