"""The page's queries: every one reads ``bi`` views for one period, and returns figures."""

from sqlalchemy import Connection

from onestop.publication.page.figures import (
    Alert,
    Changed,
    Counted,
    Delivery,
    Group,
    HeatCell,
    Month,
    Pooled,
    Publication,
    Quarantined,
    ReportingStatus,
    UnitFigures,
    UnitSheet,
    grouped,
    heat_shade,
)
from onestop.warehouse.sql import statement


def published(connection: Connection) -> tuple[Publication, ...]:
    """Return every published revision, newest period and revision first."""
    rows = connection.execute(statement("page/publications.sql"))
    return tuple(Publication(**row._mapping) for row in rows)


def changed_units(connection: Connection) -> dict[int, list[Changed]]:
    """Return, by publication id, the units whose figures differ from the revision before, in roster order."""
    changed: dict[int, list[Changed]] = {}
    for row in connection.execute(statement("page/revisions_changed.sql")):
        before = Counted(row.earlier_numerator, row.earlier_denominator, row.earlier_rate_percent, row.earlier_status)
        after = Counted(row.numerator, row.denominator, row.rate_percent, row.status)
        unit = Changed(row.unit_code, row.unit_name_vi, row.unit_name_en, before, after)
        changed.setdefault(row.publication_id, []).append(unit)
    return changed


def unit_figures(connection: Connection, basis: str, period: str) -> tuple[UnitFigures, ...]:
    """Return the roster's figures of a period, in roster order; basis is "ytd" or "month"."""
    rows = connection.execute(statement(f"page/compliance_{basis}.sql"), {"period": period})
    return tuple(UnitFigures(**row._mapping) for row in rows)


def read_month(connection: Connection, publication: Publication, basis: str) -> Month:
    """Read the month at a glance; what stands above the table is year to date whatever the basis."""
    period = publication.period
    year_to_date = unit_figures(connection, "ytd", period)
    shown = year_to_date if basis == "ytd" else unit_figures(connection, basis, period)
    pooled = tuple(
        Pooled(**r._mapping) for r in connection.execute(statement("page/compliance_groups.sql"), {"period": period})
    )
    heat: dict[str, dict[str, HeatCell]] = {}
    cells = connection.execute(
        statement("page/compliance_months_of_year.sql"), {"period": period, "first_period": f"{period[:4]}-01"}
    )
    for row in cells:
        shade = heat_shade(row.status, row.denominator, row.rate_percent, row.target_percent)
        heat.setdefault(row.unit_code, {})[row.period] = HeatCell(
            row.period, row.rate_percent, row.status, row.reporting_status, shade
        )
    return Month(
        publication=publication,
        basis=basis,
        groups=grouped(shown),
        pooled=pooled,
        heat=heat,
        year_to_date={unit.unit_code: unit for unit in year_to_date},
    )


def read_unit(connection: Connection, publication: Publication, unit_code: str) -> UnitSheet | None:
    """Read one unit's sheet as of a publication; None if the unit is not on that period's roster."""
    period = publication.period
    binds = {"unit_code": unit_code, "period": period, "first_period": f"{period[:4]}-01"}
    by_scope = {
        row.scope: UnitFigures(**row._mapping) for row in connection.execute(statement("page/unit_ytd.sql"), binds)
    }
    if "total" not in by_scope:
        return None
    months: dict[str, list[UnitFigures]] = {}
    for row in connection.execute(statement("page/unit_months.sql"), binds):
        months.setdefault(row.scope, []).append(UnitFigures(**row._mapping))
    own_group = by_scope["total"].unit_group
    of_group = tuple(unit for unit in unit_figures(connection, "ytd", period) if unit.unit_group == own_group)
    return UnitSheet(
        publication=publication,
        year_to_date=by_scope,
        months={scope: tuple(rows) for scope, rows in months.items()},
        group=Group(own_group, of_group),
        alerts=tuple(alert for alert in alerts(connection) if alert.unit_code == unit_code),
    )


def alerts(connection: Connection) -> tuple[Alert, ...]:
    """Return the alerts that are not resolved, the gravest first."""
    return tuple(Alert(**row._mapping) for row in connection.execute(statement("page/alerts.sql")))


def deliveries(connection: Connection, period: str) -> tuple[Delivery, ...]:
    """Return the period's deliveries, newest first."""
    return tuple(
        Delivery(**r._mapping) for r in connection.execute(statement("page/deliveries.sql"), {"period": period})
    )


def quarantined(connection: Connection, period: str) -> tuple[Quarantined, ...]:
    """Return the period's rows held back, by source and fault, most first."""
    return tuple(
        Quarantined(**r._mapping) for r in connection.execute(statement("page/quarantine.sql"), {"period": period})
    )


def reporting_statuses(connection: Connection, period: str) -> dict[str, ReportingStatus]:
    """Return, by unit code, what is known of the unit's figures for the period."""
    rows = connection.execute(statement("page/reporting_statuses.sql"), {"period": period})
    return {row.unit_code: ReportingStatus(**row._mapping) for row in rows}
