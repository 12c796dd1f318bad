"""The whole installation with a real scheduler: a broken source, its repair, a killed worker, and nothing left running.

One installation for all tests, in the order of the file. A failure here means that an operator's procedure does not
work.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy import Engine, text

from example_province.installation import ADMINISTRATOR, Installation
from example_province.progress import Progress
from onestop import publication
from onestop.jurisdiction import load_jurisdiction
from onestop.warehouse import engine
from onestop.warehouse.embedded import OWNER, SUPERUSER
from tests_slow.running import held_delivery, rows, token, wait, wait_until_asked, wait_until_published

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
PERIODS = ("2019-01", "2019-02")
BROKEN = "so_y_te"
KILLED = "so_xay_dung"
RESTATED = "so_tu_phap"
SCALE = 0.05
FEBRUARY = "2019-02-01T00:00+07:00"  # the date of a run is the beginning of its month
DATES = ("2019-01-01T00:00+07:00", "2019-02-28T00:00+07:00")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("installation")) as running:
        yield running


@pytest.fixture(scope="module")
def progress(installation: Installation) -> Progress:
    """The installation, up, with a source whose connection leads to a port where nobody listens."""
    return installation.start(PERIODS, scale=SCALE, instead={BROKEN: {"port": 9}})


@pytest.fixture(scope="module")
def warehouse(installation: Installation, progress: Progress) -> Iterator[Engine]:
    assert progress.periods == PERIODS
    owner = engine(installation.server.url("warehouse", OWNER))
    yield owner
    owner.dispose()


@pytest.fixture(scope="module")
def administrator(installation: Installation) -> Iterator[Engine]:
    """Sees what the sessions of other roles are doing."""
    superuser = engine(installation.server.url("warehouse", SUPERUSER))
    yield superuser
    superuser.dispose()


def reporting_status(warehouse: Engine, unit_code: str) -> dict[str, tuple[int, str]]:
    """Period → (revision, reporting status) of a unit, in the revision in force."""
    query = """
        select period, revision, reporting_status
        from bi.compliance_month
        where calendar = 'calendar' and unit_code = :unit_code and is_official_metric and scope = 'total'
    """
    return {period: (revision, status) for period, revision, status in rows(warehouse, query, unit_code=unit_code)}


def revisions(warehouse: Engine) -> list[tuple[Any, ...]]:
    return rows(warehouse, "select period, revision from ops.publication where state = 'published' order by 1, 2")


def test_two_months_are_published_without_the_broken_source(
    installation: Installation, progress: Progress, warehouse: Engine
) -> None:
    installation.airflow(
        "backfill", "create", "--dag-id", "collect_dossiers", "--from-date", DATES[0], "--to-date", DATES[1],
        "--reprocess-behavior", "failed",
    )  # fmt: skip
    wait_until_published(installation, progress)
    assert revisions(warehouse) == [("2019-01", 1), ("2019-02", 1)]
    assert reporting_status(warehouse, BROKEN) == {"2019-01": (1, "missing"), "2019-02": (1, "missing")}
    sight = progress.look()
    states = {
        (period, step): sight.tasks[period, f"{BROKEN}.{step}"] for period in PERIODS for step in ("pull", "load")
    }
    assert states == {
        ("2019-01", "pull"): "failed",
        ("2019-01", "load"): "upstream_failed",
        ("2019-02", "pull"): "failed",
        ("2019-02", "load"): "upstream_failed",
    }


def test_a_repaired_source_makes_one_new_revision_of_each_month_with_its_difference(
    installation: Installation, progress: Progress, warehouse: Engine
) -> None:
    installation.restart_scheduler()
    installation.airflow(
        "tasks", "clear", "collect_dossiers", "-t", f"{BROKEN}.", "-s", DATES[0], "-e", DATES[1], "-d", "-y"
    )
    wait_until_published(installation, progress)
    assert revisions(warehouse) == [("2019-01", 1), ("2019-01", 2), ("2019-02", 1), ("2019-02", 2)]
    assert reporting_status(warehouse, BROKEN) == {"2019-01": (2, "reported"), "2019-02": (2, "reported")}
    changed = rows(
        warehouse,
        """
        select distinct now_in_force.unit_code
        from bi.compliance_month as now_in_force
        inner join bi.compliance_month_revision as first using (calendar, period, unit_code, metric_id, scope)
        where first.revision = 1 and first.denominator is distinct from now_in_force.denominator
        """,
    )
    assert changed == [(BROKEN,)]


def test_a_planned_restatement_is_approved_once_and_publishes_every_month_for_its_reason(
    installation: Installation, progress: Progress, warehouse: Engine
) -> None:
    """A source's deliveries are taken back by a person after both months were published."""
    assert progress.periods == PERIODS
    before = dict(revisions(warehouse))
    with warehouse.begin() as connection:
        connection.execute(
            text("""
                update ops.delivery
                set state = 'rejected', reasons = '[]', decided_at = clock_timestamp(), decided_by = 'steward'
                where source_id = :source
            """),
            {"source": RESTATED},
        )
    reason = "Cơ quan rút số liệu đã gửi: công văn 99"
    runs = f"{installation.address}/api/v2/dags/restate_compliance/dagRuns"
    with httpx.Client(headers={"Authorization": f"Bearer {token(installation)}"}) as client:
        asked = client.post(
            runs, json={"logical_date": None, "conf": {"periods": "2019-01..2019-02", "reason": reason}}
        )
        assert asked.status_code == 200, asked.text
        approve = f"{runs}/{asked.json()['dag_run_id']}/taskInstances/approve"
        wait_until_asked(client, approve)
        assert dict(revisions(warehouse)) == before
        answered = client.patch(f"{approve}/-1/hitlDetails", json={"chosen_options": ["Approve"]})
        assert answered.status_code == 200, answered.text
        wait(lambda: dict(revisions(warehouse)) == {period: before[period] + 1 for period in PERIODS}, 300)
    made = rows(
        warehouse,
        "select period, reason, approver, evidence ->> 'restatement' is not null from ops.publication"
        " where state = 'published' order by publication_id desc limit 2",
    )
    assert sorted(made) == [(period, reason, ADMINISTRATOR, True) for period in PERIODS]
    assert {status for _, status in reporting_status(warehouse, RESTATED).values()} == {"rejected"}
    with warehouse.connect() as connection:
        ids = connection.scalars(text("select publication_id from ops.publication where state = 'published'")).all()
        assert [publication.rebuild(connection, number).differing for number in ids] == [()] * len(ids)


