"""What a preview says, for the page: counts, why a file is refused, and the rows that would be sent back."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from onestop import contracts
from onestop.landing import observed_moment

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from onestop.contracts import Preview
    from onestop.jurisdiction import Jurisdiction, Period, Source

ROWS_SHOWN = 50
COPY_BYTES = 1 << 20
PREVIEWS_AT_ONCE = 2
"""Reading a workbook takes a processor and memory; the rest wait their turn."""
_turns = threading.BoundedSemaphore(PREVIEWS_AT_ONCE)


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong: the officer's own column, the value, what was expected, what to do."""

    column: str
    value: str
    expected: str
    remedy: str


@dataclass(frozen=True)
class FailingRow:
    """A row that would be sent back; `number` counts records from 1."""

    number: int
    dossier_code: str
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True)
class Finding:
    """What would become of the file."""

    record_count: int
    accepted_count: int
    refusals: tuple[Complaint, ...]
    warnings: tuple[Complaint, ...]
    rows: tuple[FailingRow, ...]

    @property
    def refused_count(self) -> int:
        """Records that would be sent back."""
        return self.record_count - self.accepted_count


def look_at(  # noqa: PLR0917 - the parts of the question
    engine: Engine,
    jurisdiction: Jurisdiction,
    source: Source,
    period: Period,
    content: BinaryIO,
    now: datetime,
) -> Finding:
    """Judge an uploaded file as if it had been delivered. Nothing of it stays in the warehouse, nor, whenever the
    process ends, on the disk: the copy that is read has no name.
    """
    with _turns, tempfile.TemporaryFile() as copy:
        content.seek(0)
        while chunk := content.read(COPY_BYTES):
            copy.write(chunk)
        copy.seek(0)
        with engine.connect() as connection:
            seen = contracts.preview(
                connection,
                source,
                jurisdiction,
                period,
                copy,
                observed_at=observed_moment(source, period, now),
                row_limit=ROWS_SHOWN,
            )
    return _finding(source, seen)


def _finding(source: Source, seen: Preview) -> Finding:
    refusals = tuple(_complaint(source, reason.as_json()) for reason in seen.refusals)
    warnings = tuple(
        Complaint(
            column=_column(source, outcome.expectation.rule.field),
            value="" if outcome.observed is None else f"{outcome.observed.normalize():f}",
            expected=outcome.expectation.expected_vi,
            remedy=outcome.expectation.remedy_vi,
        )
        for outcome in seen.outcomes
        if not outcome.is_met and outcome.expectation.rule.severity == "warn"
    )
    rows = tuple(
        FailingRow(
            row.row_number,
            row.raw.get("dossier_code") or "",
            tuple(_complaint(source, reason) for reason in row.reasons),
        )
        for row in seen.failing_rows
    )
    return Finding(seen.record_count, seen.accepted_count, refusals, warnings, rows)


def _complaint(source: Source, reason: dict[str, Any]) -> Complaint:
    return Complaint(
        column=_column(source, reason.get("field")),
        value=str(reason.get("value") or "")[:200],
        expected=reason["expected"],
        remedy=reason["remedy"],
    )


def _column(source: Source, field: str | None) -> str:
    """Return what the officer calls a field: the column in their own file."""
    columns: dict[str, str] = {str(name): column for name, column in source.fields.items()}
    return columns.get(field, field) if field else ""
