"""A month by Airflow's own tasks, from running source systems to the published table, without a scheduler.

One source of every kind and the one that refuses us: the tasks, what they hand on, and what is left when one of them
fails.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pendulum
import pytest
from sqlalchemy import Engine, text

from onestop.warehouse import EmbeddedServer, engine, upgrade
from onestop.warehouse.embedded import BI, OWNER

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models import DagRun

    from onestop.jurisdiction import Jurisdiction, Source

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"
REFUSING_SOURCE = "cong_an_tinh"
UNEXPECTED = "nop_tep_bdt"
SILENT = {REFUSING_SOURCE, UNEXPECTED}
SCALE = 0.2
"""Enough for the smallest unit to have dossiers in January."""


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The example province's connections, its servers running."""
    from example_province.processes import Processes

    state_dir = tmp_path_factory.mktemp("province")
    connections = state_dir / "connections.json"
    with Processes(state_dir) as processes:
        processes.start(
            "province",
            [sys.executable, "-m", "example_province", "serve", "--state-dir", str(state_dir), "--scale", str(SCALE)],
            {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        deadline = time.monotonic() + 60
        while not connections.exists():
            processes.check()
            assert time.monotonic() < deadline, "the province did not start"
            time.sleep(0.1)
        yield json.loads(connections.read_text())


@pytest.fixture(scope="module")
def chosen_sources(jurisdiction: Jurisdiction) -> tuple[Source, ...]:
    """One source of every kind of access (the drop page: from May on), and the one whose password is wrong."""
    by_kind: dict[str, Source] = {}
    for source in jurisdiction.sources:
        if source.id != REFUSING_SOURCE:
            by_kind.setdefault(source.access.kind, source)
    return (*by_kind.values(), jurisdiction.source(REFUSING_SOURCE))


@pytest.fixture(scope="module")
def warehouse(
    airflow_metadata: Path,  # noqa: ARG001 - tasks need the metadata database
    postgres_server: EmbeddedServer,
    province: dict[str, Any],
    chosen_sources: tuple[Source, ...],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engine]:
    """The warehouse of an installation whose jurisdiction has only the chosen sources."""
    from onestop.settings import get_settings

    folder = tmp_path_factory.mktemp("jurisdictions") / "few_sources"
    shutil.copytree(get_settings().repository_root / "include" / "jurisdictions" / "bac_giang", folder)
    for path in (folder / "sources").glob("*.yaml"):
        if path.stem not in {source.id for source in chosen_sources}:
            path.unlink()
    home = tmp_path_factory.mktemp("home")
    variables = {
        "ONESTOP_JURISDICTION": str(folder),
        "ONESTOP_HOME": str(home),
        "ONESTOP_WAREHOUSE_URL": postgres_server.url("warehouse"),
        "ONESTOP_OWNER_URL": postgres_server.url("warehouse", OWNER),
        "ONESTOP_BI_URL": postgres_server.url("warehouse", BI),
        "ONESTOP_IDENTITY_KEY": "a key for tests",
        **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection) for name, connection in province.items()},
    }
    patch = pytest.MonkeyPatch()
    for name, value in variables.items():
        patch.setenv(name, value)
    get_settings.cache_clear()
    owner = engine(postgres_server.url("warehouse", OWNER))
    upgrade(owner)
    yield owner
    owner.dispose()
    patch.undo()
    get_settings.cache_clear()


@pytest.fixture(scope="module")
def few_dags(warehouse: Engine) -> DagBag:  # noqa: ARG001 - its settings choose the sources
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.fspath(DAGS_FOLDER))
    assert bag.import_errors == {}
    return bag


@pytest.fixture(scope="module")
def collected(few_dags: DagBag) -> DagRun:
    """January 2019, collected. The run's date is that of a manual run: its interval is the month before."""
    logical_date = pendulum.datetime(2019, 2, 1, tz="Asia/Ho_Chi_Minh")
    run: DagRun = few_dags.dags["collect_dossiers"].test(logical_date=logical_date)
    return run


def states(run: DagRun) -> dict[str, str]:
    return {instance.task_id: str(instance.state) for instance in run.get_task_instances()}


