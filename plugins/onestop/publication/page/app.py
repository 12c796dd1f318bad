"""Routes of the page. Every figure comes from ``bi`` views through the engine given (role ``onestop_bi``)."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote, urlencode

import structlog
from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.params import Depends
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException as RoutingError

from onestop.jurisdiction import Jurisdiction, Metric, load_jurisdiction
from onestop.publication.page import figures
from onestop.publication.page.drawing import bar_scale, trend_chart
from onestop.publication.page.table import compliance_csv
from onestop.publication.page.texts import LANGUAGES, Wording
from onestop.settings import get_settings
from onestop.warehouse.sql import REPOSITORY_ROOT

log = structlog.get_logger(__name__)

TEMPLATES = REPOSITORY_ROOT / "include" / "templates" / "page"
BASES = ("ytd", "month")
CURRENT = {
    "month.html": "nav_month",
    "deliveries.html": "nav_deliveries",
    "publications.html": "nav_publications",
}
_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])\Z")


class NoSuchThingError(Exception):
    """What was asked for is not there: a period, a unit. Becomes a page with status 404."""

    def __init__(self, kind: str, **values: str) -> None:
        super().__init__(kind, values)
        self.kind = kind
        self.values = values


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    stylesheet = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    environment.globals["stylesheet"] = Markup(stylesheet)  # noqa: S704 - our own file, no input in it
    digest = base64.b64encode(hashlib.sha256(stylesheet.encode()).digest()).decode()
    environment.globals["content_security_policy"] = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
    environment.filters["lower_first"] = lambda words: words[:1].lower() + words[1:]
    environment.globals["statuses"] = figures.STATUSES
    environment.globals["pooled_groups"] = figures.POOLED_GROUPS
    environment.globals["bar_scale"] = bar_scale
    environment.globals["trend_chart"] = trend_chart
    return environment


class Visit:
    """One request for a page: its language, its period, the way back to the application's root."""

    def __init__(self, request: Request, jurisdiction: Jurisdiction) -> None:
        self.request = request
        self.jurisdiction = jurisdiction
        self.words = Wording(request.query_params.get("lang", LANGUAGES[0]), jurisdiction.timezone)
        self.asked_period = request.query_params.get("period")
        asked_basis = request.query_params.get("basis", BASES[0])
        self.basis = asked_basis if asked_basis in BASES else BASES[0]
        self.publications: tuple[figures.Publication, ...] = ()
        self.in_force: dict[str, figures.Publication] = {}

    def open(self, connection: Connection) -> figures.Publication | None:
        """Read what is published; return the revision in force of the period asked for, or of the newest."""
        self.publications = figures.published(connection)
        self.in_force = figures.latest_by_period(self.publications)
        if self.asked_period is None:
            return next(iter(self.in_force.values()), None)
        if not _PERIOD.match(self.asked_period) or self.asked_period not in self.in_force:
            raise NoSuchThingError("unknown_period", period=self.asked_period)
        return self.in_force[self.asked_period]

    @property
    def here(self) -> str:
        """The path of this visit inside the application, without the slash before it."""
        path: str = self.request.scope["path"]
        return path.removeprefix(self.request.scope.get("root_path", "")).removeprefix("/")

    @property
    def title(self) -> str:
        """The jurisdiction's name in the visit's language."""
        return self.jurisdiction.title_en if self.words.language == "en" else self.jurisdiction.title_vi

    def metric(self, metric_id: str, metric_version: int | None = None) -> Metric | None:
        """Return a metric's definition from the configuration; its latest version unless one is asked for."""
        versions = [
            metric
            for metric in self.jurisdiction.metrics
            if metric.metric_id == metric_id and metric_version in (None, metric.metric_version)
        ]
        return max(versions, key=lambda metric: metric.metric_version, default=None)

    def link(self, path: str = "", **changes: str | None) -> str:
        """Return a relative link inside the page that keeps period, basis and language unless changed (None drops)."""
        kept = {
            "period": self.asked_period,
            "basis": self.basis if self.basis != BASES[0] else None,
            "lang": self.words.language if self.words.language != LANGUAGES[0] else None,
        }
        query = {name: value for name, value in {**kept, **changes}.items() if value is not None}
        target = "../" * self.here.count("/") + quote(path)
        return (target or "./") + (f"?{urlencode(query)}" if query else "")

    def text_of(self, name: str) -> str:
        """Return a text of the jurisdiction in the visit's language, Vietnamese where there is no other, or nothing."""
        texts: Mapping[str, Any] = self.jurisdiction.texts
        return str(texts.get(f"{name}_{self.words.language}") or texts.get(f"{name}_vi") or "")

    def rule_name(self, rule: str) -> str:
        """Return what a fault of a row is called in the visit's language; its id where it has no name."""
        return self.words.text_or(f"rule_{rule}", rule)

    def source_title(self, source_id: str) -> str:
        """Return what people call a source; its id once it has left the configuration."""
        return next((source.title_vi for source in self.jurisdiction.sources if source.id == source_id), source_id)

    def render(self, template: str, status: int = HTTPStatus.OK, **values: object) -> HTMLResponse:
        """Fill a template into a response."""
        environment = _environment()
        html = environment.get_template(template).render(
            visit=self,
            words=self.words,
            text=self.words.text,
            link=self.link,
            current=CURRENT.get(template),
            **values,
        )
        headers = {
            "Content-Security-Policy": str(environment.globals["content_security_policy"]),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-cache",
        }
        return HTMLResponse(html, status_code=status, headers=headers)

    def message(self, kind: str, status: int, **values: str) -> HTMLResponse:
        """Say one thing on a page of its own: texts <kind>_title and <kind>_text."""
        title, sentence = (self.words.text(f"{kind}_{part}", **values) for part in ("title", "text"))
        return self.render("message.html", status, title=title, sentence=sentence)


