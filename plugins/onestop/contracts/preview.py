"""What would become of a file, before it is delivered: the same reading and judging, of which nothing remains."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from onestop.contracts.decision import decide
from onestop.contracts.expectations import Outcome, imported_meanwhile
from onestop.contracts.judging import Subject, Tables, judge
from onestop.reading.known import beside_fields
from onestop.reading.load import load_parts
from onestop.reading.refusal import DeliveryRefused, Reason
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction, Period, Source


@dataclass(frozen=True)
class FailingRow:
    """A record that would be refused: its text by canonical field, without personal data, and why."""

    row_number: int
    raw: dict[str, str]
    reasons: list[dict[str, Any]]


@dataclass(frozen=True)
class Preview:
    """What would become of a file. `refusals` is empty when the delivery would be accepted."""

    record_count: int
    accepted_count: int
    refusals: tuple[Reason, ...]
    failing_rows: tuple[FailingRow, ...]
    outcomes: tuple[Outcome, ...]


def preview(
    connection: Connection,
    source: Source,
    jurisdiction: Jurisdiction,
    period: Period,
    file: Path | BinaryIO,
    *,
    observed_at: datetime,
    row_limit: int = 1000,
) -> Preview:
    """Judge a file as if `source` had delivered it for `period` at `observed_at`, and leave nothing behind.

    At most `row_limit` failing rows are returned; the counts are of all. Commits its own transactions: the staging
    tables have a name of their own and are removed at the end.
    """
    tables = Tables(f"staging.preview_{uuid.uuid4().hex[:16]}")
    subject = Subject(source, jurisdiction, period.code, observed_at)
    try:
        try:
            with file.open("rb") if isinstance(file, Path) else nullcontext(file) as stream:
                progress = load_parts(
                    connection,
                    source,
                    _one(file.name if isinstance(file, Path) else "upload", stream),
                    tables.staging,
                    subject.where,
                    secrets.token_bytes(32),  # what is hashed is thrown away: nobody needs to know it again
                    placeholders=jurisdiction.contracts.placeholder_identities,
                )
        except DeliveryRefused as refusal:
            return Preview(0, 0, refusal.reasons, (), ())
        with imported_meanwhile():
            judge(connection, subject, tables, progress.row_number)
            connection.commit()
        outcomes, refusal_by_contract = decide(connection, subject, tables)
        rows = connection.execute(
            statement("quarantine/row_preview.sql", staging=tables.staging, typed=tables.typed),
            {"row_limit": row_limit, "beside_fields": beside_fields(subject.dataset)},
        )
        failing = tuple(FailingRow(row.row_number, row.raw, row.reasons) for row in rows)
        counts = connection.execute(statement("staging/counts.sql", summary=tables.summary)).one()
        return Preview(
            record_count=counts.record_count,
            accepted_count=counts.accepted_count,
            refusals=refusal_by_contract.reasons if refusal_by_contract else (),
            failing_rows=failing,
            outcomes=tuple(outcomes),
        )
    finally:
        with suppress(DBAPIError):  # a connection that is gone: its error says more than this would
            connection.rollback()
            tables.drop(connection)
            connection.commit()


def _one(name: str, stream: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    yield name, stream
