"""The drop page's HTML: texts, dates and numbers as officials write them, and the template filled with them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from onestop.intake.officer import Officer
from onestop.jurisdiction import Jurisdiction, Period, Source
from onestop.jurisdiction.shape import text_of
from onestop.texts import TEMPLATES, texts_of

ACCEPTED_NAMES: Mapping[str, str] = {
    "csv": ".csv,.txt",
    "xlsx": ".xlsx",
    "xls": ".xls",
    "ods": ".ods",
    "xml": ".xml",
    "parquet": ".parquet",
    "json_records": ".json",
    "ndjson": ".ndjson,.jsonl",
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "intake"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # One look with the page of figures: its stylesheet first.
    sheets = (TEMPLATES / "page" / "page.css", TEMPLATES / "intake" / "intake.css")
    stylesheet = "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)
    environment.globals["stylesheet"] = Markup(stylesheet)  # noqa: S704 - our own files, no input in them
    digest = base64.b64encode(hashlib.sha256(stylesheet.encode()).digest()).decode()
    environment.globals["content_security_policy"] = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )
    return environment


class Page:
    """What one request is answered with."""

    def __init__(self, request: Request, jurisdiction: Jurisdiction, officer: Officer) -> None:
        self.request, self.jurisdiction, self.officer = request, jurisdiction, officer
        self.language = jurisdiction.language
        self._zone = ZoneInfo(jurisdiction.timezone)

    def form(self, source: Source, period: Period, *, status: int = HTTPStatus.OK, **values: Any) -> HTMLResponse:
        """Return the page on which a file is chosen, with what the period has already."""
        shown = {"just_now": None, "problem": None, **values}
        accepted = ACCEPTED_NAMES.get(source.format.kind, "")
        return self.render("form.html", status, source=source, period=period, accepted=accepted, **shown)

    def message(self, kind: str, status: int = HTTPStatus.OK, **values: str) -> HTMLResponse:
        """Say one thing on a page of its own: texts <kind>_title and <kind>_text."""
        title, sentence = (self.text(f"{kind}_{part}", **values) for part in ("title", "text"))
        return self.render("message.html", status, title=title, sentence=sentence)

    def render(self, template: str, status: int = HTTPStatus.OK, **values: object) -> HTMLResponse:
        """Fill a template into a response."""
        environment = _environment()
        html = environment.get_template(template).render(page=self, text=self.text, link=self.link, **values)
        headers = {
            "Content-Security-Policy": str(environment.globals["content_security_policy"]),
            # Not no-referrer: browsers would then send no Origin with our own forms.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(html, status_code=status, headers=headers)

    def text(self, key: str, **values: object) -> str:
        """Return a text of texts.yaml with its {names} filled in."""
        return texts_of("intake")[key][self.language].format(**values)

    def text_of(self, name: str) -> str:
        """Return a text of the jurisdiction, or nothing."""
        return str(self.jurisdiction.texts.get(f"{name}_{self.language}") or "")

    def title_of(self, of: Jurisdiction | Source) -> str:
        """Return what people call the jurisdiction or a source."""
        return text_of(of, "title", self.language)

    def link(self, path: str = "", **query: str) -> str:
        """Return a link inside the application, wherever it is mounted."""
        root = str(self.request.scope.get("root_path", ""))
        return f"{root}/{quote(path)}" + (f"?{urlencode(query)}" if query else "")

    def moment(self, moment: datetime) -> str:
        """Write a moment in the jurisdiction's time: 08:05 ngày 02/05/2019, in English 2019-05-02 08:05."""
        form = "%Y-%m-%d %H:%M" if self.language == "en" else "%H:%M ngày %d/%m/%Y"
        return moment.astimezone(self._zone).strftime(form)

    def last_day(self, ends_at: datetime) -> str:
        """Write the last day before an exclusive end: 10/05/2019, in English 2019-05-10."""
        form = "%Y-%m-%d" if self.language == "en" else "%d/%m/%Y"
        return (ends_at - timedelta(seconds=1)).astimezone(self._zone).strftime(form)

    def count(self, number: int | None) -> str:
        """Write a whole number: 1.730, in English 1,730; — for none."""
        return "—" if number is None else f"{number:,}".replace(",", "," if self.language == "en" else ".")

    def size(self, byte_count: int) -> str:
        """Write a file's size: 1,4 MB, in English 1.4 MB."""
        if byte_count < 1 << 20:
            return f"{max(1, round(byte_count / 1024))} KB"
        return f"{byte_count / (1 << 20):.1f} MB".replace(".", "." if self.language == "en" else ",")
