"""One request for a page: its language, its period, its links, and the template filled with them."""

import base64
import hashlib
from collections.abc import Mapping
from contextlib import suppress
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
from onestop.jurisdiction.datasets import DATASETS
from onestop.jurisdiction.shape import text_of
from onestop.publication.page import figures, queries
from onestop.publication.page.drawing import bar_scale, trend_chart
from onestop.publication.page.texts import Wording, group_title, group_within
from onestop.reading.refusal import catalogue
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
    environment.filters["upper_first"] = lambda words: words[:1].upper() + words[1:]
    environment.globals["statuses"] = figures.STATUSES
    environment.globals["bar_scale"] = bar_scale
    environment.globals["trend_chart"] = trend_chart
    return environment


class Visit:
    """One request for a page: its language, its period, the way back to the application's root."""

    def __init__(self, request: Request, jurisdiction: Jurisdiction) -> None:
        self.request = request
        self.jurisdiction = jurisdiction
        self.languages = jurisdiction.shape.languages
        asked_language = request.query_params.get("lang", self.languages[0])
        language = asked_language if asked_language in self.languages else self.languages[0]
        self.words = Wording(language, jurisdiction.timezone, jurisdiction.texts)
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
        return text_of(self.jurisdiction, "title", self.words.language)

    @property
    def other_language(self) -> str | None:
        """The language that the page can also be read in."""
        return next((language for language in self.languages if language != self.words.language), None)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels beside online that are shown."""
        return tuple(channel for channel in ("direct", "post") if channel in self.jurisdiction.shape.channels)

    @property
    def count_columns(self) -> tuple[str, ...]:
        """The counts that make up a unit's dossiers, as they are shown: online by level where there are levels."""
        by_level = ("online_level_3_count", "online_level_4_count")
        online = by_level if self.jurisdiction.has_service_levels else ("numerator",)
        return (*online, *(f"{channel}_count" for channel in self.channels))

    @property
    def file_columns(self) -> tuple[str, ...]:
        """The counts of the table as a file: as on the page, with what is online at other levels."""
        if not self.jurisdiction.has_service_levels:
            return self.count_columns
        levels, channels = self.count_columns[:2], self.count_columns[2:]
        return (*levels, "online_other_count", *channels)

    def group_title(self, name: str) -> str:
        """Return what a group of units is called."""
        return group_title(self.jurisdiction, self.words, name)

    def group_within(self, name: str) -> str:
        """Return what a group of units is called inside a sentence."""
        return group_within(self.jurisdiction, self.words, name)

    def definition(self, metric: Metric) -> str:
        """Return how a metric is defined; its name where no definition is in the visit's language."""
        if self.words.language == "en":
            return metric.definition_en or metric.name_en
        return metric.definition_vi

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
            "lang": self.words.language if self.words.language != self.languages[0] else None,
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
                return text_of(rule, "title", self.words.language)
        return rule_id

    def reason(self, reason: Mapping[str, str | None]) -> str:
        """Return why a delivery was refused, and what to do; in English that is the engineers' message."""
        if self.words.language == "en" and reason.get("message"):
            return str(reason["message"])
        said = [self.words.text(f"reason_{key}", text=reason[key]) for key in ("expected", "value") if reason.get(key)]
        return " ".join([*said, reason.get("remedy") or ""]).strip() or reason.get("message") or ""

    def source_title(self, source_id: str) -> str:
        """Return what people call a source; its id once it has left the configuration."""
        for source in self.jurisdiction.sources:
            if source.id == source_id:
                return text_of(source, "title", self.words.language)
        return source_id

    def remedy(self, fault: figures.Quarantined) -> str:
        """Return what to do about a fault of rows: as stored with them, in English as the contract has it."""
        if self.words.language == "en":
            for dataset in DATASETS:
                with suppress(KeyError):
                    return catalogue(dataset).rule(fault.rule).remedy_en
        return fault.remedy or ""

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
