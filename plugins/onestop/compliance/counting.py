"""Counting the dossiers that a period concerns, by every processor, into tables that end with the transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, text

from onestop.compliance.earlier import TABLES, count_earlier, verify_month
from onestop.compliance.window import Window
from onestop.warehouse.connection import use_free_processors, without_sorting
from onestop.warehouse.dimensions import lock_dimensions
from onestop.warehouse.sql import statement

_CONCERNED = {"period_received": "received_dossier", "period_carried": "carried_dossier"}
"""The views of what a period concerns, and of the dossiers in them."""


def count_dossiers(
    connection: Connection,
    measured: Window,
    as_of: datetime,
    timezone: str | None = None,
    *,
    keeps_counts: bool = False,
) -> None:
    """Count the dossiers as known at `as_of`: those of the period by procedure, those of the months before it by month.

    With a timezone, whose days tell early from late, those of the period by unit too. With `keeps_counts`, earlier
    months are counted once and their counts kept (`count_earlier`). What was counted before in the transaction is
    replaced. Dossiers of a unit that was merged or renamed count at its successor from the first month that it does not
    see any more (core.succeeding_unit).
    """
    values: dict[str, Any] = {
        "calendar": measured.calendar,
        "period": measured.period,
        "window_starts_at": measured.starts_at,
        "starts_at": measured.period_starts_at,
        "ends_at": measured.ends_at,
        "as_of": as_of,
    }
    drop_counts(connection)
    connection.execute(statement("mart/month_succession.sql"), values)
    _fill(connection, "older_dossier", values, is_found_by_index=True)
    dossiers = _dossiers_as_of(connection, values)
    for view, known in _CONCERNED.items():
        connection.execute(statement(f"mart/{known}.sql", dossiers=dossiers), values)
        views = {"period_dossier": view, "known_dossier": known}
        connection.execute(statement("mart/period_dossier.sql", **views), values)
    _fill(connection, "period_procedure", values)
    count_earlier(connection, partial(_fill, connection), values, keeps_counts=keeps_counts)
    connection.execute(text("analyze pg_temp.period_procedure"))
    if timezone is not None:
        with _days_of(connection, timezone):
            _fill(connection, "period_unit", values)
        connection.execute(text("analyze pg_temp.period_unit"))


def count_suspected_filing(connection: Connection, values: Mapping[str, Any]) -> None:
    """Count the dossiers filed online in a publication's month that look arranged.

    `values`: the publication's `publication_id`, `as_of`, `starts_at`, `ends_at`, `suspect_filing` and `timezone`, by
    which a moment at midnight is a day without a time.
    """
    with _days_of(connection, values["timezone"]):
        _fill(connection, "suspected_filing", values)


def count_metrics(connection: Connection, publication_id: int) -> None:
    """Tell numerator, denominator and target of every metric in a publication's months, for the marts of compliance.

    From what was told by month in mart.dossier_count_month and mart.reporting_status_month.
    """
    connection.execute(statement("mart/metric_count.sql"), {"publication_id": publication_id})
    connection.execute(text("analyze pg_temp.metric_count (period, unit_code, scope, metric_id, is_in_year)"))


def verify_counts(connection: Connection, calendar: str, period: str) -> int:
    """Hold the counts that are kept of a month against its dossiers; return how many differ (`verify_month`).

    Waits for publications that are being built, and they for it, until the transaction ends.
    """
    lock_dimensions(connection)
    drop_counts(connection)
    differing = verify_month(connection, partial(_fill, connection), calendar, period)
    drop_counts(connection)
    return differing


def drop_counts(connection: Connection) -> None:
    """Drop what was counted in the transaction."""
    views = [*_CONCERNED, *_CONCERNED.values()]
    connection.execute(text(f"drop view if exists {', '.join(f'pg_temp.{name}' for name in views)}"))
    tables = [
        "month_succession",
        "older_dossier",
        "period_procedure",
        *TABLES,
        "period_unit",
        "suspected_filing",
        "metric_count",
    ]
    connection.execute(text(f"drop table if exists {', '.join(f'pg_temp.{name}' for name in tables)}"))


def _fill(
    connection: Connection, name: str, values: Mapping[str, Any], *, is_found_by_index: bool = False, **identifiers: str
) -> None:
    """Make a temporary table: include/sql/mart/<name>.sql.

    What is found by indexes in many months takes less time, mostly, than another process takes to begin.
    """
    use_free_processors(connection, setup_cost=1000 if is_found_by_index else 0)
    dossiers = _dossiers_as_of(connection, values)
    with _without_nested_loops(connection), without_sorting(connection):
        connection.execute(statement(f"mart/{name}.sql", dossiers=dossiers, **identifiers), values)


def _dossiers_as_of(connection: Connection, values: Mapping[str, object]) -> str:
    """Return the function that gives the dossiers to count: a cheaper one where none is counted at another unit."""
    is_shared = connection.scalar(
        text("""
            select exists (
                select 1
                from core.dossier_elsewhere
                where
                    known_from <= :as_of
                    and :as_of < known_to
            )
        """),
        values,
    )
    return "mart.dossier_as_of" if is_shared else "mart.unshared_dossier_as_of"


@contextmanager
def _days_of(connection: Connection, timezone: str) -> Iterator[None]:
    """Let the days of the session be those of a timezone: to name it at every date costs a quarter of a count.

    A statement that fails ends the transaction, and the setting with it.
    """
    before = connection.scalar(text("show timezone"))
    set_timezone = text("select set_config('timezone', :timezone, true)")
    connection.execute(set_timezone, {"timezone": timezone})
    yield
    connection.execute(set_timezone, {"timezone": before})


@contextmanager
def _without_nested_loops(connection: Connection) -> Iterator[None]:
    """Let dossiers be looked for elsewhere by hash: where few are, the planner would compare every dossier with each.

    A statement that fails ends the transaction, and the setting with it.
    """
    connection.execute(text("select set_config('enable_nestloop', 'off', true)"))
    yield
    connection.execute(text("select set_config('enable_nestloop', 'on', true)"))
