"""From the landing zone into staging: one stream of text columns by COPY, applicants as keyed hashes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import psycopg2
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from onestop.jurisdiction.datasets import DATASETS
from onestop.reading.ahead import ahead
from onestop.reading.copy_lines import batches
from onestop.reading.identity import ApplicantHasher
from onestop.reading.known import Known, tell
from onestop.reading.records import Parts, Progress, layout_of, read_rows
from onestop.reading.refusal import DeliveryRefused, Reason, catalogue, reason
from onestop.reading.rows import Note
from onestop.warehouse.merge_versions import hold_decisions
from onestop.warehouse.sql import identifier, statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Source
    from onestop.landing import Landing

LOCK_CLASS = 20190
"""First key of the advisory locks on deliveries; the second is the delivery's id."""

_TOLD_NOTES = 20


@dataclass(frozen=True)
class LoadResult:
    """How many records a delivery has, readable or not."""

    record_count: int


class DeliveryUnknown(LookupError):  # noqa: N818 - named by what happened
    """No such delivery in ops.delivery."""


def staging_table(delivery_id: int, dataset: str = "dossier") -> str:
    """Return the name of the table that a delivery's records are loaded into."""
    return f"staging.{dataset}_{delivery_id}"


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
