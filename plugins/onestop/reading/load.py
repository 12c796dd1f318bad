"""From the landing zone into staging: one stream of text columns by COPY, applicants as keyed hashes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import orjson
import psycopg2
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from onestop.jurisdiction.datasets import DATASETS, Dataset
from onestop.reading.ahead import ahead
from onestop.reading.copy_columns import packed_columns
from onestop.reading.csv_blocks import Table
from onestop.reading.identity import ApplicantHasher
from onestop.reading.known import Known, tell
from onestop.reading.records import Parts, Progress, layout_of, read_rows
from onestop.reading.refusal import DeliveryRefused, Reason, catalogue, filled, reason
from onestop.reading.rows import Note, Rows, Unreadable
from onestop.reading.text import INVISIBLE, unescaped
from onestop.warehouse.merge_versions import hold_decisions
from onestop.warehouse.sql import identifier, statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Source
    from onestop.landing import Landing

LOCK_CLASS = 20190
"""First key of the advisory locks on deliveries; the second is the delivery's id."""

DELIMITER = "\x1f"
_BATCH_ROWS = 4096
_BATCH_CHARACTERS = 1 << 20
_TOLD_NOTES = 20
_EDGES = (f" {DELIMITER}", f"{DELIMITER} ", "\t", "\r", "\f", "\v", *INVISIBLE)
_SPACES = rf"[ \t\r\n\f\v{INVISIBLE}]+"  # \s would take the delimiter too
_RAGGED_EDGE = re.compile(rf"{_SPACES}(?=\x1f)|(?<=\x1f){_SPACES}")


@dataclass(frozen=True)
class LoadResult:
    """How many records a delivery has, readable or not."""

    record_count: int


class DeliveryUnknown(LookupError):  # noqa: N818 - named by what happened
    """No such delivery in ops.delivery."""


def staging_table(delivery_id: int, dataset: str = "dossier") -> str:
    """Return the name of the table that a delivery's records are loaded into."""
    return f"staging.{dataset}_{delivery_id}"


def column_count(dataset: Dataset) -> int:
    """Return how many columns a staging table has: number, fields, applicant's key, what is known, problem."""
    return 1 + len(dataset.fields) + 1 + len(dataset.known_columns) + 1


@contextmanager
def held_delivery(connection: Connection, delivery_id: int) -> Iterator[None]:
    """Hold a delivery for oneself, over several transactions; another process that wants it waits.

    The lock belongs to the session: it goes when the process dies.
    """
    key = {"class": LOCK_CLASS, "id": delivery_id}
    connection.execute(text("select pg_advisory_lock(:class, :id)"), key)
    connection.commit()
    try:
        yield
    finally:
        with suppress(DBAPIError):  # a session that is gone holds no lock
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:class, :id)"), key)
            connection.commit()


@dataclass(frozen=True)
class StoredDelivery:
    """A delivery's row in ops.delivery, as far as loading and checking need it."""

    delivery_id: int
    source_id: str
    dataset: str
    period: str
    manifest_path: str
    state: str
    declared_count: int | None
    record_count: int | None
    accepted_count: int | None
    quarantined_count: int | None
    observed_at: datetime
    is_full: bool
    reasons: list[dict[str, Any]] | None

    @property
    def staging(self) -> str:
        """The name of its staging table."""
        return staging_table(self.delivery_id, self.dataset)

    @property
    def where(self) -> str:
        """Which delivery this is, as messages begin."""
        return f"{self.source_id} {self.period}, delivery {self.delivery_id}"

    def require_not_rejected(self) -> None:
        """Raise the refusal that was decided before, if there was one."""
        if self.state == "rejected":
            raise DeliveryRefused([Reason(**stored) for stored in self.reasons or []])


def stored_delivery(connection: Connection, delivery_id: int) -> StoredDelivery:
    """Return a delivery; raises DeliveryUnknown."""
    row = connection.execute(
        text(
            "select delivery_id, source_id, dataset, period, coalesce(manifest_path, object_path), state,"
            " declared_count, record_count, accepted_count, quarantined_count, observed_at, is_full, reasons"
            " from ops.delivery where delivery_id = :id"
        ),
        {"id": delivery_id},
    ).one_or_none()
    if row is None:
        raise DeliveryUnknown(f"Delivery {delivery_id} is not in ops.delivery. Register its manifest first.")
    return StoredDelivery(*row)


