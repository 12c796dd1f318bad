"""Counting the dossiers that a period concerns, by every processor, into tables that end with the transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, text

from onestop.compliance.window import Window
from onestop.warehouse.connection import use_free_processors
from onestop.warehouse.sql import statement


def count_dossiers(connection: Connection, measured: Window, as_of: datetime, timezone: str | None = None) -> None:
    """Count the dossiers as known at `as_of`: those of the period by procedure, those of the months before it by month.

    With a timezone, whose days tell early from late, those of the period by unit too. What was counted before in the
    transaction is replaced.
    """
    values = {
        "calendar": measured.calendar,
        "window_starts_at": measured.starts_at,
        "starts_at": measured.period_starts_at,
        "ends_at": measured.ends_at,
        "as_of": as_of,
    }
    drop_counts(connection)
    _fill(connection, ["period_dossier", "period_procedure"], values)
    resolved_before = text("select exists(select 1 from pg_temp.period_procedure where is_resolved_before)")
    _fill(connection, ["earlier_count"], {**values, "is_any_resolved_before": connection.scalar(resolved_before)})
    connection.execute(text("analyze pg_temp.period_procedure, pg_temp.earlier_count"))
    if timezone is not None:
        before = connection.scalar(text("show timezone"))
        set_timezone = text("select set_config('timezone', :timezone, true)")
        connection.execute(set_timezone, {"timezone": timezone})
        _fill(connection, ["period_unit"], values)
        connection.execute(text("analyze pg_temp.period_unit"))
        connection.execute(set_timezone, {"timezone": before})


def count_suspected_filing(connection: Connection, values: Mapping[str, object]) -> None:
    """Count the dossiers filed online in a publication's month that look arranged.

    `values`: the publication's `publication_id`, `as_of`, `starts_at`, `ends_at` and `suspect_filing`.
    """
    _fill(connection, ["suspected_filing"], values)


def count_metrics(connection: Connection, publication_id: int) -> None:
    """Tell numerator, denominator and target of every metric in a publication's months, for the marts of compliance.

    From what was told by month in mart.dossier_count_month and mart.reporting_status_month.
    """
    connection.execute(statement("mart/metric_count.sql"), {"publication_id": publication_id})
    connection.execute(text("analyze pg_temp.metric_count"))


def drop_counts(connection: Connection) -> None:
    """Drop what was counted in the transaction."""
    connection.execute(text("drop view if exists pg_temp.period_dossier"))
    connection.execute(
        text("""
            drop table if exists
                pg_temp.period_procedure, pg_temp.earlier_count, pg_temp.period_unit, pg_temp.suspected_filing,
                pg_temp.metric_count
        """)
    )


def _fill(connection: Connection, names: list[str], values: Mapping[str, object]) -> None:
    """Make the temporary tables and views of these names: include/sql/mart/<name>.sql."""
    use_free_processors(connection)
    dossiers = _dossiers_as_of(connection, values)
    with _without_nested_loops(connection):
        for name in names:
            connection.execute(statement(f"mart/{name}.sql", dossiers=dossiers), values)


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
def _without_nested_loops(connection: Connection) -> Iterator[None]:
    """Let dossiers be looked for elsewhere by hash: where few are, the planner would compare every dossier with each.

    A statement that fails ends the transaction, and the setting with it.
    """
    connection.execute(text("select set_config('enable_nestloop', 'off', true)"))
    yield
    connection.execute(text("select set_config('enable_nestloop', 'on', true)"))
