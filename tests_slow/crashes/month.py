"""A month of the small province by the pipeline's own steps, each as its task calls it; and all that is left of it."""

from __future__ import annotations

import csv
import hashlib
import json
import smtplib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text

from onestop.jurisdiction import Jurisdiction
from onestop.notice import Notice
from onestop.pipeline import Pipeline
from onestop.settings import Settings
from onestop.sources import SourceAccess

PERIOD = "2019-04"
FIRST, CHANGED = "yen_the", "y_te"
"""Source that delivers once; source whose second delivery changes, adds and refuses dossiers."""
COLLECT, PUBLISH = ("pull", "load", "check"), ("measure", "inspect", "publish", "notify")
DOSSIERS = 4200
"""More than one block of the COPY."""

SOURCE_FILE = """\
id: {id}
title_vi: {id}
units: [{unit}]
dataset: dossier
connection_id: {id}
timezone: Asia/Ho_Chi_Minh
state_as_of: pull
expected_from: 2019-01-01
access: {{kind: folder, path: "{{code}}.csv"}}
format: {{kind: csv}}
fields: {{dossier_code: a, procedure_code: b, status: c, received_at: d, finished_at: e, channel: f}}
value_maps: {{channel: {{"1": direct, "2": online}}}}
timestamp_formats: [iso]
"""


def write_delivery(root: Path, source_id: str, version: int) -> None:
    """Write what the source gives: the second time every fifth dossier is another, and some are new or wrong."""
    folder = root / source_id
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{PERIOD}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow("abcdef")
        for number in range(DOSSIERS + 40 * version):
            month, day = (3 if number % 10 == 0 else 4), number * 7 % 20 + 1
            if version and number > DOSSIERS:
                month = 2  # a month of which nothing is known yet
            is_changed = version and number % 5 == 0
            channel = 2 if number % (9 if is_changed else 4) == 0 or (is_changed and number % 10) else 1
            finished = f"2019-04-{day + 5:02d}T09:00:00" if number % 7 else ""
            if version and number % 500 == 499:
                finished = "2019-02-31T09:00:00"
            writer.writerow(
                [f"H02-{number:05d}", "1.000178", 9 if finished else 4, f"2019-{month:02d}-{day:02d}T08:00:00",
                 finished, channel]
            )  # fmt: skip


def told(task: str) -> None:
    """Stand for the message to Airflow that a task has ended well."""


def sent(session: smtplib.SMTP, message: EmailMessage) -> None:
    """Hand a mail to the mail server."""
    session.send_message(message)


@dataclass
class Month:
    """The steps, for one worker. What a task hands on is kept as Airflow keeps it: once the task is told to be done."""

    jurisdiction: Jurisdiction
    settings: Settings
    agencies: Path
    mail_port: int
    source_id: str = CHANGED
    handed_on: dict[str, Any] = field(default_factory=dict)

    def run(self, tasks: Sequence[str], begins: Callable[[str], None] = lambda _: None) -> Iterator[tuple[str, Any]]:
        """Do tasks in their order, and give what each hands on."""
        for task in tasks:
            begins(task)
            pipeline = Pipeline(self.jurisdiction, self.settings, run_id="a month with a crash")
            self.handed_on[task] = getattr(self, f"_{task}")(pipeline)
            told(task)
            pipeline.engine.dispose()
            yield task, self.handed_on[task]

    def _prepare(self, pipeline: Pipeline) -> None:
        pipeline.prepare()

    def _pull(self, pipeline: Pipeline) -> int:
        access = SourceAccess(extra={"root": str(self.agencies / self.source_id)})
        return pipeline.pull(self.source_id, PERIOD, access, pulled_at=datetime.now(UTC), full=True)

    def _load(self, pipeline: Pipeline) -> None:
        pipeline.load(self.source_id, self.handed_on["pull"])

    def _check(self, pipeline: Pipeline) -> None:
        pipeline.check(self.source_id, self.handed_on["pull"], PERIOD)

    def _measure(self, pipeline: Pipeline) -> int:
        return pipeline.measure(PERIOD, kind="official", reason="dossiers collected", requested_by="schedule")

    def _inspect(self, pipeline: Pipeline) -> None:
        pipeline.inspect(self.handed_on["measure"], PERIOD)

    def _publish(self, pipeline: Pipeline) -> int:
        result = pipeline.publish(self.handed_on["measure"], approver="the head of the office", evidence={})
        return result.publication_id

    def _notify(self, pipeline: Pipeline) -> None:
        with smtplib.SMTP("127.0.0.1", self.mail_port) as session:

            def send(notice: Notice) -> None:
                message = EmailMessage()
                message["From"], message["To"] = "onestop@example.invalid", notice.recipient
                message["Subject"] = notice.subject
                message.set_content(notice.body_text)
                sent(session, message)

            pipeline.notify(self.handed_on["publish"], send)