def create_app(
    engine: Engine, *, jurisdiction: Jurisdiction | None = None, dependencies: Sequence[Depends] = ()
) -> FastAPI:
    """Build the page's application.

    ``engine`` connects as ``onestop_bi``. Without ``jurisdiction`` the configured one is loaded at the first request.
    ``dependencies`` (Airflow's logged-in user, for one) guard every route; there are no routes beside them.
    """
    app = FastAPI(title="onestop", openapi_url=None, docs_url=None, redoc_url=None, dependencies=list(dependencies))

    @cache
    def configured() -> Jurisdiction:
        return jurisdiction or load_jurisdiction(get_settings().jurisdiction)

    def visiting(request: Request) -> Iterator[tuple[Visit, Connection]]:
        with engine.connect() as connection:
            connection.exec_driver_sql("set transaction isolation level repeatable read, read only")
            yield Visit(request, configured()), connection

    Opened = tuple[Visit, Connection]
    opened = Depends(visiting)

    @app.get("/")
    def month(visit_and_connection: Opened = opened) -> Response:
        visit, connection = visit_and_connection
        publication = visit.open(connection)
        if publication is None:
            return visit.message("empty", HTTPStatus.OK)
        return visit.render(
            "month.html", month=figures.read_month(connection, publication, visit.basis), publication=publication
        )

    @app.get("/compliance.csv")
    def table(visit_and_connection: Opened = opened) -> Response:
        visit, connection = visit_and_connection
        publication = visit.open(connection)
        if publication is None:
            return visit.message("empty", HTTPStatus.NOT_FOUND)
        units = figures.unit_figures(connection, visit.basis, publication.period)
        name = f"compliance-{visit.basis}-{publication.period}-revision-{publication.revision}.csv"
        return Response(
            compliance_csv(units, visit.words),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
        )

    @app.get("/units/{unit_code}")
    def unit(unit_code: str, visit_and_connection: Opened = opened) -> Response:
        visit, connection = visit_and_connection
        publication = visit.open(connection)
        sheet = figures.read_unit(connection, publication, unit_code) if publication else None
        if sheet is None or publication is None:
            raise NoSuchThingError("unknown_unit", unit=unit_code)
        sources = {source.id for source in visit.jurisdiction.sources if unit_code in source.units}
        return visit.render(
            "unit.html",
            sheet=sheet,
            publication=publication,
            quarantined=[q for q in figures.quarantined(connection, publication.period) if q.source_id in sources],
            deliveries=[d for d in figures.deliveries(connection, publication.period) if d.source_id in sources],
        )

    @app.get("/deliveries")
    def deliveries(visit_and_connection: Opened = opened) -> Response:
        visit, connection = visit_and_connection
        publication = visit.open(connection)
        if publication is None:
            return visit.message("empty", HTTPStatus.OK)
        return visit.render(
            "deliveries.html",
            publication=publication,
            units=figures.unit_figures(connection, "month", publication.period),
            reporting=figures.reporting_statuses(connection, publication.period),
            deliveries=figures.deliveries(connection, publication.period),
            quarantined=figures.quarantined(connection, publication.period),
        )

    @app.get("/publications")
    def publications(visit_and_connection: Opened = opened) -> Response:
        visit, connection = visit_and_connection
        publication = visit.open(connection)
        if publication is None:
            return visit.message("empty", HTTPStatus.OK)
        return visit.render(
            "publications.html", publication=publication, changed=figures.changed_unit_counts(connection)
        )

    @app.exception_handler(NoSuchThingError)
    def not_there(request: Request, error: Exception) -> Response:
        if not isinstance(error, NoSuchThingError):
            raise error
        visit = Visit(request, configured())
        with engine.connect() as connection:
            visit.asked_period, asked = None, visit.asked_period
            visit.open(connection)
            visit.asked_period = asked if asked in visit.in_force else None
        return visit.message(error.kind, HTTPStatus.NOT_FOUND, **error.values)

    @app.exception_handler(RoutingError)
    async def not_routed(request: Request, error: Exception) -> Response:
        if not isinstance(error, RoutingError) or error.status_code != HTTPStatus.NOT_FOUND:
            # A dependency's refusal (not logged in) and a method that no route has stay what they are.
            return await http_exception_handler(request, cast("RoutingError", error))
        return Visit(request, configured()).message("unknown_page", HTTPStatus.NOT_FOUND)

    @app.exception_handler(DBAPIError)
    def unreadable(request: Request, error: Exception) -> Response:
        log.error("The page cannot read the bi views.", error=str(error).splitlines()[0], path=request.url.path)
        return Visit(request, configured()).message("unavailable", HTTPStatus.SERVICE_UNAVAILABLE)

    return app
