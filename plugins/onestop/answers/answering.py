"""The answer to a delivery, written in the transaction that decides on it: files, mail, and what was told."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from onestop.answers.files import Told, write_files
from onestop.answers.findings import Finding, of_delivery, of_rows
from onestop.answers.mail import compose
from onestop.answers.wording import say_in
from onestop.jurisdiction.shape import text_of
from onestop.reading.load import stored_delivery
from onestop.reading.refusal import catalogue
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from upath import UPath

    from onestop.contracts.judging import Subject, Tables
    from onestop.jurisdiction import Jurisdiction, Source
    from onestop.reading import DeliveryRefused
    from onestop.reading.refusal import Reason

ROUTE = "delivery_answer"
"""The route of these mails in ops.notice: to the source's contact, by no rule of routes.yaml."""


@dataclass(frozen=True)
class Answers:
    """Answers deliveries. `root`: folder or fsspec URL of the error files; `data_docs_root`: that of result pages.

    Called by the contracts with a judged delivery, whose connection is in the transaction of the decision. What is
    written again by a task that died, or by a replay, takes the place of what was there; the mail goes out once.
    """

    jurisdiction: Jurisdiction
    root: str | Path | UPath
    data_docs_root: Path

    def __call__(
        self, connection: Connection, subject: Subject, tables: Tables, reasons: Collection[Reason], page: Path | None
    ) -> None:
        """Answer a judged delivery; `reasons`: why it is refused as a whole."""
        counts = connection.execute(statement("staging/summary_read.sql", summary=tables.summary)).mappings().one()
        refused = int(counts["record_count"] - counts["accepted_count"])
        findings = itertools.chain(
            of_delivery(reasons, subject.contract, self.jurisdiction.language), of_rows(connection, subject, tables)
        )
        self._answer(
            connection, subject.source, subject.period, subject.delivery_id or 0, findings,
            record_count=int(counts["record_count"]), refused_count=refused, page=page,
        )  # fmt: skip

    def unreadable(self, connection: Connection, source: Source, delivery_id: int, refusal: DeliveryRefused) -> None:
        """Answer a delivery that could not even be read, in the connection's transaction."""
        delivery = stored_delivery(connection, delivery_id)
        findings = of_delivery(refusal.reasons, catalogue(source.dataset), self.jurisdiction.language)
        self._answer(
            connection, source, delivery.period, delivery_id, findings, record_count=None, refused_count=0, page=None
        )

    def _answer(
        self,
        connection: Connection,
        source: Source,
        period: str,
        delivery_id: int,
        findings: Iterable[Finding],
        *,
        record_count: int | None,
        refused_count: int,
        page: Path | None,
    ) -> None:
        language = self.jurisdiction.language
        say = say_in(language)
        dataset = catalogue(source.dataset).title_vi if language == "vi" else source.dataset.replace("_", " ")
        about = [
            (say("about_source"), text_of(source, "title", language)),
            (say("about_dataset"), dataset),
            (say("about_period"), period),
            (say("about_delivery"), str(delivery_id)),
            (say("about_records"), say("about_unreadable") if record_count is None else str(record_count)),
            (say("about_refused"), str(refused_count)),
        ]
        label = self.jurisdiction.texts.get(f"data_label_{language}")
        if label:
            about.append((say("about_note"), label))
        told = write_files(self.root, source.id, period, delivery_id, about, findings, say)
        notice_id = None
        if told.is_to_be_corrected:
            notice_id = self._queued(connection, source, period, delivery_id, told, record_count, refused_count)
        values: dict[str, Any] = {
            "delivery_id": delivery_id,
            "files": told.files,
            "told_count": told.counts.total(),
            "data_docs_path": None if page is None else str(page.relative_to(self.data_docs_root)),
            "notice_id": notice_id,
        }
        connection.execute(statement("ops/delivery_answer.sql").bindparams(bindparam("files", type_=JSONB)), values)

    def _queued(  # noqa: PLR0917 - what the mail says, in its order
        self,
        connection: Connection,
        source: Source,
        period: str,
        delivery_id: int,
        told: Told,
        record_count: int | None,
        refused_count: int,
    ) -> int | None:
        """Write the mail to the outbox, unless the delivery has been answered by one before; return its id."""
        if source.contact is None or source.contact.email is None:
            return None
        key = f"delivery:{delivery_id}"
        known = connection.scalar(text("select notice_id from ops.notice where dedup_key = :key"), {"key": key})
        if known is not None:
            return int(known)
        mail = compose(
            self.jurisdiction, source, period, delivery_id, told, record_count=record_count, refused_count=refused_count
        )
        written = connection.scalars(
            statement("ops/notice_insert.sql"),
            {
                "dedup_key": key,
                "route": ROUTE,
                "recipient": source.contact.email,
                "subject": mail.subject,
                "body_text": mail.body_text,
                "body_html": mail.body_html,
                "alert_ids": [],
                "publication_id": None,
            },
        )
        return written.one_or_none()
