"""The DAG files: which DAGs there are, what they are made of, and what they may not do while they are read."""

from __future__ import annotations

import ast
import copy
import os
import socket
import textwrap
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

    from onestop.jurisdiction import Jurisdiction

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"
LONGEST_PARSING = timedelta(seconds=2)


def test_these_dags_and_no_others(dag_bag: DagBag) -> None:
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dags) == {
        "collect_dossiers",
        "maintain_warehouse",
        "publish_compliance",
        "refresh_open_month",
        "restate_compliance",
        "watch_deliveries",
    }


@pytest.mark.parametrize("path", sorted(DAGS_FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_a_file_holds_the_dag_of_its_name_documented_by_its_docstring(dag_bag: DagBag, path: Path) -> None:
    dag = dag_bag.dags[path.stem]
    assert Path(dag.fileloc) == path
    assert dag.doc_md == ast.get_docstring(ast.parse(path.read_text()), clean=False)


@pytest.mark.parametrize("dag_id", ["collect_dossiers", "refresh_open_month"])
def test_every_source_has_its_group_of_three_steps(dag_bag: DagBag, jurisdiction: Jurisdiction, dag_id: str) -> None:
    dag = dag_bag.dags[dag_id]
    last = {"collect_dossiers": "close", "refresh_open_month": "publish_provisional"}[dag_id]
    groups = {name for name in dag.task_group.get_task_group_dict() if name}
    assert groups == {source.id for source in jurisdiction.sources}
    assert len(groups) >= 34
    for source in jurisdiction.sources:
        pull, load, check = (dag.get_task(f"{source.id}.{step}") for step in ("pull", "load", "check"))
        assert pull.upstream_task_ids == {"prepare"}
        assert load.upstream_task_ids == {pull.task_id}
        assert check.upstream_task_ids == {load.task_id}
        assert check.downstream_task_ids == {last}
        assert (pull.pool, load.pool, check.pool) == ("sources", "warehouse", "warehouse")
        assert pull.retries > 0
        assert pull.execution_timeout
    assert dag.get_task(last).trigger_rule == "all_done"


def test_no_source_is_found_by_the_name_of_another(jurisdiction: Jurisdiction) -> None:
    """`airflow tasks clear -t` finds parts of names."""
    names = [f"{source.id}." for source in jurisdiction.sources]
    assert [(one, other) for one in names for other in names if one != other and one in other] == []


def test_publishing_stops_at_a_blocking_finding_and_asks_before_it_shows(dag_bag: DagBag) -> None:
    dag = dag_bag.dags["publish_compliance"]
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        "measure": set(),
        "check": {"measure"},
        "decide": {"check"},
        "approve": {"decide"},
        "publish": {"measure", "decide", "approve"},
        "notify": {"publish"},
    }
    assert dag.max_active_runs == 1


def test_a_restatement_is_previewed_and_approved_once_before_any_month_is_published(dag_bag: DagBag) -> None:
    dag = dag_bag.dags["restate_compliance"]
    assert {task.task_id: task.upstream_task_ids for task in dag.tasks} == {
        "preview": set(),
        "approve": {"preview"},
        "order": {"preview", "approve"},
        "publish": {"order"},
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("periods", "2019-1"),
        ("periods", "2019-01..April"),
        ("periods", ""),
        ("reason", ""),
        ("reason", "because"),
        ("reason", " " * 10),
        ("reason", "  because  "),
    ],
)
def test_a_restatement_without_months_or_reason_is_refused(dag_bag: DagBag, name: str, value: str) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = copy.deepcopy(dag_bag.dags["restate_compliance"].params)
    params["periods"] = "2019-01..2019-04,2019-06"
    with pytest.raises(ParamValidationError):
        params[name] = value


def test_a_restatement_names_its_months_itself(dag_bag: DagBag) -> None:
    """A failure means that one click restates months that nobody has thought of."""
    from airflow.sdk.exceptions import ParamValidationError

    params = copy.deepcopy(dag_bag.dags["restate_compliance"].params)
    params["reason"] = "Công văn 1730"
    with pytest.raises(ParamValidationError, match="periods"):
        params.validate()


@pytest.mark.parametrize("period", ["2019-13", "2019-4", "April", "2019-04-01", 201904])
def test_a_parameter_that_is_no_month_is_refused(dag_bag: DagBag, period: Any) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    for dag_id in ("collect_dossiers", "publish_compliance", "refresh_open_month"):
        params = copy.deepcopy(dag_bag.dags[dag_id].params)
        params["period"] = "2019-04"
        with pytest.raises(ParamValidationError):
            params["period"] = period


@pytest.mark.parametrize(
    ("error", "action"),
    [
        ("SourceUnauthorised", "fail"),
        ("SourceMisconfigured", "fail"),
        ("SourceNotReady", "fail"),
        ("SourceUnavailable", "retry"),
        ("SourceCutOff", "retry"),
    ],
)
@pytest.mark.usefixtures("airflow_environment")
def test_what_a_person_must_mend_is_not_tried_again(error: str, action: str) -> None:
    from onestop import sources
    from onestop.airflow_bridge import RETRY_POLICY

    raised = getattr(sources, error)(
        source_id="so_y_te", period="2019-04", endpoint="x", expected="x", seen="x", remedy="x"
    )
    assert RETRY_POLICY.evaluate(raised, try_number=1, max_tries=3).action.value == action


