"""The page's routes. Every figure comes from ``bi`` views, read in one snapshot by the site's engine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from sqlalchemy import Connection, Engine

from onestop.jurisdiction import Jurisdiction
from onestop.publication.page import queries
from onestop.publication.page.table import compliance_csv
from onestop.publication.page.visit import NoSuchThingError, Visit

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Site:
    """What the application's routes work with; ``app.state.site``."""

    engine: Engine
    jurisdiction: Callable[[], Jurisdiction]

    @classmethod
    def of(cls, request: Request) -> "Site":
        """Return the site that a request came to."""
        return cast("Site", request.app.state.site)

    def visit(self, request: Request) -> Visit:
        """Return a visit that has read nothing yet."""
        return Visit(request, self.jurisdiction())


def _snapshot(request: Request) -> Iterator[Connection]:
    with Site.of(request).engine.connect() as connection:
        # One snapshot a page: a publication that is switched meanwhile shows whole, at the next request.
        connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
        yield connection


def _visit(request: Request) -> Visit:
    return Site.of(request).visit(request)


Snapshot = Annotated[Connection, Depends(_snapshot)]
Visiting = Annotated[Visit, Depends(_visit)]


@router.get("/")
def month(visit: Visiting, connection: Snapshot) -> Response:
    """Show the month at a glance."""
    publication = visit.open(connection)
    if publication is None:
        return visit.message("empty")
    return visit.render(
        "month.html", month=queries.read_month(connection, publication, visit.basis), publication=publication
    )


@router.get("/compliance.csv")
def table(visit: Visiting, connection: Snapshot) -> Response:
    """Give the table of the month at a glance as a file."""
    publication = visit.open(connection)
    if publication is None:
        raise NoSuchThingError(visit, "empty")
    units = queries.unit_figures(connection, visit.basis, publication.period)
    name = f"compliance-{visit.basis}-{publication.period}-revision-{publication.revision}.csv"
    return Response(
        compliance_csv(units, visit.words, counts=visit.file_columns, group_title=visit.group_title),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-cache",
        },
    )


@router.get("/units/{unit_code}")
def unit(unit_code: str, visit: Visiting, connection: Snapshot) -> Response:
    """Show one unit's sheet."""
    publication = visit.open(connection)
    sheet = queries.read_unit(connection, publication, unit_code) if publication else None
    if sheet is None or publication is None:
        raise NoSuchThingError(visit, "unknown_unit", unit=unit_code)
    sources = {source.id for source in visit.jurisdiction.sources if unit_code in source.units}
    return visit.render(
        "unit.html",
        sheet=sheet,
        publication=publication,
        quarantined=[q for q in queries.quarantined(connection, publication.period) if q.source_id in sources],
        deliveries=[d for d in queries.deliveries(connection, publication.period) if d.source_id in sources],
    )


@router.get("/deliveries")
def deliveries(visit: Visiting, connection: Snapshot) -> Response:
    """Show what the sources delivered for the period, and what was wrong with it."""
    publication = visit.open(connection)
    if publication is None:
        return visit.message("empty")
    delivered = queries.deliveries(connection, publication.period)
    refused = {delivery.source_id: delivery.reasons for delivery in reversed(delivered) if delivery.reasons}
    return visit.render(
        "deliveries.html",
        publication=publication,
        units=queries.unit_figures(connection, "month", publication.period),
        reporting=queries.reporting_statuses(connection, publication.period),
        refusals={
            unit_code: refused[source.id]
            for source in visit.jurisdiction.sources
            if source.id in refused
            for unit_code in source.units
        },
        deliveries=delivered,
        quarantined=queries.quarantined(connection, publication.period),
    )


@router.get("/alerts")
def alerts(visit: Visiting, connection: Snapshot) -> Response:
    """Show the alerts that are not resolved."""
    publication = visit.open(connection)
    if publication is None:
        return visit.message("empty")
    units = queries.unit_figures(connection, "ytd", publication.period)
    return visit.render(
        "alerts.html", alerts=queries.alerts(connection), of_units={unit.unit_code: unit for unit in units}
    )


@router.get("/publications")
def publications(visit: Visiting, connection: Snapshot) -> Response:
    """Show every publication."""
    publication = visit.open(connection)
    if publication is None:
        return visit.message("empty")
    return visit.render("publications.html", publication=publication, changed=queries.changed_units(connection))