def test_the_page_is_for_people_who_have_logged_in(installation: Installation, progress: Progress) -> None:
    assert progress.periods
    page = f"{installation.address}/onestop/"
    assert httpx.get(page).status_code == 401
    assert httpx.get(f"{page}?period=2019-01").status_code == 401
    shown = httpx.get(page, headers={"Authorization": f"Bearer {token(installation)}"})
    assert shown.status_code == 200
    assert "Sở Y tế" in shown.text


def test_a_demonstration_that_is_interrupted_leaves_no_process(tmp_path: Path) -> None:
    """Interrupted while everything is starting, with what is asked politely and what is not."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        demonstration = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "example_province",
                "demo",
                "--once",
                "--state-dir",
                str(tmp_path),
                "--scale",
                "0.02",
            ],
            cwd=REPOSITORY_ROOT,
            env={**os.environ, "PYTHONPATH": "plugins:."},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait(lambda: len(recorded_sessions(tmp_path)) >= 5)
        sessions = recorded_sessions(tmp_path)
        demonstration.send_signal(number)
        demonstration.wait(60)
        if number == signal.SIGKILL:  # nobody is left to clean up: the processes see it themselves, PostgreSQL stays
            wait(lambda: not living(sessions))  # noqa: B023 - called before the next round
        assert living(sessions) == []
    with Installation(tmp_path):  # finds what the killed one has left, and ends it
        pass
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(tmp_path) in " ".join(process.info["cmdline"] or [])
    ]
    assert left == []


def recorded_sessions(state_dir: Path) -> list[int]:
    try:
        return [int(session) for session in json.loads((state_dir / "processes.json").read_text())]
    except (FileNotFoundError, ValueError):
        return []


def living(sessions: list[int]) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) in sessions and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.Error):
            continue
    return found


def test_a_worker_killed_in_the_middle_of_a_load_leaves_the_same_rows(
    installation: Installation, progress: Progress, warehouse: Engine, administrator: Engine
) -> None:
    """Killed when everything has been copied and nothing is committed: a lock on the delivery's row holds it there.

    The last of these tests: it takes a delivery away with its history, and what was published cannot be rebuilt then.
    """
    source = load_jurisdiction("bac_giang").source(KILLED)
    query = """
        select count(*), count(distinct dossier_code), sum(hashtextextended(row_hash::text || dossier_code, 0))
        from core.dossier_version
        where source_id = :source and known_to = 'infinity'
    """
    expected = rows(warehouse, query, source=source.id)
    assert expected[0][0] > 10
    tries_before = tries(progress, f"{source.id}.load", "2019-02")
    forget(warehouse, source.id, "2019-02")
    assert rows(warehouse, query, source=source.id) != expected

    selection = ("-t", f"{source.id}.", "-s", FEBRUARY, "-e", FEBRUARY)
    arguments = ("tasks", "clear", "collect_dossiers", *selection, "-d", "-y")
    clearing = threading.Thread(target=installation.airflow, args=arguments)
    clearing.start()  # the load must not be over before it is held
    with held_delivery(warehouse, source.id, "2019-02"):
        wait(lambda: waiting_for_the_lock(administrator))
        clearing.join()
        victim = running_task(progress, f"{source.id}.load")
        os.kill(victim, signal.SIGKILL)
        wait(lambda: not psutil.pid_exists(victim) or psutil.Process(victim).status() == psutil.STATUS_ZOMBIE)
    wait_until_published(installation, progress)
    assert progress.look().tasks["2019-02", f"{source.id}.check"] == "success"
    assert rows(warehouse, query, source=source.id) == expected
    assert tries(progress, f"{source.id}.load", "2019-02") == tries_before + 2


def forget(warehouse: Engine, source_id: str, period: str) -> None:
    """Take a delivery and its rows away, as if it had never come."""
    with warehouse.begin() as connection:
        values = {"source": source_id, "period": period}
        for table in (
            "core.dossier_version",
            "quarantine.row",
            "ops.expectation_result",
            "ops.pull_attempt",
            "ops.delivery",
        ):
            connection.execute(
                text(f"""
                    delete from {table} where delivery_id in (
                        select delivery_id from ops.delivery where source_id = :source and period = :period
                    )
                """),  # noqa: S608 - the names stand above
                values,
            )


def test_an_officer_hands_in_a_month_on_the_drop_page_and_it_is_collected(
    installation: Installation, progress: Progress, warehouse: Engine
) -> None:
    """As in the demonstration: the administrator may hand in for Ban Dân tộc, from May on."""
    assert progress.periods == PERIODS
    file = installation.state_dir / "province" / "drops" / "ban_dan_toc" / "hoso_201905_SYNTHETIC.csv"
    headers = {"Authorization": f"Bearer {token(installation)}", "Origin": installation.address}
    with httpx.Client(base_url=f"{installation.address}/onestop-intake", headers=headers, timeout=60) as officer:
        assert "Tháng 5/2019" in officer.get("/").text
        seen = officer.post("/sources/nop_tep_bdt/2019-05", files={"file": (file.name, file.read_bytes())})
        found = re.search(r'action="[^"]*(/drafts/[0-9a-f]{32}/confirm)"', seen.text)
        assert found, seen.text
        assert officer.post(found[1]).status_code == 303
    collect = [sys.executable, "-m", "onestop.cli", "run", "--period", "2019-05", "--source", "nop_tep_bdt"]
    installation.processes.run("onestop-run", collect, installation.environment)
    query = """
        select period, state, is_full, record_count from bi.delivery
        where source_id in ('ban_dan_toc', 'nop_tep_bdt') and period >= '2019-05' and decided_at is not null
    """
    handed_in = len(file.read_text(encoding="utf-8-sig").splitlines()) - 1  # at this scale perhaps none
    assert rows(warehouse, query) == [("2019-05", "accepted", True, handed_in)]


def waiting_for_the_lock(administrator: Engine) -> bool:
    query = """
        select count(*) > 0
        from pg_stat_activity
        where wait_event_type = 'Lock' and query like 'update ops.delivery set state%'
    """
    return bool(rows(administrator, query)[0][0])


def running_task(progress: Progress, task_id: str) -> int:
    query = "select pid from task_instance where task_id = :task_id and state = 'running'"
    ((pid,),) = rows(progress.engine, query, task_id=task_id)
    return int(pid)


def tries(progress: Progress, task_id: str, period: str) -> int:
    """How often a task has been tried, over all clearings."""
    query = """
        select instance.try_number
        from task_instance as instance
        inner join dag_run as run on instance.dag_id = run.dag_id and instance.run_id = run.run_id
        where
            instance.task_id = :task_id
            and to_char(run.logical_date at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM') = :period
    """
    ((number,),) = rows(progress.engine, query, task_id=task_id, period=period)
    return int(number)