@pytest.mark.usefixtures("airflow_environment")
def test_a_blocked_publication_and_an_outdated_restatement_are_not_tried_again() -> None:
    from onestop.airflow_bridge import RETRY_POLICY
    from onestop.pipeline import PublicationBlocked
    from onestop.publication import RestatementOutdatedError

    for raised in (PublicationBlocked(1, "2019-04", []), RestatementOutdatedError("2019-04 was published since")):
        assert RETRY_POLICY.evaluate(raised, try_number=1, max_tries=3).action.value == "fail"


def test_a_killed_task_of_a_publication_is_tried_again(dag_bag: DagBag) -> None:
    tasks = dag_bag.dags["publish_compliance"].tasks
    assert [task.task_id for task in tasks if not task.retries] == []


@pytest.mark.usefixtures("airflow_environment")
def test_a_refused_delivery_is_not_tried_again_and_a_slow_source_is() -> None:
    from airflow.sdk.exceptions import AirflowTaskTimeout

    from onestop.airflow_bridge import RETRY_POLICY
    from onestop.reading import DeliveryRefused

    refused = RETRY_POLICY.evaluate(DeliveryRefused([]), try_number=1, max_tries=3)
    slow = RETRY_POLICY.evaluate(AirflowTaskTimeout("slow"), try_number=1, max_tries=3)
    assert (refused.action.value, slow.action.value) == ("fail", "retry")


def read_without_connections(folder: Path, patch: pytest.MonkeyPatch) -> tuple[DagBag, list[str]]:
    """Read a folder as the DAG processor does; give the bag, and what tried to connect while it was read."""
    import psycopg
    import psycopg2
    from airflow.dag_processing.dagbag import DagBag

    attempts: list[str] = []

    def refuse(*arguments: Any, **options: Any) -> None:
        attempts.append(f"{arguments} {options}")
        raise ConnectionRefusedError("no connections while DAG files are read")

    with patch.context() as patched:
        patched.setattr(socket.socket, "connect", refuse)
        patched.setattr(psycopg2, "connect", refuse)
        patched.setattr(psycopg.Connection, "connect", refuse)
        return DagBag(os.fspath(folder)), attempts


def slow_files(bag: DagBag) -> list[str]:
    return [stat.file for stat in bag.dagbag_stats if stat.duration > LONGEST_PARSING]


@pytest.mark.usefixtures("airflow_environment")
def test_files_are_read_quickly_and_without_connecting_to_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    bag, attempts = read_without_connections(DAGS_FOLDER, monkeypatch)
    assert bag.import_errors == {}
    assert attempts == []
    assert slow_files(bag) == []
    assert len(bag.dagbag_stats) == 6


@pytest.mark.usefixtures("airflow_environment")
@pytest.mark.parametrize(
    ("statement", "is_slow"),
    [
        ("import time; time.sleep(2.1)", True),
        ("import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)", False),
        ("import psycopg2; psycopg2.connect('host=/nowhere')", False),
        ("from sqlalchemy import create_engine; create_engine('postgresql+psycopg2://nowhere/x').connect()", False),
    ],
)
def test_a_file_that_is_slow_or_connects_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, is_slow: bool
) -> None:
    (tmp_path / "bad.py").write_text(
        textwrap.dedent(f"""
        from airflow.sdk import DAG
        {statement}
        DAG("bad", schedule=None)
        """)
    )
    bag, attempts = read_without_connections(tmp_path, monkeypatch)
    assert bool(slow_files(bag)) is is_slow
    assert bool(attempts) is not is_slow


@pytest.mark.usefixtures("airflow_environment")
def test_great_expectations_is_not_imported_while_files_are_read() -> None:
    """In a process of its own: other tests import it. It costs seconds, for every file, every time."""
    import subprocess
    import sys

    code = (
        "import sys; from airflow.dag_processing.dagbag import DagBag;"
        f"bag = DagBag({str(DAGS_FOLDER)!r}); assert not bag.import_errors, bag.import_errors;"
        "print(len(bag.dags), 'great_expectations' in sys.modules, 'pandas' in sys.modules)"
    )
    read = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(DAGS_FOLDER.parent / "plugins")},
    )  # fmt: skip
    assert read.stdout.splitlines()[-1] == "6 False False"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["airflow", "scheduler", "--skip-serve-logs"], True),
        (["airflow", "-v", "scheduler"], True),
        (["airflow", "celery", "worker", "--concurrency", "4"], True),
        (["airflow", "celery", "flower"], False),
        (["airflow", "api-server"], False),
        (["airflow", "dags", "list", "scheduler"], False),
        (["airflow"], False),
    ],
)
def test_great_expectations_is_imported_before_forking_only(command: list[str], expected: bool) -> None:
    import importlib.util

    path = DAGS_FOLDER.parent / "config" / "airflow_local_settings.py"
    specification = importlib.util.spec_from_file_location("airflow_local_settings_under_test", path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert module.starts_forking(command) is expected
