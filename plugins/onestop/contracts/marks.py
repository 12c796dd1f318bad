"""Marks on dossiers that stay as they are: gone from a later full delivery, or counted at another unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, TextClause, text

from onestop.contracts.comparison import brought, delivered_binds, earlier_deliveries
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.contracts.judging import Subject, Tables

_ELSEWHERE_LOCK = 7_301_000_006
_LOCK_MONTH = text("select pg_advisory_xact_lock(hashtextextended('marks of ' || :source_id || ' ' || :period, 0))")
_SHARED = text(
    "select agency_part from core.dossier_prefix where agency_part = any(:agency_parts)"
    " group by agency_part having count(*) > 1"
)


def begin_marks(connection: Connection) -> None:
    """Make the list of the dossiers of this transaction whose doubles may count now, or not any more.

    Withdrawn ones, and those whose mark of absence begins or ends.
    """
    connection.execute(text("create temporary table if not exists marked_dossier (dossier_code text) on commit drop"))


def mark_absences(connection: Connection, subject: Subject, tables: Tables) -> None:
    """Mark the dossiers of the month that its last full delivery lacks, and end the marks of those it has again.

    The order of arrival decides nothing. A full delivery is held against those observed before it; where one observed
    later is accepted already, that one stands, and what this delivery has is held against it. A dossier whose receipt
    was corrected, and that its source tells in another month since, is not absent. In the merge's transaction, and one
    of a source's month at a time, so that marks do not cross.
    """
    begin_marks(connection)
    binds = {
        "source_id": subject.source.id,
        "period": subject.period,
        "delivery_id": subject.delivery_id,
        "observed_at": subject.observed_at,
    }
    connection.execute(_LOCK_MONTH, binds)
    connection.execute(statement("core/absence_end.sql", typed=tables.typed), binds)
    later = connection.execute(statement("ops/delivery_later.sql"), binds).one_or_none()
    if later is not None and later.is_full_of_month:
        lacking = {"lacking_id": later.delivery_id, "lacking_at": later.observed_at}
        find = statement("core/absence_find_late.sql", typed=tables.typed)
        _mark_absent(connection, find, {"lacking_id": later.delivery_id}, {**binds, **lacking}, is_late=True)
        return
    of_month, _ = earlier_deliveries(connection, subject)
    # Judged complete is still complete, unless one of those before was judged again meanwhile, or came in between.
    if of_month and brought(connection, of_month) not in subject.complete_against:
        lacking = {"lacking_id": subject.delivery_id, "lacking_at": subject.observed_at}
        find = statement("core/absence_find.sql", typed=tables.typed)
        _mark_absent(
            connection, find, delivered_binds(connection, of_month), {**binds, **lacking}, is_late=later is not None
        )


def _mark_absent(
    connection: Connection, find: TextClause, found_by: dict[str, Any], binds: dict[str, Any], *, is_late: bool
) -> None:
    connection.execute(text("drop table if exists pg_temp.absent_dossier"))
    connection.execute(find, found_by)
    connection.execute(statement("core/analyze.sql", table="absent_dossier"))
    connection.execute(statement("core/absence_corrected.sql"), binds)
    if is_late:
        connection.execute(statement("core/absence_shown.sql"), binds)
    connection.execute(statement("core/absence_begin.sql"), binds)


def mark_elsewhere(connection: Connection, subject: Subject, tables: Tables) -> None:
    """Mark every dossier whose code two units report, so that it is counted once: at the unit that received it first.

    The code begins with the agency that gave it: only where two units use the same beginning can there be such. Looked
    for where this transaction has brought, withdrawn, missed or found again any. Codes of another shape begin with
    nobody's name, and two sources may share one by chance: of these only what one source has moved is one dossier.
    """
    begin_marks(connection)
    used = connection.execute(statement("core/dossier_prefix.sql", typed=tables.typed)).mappings().all()
    binds = {"source_id": subject.source.id, "delivery_id": subject.delivery_id}
    connection.execute(statement("core/moved_find.sql", typed=tables.typed), binds)
    marked = set(connection.scalars(statement("core/marked_agency_part.sql")))
    parts = marked | {row["agency_part"] for row in used}
    if not parts:
        return
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ELSEWHERE_LOCK})
    if used:
        connection.execute(statement("core/dossier_prefix_write.sql"), [dict(row) for row in used])
    moved = 0
    if marked:  # once the agency parts are known: what two units that use one have is compared, not moved
        connection.execute(text("drop table if exists pg_temp.moved_dossier"))
        connection.execute(statement("core/analyze.sql", table="marked_dossier"))
        moved = connection.execute(statement("core/dossier_moved.sql", typed=tables.typed), binds).rowcount
    shared = list(connection.scalars(_SHARED, {"agency_parts": sorted(parts)}))
    if shared:
        connection.execute(statement("core/dossier_elsewhere_end.sql"), {"agency_parts": shared})
        connection.execute(statement("core/dossier_elsewhere_begin.sql"), {"agency_parts": shared})
    if moved:
        connection.execute(statement("core/dossier_moved_end.sql"))
        connection.execute(statement("core/dossier_moved_begin.sql"))
