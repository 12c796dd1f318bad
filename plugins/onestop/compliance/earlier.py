"""The months before a period: their dossiers are counted once, and the counts kept up to date by what becomes known.

A publication tells twelve months, and reading eleven again would take longer than all the rest of it. A version of a
dossier says from when until when it was known; so the counts of a month as known at one moment are those of an earlier
moment, more what was written since, less what was ended. They are kept by month of receipt in core.counted_dossier.
`rebuild` does not read them, and `verify_counts` holds them against the dossiers every day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, text

from onestop.warehouse.sql import SQL_ROOT, statement

_RULES = (
    "mart/received_count.sql",
    "mart/dossier_as_of.sql",
    "mart/unshared_dossier_as_of.sql",
    "core/dossier_as_of.sql",
)
"""What says which dossiers are counted, and as what: counts by other statements are made again."""

_MONTHS = text("""
    select string_agg(extract(epoch from starts_at) || '-' || extract(epoch from ends_at), ' ' order by starts_at)
    from core.period
    where calendar = :calendar
""")
TABLES = ("received_count", "received_change", "earlier_count")

Fill = Callable[..., None]


class CountsDifferError(RuntimeError):
    """Counts that publications took of earlier months are not those of their dossiers."""

    def __init__(self, differing: Mapping[tuple[str, str], int]) -> None:
        """`differing`: how many counts, by calendar and period."""
        told = ", ".join(f"{period} of {calendar!r} ({count})" for (calendar, period), count in differing.items())
        super().__init__(
            f"Counts of earlier months are not those of their dossiers: {told}. No publication takes them any more; "
            "the next one of the eleven months after each counts it anew, and until then this is said again. Something "
            "else than a merge changed versions of dossiers, or the server's clock was set back. Find the publications "
            "that took them by `onestop publication rebuild`, and publish those that differ again."
        )


@dataclass(frozen=True)
class _Counted:
    """Months before the period: those whose counts are kept as of one moment, and those that have to be counted."""

    as_of: datetime | None
    kept: Sequence[Row[Any]]
    missing: Sequence[Row[Any]]


def count_earlier(connection: Connection, fill: Fill, values: Mapping[str, Any], *, keeps_counts: bool) -> None:
    """Count the dossiers of the months before a period by month, as known at a moment, into pg_temp.earlier_count.

    `values`: `calendar`, `window_starts_at`, `starts_at`, `ends_at`, `as_of`; `fill` makes
    the table of a statement. With `keeps_counts`, from counts that are kept, and these are brought up to the moment:
    the caller has the dimensions to itself (warehouse.dimensions.lock_dimensions). Without, from the dossiers alone.
    """
    rule_hash = _rule_hash(connection, values["calendar"]) if keeps_counts else None
    counted = _counted(connection, {**values, "rule_hash": rule_hash})
    _count(fill, "received_count", counted.missing, values, counted_as_of="-infinity")
    _count(fill, "received_change", counted.kept, values, counted_as_of=counted.as_of or "-infinity")
    fill("earlier_count", {**values, "counted_periods": [month.period for month in counted.kept]})
    if keeps_counts:
        _keep(connection, counted, {**values, "rule_hash": rule_hash})


@cache
def _statements() -> bytes:
    return b"".join((SQL_ROOT / path).read_bytes() for path in _RULES)


def _rule_hash(connection: Connection, calendar: str) -> str:
    months = connection.scalar(_MONTHS, {"calendar": calendar})
    return hashlib.sha256(_statements() + str(months).encode()).hexdigest()


def _counted(connection: Connection, values: Mapping[str, Any]) -> _Counted:
    months = connection.execute(statement("core/counted_month.sql"), values).all()
    # Of one moment, so that one look for what changed is enough; others are counted anew, and are of this one then.
    as_of = max((month.counted_as_of for month in months if month.counted_as_of is not None), default=None)
    kept = [month for month in months if month.counted_as_of is not None and month.counted_as_of == as_of]
    return _Counted(as_of, kept, [month for month in months if month not in kept])


def counted_months(connection: Connection) -> list[tuple[str, str]]:
    """Return calendar and period of every month whose counts are kept."""
    query = text("select calendar, period from core.counted_month order by calendar, period")
    return [(row.calendar, row.period) for row in connection.execute(query)]


def verify_month(connection: Connection, fill: Fill, calendar: str, period: str) -> int:
    """Count a month's dossiers again as of the moment of its kept counts; return how many of these differ.

    What differs is remembered with the month, so that nobody takes its counts, and whoever asks again is told again
    until a publication has counted it anew. Counts of another rule, which no publication would take, are not looked at.
    The caller has the dimensions to itself.
    """
    binds: dict[str, Any] = {
        "calendar": calendar,
        "period": period,
        "rule_hash": _rule_hash(connection, calendar),
        "periods": [period],
        "counted_as_of": "-infinity",
    }
    month = connection.execute(
        text("""
            select kept.as_of, kept.differing_count, month.starts_at as first_starts_at, month.ends_at as last_ends_at
            from core.counted_month as kept
            inner join core.period as month on kept.calendar = month.calendar and kept.period = month.period
            where kept.calendar = :calendar and kept.period = :period and kept.rule_hash = :rule_hash
        """),
        binds,
    ).one_or_none()
    if month is None or month.differing_count is not None:
        return 0 if month is None else int(month.differing_count)
    fill("received_count", {**binds, **month._mapping}, received_count="received_count")
    differing = int(connection.scalar(statement("core/counted_dossier_differing.sql"), binds) or 0)
    if differing:
        connection.execute(
            text("""
                update core.counted_month set differing_count = :differing
                where calendar = :calendar and period = :period
            """),
            {**binds, "differing": differing},
        )
    return differing


def _count(
    fill: Fill, table: str, months: Sequence[Row[Any]], values: Mapping[str, Any], *, counted_as_of: datetime | str
) -> None:
    binds = {
        **values,
        "counted_as_of": counted_as_of,
        "periods": [month.period for month in months],
        "first_starts_at": months[0].starts_at if months else values["starts_at"],
        "last_ends_at": months[-1].ends_at if months else values["starts_at"],
    }
    is_change = counted_as_of != "-infinity"  # found by indexes; otherwise the months are read whole
    fill("received_count", binds, received_count=table, is_found_by_index=is_change)


def _keep(connection: Connection, counted: _Counted, values: Mapping[str, Any]) -> None:
    """Keep the counts as of this moment, unless what is kept is true of a later one."""
    replaced = [month.period for month in counted.missing if not month.is_newer]
    kept = [month.period for month in counted.kept]
    binds = {**values, "replaced": replaced, "kept": kept}
    connection.execute(
        text("delete from core.counted_month where calendar = :calendar and period = any(cast(:replaced as text[]))"),
        binds,
    )
    connection.execute(
        text("""
            insert into core.counted_month (calendar, period, as_of, rule_hash)
            select :calendar, unnest(cast(:replaced as text[])), :as_of, :rule_hash
        """),
        binds,
    )
    connection.execute(
        text("""
            update core.counted_month set as_of = :as_of
            where calendar = :calendar and period = any(cast(:kept as text[])) and as_of < :as_of
        """),
        binds,
    )
    for table, periods in (("received_count", replaced), ("received_change", kept)):
        write = statement("core/counted_dossier_write.sql", received_count=table)
        connection.execute(write, {**binds, "periods": periods})
