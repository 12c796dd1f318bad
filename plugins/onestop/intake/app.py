"""The drop page as an application of its own, served by Airflow or by itself.

Every route depends on the officer: there is no page for who is not logged in, and none for a source that one may not
hand in for. What is uploaded becomes a draft; only a draft whose preview was not refused can be confirmed, by who
uploaded it.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, cast

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Engine
from starlette.exceptions import HTTPException as RoutingError

from onestop.intake.looking import Finding, look_at
from onestop.intake.officer import Officer
from onestop.intake.pages import Page
from onestop.intake.receiving import NoFile, TooLarge, from_our_own_page, received_file
from onestop.jurisdiction import Jurisdiction, Period, Source
from onestop.landing import NoSuchDraft, Upload, Uploads

log = logging.getLogger(__name__)

PERIODS_OFFERED = 6
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Office:
    """What the drop page works with. `engine` connects as onestop_loader: a preview makes staging tables and drops
    them. `jurisdiction` and `now` are asked at each request. `until` is the last day for which schedules collect: no
    later month is offered.
    """

    engine: Engine
    uploads: Uploads
    jurisdiction: Callable[[], Jurisdiction]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    until: date | None = None

    def page(self, request: Request, officer: Officer) -> Page:
        """Return the page of one request."""
        return Page(request, self.jurisdiction(), officer)

    def periods(self, source: Source) -> list[Period]:
        """Return the months that may be handed in, the newest first: begun, and expected of the source."""
        jurisdiction, now = self.jurisdiction(), self.now()
        today = now.astimezone(jurisdiction.period("2019-01").starts_at.tzinfo).date()
        code = f"{today if self.until is None else min(today, self.until):%Y-%m}"
        offered = []
        period = jurisdiction.period(code)
        for _ in range(PERIODS_OFFERED):
            if source.is_expected(period):
                offered.append(period)
            period = period.previous()
        return offered

    def stage(self, period: Period) -> Literal["running", "ended", "closed"]:
        """Return where a month stands, which decides when what is handed in is collected."""
        if period.ends_at > self.now():
            return "running"
        return "ended" if period.closes_at > self.now() else "closed"

    def period(self, source: Source, code: str) -> Period | None:
        """Return a month that may be handed in for the source, however long ago; None for any other."""
        try:
            period = self.jurisdiction().period(code)
        except ValueError:
            return None
        return period if period.starts_at <= self.now() and source.is_expected(period) else None


def create_app(office: Office, officer: Callable[..., Any]) -> FastAPI:  # noqa: PLR0915 - a route after the other
    """Build the drop page. `officer` is a dependency that gives the logged-in Officer, or refuses who is none."""
    app = FastAPI(
        title="onestop intake",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(from_our_own_page)],
    )
    Known = Annotated[Officer, Depends(officer)]  # noqa: N806 - a type

    @app.get("/")
    def choose(request: Request, known: Known) -> Response:
        page = office.page(request, known)
        sources = list(known.sources_of(page.jurisdiction.sources))
        if not sources:
            return page.message("nobody", HTTPStatus.FORBIDDEN, name=known.name)
        offered = [(source, [_row(office, source, period) for period in office.periods(source)]) for source in sources]
        return page.render("choose.html", offered=offered)

    @app.get("/sources/{source_id}/{code}")
    def form(request: Request, known: Known, source_id: str, code: str, confirmed: str = "") -> Response:
        page, source, period = _asked(request, known, source_id, code)
        uploads = office.uploads.confirmed(source.id, period.code)
        just_now = next((upload for upload in uploads if upload.token == confirmed), None)
        return page.form(source, period, uploads=uploads, just_now=just_now, stage=office.stage(period))

    @app.post("/sources/{source_id}/{code}")
    async def upload(request: Request, known: Known, source_id: str, code: str) -> Response:
        page, source, period = await run_in_threadpool(_asked, request, known, source_id, code)
        limit_bytes = cast("Any", source.access).max_megabytes << 20
        try:
            async with received_file(request, limit_bytes) as file:
                head = await file.read(2)
                if not head or head == GZIP_MAGIC:
                    return await run_in_threadpool(
                        _told_in_form, page, source, period, "empty" if not head else "packed"
                    )
                name = file.filename or ""
                seen, draft = await run_in_threadpool(_looked_at, known, source, period, file.file, name)
        except TooLarge:
            return await run_in_threadpool(_told_in_form, page, source, period, "too_large")
        except NoFile:
            return await run_in_threadpool(_told_in_form, page, source, period, "no_file")
        except TimeoutError:
            return await run_in_threadpool(_told_in_form, page, source, period, "too_slow")
        return page.render("seen.html", source=source, period=period, seen=seen, draft=draft, file_name=name)

    @app.post("/drafts/{token}/confirm")
    def confirm(request: Request, known: Known, token: str) -> Response:
        page = office.page(request, known)
        try:
            draft = _own_draft(page.jurisdiction, known, token)
            confirmed = office.uploads.confirm(draft.token, office.now())
        except NoSuchDraft:
            return page.message("no_draft", HTTPStatus.GONE)
        log.info("%s handed in upload %s for %s %s", known.name, token, confirmed.source_id, confirmed.period)
        target = page.link(f"sources/{confirmed.source_id}/{confirmed.period}", confirmed=token)
        return RedirectResponse(target, HTTPStatus.SEE_OTHER)

    def _own_draft(jurisdiction: Jurisdiction, known: Officer, token: str) -> Upload:
        draft = office.uploads.draft(token)
        is_own = draft.uploaded_by == known.name and _source(jurisdiction, known, draft.source_id) is not None
        if not is_own or draft.record_count is None:
            raise NoSuchDraft(token)
        return draft

    def _asked(request: Request, known: Officer, source_id: str, code: str) -> tuple[Page, Source, Period]:
        page = office.page(request, known)
        source = _source(page.jurisdiction, known, source_id)
        period = office.period(source, code) if source is not None else None
        if source is None or period is None:
            # Whether there is such a source is not told to who may not hand in for it.
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return page, source, period

    def _looked_at(
        known: Officer, source: Source, period: Period, content: Any, name: str
    ) -> tuple[Finding, Upload | None]:
        now = office.now()
        seen = look_at(office.engine, office.jurisdiction(), source, period, content, now)
        if seen.refusals:
            return seen, None
        draft = office.uploads.keep_draft(
            content,
            source_id=source.id,
            period=period.code,
            file_name=name,
            uploaded_by=known.name,
            uploaded_at=now,
        )
        return seen, office.uploads.note_counts(draft, seen.record_count, seen.accepted_count)

    def _told_in_form(page: Page, source: Source, period: Period, problem: str) -> Response:
        status = {
            "too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "too_slow": HTTPStatus.REQUEST_TIMEOUT,
        }.get(problem, HTTPStatus.UNPROCESSABLE_ENTITY)
        uploads = office.uploads.confirmed(source.id, period.code)
        stage = office.stage(period)
        return page.form(source, period, uploads=uploads, stage=stage, problem=problem, status=status)

    @app.exception_handler(RoutingError)
    async def refused(request: Request, error: Exception) -> Response:
        known = cast("RoutingError", error)
        if known.status_code == HTTPStatus.NOT_FOUND:
            return office.page(request, Officer("")).message("not_found", HTTPStatus.NOT_FOUND)
        if known.status_code == HTTPStatus.FORBIDDEN:
            return office.page(request, Officer("")).message("foreign_form", HTTPStatus.FORBIDDEN)
        return await http_exception_handler(request, known)

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        # Starlette raises the error again for the server's log; the officer gets a number to name.
        number = secrets.token_hex(4)
        log.error("incident %s on %s: %s", number, request.url.path, type(error).__name__)
        return office.page(request, Officer("")).message("failed", HTTPStatus.INTERNAL_SERVER_ERROR, number=number)

    return app


def _source(jurisdiction: Jurisdiction, officer: Officer, source_id: str) -> Source | None:
    return next((one for one in officer.sources_of(jurisdiction.sources) if one.id == source_id), None)


def _row(office: Office, source: Source, period: Period) -> dict[str, Any]:
    newest = office.uploads.newest(source.id, period.code)
    return {"period": period, "newest": newest, "is_late": newest is None and period.due_at <= office.now()}
