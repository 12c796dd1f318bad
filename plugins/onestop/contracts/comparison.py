"""A full delivery against the source's deliveries before: which records both have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from onestop.warehouse.merge_versions import version_columns
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from decimal import Decimal

    from onestop.contracts.judging import Subject, Tables


@dataclass(frozen=True)
class Brought:
    """What deliveries of dossiers have brought, counted: equal as long as they have brought the same dossiers.

    Their versions are only ever added to, and closed by others; what they confirmed is in the digest.
    """

    delivery_ids: tuple[int, ...]
    version_count: int
    list_count: int
    month_count: int
    unconfirmed_count: int
    list_digest: Decimal
    is_each_once: bool = field(compare=False)
    """Whether no dossier can be counted twice: current versions alone, one list of confirmed codes a unit, or those
    of one merge."""


def compared(connection: Connection, subject: Subject, tables: Tables) -> dict[str, object]:
    """Return `key_overlap`, the share of its records that the month before had too, and `vanished_share`, the share of
    the month's records that it no longer has. Both are 0 without deliveries to compare with, or with few records.

    What a delivery brought is read from the versions and confirmations it left in core.
    """
    of_month, of_month_before = earlier_deliveries(connection, subject)
    least = int(subject.limits()["comparable_row_count"])
    shares: dict[str, object] = {"key_overlap": 0, "vanished_share": 0}
    subject.complete_against.clear()
    if of_month:
        known, shared, what = _overlap(connection, subject, tables, of_month)
        if what is not None and known == shared:
            subject.complete_against.add(what)
        if known > least:
            shares["vanished_share"] = round((known - shared) / known, 6)
    if of_month_before:
        known, shared, _ = _overlap(connection, subject, tables, of_month_before)
        if known > least:
            records = connection.scalar(statement("staging/row_count.sql", staging=tables.typed)) or 0
            shares["key_overlap"] = round(shared / records, 6) if records > least else 0
    return shares


def earlier_deliveries(connection: Connection, subject: Subject) -> tuple[list[int], list[int]]:
    """Return the ids of what a full delivery is held against: of the same month, and of the last month before.

    None for a delivery of changes, from whose gaps nothing follows.
    """
    of_month: list[int] = []
    of_month_before: list[int] = []
    if subject.is_full:
        binds = {
            "source_id": subject.source.id,
            "period": subject.period,
            "delivery_id": -1 if subject.delivery_id is None else subject.delivery_id,
            "observed_at": subject.observed_at,
        }
        for delivery_id, is_same_period in connection.execute(statement("ops/delivery_before.sql"), binds):
            (of_month if is_same_period else of_month_before).append(delivery_id)
    return of_month, of_month_before


def brought(connection: Connection, delivery_ids: list[int]) -> Brought:
    """Count what deliveries of dossiers have brought until now."""
    row = connection.execute(statement("core/dossier_brought.sql"), {"delivery_ids": delivery_ids}).one()
    has_versions_alone = row.list_count == row.month_count == row.closed_count == 0
    has_lists_alone = row.version_count == row.month_count == 0 and row.list_count == row.unit_count
    is_of_one_merge = row.list_count == row.closed_count == 0 and (row.version_count == 0 or bool(row.is_of_one_merge))
    return Brought(
        tuple(delivery_ids),
        row.version_count,
        row.list_count,
        row.month_count,
        row.unconfirmed_count,
        row.list_digest,
        is_each_once=has_versions_alone or has_lists_alone or is_of_one_merge,
    )


def delivered_binds(connection: Connection, delivery_ids: list[int]) -> dict[str, Any]:
    """Return what core.delivered_dossier is called with for deliveries of dossiers, of which one at most is full."""
    month = connection.execute(statement("core/confirmed_month.sql"), {"delivery_ids": delivery_ids}).one_or_none()
    nothing: dict[str, Any] = {
        "confirmed_delivery_ids": [],
        "unit_codes": [],
        "received_from": None,
        "received_to": None,
    }
    told = {**nothing, "confirmed_at": None} if month is None else dict(month._mapping)
    return {"delivery_ids": delivery_ids, **told}


def _overlap(
    connection: Connection, subject: Subject, tables: Tables, delivery_ids: list[int]
) -> tuple[int, int, Brought | None]:
    """Return how many records the deliveries brought, how many of them the typed table has, and of dossiers what was
    counted.
    """
    dataset, what = subject.dataset, None
    delivered: dict[str, Any] = {"delivery_ids": delivery_ids}
    if dataset.name == "dossier":
        what = brought(connection, delivery_ids)
        delivered = delivered_binds(connection, delivery_ids)
        if what.is_each_once:
            known = what.version_count
            if what.list_count or what.month_count:
                known = connection.execute(statement("core/delivered_count.sql"), delivered).scalar_one()
            gone = connection.execute(
                statement("core/dossier_vanished.sql", typed=tables.typed), delivered
            ).scalar_one()
            return known, known - gone, what
        overlap = statement("core/dossier_overlap.sql", typed=tables.typed)
    else:
        columns = version_columns(dataset)
        overlap = statement(
            "core/version_overlap.sql",
            typed=tables.typed,
            versions=dataset.versions,
            key=columns["key"],
            version_key=columns["version_key"],
        )
    row = connection.execute(overlap, delivered).one()
    return row.known_count, row.shared_count, what
