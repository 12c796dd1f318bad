"""An Airflow of the tests' own: environment first, then the metadata database, then the DAGs of the repository."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from onestop.warehouse import EmbeddedServer

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def airflow_environment(postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Airflow's home. Airflow reads its environment when it is first imported: no test imports it before this
    fixture.
    """
    assert "airflow" not in sys.modules, "something imported Airflow before its environment was set"
    home = tmp_path_factory.mktemp("airflow")
    patch = pytest.MonkeyPatch()
    for name, value in {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY_ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY_ROOT / "plugins"),
        "AIRFLOW__CORE__DEFAULT_TIMEZONE": "Asia/Ho_Chi_Minh",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "0",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret for tests, of more than sixty-four bytes, as Airflow wants it",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": postgres_server.airflow_url,
    }.items():
        patch.setenv(name, value)
    yield home
    patch.undo()


@pytest.fixture(scope="session")
def airflow_metadata(airflow_environment: Path) -> Iterator[Path]:
    """A migrated metadata database with our pools and an administrator; gives Airflow's home."""
    from airflow import settings

    from onestop.airflow_bridge import prepare_metadata

    prepare_metadata("admin", "a password for tests")
    yield airflow_environment
    settings.dispose_orm()  # while the server is there: Airflow would do it when the process ends


@pytest.fixture(scope="session")
def dag_bag(airflow_environment: Path) -> DagBag:  # noqa: ARG001 - reading DAGs needs the environment
    """The DAGs as the DAG processor reads them."""
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