def load(
    connection: Connection,
    source: Source,
    landing: Landing,
    delivery_id: int,
    *,
    identity_key: bytes,
    placeholders: Collection[str] = (),
) -> LoadResult:
    """Load a delivery's records into `staging.<dataset>_<delivery_id>` and return how many there are.

    `placeholders`: identity numbers that stand for nobody, beside those that are known for it.
    Safe to run again, whenever it was killed: the table is made anew in one transaction. Commits its own transactions,
    so `connection` must not stand in a `begin()` block. A delivery that was decided already is left as it is.
    Raises DeliveryRefused when the bytes are not what the source's configuration or the source itself says (a column
    missing, cut off, another encoding, another number of records than declared): state and reasons are stored then.
    """
    with held_delivery(connection, delivery_id):
        delivery = stored_delivery(connection, delivery_id)
        delivery.require_not_rejected()
        if delivery.state == "accepted":
            return LoadResult(delivery.record_count or 0)
        try:
            progress = stage(
                connection, source, landing, delivery, identity_key=identity_key, placeholders=placeholders
            )
        except DeliveryRefused as refusal:
            connection.rollback()
            reject(connection, delivery_id, refusal)
            raise
        connection.execute(
            text(
                "update ops.delivery set state = 'loaded', record_count = :count, loaded_at = clock_timestamp()"
                " where delivery_id = :id"
            ),
            {"count": progress.row_number, "id": delivery_id},
        )
        connection.commit()
        return LoadResult(progress.row_number)


def stage(
    connection: Connection,
    source: Source,
    landing: Landing,
    delivery: StoredDelivery,
    *,
    identity_key: bytes,
    placeholders: Collection[str] = (),
) -> Progress:
    """Copy a delivery's records into its staging table, in the connection's transaction, and store what was noted.

    Raises DeliveryRefused; how the delivery stands is not changed.
    """
    manifest = landing.read_manifest(delivery.manifest_path)
    parts = ((info.name, stream) for info, stream in landing.open_parts(manifest))
    progress = load_parts(
        connection, source, parts, delivery.staging, delivery.where, identity_key, placeholders=placeholders
    )
    _require_declared_counts(delivery, progress)
    _store_notes(connection, delivery.delivery_id, progress)
    return progress


def reject(connection: Connection, delivery_id: int, refusal: DeliveryRefused, record_count: int | None = None) -> None:
    """Store that a delivery is refused and why, remove its staging table, and commit."""
    hold_decisions(connection, stored_delivery(connection, delivery_id).dataset)
    connection.execute(
        text(
            "update ops.delivery set state = 'rejected', reasons = :reasons, decided_at = clock_timestamp(),"
            " decided_by = 'contract', decision_note = null, record_count = coalesce(:count, record_count)"
            " where delivery_id = :id"
        ).bindparams(bindparam("reasons", type_=JSONB)),
        {"id": delivery_id, "count": record_count, "reasons": [item.as_json() for item in refusal.reasons]},
    )
    table = stored_delivery(connection, delivery_id).staging
    connection.execute(statement("staging/drop_table.sql", table=table))
    connection.commit()


def load_parts(  # noqa: PLR0917 - each is named by its type and its place in the way of a delivery
    connection: Connection,
    source: Source,
    parts: Parts,
    table: str,
    where: str,
    identity_key: bytes,
    *,
    placeholders: Collection[str] = (),
) -> Progress:
    """Make `table` anew and stream the parts' records into it, in the connection's transaction.

    `placeholders`: identity numbers that stand for nobody, beside those that are known for it.
    """
    progress = Progress()
    dataset = DATASETS[source.dataset]
    layout = replace(layout_of(source, (*dataset.fields, *dataset.identity)), gives_tables=True)
    rows = read_rows(layout, parts, where, progress)
    connection.execute(statement("staging/drop_table.sql", table=table))
    connection.execute(
        statement(
            "staging/record.sql", staging=table, fields=dataset.fields, moments=dataset.moments, marks=dataset.marks
        )
    )
    tell(connection, source, table)
    hasher = ApplicantHasher(identity_key, placeholders) if dataset.identity else None
    known = Known(connection, source) if dataset.known_columns and layout.format_kind == "csv" else None
    with (
        ahead(batches(rows, progress, dataset, hasher, where, known)) as blocks,
        closing(connection.connection.cursor()) as raw_cursor,
    ):
        stream = _Stream(blocks)
        cursor = cast("Any", raw_cursor)
        try:
            cursor.copy_expert(
                f"copy {identifier(table)} from stdin with (format text, delimiter E'\\x1f', null '', freeze)",
                stream,
                1 << 20,
            )
        except psycopg2.Error:
            # What stops the stream comes back as a cancelled query, with its own reason lost.
            if stream.failure is not None:
                raise stream.failure from None
            raise
    return progress


def _store_notes(connection: Connection, delivery_id: int, progress: Progress) -> None:
    """Store what was found out or left out while reading as warnings of the delivery, one a rule."""
    notes: dict[str, list[Note]] = {}
    for note in progress.notes:
        notes.setdefault(note.rule, []).append(note)
    for rule_id, told in notes.items():
        rule = catalogue().rule(rule_id)
        seen = "; ".join(f"{note.seen} ({note.count:,})" for note in told[:_TOLD_NOTES])
        connection.execute(
            statement("ops/expectation_result_write.sql"),
            {
                "delivery_id": delivery_id,
                "expectation": rule.id,
                "severity": rule.severity,
                "is_met": False,
                "observed": sum(note.count for note in told),
                "expected": rule.expected_vi,
                "checked_count": progress.row_number,
                "failing_count": None,
                "message_vi": f"{rule.expected_vi}; thực tế: {seen}.",
                "remedy_vi": rule.remedy_vi,
            },
        )


