"""A PostgreSQL server that crashes may strike, a small province, and warehouses to begin from, made once."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import great_expectations  # noqa: F401 - workers are forked, and find it in their memory
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from example_province.mail import MailService
from onestop.jurisdiction import Jurisdiction
from onestop.settings import Settings
from onestop.warehouse import EmbeddedServer, engine, owned_server, upgrade
from onestop.warehouse.embedded import BI, OWNER, SUPERUSER, TEST_SETTINGS
from tests import province
from tests_slow.crashes.month import CHANGED, COLLECT, FIRST, PUBLISH, SOURCE_FILE, Month, what_is_left, write_delivery

_names = (f"crash_{number}" for number in itertools.count(1))


@dataclass(frozen=True)
class Beginning:
    """A state from which the tasks of a month go on: a database and a folder to be copied, never to be used."""

    database: str
    home: Path
    handed_on: dict[str, Any]
    tasks: tuple[str, ...]
    """What comes next."""


@dataclass
class Place:
    """A copy of a beginning, for one test."""

    server: EmbeddedServer
    database: str
    home: Path
    jurisdiction: Jurisdiction
    mail: MailService

    @property
    def settings(self) -> Settings:
        """The pipeline's settings here."""
        return Settings(
            home=self.home,
            warehouse_url=self.server.url(self.database),
            owner_url=self.server.url(self.database, OWNER),
            bi_url=self.server.url(self.database, BI),
            landing_root=str(self.home / "landing"),
            exports_root=str(self.home / "exports"),
            identity_key=SecretStr("a key for tests"),
        )

    def month(self, handed_on: dict[str, Any], source_id: str = CHANGED) -> Month:
        """The steps, for a worker here."""
        return Month(
            self.jurisdiction, self.settings, self.home / "agencies", self.mail.port, source_id, dict(handed_on)
        )

    def what_is_left(self) -> dict[str, Any]:
        """All that a month has left here."""
        owner = engine(self.server.url(self.database, OWNER))
        try:
            return what_is_left(owner, self.settings, self.home / "mail")
        finally:
            owner.dispose()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """Not the one of other tests: backends of it are killed. What it has acknowledged must outlive that."""
    settings = {**TEST_SETTINGS, "synchronous_commit": "on"}
    with owned_server(tmp_path_factory.mktemp("crashing") / "data", settings) as server:
        yield server


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Jurisdiction:
    sources = {name: SOURCE_FILE.format(id=name, unit=province.SOURCES[name]) for name in (FIRST, CHANGED)}
    changed = {f"sources/{name}.yaml": content for name, content in sources.items()}
    return province.load(tmp_path_factory.mktemp("jurisdiction") / "small", changed=changed)


class Places:
    """Makes places: from nothing, or by copying a beginning."""

    def __init__(self, server: EmbeddedServer, jurisdiction: Jurisdiction, root: Path) -> None:
        self.server, self.jurisdiction, self.root = server, jurisdiction, root

    def copy(self, beginning: Beginning | None) -> Place:
        name = next(_names)
        template = f"template {beginning.database}" if beginning else ""
        self._administrate(f"create database {name} {template} owner {OWNER} strategy file_copy")
        home = self.root / name
        if beginning:
            shutil.copytree(beginning.home, home)
        mail = MailService(home / "mail")
        mail.start()
        return Place(self.server, name, home, self.jurisdiction, mail)

    def remove(self, place: Place) -> None:
        place.mail.stop()
        self._administrate(f"drop database {place.database} with (force)")
        shutil.rmtree(place.home)

    def _administrate(self, statement: str) -> None:
        administrator = engine(self.server.url("postgres", SUPERUSER)).execution_options(isolation_level="AUTOCOMMIT")
        with administrator.connect() as connection:
            connection.execute(text(statement))
        administrator.dispose()


@pytest.fixture(scope="session")
def places(server: EmbeddedServer, small: Jurisdiction, tmp_path_factory: pytest.TempPathFactory) -> Places:
    return Places(server, small, tmp_path_factory.mktemp("places"))


@pytest.fixture(scope="session")
def collecting(places: Places) -> Beginning:
    """Both sources have delivered, the month is published and its mails are sent; then one delivers anew."""
    place = places.copy(None)
    owner = engine(place.settings.owner_url)
    upgrade(owner)
    owner.dispose()
    for source_id in (FIRST, CHANGED):
        write_delivery(place.home / "agencies", source_id, 0)
        month = place.month({}, source_id)
        list(month.run(("prepare", *COLLECT)))
    list(month.run(PUBLISH))
    write_delivery(place.home / "agencies", CHANGED, 1)
    place.mail.stop()
    return Beginning(place.database, place.home, {}, COLLECT)


@pytest.fixture(scope="session")
def publishing(places: Places, collecting: Beginning) -> Beginning:
    """The new delivery has been collected."""
    place = places.copy(collecting)
    month = place.month({})
    list(month.run(COLLECT))
    place.mail.stop()
    return Beginning(place.database, place.home, month.handed_on, PUBLISH)


@pytest.fixture
def place_of(places: Places) -> Iterator[Any]:
    """Copy a beginning; the copy is removed when the test is over."""
    made: list[Place] = []

    def copy(beginning: Beginning) -> Place:
        made.append(places.copy(beginning))
        return made[-1]

    yield copy
    for place in made:
        places.remove(place)
