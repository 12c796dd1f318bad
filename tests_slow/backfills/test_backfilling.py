"""docs/backfilling.md, recipe by recipe, with a real scheduler: its commands are run as they stand there.

One installation with 24 months of two sources, in the order of the file. A failure means that an engineer who follows
the document gets something else than it says.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from example_province.calibration import Calibration
from example_province.dirt import Delivery
from example_province.dossiers import Province
from example_province.faults import UNAUTHORISED, Faults
from example_province.history import months_until, write_history
from example_province.installation import ADMINISTRATOR, Installation
from example_province.months import month_number
from example_province.progress import Progress
from example_province.units import UNITS_BY_CODE
from onestop.notice.life import lock
from onestop.warehouse import engine
from onestop.warehouse.embedded import OWNER, SUPERUSER
from tests_slow.running import held_delivery, rows, token, wait, wait_until_asked, wait_until_published

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = REPOSITORY_ROOT / "docs" / "backfilling.md"
PERIODS = months_until("2019-04", 24)
REPAIRED, OTHER = "so_y_te", "so_cong_thuong"
REPAIRED_PERIODS = PERIODS[-6:]
RESTATED_PERIODS = PERIODS[-4:]
REASON = "Công văn 1730: từ năm 2019 chỉ tính mức độ 4"
RECIPIENTS = {"kstt@vpubnd.bacgiang.example", "cntt@stttt.bacgiang.example"}
NEXT = "2019-05"
SCALE = Fraction(1, 5)


def blocks(heading: str, language: str = "sh") -> list[str]:
    """The fenced blocks below a heading of the document; its title's with ""."""
    sections = re.split(r"(?m)^## ", DOCUMENT.read_text(encoding="utf-8"))
    (found,) = [part for part in sections[1:] if part.startswith(heading)] if heading else sections[:1]
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", found)


class Engineer:
    """Runs commands of the document in a shell, in the repository."""

    def __init__(self, installation: Installation) -> None:
        (settings,) = blocks("")
        self._settings = settings.replace(".onestop/environment", shlex.quote(f"{installation.state_dir}/environment"))

    def run(self, block: str) -> str:
        done = subprocess.run(
            ["bash", "-euc", self._settings + block],
            cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "USER": "engineer", "COLUMNS": "200"},
        )  # fmt: skip
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def jurisdiction(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_history(tmp_path_factory.mktemp("jurisdictions") / "history", PERIODS[0], (REPAIRED, OTHER))


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory, jurisdiction: Path) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("installation"), jurisdiction=str(jurisdiction)) as running:
        yield running


@pytest.fixture(scope="module")
def faults(installation: Installation) -> Faults:
    return Faults(installation.state_dir / "province" / "faults.json", seed=1730)


@pytest.fixture(scope="module")
def progress(installation: Installation, faults: Faults) -> Progress:
    """Up, with one source whose password has expired since November 2018."""
    faults.path.parent.mkdir(parents=True)
    faults.request(REPAIRED, UNAUTHORISED, list(REPAIRED_PERIODS))
    return installation.start(PERIODS, scale=float(SCALE))


@pytest.fixture(scope="module")
def engineer(installation: Installation, progress: Progress) -> Engineer:
    assert progress.periods == PERIODS
    return Engineer(installation)


@pytest.fixture(scope="module")
def warehouse(installation: Installation, progress: Progress) -> Iterator[Engine]:
    assert progress.periods == PERIODS
    owner = engine(installation.server.url("warehouse", OWNER))
    yield owner
    owner.dispose()


@pytest.fixture(scope="module")
def administrator(installation: Installation, warehouse: Engine) -> Iterator[Engine]:
    """Sees what the sessions of other roles are doing."""
    assert warehouse
    superuser = engine(installation.server.url("warehouse", SUPERUSER))
    yield superuser
    superuser.dispose()


def mails(installation: Installation) -> Counter[str]:
    """How many mails each recipient has been sent."""
    folder = installation.state_dir / "province" / "mail"
    return Counter(
        str(message_from_bytes(path.read_bytes(), policy=policy.default)["To"]) for path in folder.glob("*.eml")
    )


def revisions(warehouse: Engine) -> Counter[str]:
    return Counter(
        period for (period,) in rows(warehouse, "select period from ops.publication where state = 'published'")
    )


def asked_for_approval(progress: Progress) -> int:
    return int(rows(progress.engine, "select count(*) from hitl_detail")[0][0])


