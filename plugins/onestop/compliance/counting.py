"""Counting the dossiers that a period concerns, by every processor, into tables that end with the transaction."""

from datetime import datetime

from sqlalchemy import Connection, text

from onestop.compliance.window import Window
from onestop.warehouse.connection import use_every_processor
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
    use_every_processor(connection)
    before = connection.scalar(text("show timezone"))
    set_timezone = text("select set_config('timezone', :timezone, true)")
    drop_counts(connection)
    connection.execute(set_timezone, {"timezone": timezone or before})
    connection.execute(statement("mart/period_dossier.sql"), values)
    for counts in ("period_procedure", "earlier_count", *(["period_unit"] if timezone else [])):
        connection.execute(statement(f"mart/{counts}.sql"), values)
        connection.execute(text(f"analyze pg_temp.{counts}"))
    connection.execute(text("drop view pg_temp.period_dossier"))
    connection.execute(set_timezone, {"timezone": before})


def drop_counts(connection: Connection) -> None:
    """Drop what `count_dossiers` has made."""
    connection.execute(text("drop view if exists pg_temp.period_dossier"))
    connection.execute(text("drop table if exists pg_temp.period_procedure, pg_temp.earlier_count, pg_temp.period_unit"))