def rows(warehouse: Engine, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with warehouse.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query), values)]


def test_one_source_fails_alone_and_the_month_closes_without_it(
    collected: DagRun, chosen_sources: tuple[Source, ...], warehouse: Engine
) -> None:
    expected = {"prepare": "success", "close": "success"}
    for source in chosen_sources:
        answers = source.id != REFUSING_SOURCE
        if source.id == UNEXPECTED:
            expected |= {f"{source.id}.{step}": "skipped" for step in ("pull", "load", "check")}
            continue
        expected |= {
            f"{source.id}.pull": "success" if answers else "failed",
            f"{source.id}.load": "success" if answers else "upstream_failed",
            f"{source.id}.check": "success" if answers else "upstream_failed",
        }
    assert states(collected) == expected
    assert collected.state == "success"
    delivered = rows(
        warehouse, "select source_id, period, state, accepted_count > 0 from ops.delivery order by source_id"
    )
    assert delivered == [
        (source.id, "2019-01", "accepted", True)
        for source in sorted(chosen_sources, key=lambda source: source.id)
        if source.id not in SILENT
    ]


def test_a_source_that_refuses_us_is_asked_once(collected: DagRun, warehouse: Engine) -> None:
    attempts = rows(
        warehouse,
        "select outcome, error is not null from ops.pull_attempt where source_id = :source",
        source=REFUSING_SOURCE,
    )
    assert collected.state == "success"
    assert attempts == [("failed", True)]


def test_closing_hands_over_the_month(collected: DagRun) -> None:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        events = session.execute(
            select(AssetEvent.partition_key, AssetEvent.extra)
            .join(AssetModel, AssetModel.id == AssetEvent.asset_id)
            .where(AssetModel.name == "dossiers_collected", AssetEvent.source_run_id == collected.run_id)
        ).all()
    assert [(key, extra["collected_period"], extra["requested_by"]) for key, extra in events] == [
        ("2019-01", "2019-01", "dag_test")
    ]


@pytest.fixture(scope="module")
def published(few_dags: DagBag, collected: DagRun) -> DagRun:
    """January published by a run that has a partition key and no date at all, as the hand-over makes it."""
    assert collected.state == "success"
    return run_of_partition(few_dags, "publish_compliance", "2019-01")


def run_of_partition(few_dags: DagBag, dag_id: str, partition_key: str) -> DagRun:
    """Run a DAG for a partition, task by task, as `dag.test()` does for a date."""
    from airflow.models.dagrun import DagRun
    from airflow.sdk.definitions.dag import _run_task
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState, TaskInstanceState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    dag = few_dags.dags[dag_id]
    stored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    now = pendulum.now("UTC")
    with create_session() as session:
        run = stored.create_dagrun(
            run_id=DagRun.generate_run_id(run_type=DagRunType.ASSET_TRIGGERED, logical_date=None, run_after=now),
            run_type=DagRunType.ASSET_TRIGGERED,
            triggered_by=DagRunTriggeredByType.ASSET,
            partition_key=partition_key,
            logical_date=None,
            data_interval=None,
            run_after=now,
            state=DagRunState.RUNNING,
            session=session,
        )
        session.commit()
        run.dag = stored
        while run.state == DagRunState.RUNNING:
            session.expire_all()
            schedulable, _ = run.update_state(session=session)
            for instance in schedulable:
                instance.try_number += 1
                instance.state = TaskInstanceState.SCHEDULED
            session.commit()
            for instance in schedulable:
                _run_task(ti=instance, task=dag.get_task(instance.task_id))
        run_id = run.id
    with create_session() as session:  # running tasks has taken the run out of the first session
        ended = session.get_one(DagRun, run_id)
        session.expunge_all()
        return ended


def test_a_month_handed_over_is_published_without_asking_when_a_person_ordered_it(
    published: DagRun, warehouse: Engine
) -> None:
    assert states(published) == {
        "measure": "success",
        "check": "success",
        "decide": "success",
        "approve": "skipped",
        "publish": "success",
        "notify": "success",
    }
    publications = rows(
        warehouse,
        "select period, kind, revision, state, run_id from ops.publication order by publication_id",
    )
    assert publications == [("2019-01", "official", 1, "published", published.run_id)]


