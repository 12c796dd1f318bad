"""Steps that are killed. A failure means that a crash could lose, double or half-publish a month.

A step runs in a process of its own, which the system kills with SIGKILL: nothing can tidy up after it.
"""

import importlib
import itertools
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from upath import UPath

from onestop import publication
from onestop.publication.export import VIEWS
from onestop.publication.revision import PublishResult
from onestop.warehouse import engine
from tests.province import Province, direct, online

Step = Callable[[Connection], Any]


def run_and_kill(province: Province, step: Step) -> None:
    """Do the step in another process, which dies before it can commit."""

    def work() -> None:
        with engine(province.engine.url).connect() as connection:  # type: ignore[union-attr]
            step(connection)
            os.kill(os.getpid(), signal.SIGKILL)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL


def wait_until_the_server_noticed(province: Province) -> None:
    """Its session ends when the server reads from the closed socket: until then it holds the period's lock."""
    deadline = "select count(*) from pg_stat_activity where state = 'idle in transaction' and pid <> pg_backend_pid()"
    for _attempt in range(200):
        if province.rows(deadline)[0]["count"] == 0:
            return
        province.execute("select pg_sleep(0.02)")
    raise AssertionError("a killed process kept its transaction")


def published_figures(province: Province) -> list[tuple[object, ...]]:
    rows = province.rows(
        "select revision, unit_code, scope, metric_id, numerator, denominator, status, rank from bi.compliance_ytd"
        " order by metric_id, scope, unit_code"
    )
    return [tuple(row.values()) for row in rows]


def steps(province: Province, publication_id: int | None) -> dict[str, Step]:
    period = province.jurisdiction.period("2019-04")
    number = publication_id or 0
    return {
        "build": lambda connection: publication.build(
            connection, province.jurisdiction, period, kind="official", reason="monthly report", requested_by="a test"
        ),
        "check": lambda connection: publication.check(connection, number),
        "approve": lambda connection: publication.approve(connection, number, "the head of the office", {}),
        "publish": lambda connection: publication.publish(connection, number, province.exports_root),
    }


def test_a_month_killed_at_every_step_and_run_again_is_the_month_never_killed(open_province: Province) -> None:
    open_province.deliver("y_te", "2019-04", online(3), direct(4))
    open_province.deliver("yen_the", "2019-04", direct(4, commune="07243"))
    undisturbed = open_province.build("2019-04")
    content_hash = open_province.stored(undisturbed)["content_hash"]
    number: int | None = None
    for name in ("build", "check", "approve", "publish"):
        for _time in range(2):
            run_and_kill(open_province, steps(open_province, number)[name])
        wait_until_the_server_noticed(open_province)
        assert published_figures(open_province) == []
        with open_province.engine.begin() as connection:
            result = steps(open_province, number)[name](connection)
        number = result if name == "build" else number
    assert result == PublishResult(number, "2019-04", 1, is_new=True)
    assert open_province.stored(number)["content_hash"] == content_hash  # type: ignore[arg-type]
    states = open_province.rows("select publication_id, state from ops.publication order by publication_id")
    assert [tuple(row.values()) for row in states] == [(undisturbed, "replaced"), (number, "published")]
    assert len(published_figures(open_province)) == 4 * (7 + 2 * 2)


ALL_FILES = {f"{view}.csv" for view in VIEWS["official"] if view != "compliance_rollup"} | {"datapackage.json"}


def approved(province: Province) -> int:
    publication_id = province.build("2019-04")
    province.check(publication_id)
    province.approve(publication_id)
    return publication_id


def shown(province: Province) -> dict[str, set[str]]:
    """What people find in the month's folder, hidden folders too."""
    month = province.exports_root / "calendar" / "2019-04"
    return {folder.name: {path.name for path in folder.iterdir()} for folder in month.iterdir()}


@pytest.mark.parametrize("killed_at", ["compliance_ytd.csv", "datapackage.json", "before the commit"])
def test_files_of_a_publication_that_was_killed_before_its_commit_are_not_where_people_look(
    open_province: Province, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    open_province.deliver("y_te", "2019-04", online(3), direct(4))
    publication_id = approved(open_province)
    module = importlib.import_module("onestop.publication.export")
    write = module._write

    def write_until_killed(path: UPath, content: bytes) -> None:
        if path.name == killed_at:
            path.with_name(f".{path.name}.part").write_bytes(content[: len(content) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        write(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_write", write_until_killed)
        run_and_kill(open_province, steps(open_province, publication_id)["publish"])
    left = shown(open_province)
    assert set(left) == {f".revision-1.{publication_id}"}
    assert "compliance_month.csv" in left[f".revision-1.{publication_id}"]
    wait_until_the_server_noticed(open_province)
    assert open_province.rows("select * from bi.compliance_month") == []
    open_province.release(publication_id)
    assert shown(open_province) == {"revision-1": ALL_FILES}


def test_files_of_what_was_never_published_are_taken_away_by_the_next_publication(open_province: Province) -> None:
    open_province.deliver("y_te", "2019-04", online(3), direct(4))
    run_and_kill(open_province, steps(open_province, approved(open_province))["publish"])
    wait_until_the_server_noticed(open_province)
    open_province.deliver("y_te", "2019-04", online(9, name="late"))
    open_province.publish("2019-04")
    assert shown(open_province) == {"revision-1": ALL_FILES}


@pytest.mark.parametrize("moves", range(7))
def test_files_that_a_kill_after_the_commit_left_hidden_appear_the_next_time(
    open_province: Province, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    open_province.deliver("y_te", "2019-04", online(3), direct(4))
    publication_id = approved(open_province)
    with open_province.engine.begin() as connection:
        publication.publish(connection, publication_id, open_province.exports_root)
    rename = Path.rename
    left = itertools.count(moves, -1)

    def rename_until_killed(self: Path, target: Path) -> Path:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename_until_killed)
        run_and_kill(
            open_province,
            lambda connection: publication.reveal(connection, publication_id, open_province.exports_root),
        )
    halfway = shown(open_province).get("revision-1", set())
    assert ("datapackage.json" in halfway) == (halfway == ALL_FILES)
    wait_until_the_server_noticed(open_province)
    assert open_province.release(publication_id).revision == 1
    assert shown(open_province) == {"revision-1": ALL_FILES}


def test_files_that_are_lost_are_written_again_and_those_of_a_revision_in_between_stay_away(
    open_province: Province,
) -> None:
    for count in (1, 2):
        open_province.deliver("y_te", "2019-04", direct(count))
        open_province.publish("2019-04")
    for revision in (1, 2):
        shutil.rmtree(open_province.exports_root / "calendar" / "2019-04" / f"revision-{revision}")
    with open_province.engine.begin() as connection:
        ids = connection.scalars(text("select publication_id from ops.publication order by 1")).all()
        revealed = [publication.reveal(connection, number, open_province.exports_root) for number in ids]
    assert [folder and folder.name for folder in revealed] == [None, "revision-2"]
    assert shown(open_province) == {"revision-2": ALL_FILES}


def test_a_step_whose_transaction_is_rolled_back_leaves_nothing(open_province: Province) -> None:
    open_province.deliver("y_te", "2019-04", online(3), direct(4))
    before = open_province.rows("select * from ops.publication")
    with open_province.engine.begin() as connection:
        savepoint = connection.begin_nested()
        for _time in range(2):
            number = steps(open_province, None)["build"](connection)
        steps(open_province, number)["check"](connection)
        savepoint.rollback()
        assert connection.scalar(text("select count(*) from mart.compliance_month")) == 0
    assert open_province.rows("select * from ops.publication") == before
