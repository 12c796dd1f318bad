"""A planned restatement by Airflow's own tasks, without a scheduler: previewed, approved once, published in order."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pendulum
import pytest
from sqlalchemy import Engine, text

from onestop.jurisdiction import load_jurisdiction
from onestop.settings import get_settings
from onestop.warehouse import EmbeddedServer
from onestop.warehouse.embedded import BI, OWNER
from tests.province import Province, direct, load, online

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models import DagRun

DAGS_FOLDER = Path(__file__).resolve().parents[2] / "dags"
MONTHS = ("2019-02", "2019-03", "2019-04")
REASON = "Công văn 99: chỉ tiêu ngành dọc là 63 %"
ANSWER = {"responded_at": "2019-06-01T08:00:00+00:00", "responded_by_user": {"id": "7", "name": "chanh_van_phong"}}
_numbers = itertools.count(1)


@pytest.fixture
def province(
    loader_engine: Engine, postgres_server: EmbeddedServer, warehouse_database: str, tmp_path: Path
) -> Iterator[Province]:
    """Three published months of the small province, which the settings choose."""
    patch = pytest.MonkeyPatch()
    for name, value in {
        "ONESTOP_JURISDICTION": str(tmp_path / "configuration"),
        "ONESTOP_HOME": str(tmp_path),
        "ONESTOP_WAREHOUSE_URL": postgres_server.url(warehouse_database),
        "ONESTOP_OWNER_URL": postgres_server.url(warehouse_database, OWNER),
        "ONESTOP_BI_URL": postgres_server.url(warehouse_database, BI),
    }.items():
        patch.setenv(name, value)
    get_settings.cache_clear()
    province = Province(loader_engine, load(tmp_path / "configuration"), Path(get_settings().exports_root))
    province.synchronise(province.jurisdiction)
    for period in MONTHS:
        day = {"finished": f"{period}-10", "received": f"{period}-01"}
        province.deliver("thue_ho_so", period, online(5, **day))
        province.deliver("thue_hoa_don", period, direct(3 if period != "2019-02" else 1, **day))
        province.publish(period)
    yield province
    patch.undo()
    get_settings.cache_clear()


@pytest.fixture
def changed(province: Province, tmp_path: Path) -> Province:
    """The target of vertical agencies is 63 % now: 5 of 8 no longer reach it, 5 of 6 do."""
    targets = tmp_path / "configuration" / "targets.csv"
    targets.write_text(targets.read_text().replace("vertical,>=,30", "vertical,>=,63"))
    return province


@pytest.fixture
def bag(province: Province, airflow_metadata: Path) -> DagBag:  # noqa: ARG001 - settings and database first
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(os.fspath(DAGS_FOLDER))
    assert bag.import_errors == {}
    sync_bag_to_db(bag, "dags-folder", None)
    return bag


class Run:
    """A run of a DAG, its tasks run here one by one as far as they go."""

    def __init__(self, bag: DagBag, dag_id: str, conf: Mapping[str, Any], run_id: str | None = None) -> None:
        from airflow.models.dagrun import DagRun
        from airflow.serialization.serialized_objects import DagSerialization
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        self.dag = bag.dags[dag_id]
        self.stored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(self.dag))
        self.run_id = run_id or f"manual__test_{next(_numbers)}"
        with create_session() as session:
            existing = session.query(DagRun).filter_by(dag_id=dag_id, run_id=self.run_id).one_or_none()
            if existing is not None:
                existing.state = DagRunState.RUNNING
            else:
                self.stored.create_dagrun(
                    run_id=self.run_id,
                    run_type=DagRunType.MANUAL,
                    triggered_by=DagRunTriggeredByType.TEST,
                    triggering_user_name="ke_hoach",
                    logical_date=None,
                    data_interval=None,
                    run_after=pendulum.now("UTC"),
                    conf=dict(conf),
                    state=DagRunState.RUNNING,
                    session=session,
                )

    def go(self) -> dict[str, str]:
        """Run what can run; give the states of the tasks."""
        from airflow.models.dagrun import DagRun
        from airflow.sdk.definitions.dag import _run_task
        from airflow.utils.session import create_session
        from airflow.utils.state import TaskInstanceState

        while True:
            with create_session() as session:
                run: DagRun = session.query(DagRun).filter_by(dag_id=self.dag.dag_id, run_id=self.run_id).one()
                run.dag = self.stored
                schedulable, _ = run.update_state(session=session)
                for instance in schedulable:
                    instance.try_number += 1
                    instance.state = TaskInstanceState.SCHEDULED
                session.commit()
                waiting = [instance for instance in schedulable if instance.task_id != "approve"]
                for instance in waiting:
                    _run_task(ti=instance, task=self.dag.get_task(instance.task_id))
                if not waiting:
                    return {
                        f"{ti.task_id}[{ti.map_index}]" if ti.map_index >= 0 else ti.task_id: str(ti.state)
                        for ti in run.get_task_instances(session=session)
                    }

    def answer(self, option: str) -> None:
        """Answer the task that waits for a person, as the page *Required actions* would."""
        from airflow.models.taskinstance import TaskInstance
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session
        from airflow.utils.state import TaskInstanceState

        key = {"dag_id": self.dag.dag_id, "run_id": self.run_id, "task_id": "approve"}
        with create_session() as session:
            value = {**ANSWER, "chosen_options": [option]}
            XComModel.set(key="return_value", value=value, serialize=False, **key, session=session)
            session.query(TaskInstance).filter_by(**key).one().state = TaskInstanceState.SUCCESS

    def xcom(self, task_id: str) -> Any:
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        with create_session() as session:
            query = XComModel.get_many(
                run_id=self.run_id, dag_ids=self.dag.dag_id, task_ids=task_id, key="return_value"
            )
            return XComModel.deserialize_value(session.execute(query.with_only_columns(XComModel.value)).one())


def triggered(run: Run) -> list[DagRun]:
    """The runs of publish_compliance that a restatement asked for, in the order in which they would start."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        runs = session.query(DagRun).filter(DagRun.run_id.startswith(f"{run.run_id}__")).order_by(DagRun.run_after)
        session.expunge_all()
        return list(runs)


