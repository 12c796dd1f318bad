"""Marks on dossiers that stay as they are: gone from a later full delivery, or counted at another unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from onestop.contracts.comparison import brought, earlier_deliveries
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.contracts.judging import Subject, Tables

_ELSEWHERE_LOCK = 7_301_000_006
_SHARED = text(
    "select agency_part from core.dossier_prefix where agency_part = any(:agency_parts)"
    " group by agency_part having count(*) > 1"
)


def mark_absences(connection: Connection, subject: Subject, tables: Tables) -> None:
    """Mark the dossiers of the month that this full delivery no longer has, and end the marks of those it has again.

    In the merge's transaction, so that marks of one source do not cross. A delivery that came late marks nothing: what
    a later one showed stands.
    """
    binds = {
        "source_id": subject.source.id,
        "period": subject.period,
        "delivery_id": subject.delivery_id,
        "observed_at": subject.observed_at,
    }
    connection.execute(statement("core/absence_end.sql", typed=tables.typed), binds)
    of_month, _ = earlier_deliveries(connection, subject)
    # Judged complete is still complete, unless one of those before was judged again meanwhile, or came in between.
    if of_month and brought(connection, of_month) not in subject.complete_against:
        connection.execute(text("drop table if exists pg_temp.absent_dossier"))
        connection.execute(statement("core/absence_find.sql", typed=tables.typed), {"delivery_ids": of_month})
        connection.execute(statement("core/absence_begin.sql"), binds)


def mark_elsewhere(connection: Connection, tables: Tables) -> None:
    """Mark every dossier whose code two units report, so that it is counted once: at the unit that received it first.

    The code begins with the agency that gave it: only where two units use the same beginning can there be such.
    """
    used = connection.execute(statement("core/dossier_prefix.sql", typed=tables.typed)).mappings().all()
    if not used:
        return
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ELSEWHERE_LOCK})
    connection.execute(statement("core/dossier_prefix_write.sql"), [dict(row) for row in used])
    shared = list(connection.scalars(_SHARED, {"agency_parts": sorted({row["agency_part"] for row in used})}))
    if shared:
        connection.execute(statement("core/dossier_elsewhere_end.sql"), {"agency_parts": shared})
        connection.execute(statement("core/dossier_elsewhere_begin.sql"), {"agency_parts": shared})
