"""Where a crash may strike: the moments of a month at which a worker is made to stand still.

The hooks are put into the process that is going to be hit, never into the product.
"""

from __future__ import annotations

import importlib
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, event

_TOLD, _SENT = "tests_slow.crashes.month:told", "tests_slow.crashes.month:sent"
FAULTS = WORKER, SESSION, SERVER = "worker_killed", "session_terminated", "server_crashed"


@dataclass(frozen=True)
class Point:
    """A moment: before or after a function is called, or a statement is executed, for the nth time in a task."""

    task: str
    name: str
    """What has been reached, as the test's id shows it."""
    target: str
    """`module:name` of a function as its caller finds it, or a regular expression that the statement matches."""
    when: Literal["before", "after"] = "before"
    nth: int = 1
    faults: tuple[str, ...] = FAULTS
    """Which are tried: where no session has anything open, its end changes nothing."""
    a_mail_again_after: tuple[str, ...] = ()
    """Faults after which one mail is sent a second time: delivery is at least once."""

    @property
    def id(self) -> str:
        """As in the report of a test run."""
        return f"{self.task}:{self.name}"


COLLECTING = (
    Point("pull", "half of the object written", "onestop.landing.store:_to_disk", faults=(WORKER,)),
    Point("pull", "object there, no manifest", "onestop.landing.store:_write_small", faults=(WORKER,)),
    Point("pull", "manifest there, not registered", r"insert into ops\.delivery"),
    Point("pull", "registered, not committed", r"insert into ops\.pull_attempt"),
    Point("pull", "done, Airflow not told", _TOLD, faults=(WORKER,)),
    Point("load", "in the middle of the COPY", "onestop.reading.load:_Stream.read", nth=2),
    Point("load", "copied, not committed", r"update ops\.delivery set state = 'loaded'"),
    Point("load", "done, Airflow not told", _TOLD, faults=(WORKER, SERVER)),
    Point("check", "begun", "onestop.contracts.check:judge"),
    Point("check", "rows judged, not committed", "onestop.contracts.check:judge", "after"),
    Point("check", "month about to be made", r"core\.create_partitions"),
    Point("check", "before Great Expectations", "onestop.contracts.decision:decide"),
    Point("check", "expectations stored, not committed", r"insert into quarantine\.row"),
    Point("check", "quarantine written, not committed", "onestop.warehouse:merge"),
    Point("merge", "rows compared", r"update core\.dossier_version as held"),
    Point("merge", "old versions closed", r"core\.create_partitions", nth=2),
    Point("merge", "new month filled, not attached", r"core\.attach_partition"),
    Point("merge", "some versions written", r"insert into core\.dossier_version\b", "after"),
    Point("merge", "all written, not committed", r"update ops\.delivery set state = 'accepted'", "after"),
    Point("check", "done, Airflow not told", _TOLD, faults=(WORKER,)),
)
"""Of `pull`, `load` and `check`; merging is the end of `check`."""

PUBLISHING = (
    Point("build", "older month indexed, not committed", r"core\.index_partition", "after"),
    Point("build", "earlier months counted, not committed", r"merge into core\.counted_dossier", "after", nth=2),
    Point("build", "half of the marts filled", r"insert into mart\.form_06a"),
    Point("build", "built, not committed", r"set content_hash", "after"),
    Point("build", "done, Airflow not told", _TOLD, faults=(WORKER,)),
    Point("inspect", "findings stored, not committed", r"checked_at = clock_timestamp", "after"),
    Point("inspect", "done, Airflow not told", _TOLD, faults=(WORKER,)),
    Point("approve", "approved, not committed", r"state = 'approved'", "after"),
    Point("switch", "switched, no file written", "onestop.publication.revision:stage"),
    Point("export", "some files written", "onestop.publication.export:_write", nth=3),
    Point("export", "all files written, not committed", "onestop.publication.revision:stage", "after"),
    Point("export", "committed, files hidden", "onestop.publication:reveal"),
    Point("export", "some files moved", "upath.implementations.local:PosixUPath.rename", nth=24, faults=(WORKER,)),
    Point("export", "seen, indexes not looked at", r"has no indexes so far"),
    Point("export", "done, Airflow not told", _TOLD, faults=(WORKER,)),
    Point("alert", "alerts judged, mails not written", "onestop.notice:queue"),
    Point("alert", "mails written, not committed", r"set told_change", "after"),
    Point("alert", "mails committed, none sent", "onestop.notice:deliver"),
    # A worker that lives sends the mail, and cannot mark it.
    Point("alert", "first mail about to be sent", _SENT, a_mail_again_after=(SESSION, SERVER)),
    Point("alert", "first mail sent, not marked", _SENT, "after", a_mail_again_after=FAULTS),
    Point("alert", "first mail marked", r"for update skip locked", nth=2),
    Point("alert", "done, Airflow not told", _TOLD, faults=(WORKER,)),
)
"""Of `measure` (build), `inspect`, `publish` (approve, switch, export) and `notify` (alert)."""

TASK_OF = {
    "merge": "check", "build": "measure", "approve": "publish", "switch": "publish", "export": "publish",
    "alert": "notify",
}  # fmt: skip
"""The task of a step that is not one itself."""


def stand_still_at(point: Point, halt: Callable[[], None]) -> Callable[[str], None]:
    """Have this process call `halt` when it comes to the point; return what is to be told which task begins."""
    current = [""]
    passes = itertools.count(1)

    def arrive() -> None:
        if current[0] == TASK_OF.get(point.task, point.task) and next(passes) == point.nth:
            halt()

    if ":" in point.target:
        _wrap(point, arrive)
    else:

        def on_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if re.search(point.target, statement):
                arrive()

        event.listen(Engine, f"{point.when}_cursor_execute", on_statement)
    return lambda task: current.__setitem__(0, task)


def _wrap(point: Point, arrive: Callable[[], None]) -> None:
    module_name, _, path = point.target.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module_name)
    for part in owners:
        owner = getattr(owner, part)
    wrapped = getattr(owner, name)

    def standing(*arguments: Any, **named: Any) -> Any:
        if point.when == "before":
            arrive()
        result = wrapped(*arguments, **named)
        if point.when == "after":
            arrive()
        return result

    setattr(owner, name, standing)