def _require_declared_counts(delivery: StoredDelivery, progress: Progress) -> None:
    declared = {count for count in (delivery.declared_count, progress.declared_count) if count is not None}
    if declared - {progress.row_number}:
        stated = " and ".join(f"{count:,}" for count in sorted(declared))
        raise DeliveryRefused(
            [
                reason(
                    "declared_count_differs",
                    where=delivery.where,
                    seen=f"{progress.row_number:,} records, {stated} declared",
                    value=str(progress.row_number),
                    texts={"declared": stated},
                )
            ]
        )


def batches(  # noqa: PLR0917 - in the order in which a record meets them
    rows: Rows,
    progress: Progress,
    dataset: Dataset,
    hasher: ApplicantHasher | None,
    where: str,
    known: Known | None = None,
) -> Iterator[bytes]:
    """Give the rows as blocks of COPY's text format: number, fields, applicant key, what is known, problem.

    Without a hasher (a dataset that tells of nobody) keys are empty. Of records that come one by one, and without
    `known`, nothing is known beside their texts.
    """
    join, unknown = DELIMITER.join, DELIMITER * len(dataset.known_columns)
    field_count, columns = len(dataset.fields), column_count(dataset)
    lines: list[str] = []
    characters = 0
    for cells in rows:
        number = progress.row_number + 1
        if isinstance(cells, Table):
            if lines:
                yield _packed(lines, where, columns)
                lines, characters = [], 0
            progress.row_number += len(cells)
            keys = None if hasher is None else hasher.staged_columns(*cells.columns[-3:])
            fields = Table(cells.columns[:field_count])
            yield packed_columns(fields, number, keys, DELIMITER, known, len(dataset.known_columns))
            continue
        progress.row_number = number
        if isinstance(cells, Unreadable):
            line = _unreadable(number, cells, columns)
        else:
            key = "" if hasher is None else hasher.staged(cells[-3], cells[-2], cells[-1])
            line = f"{number}\x1f{join(cells[:field_count])}\x1f{key}{unknown}\x1f"
        lines.append(line)
        characters += len(line)
        if characters > _BATCH_CHARACTERS or len(lines) == _BATCH_ROWS:
            yield _packed(lines, where, columns)
            lines, characters = [], 0
    if lines:
        yield _packed(lines, where, columns)


def _packed(lines: list[str], where: str, columns: int) -> bytes:
    """Return lines as COPY reads them. Each repair looks first whether any line of the block needs it."""
    block = "\n".join(lines)
    if block.count(DELIMITER) != len(lines) * (columns - 1):
        lines = [_without_stray_delimiters(line, columns) for line in lines]
        block = "\n".join(lines)
    if "&" in block and unescaped(block) != block:
        lines = [unescaped(line) for line in lines]
        block = "\n".join(lines)
    if any(edge in block for edge in _EDGES) or block.count("\n") != len(lines) - 1:
        lines = [_RAGGED_EDGE.sub("", line) for line in lines]
        block = "\n".join(lines)
    if "\\" in block or "\r" in block or block.count("\n") != len(lines) - 1:
        lines = [line.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") for line in lines]
        block = "\n".join(lines)
    if "\0" in block:
        number = next(line for line in lines if "\0" in line).split(DELIMITER, 1)[0]
        raise DeliveryRefused(
            [reason("character_null", where=f"{where}, record {number}", seen="the byte 0x00", value=number)]
        )
    return (unicodedata.normalize("NFC", block) + "\n").encode("utf-8", "replace")


def _unreadable(number: int, problem: Unreadable, columns: int) -> str:
    rule = catalogue().rule(problem.rule)
    expected = filled(rule.expected_vi, {"expected": problem.expected})
    stored = {
        "rule": rule.id,
        "field": rule.field,
        "value": problem.value,
        "expected": expected,
        "remedy": rule.remedy_vi,
    }
    return f"{number}{DELIMITER * (columns - 1)}{orjson.dumps(stored).decode()}"


def _without_stray_delimiters(line: str, columns: int) -> str:
    if line.count(DELIMITER) == columns - 1:
        return line
    return _unreadable(int(line.split(DELIMITER, 1)[0]), Unreadable("record_malformed", "U+001F"), columns)


class _Stream:
    """Blocks of bytes as the file that COPY reads from."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")
        self.failure: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        if not self._rest:
            try:
                self._rest = memoryview(next(self._blocks, b""))
            except Exception as error:
                self.failure = error
                raise
        taken, self._rest = self._rest[:size], self._rest[size:]
        return bytes(taken)
