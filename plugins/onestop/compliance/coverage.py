"""Who has reported a period, from the warehouse alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, text

from onestop.compliance.counting import count_dossiers, drop_counts
from onestop.compliance.window import Window, window
from onestop.jurisdiction.periods import Period
from onestop.warehouse.sql import statement

ReportingStatus = Literal["reported", "reported_zero", "late", "missing", "rejected", "not_expected"]

_TEMPORARY = {
    "dossier_count_month": "pg_temp.dossier_count_month",
    "reporting_status_month": "pg_temp.reporting_status_month",
}
_MARTS = {"dossier_count_month": "mart.dossier_count_month", "reporting_status_month": "mart.reporting_status_month"}


@dataclass(frozen=True)
class UnitCoverage:
    """How far a unit of the roster has reported a period."""

    unit_code: str
    reporting_status: ReportingStatus
    sources_missing: tuple[str, ...]
    """Expected sources without an accepted delivery."""
    detail: str | None
    """The last failure of each missing source, where one is known."""


def count_months(
    connection: Connection, measured: Window, as_of: datetime, *, publication_id: int, temporary: bool = False
) -> None:
    """Tell the window's dossiers and stated totals by month as known at `as_of`, then who reported each of its months.

    From what `count_dossiers` counted for the same window and moment. Both are written under `publication_id`: in the
    marts, or in temporary tables of the same names and columns.
    """
    tables = _TEMPORARY if temporary else _MARTS
    values = {
        "publication_id": publication_id,
        "calendar": measured.calendar,
        "period": measured.period,
        "starts_at": measured.period_starts_at,
        "window_starts_at": measured.starts_at,
        "window_ends_at": measured.ends_at,
        "as_of": as_of,
    }
    counts = {"dossier_count_month": tables["dossier_count_month"]}
    connection.execute(statement("mart/dossier_count_month.sql", **counts), values)
    connection.execute(statement("mart/reported_count_month.sql", **counts), values)
    connection.execute(statement("ops/coverage_month.sql", **tables), values)


def coverage(connection: Connection, period: Period, *, as_of: datetime | None = None) -> list[UnitCoverage]:
    """Return every unit on the period's roster with its reporting status, in the roster's order.

    As known at `as_of`, by default now. Writes nothing but temporary tables. Raises PeriodUnknownError.
    """
    measured = window(connection, period.calendar, period.code, months=1)
    moment: datetime = as_of or connection.scalars(text("select clock_timestamp()")).one()
    for name in _TEMPORARY:
        connection.execute(text(f"drop table if exists pg_temp.{name}"))
        connection.execute(text(f"create temporary table {name} (like mart.{name}) on commit drop"))
    count_dossiers(connection, measured, moment)
    count_months(connection, measured, moment, publication_id=0, temporary=True)
    drop_counts(connection)
    rows = connection.execute(
        text("""
            select
                reporting.unit_code,
                reporting.reporting_status,
                reporting.sources_missing,
                reporting.detail
            from pg_temp.reporting_status_month as reporting
            inner join core.unit
                on reporting.unit_key = unit.unit_key
            order by unit.roster_order, reporting.unit_code
        """)
    )
    return [UnitCoverage(row.unit_code, row.reporting_status, tuple(row.sources_missing), row.detail) for row in rows]
