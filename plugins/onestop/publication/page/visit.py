"""One request for a page: its language, its period, its links, and the template filled with them."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection

from onestop.jurisdiction import Jurisdiction, Metric
from onestop.publication.page import figures, queries
from onestop.publication.page.drawing import bar_scale, trend_chart
from onestop.publication.page.texts import LANGUAGES, Wording
from onestop.warehouse.sql import REPOSITORY_ROOT

TEMPLATES = REPOSITORY_ROOT / "include" / "templates" / "page"
BASES = ("ytd", "month")
CURRENT = {
    "month.html": "nav_month",
    "deliveries.html": "nav_deliveries",
    "alerts.html": "nav_alerts",
    "publications.html": "nav_publications",
}


class NoSuchThingError(Exception):
    """What was asked for is not there: a period, a unit. Becomes a page with status 404."""

    def __init__(self, visit: "Visit", kind: str, **values: str) -> None:
        super().__init__(kind, values)
        self.visit = visit
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
        self.publications = queries.published(connection)
        self.in_force = figures.latest_by_period(self.publications)
        if self.asked_period is None:
            return next(iter(self.in_force.values()), None)
        if self.asked_period not in self.in_force:
            asked, self.asked_period = self.asked_period, None
            raise NoSuchThingError(self, "unknown_period", period=asked)
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

    def alert_title(self, rule_id: str) -> str:
        """Return what an alert rule is called in the visit's language; its id once it has left the configuration."""
        for rule in self.jurisdiction.alert_rules:
            if rule.id == rule_id:
                return rule.title_en if self.words.language == "en" else rule.title_vi
        return rule_id

    def reason(self, reason: Mapping[str, str | None]) -> str:
        """Return why a delivery was refused, and what to do; the engineers' message where nothing else is known."""
        said = [self.words.text(f"reason_{key}", text=reason[key]) for key in ("expected", "value") if reason.get(key)]
        return " ".join([*said, reason.get("remedy") or ""]).strip() or reason.get("message") or ""

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

    def message(self, kind: str, status: int = HTTPStatus.OK, **values: str) -> HTMLResponse:
        """Say one thing on a page of its own: texts <kind>_title and <kind>_text."""
        title, sentence = (self.words.text(f"{kind}_{part}", **values) for part in ("title", "text"))
        return self.render("message.html", status, title=title, sentence=sentence)