def revisions(province: Province) -> list[tuple[Any, ...]]:
    rows = province.rows(
        "select period, revision, reason, requested_by, approver from ops.publication"
        " where state = 'published' and revision > 1 order by publication_id"
    )
    return [tuple(row.values()) for row in rows]


def test_months_are_previewed_approved_once_and_published_in_order_for_the_reason(
    changed: Province, bag: DagBag
) -> None:
    run = Run(bag, "restate_compliance", {"periods": "2019-02..2019-04", "reason": REASON})
    before = changed.rows("select publication_id, state from ops.publication order by 1")
    assert run.go()["preview"] == "success"
    assert changed.rows("select publication_id, state from ops.publication order by 1") == before
    shown = run.xcom("preview")
    assert [month["period"] for month in shown["months"]] == list(MONTHS)
    assert "**2019-04** (lần 1)" in shown["text"]
    assert "Cục Thuế tỉnh: lũy kế 15/22 (đạt) → 15/22 (đạt)" in shown["text"]
    # What comes after the preview is not published under its approval.
    changed.deliver("y_te", "2019-04", online(100))
    run.answer("Approve")
    states = run.go()
    assert {name: state for name, state in states.items() if name != "approve"} == {
        "preview": "success", "order": "success", "publish[0]": "success", "publish[1]": "success",
        "publish[2]": "success",
    }  # fmt: skip
    asked = triggered(run)
    assert [one.conf["period"] for one in asked] == list(MONTHS)
    for one in asked:
        states = Run(bag, "publish_compliance", one.conf, one.run_id).go()
        assert (states["measure"], states["approve"], states["publish"]) == ("success", "skipped", "success")
    assert revisions(changed) == [(period, 2, REASON, "ke_hoach", "chanh_van_phong") for period in MONTHS]
    april = changed.figures("compliance_month", "2019-04")
    assert (april["cuc_thue"].status, april["so_y_te"].status) == ("not_met", "no_data")
    evidence = changed.rows("select evidence from ops.publication where revision = 2 limit 1")[0]["evidence"]
    assert evidence["restatement"] == run.run_id


