"""The page in Chromium: served over HTTP from the warehouse of a province as large as the real one.

`--screenshots FOLDER` leaves there what the tests see: `python -m pytest tests_slow/browser --screenshots docs/images`.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from onestop.jurisdiction import load_jurisdiction
from onestop.publication.page import create_app
from onestop.warehouse import engine, owned_server, upgrade
from onestop.warehouse.embedded import BI, OWNER, TEST_SETTINGS
from tests_slow.browser.province import BacGiang

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = 1280, 390
PATIENCE = 120_000
"""Milliseconds: the machine may be busy with something else."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", type=Path, help="folder to leave the pictures of the page in")


@pytest.fixture(scope="session")
def screenshots(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = pytestconfig.getoption("--screenshots") or tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page's application, before a warehouse with four published months."""
    folder = tmp_path_factory.mktemp("site")
    jurisdiction = load_jurisdiction("bac_giang")
    with owned_server(folder / "data", TEST_SETTINGS) as server:
        owner, loader, reader = (engine(server.url("warehouse", role)) for role in (OWNER, "onestop_loader", BI))
        upgrade(owner)
        BacGiang(loader, jurisdiction, folder / "exports").fill()
        with loader.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("analyze")
        with _served(uvicorn.Config(create_app(reader, jurisdiction=jurisdiction), log_level="warning")) as address:
            yield address
        for used in (owner, loader, reader):
            used.dispose()


class _served:  # noqa: N801 - used as a function
    """A server of an application in a thread, on a free port."""

    def __init__(self, configuration: uvicorn.Config) -> None:
        self.server = uvicorn.Server(configuration)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.server.run, args=([self.listening],), daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), "uvicorn ended before it listened"
            time.sleep(0.02)
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}/"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.listening.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Callable[..., Page]]:
    """Open a path of the site at a width; at the end nothing was complained of, and nothing fetched from elsewhere."""
    contexts = []
    complaints: list[str] = []
    requested: list[str] = []

    def opened(path: str = "", width: int = DESKTOP) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale="vi-VN")
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(site + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requested if not url.startswith((site, "data:"))] == []