def test_every_unit_of_the_roster_has_its_row(
    published: DagRun, warehouse: Engine, jurisdiction: Jurisdiction, chosen_sources: tuple[Source, ...]
) -> None:
    assert published.state == "success"
    status = dict(
        rows(
            warehouse,
            "select unit_code, reporting_status from bi.compliance_month"
            " where period = '2019-01' and is_official_metric and scope = 'total'",
        )
    )
    roster = {unit.unit_code for unit in jurisdiction.roster(pendulum.date(2019, 1, 31))}
    assert set(status) == roster
    reported = {unit for source in chosen_sources if source.id not in SILENT for unit in source.units}
    assert {unit for unit in roster if status[unit].startswith("reported")} == reported
    assert all(status[unit] == "missing" for unit in jurisdiction.source(REFUSING_SOURCE).units)


def test_publishing_again_what_has_not_changed_makes_no_revision(
    few_dags: DagBag, published: DagRun, warehouse: Engine
) -> None:
    again = run_of_partition(few_dags, "publish_compliance", "2019-01")
    assert states(again) == states(published)
    states_of = "select period, revision, state from ops.publication order by publication_id"
    assert rows(warehouse, states_of) == [("2019-01", 1, "published"), ("2019-01", None, "unchanged")]


def test_the_daily_maintenance_indexes_a_month_that_nobody_has_published(
    few_dags: DagBag, collected: DagRun, warehouse: Engine
) -> None:
    """A failure means that what is looked up in it is found by reading it whole."""
    assert collected.state == "success"
    with warehouse.begin() as connection:
        made = text("select core.attach_partition(name) from core.create_partitions('{2019-07-10}')")
        assert connection.execute(made).all()
    of_july = "select count(*) from pg_indexes where tablename = 'dossier_version_2019_07'"
    assert rows(warehouse, of_july) == [(0,)]
    run = few_dags.dags["maintain_warehouse"].test(logical_date=pendulum.datetime(2019, 8, 1, tz="Asia/Ho_Chi_Minh"))
    assert states(run) == {"remove_old_uploads": "success", "index_months": "success", "verify_counts": "success"}
    assert rows(warehouse, of_july) == [(7,)]


def test_the_daily_maintenance_fails_every_day_while_counts_are_not_those_of_the_dossiers(
    few_dags: DagBag, published: DagRun, warehouse: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    """A failure means that publications go on from wrong counts, or that another attempt hides that they did."""
    assert published.state == "success"
    with warehouse.begin() as connection:
        falsify = text("""
            insert into core.counted_dossier
            select calendar, period, 'nobody', 'own', 'online', 3, true, 'infinity', 1
            from core.counted_month where (calendar, period) = ('calendar', '2018-12')
        """)
        assert connection.execute(falsify).rowcount == 1
    for day, expected in ((2, "failed"), (3, "failed"), (4, "success")):
        if expected == "success":  # as a publication does that counts the month anew
            with warehouse.begin() as connection:
                connection.execute(text("delete from core.counted_month where differing_count = 1"))
        moment = pendulum.datetime(2019, 8, day, tz="Asia/Ho_Chi_Minh")
        run = few_dags.dags["maintain_warehouse"].test(logical_date=moment)
        assert states(run)["verify_counts"] == expected
        said = "".join(capfd.readouterr())
        assert ("2018-12 of 'calendar' (1). No publication takes them any more" in said) is (expected == "failed")


def test_collecting_again_what_has_not_changed_changes_nothing(
    few_dags: DagBag, published: DagRun, warehouse: Engine
) -> None:
    assert published.state == "success"
    before = rows(warehouse, "select count(*), max(known_from) from core.dossier_version")
    run = few_dags.dags["collect_dossiers"].test(logical_date=pendulum.datetime(2019, 2, 2, tz="Asia/Ho_Chi_Minh"))
    assert run.state == "success"
    assert rows(warehouse, "select count(*), max(known_from) from core.dossier_version") == before
    assert rows(warehouse, "select distinct period from ops.delivery") == [("2019-01",)]
    assert re.fullmatch(r"\d+", str(before[0][0]))
    assert before[0][0] > 100
