"""Four units of the small province, with an office that is told what changes.

One warehouse for all tests, emptied before each: a fresh one a test would take half of their time.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from onestop import warehouse
from onestop.jurisdiction import Jurisdiction
from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import OWNER
from tests.notice.office import SOURCES, Office
from tests.province import Province, load

_DATABASE = "onestop_notice"


@pytest.fixture(scope="session")
def small_jurisdiction(tmp_path_factory: pytest.TempPathFactory) -> Jurisdiction:
    whole = load(tmp_path_factory.mktemp("jurisdiction") / "small")
    return whole.model_copy(update={"sources": tuple(source for source in whole.sources if source.id in SOURCES)})


@pytest.fixture(scope="session")
def emptied_by(
    postgres_server: EmbeddedServer, administrator: Engine, warehouse_template: str, small_jurisdiction: Jurisdiction
) -> Iterator[Engine]:
    """The owner's engine on the warehouse of these tests, the small province's dimensions in it."""
    with administrator.connect() as connection:
        connection.execute(text(f"create database {_DATABASE} template {warehouse_template} owner {OWNER}"))
    owner_engine = engine(postgres_server.url(_DATABASE, OWNER))
    with owner_engine.begin() as connection:
        warehouse.synchronise(connection, small_jurisdiction)
    yield owner_engine
    owner_engine.dispose()
    with administrator.connect() as connection:
        connection.execute(text(f"drop database {_DATABASE} with (force)"))


@pytest.fixture
def office(
    emptied_by: Engine, postgres_server: EmbeddedServer, small_jurisdiction: Jurisdiction, tmp_path: Path
) -> Iterator[Office]:
    """Before the first delivery."""
    with emptied_by.begin() as connection:
        connection.execute(text("delete from core.dossier_version"))
        connection.execute(
            text("truncate core.dossier_confirmation, core.month_confirmation, core.unconfirmed_dossier")
        )
        connection.execute(
            text("truncate ops.delivery, ops.publication, ops.alert, ops.notice restart identity cascade")
        )
    loader_engine = engine(postgres_server.url(_DATABASE))
    yield Office(Province(loader_engine, small_jurisdiction, tmp_path / "exports"))
    loader_engine.dispose()


@pytest.fixture
def unprepared_office(loader_engine: Engine, small_jurisdiction: Jurisdiction, tmp_path: Path) -> Office:
    """On the warehouse of `settings`, in which nobody has put the dimensions."""
    return Office(Province(loader_engine, small_jurisdiction, tmp_path / "exports"))