def test_nothing_is_published_without_the_approval_it_names(changed: Province, bag: DagBag) -> None:
    run = Run(bag, "restate_compliance", {"periods": "2019-04", "reason": REASON})
    run.go()
    for conf in (
        {"period": "2019-04", "restatement": "no_such_run"},
        {"period": "2019-04", "restatement": run.run_id},
        {"period": "2019-03", "restatement": run.run_id},
    ):
        assert Run(bag, "publish_compliance", conf).go()["measure"] == "failed"
    run.answer("Reject")
    assert Run(bag, "publish_compliance", {"period": "2019-04", "restatement": run.run_id}).go()["measure"] == "failed"
    assert revisions(changed) == []


def test_what_was_approved_is_not_published_once_configuration_or_publication_have_changed(
    changed: Province, bag: DagBag, tmp_path: Path
) -> None:
    run = Run(bag, "restate_compliance", {"periods": "2019-03,2019-04", "reason": REASON})
    run.go()
    run.answer("Approve")
    changed.synchronise(load_jurisdiction(tmp_path / "configuration"))
    changed.deliver("y_te", "2019-03", online(1, "2019-03-10", received="2019-03-01"))
    changed.publish("2019-03")
    newer = Run(bag, "publish_compliance", {"period": "2019-03", "restatement": run.run_id})
    assert newer.go()["measure"] in {"up_for_retry", "failed"}
    targets = tmp_path / "configuration" / "targets.csv"
    targets.write_text(targets.read_text().replace("vertical,>=,63", "vertical,>=,90"))
    changed.synchronise(load_jurisdiction(tmp_path / "configuration"))
    other = Run(bag, "publish_compliance", {"period": "2019-04", "restatement": run.run_id})
    assert other.go()["measure"] in {"up_for_retry", "failed"}
    assert [row[:2] for row in revisions(changed)] == [("2019-03", 2)]


def test_a_run_by_hand_that_names_no_month_publishes_none(
    province: Province, bag: DagBag, capfd: pytest.CaptureFixture[str]
) -> None:
    states = Run(bag, "publish_compliance", {"reason": "Sở Y tế gửi bổ sung"}).go()
    assert states["measure"] == "failed"
    assert "this run names no month" in "".join(capfd.readouterr())
    assert len(province.rows("select * from ops.publication")) == len(MONTHS)


def test_a_month_published_by_hand_keeps_the_persons_reason(changed: Province, bag: DagBag) -> None:
    changed.deliver("y_te", "2019-04", online(1))
    states = Run(bag, "publish_compliance", {"period": "2019-04", "reason": "Sở Y tế gửi bổ sung"}).go()
    # The warehouse holds the configuration of the last collection: the changed targets are not published by accident.
    assert states["measure"] in {"up_for_retry", "failed"}
    changed.synchronise(load_jurisdiction(get_settings().jurisdiction))
    states = Run(bag, "publish_compliance", {"period": "2019-04", "reason": " Sở Y tế gửi bổ sung "}).go()
    assert states["publish"] == "success"
    assert revisions(changed) == [("2019-04", 2, "Sở Y tế gửi bổ sung", "ke_hoach", "ke_hoach")]


def test_nothing_to_change_asks_nobody(province: Province, bag: DagBag) -> None:
    states = Run(bag, "restate_compliance", {"periods": "2019-02..2019-04", "reason": REASON}).go()
    assert set(states.values()) == {"skipped"}
    assert revisions(province) == []


def test_a_month_that_cannot_be_published_is_told_before_anybody_is_asked(changed: Province, bag: DagBag) -> None:
    states = Run(bag, "restate_compliance", {"periods": "2019-04..2019-05", "reason": REASON}).go()
    assert states["preview"] == "failed"
    with changed.engine.begin() as connection:
        assert connection.scalar(text("select count(*) from ops.publication")) == len(MONTHS)


def test_a_blocked_month_fails_at_once_and_the_task_says_what_to_clear(
    province: Province, bag: DagBag, capfd: pytest.CaptureFixture[str]
) -> None:
    states = Run(bag, "publish_compliance", {"period": "2019-05"}).go()
    assert states["check"] == "failed"
    assert "clear `measure` of this run" in "".join(capfd.readouterr())
    assert len(province.rows("select * from ops.publication where state = 'published'")) == len(MONTHS)