def what_is_left(engine: Engine, settings: Settings, mail_folder: Path) -> dict[str, Any]:
    """Everything that people or later steps can see of a month, without numbers and moments that every try has anew."""
    with engine.connect() as connection:
        left = {name: _rows(connection, query) for name, query in _QUERIES.items()}
    left["files"] = sorted(_files(Path(settings.exports_root)))
    left["landed"] = sorted(
        str(path.relative_to(settings.landing_root))
        for path in Path(settings.landing_root).rglob("*")
        if path.is_file() and not path.name.startswith(".incoming-")  # taken away after a day
    )
    left["mails"] = Counter(mails(mail_folder))
    return left


def mails(folder: Path) -> list[tuple[str, str]]:
    """Recipient and subject of what the mail server has taken."""
    read = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]
    return [(str(mail["To"]), str(mail["Subject"])) for mail in read]


def _rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(map(str, row)) for row in connection.execute(text(query)))


def _files(root: Path) -> Iterator[tuple[str, bool]]:
    """Name every file, and whether it is the one that its package describes."""
    for path in root.rglob("*"):
        if path.is_file():
            package = json.loads((path.parent / "datapackage.json").read_bytes())
            hashes = {one["path"]: one["hash"] for one in package["resources"]}
            is_whole = path.name == "datapackage.json" or (
                hashes[path.name] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
            )
            yield str(path.relative_to(root)), is_whole


_FIGURES = "period, unit_code, scope, metric_id, numerator, denominator, status, rank, reporting_status"
_QUERIES = {
    "versions": """
        select
            owner_unit_code, source_id, known_to = 'infinity', count(*),
            sum(hashtextextended(concat_ws(' ', dossier_code, row_hash, channel, received_at, finished_at), 0))
        from core.dossier_version
        group by 1, 2, 3
    """,
    "partitions": "select inhrelid::regclass from pg_inherits where inhparent = 'core.dossier_version'::regclass",
    "tables left over": "select schemaname, tablename from pg_tables where schemaname = 'staging'",
    "tables of core": "select tablename from pg_tables where schemaname = 'core'",
    "deliveries": """
        select source_id, sha256, state, record_count, accepted_count, quarantined_count, reasons from ops.delivery
    """,
    "quarantine": """
        select source_id, sha256, row_number, refused.reasons
        from quarantine.row as refused inner join ops.delivery using (delivery_id)
    """,
    "expectations": """
        select source_id, sha256, expectation, is_met, observed
        from ops.expectation_result inner join ops.delivery using (delivery_id)
    """,
    "publications": """
        select period, kind, revision, state, approver, content_hash from ops.publication
        where state not in ('built', 'replaced')
    """,
    "findings": """
        select finding, unit_code, message_vi
        from ops.publication_finding inner join ops.publication using (publication_id)
        where state not in ('built', 'replaced')
    """,
    "figures": f"select {_FIGURES} from bi.compliance_month",  # noqa: S608 - columns named above
    "figures of all revisions": f"select revision, {_FIGURES} from bi.compliance_month_revision",  # noqa: S608
    "counts of earlier months": """
        select calendar, period, unit_code, desk, channel, service_level, is_received, resolved_from, dossier_count
        from core.counted_dossier where dossier_count > 0
    """,
    "alerts": "select rule, unit_code, period, state, told_change, resolution from ops.alert",
    "notices": "select route, recipient, subject, state, attempts from ops.notice",
}