def test_24_months_are_collected_and_published_with_one_digest_and_no_approval(
    installation: Installation, progress: Progress, warehouse: Engine, engineer: Engineer
) -> None:
    dry_run, create, listed = blocks("24 months")
    assert dry_run.strip() == f"{create.strip()} --dry-run"
    print(engineer.run(dry_run))
    assert not any(progress.look().collecting.values())
    engineer.run(create)
    wait_until_published(installation, progress)

    assert revisions(warehouse) == dict.fromkeys(PERIODS, 1)
    accepted = Counter(rows(warehouse, "select source_id, state from ops.delivery"))
    assert accepted == {(OTHER, "accepted"): 24, (REPAIRED, "accepted"): 18}
    missing = "select period from bi.compliance_month where unit_code = :unit and reporting_status = 'missing'"
    assert {period for (period,) in rows(warehouse, missing, unit=REPAIRED)} == set(REPAIRED_PERIODS)
    assert asked_for_approval(progress) == 0
    approvers = rows(warehouse, "select distinct approver from ops.publication where state = 'published'")
    assert len(approvers) == 1
    assert rows(warehouse, "select count(*) from ops.alert")[0][0] >= len(REPAIRED_PERIODS)
    assert set(mails(installation)) <= RECIPIENTS
    assert set(mails(installation).values()) == {1}
    shown = engineer.run(listed)
    assert all(period in shown for period in PERIODS)


def test_the_same_again_changes_nothing(progress: Progress, warehouse: Engine, engineer: Engineer) -> None:
    before = progress.look()
    engineer.run(blocks("24 months")[1])
    assert progress.look().collecting == before.collecting
    assert revisions(warehouse) == dict.fromkeys(PERIODS, 1)


def test_one_source_is_collected_again_over_six_months_with_one_revision_of_each(
    installation: Installation, progress: Progress, warehouse: Engine, engineer: Engineer, faults: Faults
) -> None:
    faults.withdraw(REPAIRED)
    before = mails(installation)
    other = "select delivery_id, loaded_at, decided_at from ops.delivery where source_id = :source order by delivery_id"
    untouched = rows(warehouse, other, source=OTHER)
    (clear,) = blocks("One source again")
    engineer.run(clear)
    wait_until_published(installation, progress)

    expected = {period: 2 if period in REPAIRED_PERIODS else 1 for period in PERIODS}
    assert revisions(warehouse) == expected
    status = "select distinct reporting_status from bi.compliance_month where unit_code = :unit"
    assert rows(warehouse, status, unit=REPAIRED) == [("reported",)]
    assert rows(warehouse, other, source=OTHER) == untouched
    assert asked_for_approval(progress) == 0
    assert set((mails(installation) - before).values()) <= {1}
    open_alerts = "select count(*) from ops.alert where rule = 'missing_delivery' and state <> 'resolved'"
    assert rows(warehouse, open_alerts) == [(0,)]


def test_a_changed_definition_is_previewed_approved_once_and_published_for_its_reason(
    installation: Installation, progress: Progress, warehouse: Engine, engineer: Engineer, jurisdiction: Path
) -> None:
    (new_version,) = blocks("A changed definition", "yaml")
    check_and_plan, trigger, prove = blocks("A changed definition")
    end_and_begin(jurisdiction / "metrics.yaml", yaml.safe_load(new_version)[0])
    before, mails_before = revisions(warehouse), mails(installation)

    previewed = engineer.run(check_and_plan)
    assert previewed.rstrip().endswith(trigger.strip().partition("airflow ")[2])
    assert revisions(warehouse) == before
    refused = re.sub(r' --reason ".*"', "", check_and_plan)
    with pytest.raises(AssertionError, match="--reason"):
        engineer.run(refused)

    engineer.run(trigger)
    runs = f"{installation.address}/api/v2/dags/restate_compliance/dagRuns"
    with httpx.Client(headers={"Authorization": f"Bearer {token(installation)}"}) as client:
        (run,) = client.get(runs).json()["dag_runs"]
        approve = f"{runs}/{run['dag_run_id']}/taskInstances/approve"
        wait_until_asked(client, approve)
        assert revisions(warehouse) == before
        shown = client.get(f"{approve}/-1/hitlDetails").json()
        assert REASON in shown["body"]
        assert client.patch(f"{approve}/-1/hitlDetails", json={"chosen_options": ["Approve"]}).status_code == 200
    restated = {period: before[period] + (period in RESTATED_PERIODS) for period in PERIODS}
    wait(lambda: revisions(warehouse) == restated, 600)
    wait(lambda: not publishing(progress), 120)

    assert asked_for_approval(progress) == 1
    made = "select distinct reason, approver from ops.publication where state = 'published' and revision > 2"
    assert rows(warehouse, made) == [(REASON, ADMINISTRATOR)]
    versions = """
        select period < '2019-01', metric_version, count(*) > 0
        from bi.compliance_month where metric_id = 'resolved_all' group by 1, 2 order by 1
    """
    assert rows(warehouse, versions) == [(False, 2, True), (True, 1, True)]
    assert set((mails(installation) - mails_before).values()) <= {1}
    proven = engineer.run(prove)
    assert proven.count("khớp") == sum(restated.values())
    assert "KHÁC" not in proven


