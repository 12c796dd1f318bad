"""What the tests share: a PostgreSQL server a session, a migrated warehouse a test, and the small province.

A room of tests whose province is another one has fixtures of these names in a conftest.py of its own.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pydantic import SecretStr
from sqlalchemy import Engine, text

from onestop import warehouse
from onestop.jurisdiction import Jurisdiction, load_jurisdiction
from onestop.settings import Settings
from onestop.warehouse import EmbeddedServer, engine, owned_server, upgrade
from onestop.warehouse.embedded import BI, OWNER, SUPERUSER, TEST_SETTINGS
from tests.province import OneTransaction, Province, load, warehouse_of

# An example of a property of the whole warehouse takes up to a second: `make test` tries a few, always the same;
# `make properties` tries thousands, others each time.
_A_WAREHOUSE = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
settings.register_profile("few", max_examples=8, derandomize=True, **_A_WAREHOUSE)  # type: ignore[arg-type]
settings.register_profile("many", max_examples=2000, **_A_WAREHOUSE)  # type: ignore[arg-type]
settings.load_profile("few")

_TEMPLATE = "onestop_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The server of this test process: each worker of pytest-xdist has its own, so that names cannot meet."""
    with owned_server(tmp_path_factory.mktemp("postgres") / "data", TEST_SETTINGS) as server:
        yield server


@pytest.fixture(scope="session")
def administrator(postgres_server: EmbeddedServer) -> Iterator[Engine]:
    """An engine that may create and drop databases; every statement is its own transaction."""
    administrator = engine(postgres_server.url("postgres", SUPERUSER)).execution_options(isolation_level="AUTOCOMMIT")
    yield administrator
    administrator.dispose()


@pytest.fixture(scope="session")
def warehouse_template(postgres_server: EmbeddedServer, administrator: Engine) -> str:
    """The name of a warehouse migrated once, from which every test's own is copied."""
    with administrator.connect() as connection:
        connection.execute(text(f"create database {_TEMPLATE} owner {OWNER}"))
    owner_engine = engine(postgres_server.url(_TEMPLATE, OWNER))
    upgrade(owner_engine)
    owner_engine.dispose()
    return _TEMPLATE


@pytest.fixture
def warehouse_database(administrator: Engine, warehouse_template: str) -> Iterator[str]:
    """The name of a fresh, migrated, empty database."""
    name = f"onestop_test_{next(_numbers)}"
    with administrator.connect() as connection:
        connection.execute(
            text(f"create database {name} template {warehouse_template} owner {OWNER} strategy file_copy")
        )
    yield name
    with administrator.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))


@pytest.fixture
def warehouse_engine(postgres_server: EmbeddedServer, warehouse_database: str) -> Iterator[Engine]:
    """An engine of the owner's role on a fresh, migrated, empty warehouse."""
    warehouse_engine = engine(postgres_server.url(warehouse_database, OWNER))
    yield warehouse_engine
    warehouse_engine.dispose()


@pytest.fixture
def loader_engine(postgres_server: EmbeddedServer, warehouse_database: str) -> Iterator[Engine]:
    """An engine of the pipeline's role on the test's warehouse."""
    loader_engine = engine(postgres_server.url(warehouse_database))
    yield loader_engine
    loader_engine.dispose()


@pytest.fixture(scope="session")
def jurisdiction() -> Jurisdiction:
    """Bắc Giang, as configured."""
    return load_jurisdiction("bac_giang")


@pytest.fixture
def settings(postgres_server: EmbeddedServer, warehouse_database: str, tmp_path: Path) -> Settings:
    """Settings whose warehouse is the test's own, and whose files lie in the test's folder."""
    return Settings(
        jurisdiction="bac_giang",
        home=tmp_path,
        warehouse_url=postgres_server.url(warehouse_database),
        owner_url=postgres_server.url(warehouse_database, OWNER),
        bi_url=postgres_server.url(warehouse_database, BI),
        landing_root=str(tmp_path / "landing"),
        exports_root=str(tmp_path / "exports"),
        answers_root=str(tmp_path / "answers"),
        data_docs_root=tmp_path / "data_docs",
        identity_key=SecretStr("a key for tests"),
    )


@pytest.fixture(scope="session")
def small_jurisdiction(tmp_path_factory: pytest.TempPathFactory) -> Jurisdiction:
    return load(tmp_path_factory.mktemp("jurisdiction") / "small")


@pytest.fixture(scope="session")
def shared_engine(
    postgres_server: EmbeddedServer, administrator: Engine, warehouse_template: str, small_jurisdiction: Jurisdiction
) -> Iterator[Engine]:
    """An engine of the pipeline's role on a warehouse that knows the small province, and never a delivery."""
    with warehouse_of(
        small_jurisdiction, "onestop_small", postgres_server, administrator, warehouse_template
    ) as shared_engine:
        yield shared_engine


@pytest.fixture
def province(shared_engine: Engine, small_jurisdiction: Jurisdiction, tmp_path: Path) -> Iterator[Province]:
    """The small province before its first delivery: all that a test does is one transaction, taken back at its end."""
    with shared_engine.connect() as connection:
        yield Province(OneTransaction(connection), small_jurisdiction, tmp_path / "exports")
        connection.rollback()


@pytest.fixture
def open_province(loader_engine: Engine, small_jurisdiction: Jurisdiction, tmp_path: Path) -> Province:
    """The small province on a warehouse of its own, where every step is committed: other connections see it."""
    with loader_engine.begin() as connection:
        warehouse.synchronise(connection, small_jurisdiction)
    return Province(loader_engine, small_jurisdiction, tmp_path / "exports")
