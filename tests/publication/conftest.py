"""The small province. Its tests share a warehouse: each works in one transaction, which is taken back at its end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from onestop import warehouse
from onestop.jurisdiction import Jurisdiction
from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import OWNER
from tests.province import OneTransaction, Province, load

_DATABASE = "onestop_publication"


@pytest.fixture(scope="session")
def small_jurisdiction(tmp_path_factory: pytest.TempPathFactory) -> Jurisdiction:
    return load(tmp_path_factory.mktemp("jurisdiction") / "small")


@pytest.fixture(scope="session")
def shared_engine(
    postgres_server: EmbeddedServer, administrator: Engine, warehouse_template: str, small_jurisdiction: Jurisdiction
) -> Iterator[Engine]:
    """An engine of the pipeline's role on a warehouse that knows the province, and never a delivery."""
    with administrator.connect() as connection:
        connection.execute(text(f"create database {_DATABASE} template {warehouse_template} owner {OWNER}"))
    shared_engine = engine(postgres_server.url(_DATABASE))
    with shared_engine.begin() as connection:
        warehouse.synchronise(connection, small_jurisdiction)
    yield shared_engine
    shared_engine.dispose()


@pytest.fixture
def province(shared_engine: Engine, small_jurisdiction: Jurisdiction, tmp_path: Path) -> Iterator[Province]:
    """The province before its first delivery."""
    with shared_engine.connect() as connection:
        yield Province(OneTransaction(connection), small_jurisdiction, tmp_path / "exports")
        connection.rollback()


@pytest.fixture
def open_province(loader_engine: Engine, small_jurisdiction: Jurisdiction, tmp_path: Path) -> Province:
    """The province on a warehouse of its own, where every step is committed: other connections see it."""
    with loader_engine.begin() as connection:
        warehouse.synchronise(connection, small_jurisdiction)
    return Province(loader_engine, small_jurisdiction, tmp_path / "exports")