def end_and_begin(path: Path, new_version: dict[str, Any]) -> None:
    """Do what the document says about metrics.yaml."""
    configured = yaml.safe_load(path.read_text(encoding="utf-8"))
    (old,) = [metric for metric in configured["metrics"] if metric["metric_id"] == new_version["metric_id"]]
    assert "`valid_to: 2018-12-31`" in DOCUMENT.read_text(encoding="utf-8")
    old["valid_to"] = "2018-12-31"
    configured["metrics"].append(new_version)
    path.write_text(yaml.safe_dump(configured, allow_unicode=True, sort_keys=False), encoding="utf-8")


def publishing(progress: Progress) -> int:
    query = "select count(*) from dag_run where dag_id = 'publish_compliance' and state in ('queued', 'running')"
    return int(rows(progress.engine, query)[0][0])


def test_a_scheduler_killed_twice_with_its_workers_is_taken_up_by_the_next_one(
    installation: Installation, progress: Progress, warehouse: Engine, administrator: Engine
) -> None:
    """Once where everything has been copied and nothing is committed, once where the alerts are judged."""
    mails_before = mails(installation)
    next_month = Progress(progress.engine, (NEXT,))
    arguments = (
        "backfill", "create", "--dag-id", "collect_dossiers",
        "--from-date", f"{NEXT}-01T00:00+07:00", "--to-date", f"{NEXT}-31T00:00+07:00",
        "--reprocess-behavior", "failed",
    )  # fmt: skip
    creating = threading.Thread(target=installation.airflow, args=arguments)
    with held_alerts(warehouse):
        creating.start()  # the load must not be over before it is held
        with held_delivery(warehouse, REPAIRED, NEXT):
            wait(lambda: waiting(administrator, "update ops.delivery set state%"), 120)
            creating.join()
            installation.kill_scheduler()
        wait(lambda: waiting(administrator, "select pg_advisory_xact_lock(%"), 300)
        assert next_month.look().collecting[NEXT] == "success"
        installation.kill_scheduler()
    wait_until_published(installation, next_month)

    delivered = "select record_count, accepted_count, state from ops.delivery where source_id = :source and period = :p"
    unit = UNITS_BY_CODE[REPAIRED]
    given = sum(1 for _ in Delivery(Province(Calibration(SCALE)), unit, month_number(NEXT)).records())
    assert rows(warehouse, delivered, source=REPAIRED, p=NEXT) == [(given, given, "accepted")]
    assert revisions(warehouse)[NEXT] == 1
    assert set((mails(installation) - mails_before).values()) <= {1}


def test_a_server_that_crashes_under_everything_loses_and_repeats_nothing(
    installation: Installation, progress: Progress, warehouse: Engine, administrator: Engine
) -> None:
    """Airflow's own database is on the same server: SIGKILL to one backend ends every session, and with them some of
    Airflow's processes, which are started again as compose or systemd would.
    """
    before, mails_before = revisions(warehouse), mails(installation)
    with held_alerts(warehouse):
        installation.airflow(
            "dags", "trigger", "publish_compliance", "--conf", json.dumps({"period": NEXT, "reason": "asked for again"})
        )
        wait(lambda: waiting(administrator, "select pg_advisory_xact_lock(%"), 120)
        victim = (
            "select pid from pg_stat_activity where wait_event = 'advisory' and query like 'select pg_advisory_xact%'"
        )
        os.kill(rows(administrator, victim)[0][0], signal.SIGKILL)

    def has_recovered() -> bool:
        try:
            return not installation.restart_what_ended() and not publishing(progress)
        except DBAPIError:  # not yet, or the session was one of those that ended
            return False

    wait(has_recovered, 400)
    query = "select state from dag_run where dag_id = 'publish_compliance' order by id desc limit 1"
    assert rows(progress.engine, query) == [("success",)]
    assert (revisions(warehouse), mails(installation)) == (before, mails_before)


class held_alerts:  # noqa: N801 - reads as a statement
    """Hold the lock of those who judge alerts."""

    def __init__(self, warehouse: Engine) -> None:
        self.connection = warehouse.connect()

    def __enter__(self) -> None:
        lock(self.connection)

    def __exit__(self, *_: object) -> None:
        with suppress(DBAPIError):  # a server that crashed has let it go
            self.connection.rollback()
        self.connection.close()


def waiting(administrator: Engine, query: str) -> bool:
    """Say whether a session waits for a lock in such a statement."""
    waiters = "select count(*) > 0 from pg_stat_activity where wait_event_type = 'Lock' and query like :pattern"
    return bool(rows(administrator, waiters, pattern=query)[0][0])
