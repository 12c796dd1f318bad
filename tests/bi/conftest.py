"""The small province, on a fresh warehouse."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from onestop import warehouse
from onestop.jurisdiction import Jurisdiction
from tests.province import Province, load


@pytest.fixture(scope="session")
def small_jurisdiction(tmp_path_factory: pytest.TempPathFactory) -> Jurisdiction:
    return load(tmp_path_factory.mktemp("jurisdiction") / "small")


@pytest.fixture
def province(loader_engine: Engine, small_jurisdiction: Jurisdiction, tmp_path: Path) -> Province:
    """The province before its first delivery."""
    with loader_engine.begin() as connection:
        warehouse.synchronise(connection, small_jurisdiction)
    return Province(loader_engine, small_jurisdiction, tmp_path / "exports")
