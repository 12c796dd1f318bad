"""One pull from one web service: where we are in its pages, and what we have seen of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import httpx
import orjson

from onestop.landing import DeliveryFacts, Part
from onestop.sources.access import Request, filled_in, period_values
from onestop.sources.rest.exchange import Exchange, Place, moment_of
from onestop.sources.rest.pages import NoPage, Page, SoapFault, read_page
from onestop.sources.rest.telling import Telling
from onestop.sources.retrying import retrying

if TYPE_CHECKING:
    from onestop.jurisdiction.models import RestAccess

PAGE_BYTES_LIMIT = 64 << 20
"""A larger page is not looked at: ask for smaller pages, or for a file without paging."""

BODY_BYTES_LIMIT = 32 << 30
PAGES_LIMIT = 20_000
PATTERN_ERRORS = (KeyError, ValueError, IndexError, AttributeError)


@contextmanager
def conversing(request: Request, access: RestAccess, facts: DeliveryFacts) -> Iterator[Conversation]:
    """Talk to the source's service, and close the line afterwards."""
    telling = Telling(request)
    exchange = Exchange(request, access, telling)
    try:
        yield Conversation(request, access, facts, exchange)
    finally:
        exchange.close()


class Conversation:
    """One pull: asks page after page and fills in what the source says of its delivery."""

    def __init__(self, request: Request, access: RestAccess, facts: DeliveryFacts, exchange: Exchange) -> None:
        self.request, self.access, self.facts, self.exchange = request, access, facts, exchange
        self.telling = exchange.telling
        self.endpoint = exchange.endpoint(exchange.base)
        self.since = request.since
        self.record_count = 0
        # To tell a source that turns in a circle; 16 bytes a page.
        self.seen_digests: set[bytes] = set()
        self.seen_places: set[Place] = set()
        self.next_link_header: str | None = None
        exchange.body_of = self._body

    def parts(self) -> Iterator[Part]:
        """Give the parts of the delivery, filling in the facts."""
        access = self.access
        is_one_file = access.paging is None and not (access.declared_count_path or access.generated_at_path)
        if is_one_file and access.incremental is None:
            yield Part("body", self._file())
            return
        first_declared: int | None = None
        place: Place | None = self._first_place()
        number = 0
        while place is not None:
            number += 1
            if number > PAGES_LIMIT:
                raise self.telling.endless(place.url, f"more than {PAGES_LIMIT:,} pages")
            body, page, served_at = retrying(self.request.retry)(self._page, place)
            if number == 1 and self._has_clock_gone_back(served_at):
                place, number = self._first_place(), 0
                continue
            self._refuse_repetition(place, page, number)
            self.record_count += page.record_count
            declared = self._declared_count(place.url, page)
            if declared is not None:
                first_declared = declared if first_declared is None else first_declared
                self.facts.declared_count = declared
            self.facts.delivered_at = self._generated_at(place.url, page) or self.facts.delivered_at
            if number == 1:
                self._keep_cursor(served_at)
            yield Part(f"page-{number:05d}.{access.answer}", iter((body,)))
            place = self._next_place(place, page, number)
        if first_declared != self.facts.declared_count:
            self.facts.notes.append(
                f"The declared number of records changed while paging, from {first_declared:,} on the first page "
                f"to {self.facts.declared_count:,} on the last."
            )

    def knock(self) -> str:
        """Ask for the path without a period: a service may find that a bad question, but it must let us in."""

        def once() -> int:
            with self.exchange.opened(Place(self.exchange.base), is_knock=True) as response:
                return response.status_code

        status = retrying(self.request.retry)(once)
        return f"{self.endpoint} answers and lets us in (status {status})."

    # -- what is asked for ---------------------------------------------------------------------------------------------

    def _first_place(self) -> Place:
        query, position = self._query(), ""
        paging = self.access.paging
        if paging is not None:
            if paging.size_parameter and paging.size:
                query[paging.size_parameter] = str(paging.size)
            if paging.kind in {"page_number", "offset"}:
                position = str(paging.first) if paging.kind == "page_number" else "0"
                if paging.parameter:
                    query[paging.parameter] = position
        incremental = self.access.incremental
        if incremental is not None and incremental.parameter and self.since is not None:
            query[incremental.parameter] = incremental.form.format(since=self._local(self.since))
        return Place(self.exchange.base.copy_merge_params(query), position)

    def _query(self) -> dict[str, str]:
        assert self.request.period is not None  # noqa: S101 - only a pull has a query
        try:
            return {name: filled_in(str(value), self.request.period) for name, value in self.access.query.items()}
        except PATTERN_ERRORS as error:
            raise self.telling.wrong_pattern(self.exchange.base, "query", error) from error

    def _body(self, place: Place) -> str | None:
        """Return what is posted. In XML the login and the position are escaped; a period's values need none."""
        pattern, period, known = self.access.body, self.request.period, self.request.access
        if pattern is None or period is None:
            return None
        quoted = escape if self.access.answer == "xml" else _in_json
        paging = self.access.paging
        values: dict[str, Any] = {
            **period_values(period),
            "since": self._local(self.since or datetime.fromtimestamp(0, UTC)),
            "position": quoted(place.position),
            "size": "" if paging is None or paging.size is None else str(paging.size),
            "login": quoted(known.login or ""),
            "password": quoted(known.password or ""),
        }
        try:
            return pattern.format(**values)
        except PATTERN_ERRORS as error:
            raise self.telling.wrong_pattern(self.exchange.base, "body", error) from error

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.request.source.timezone))

    def _next_place(self, place: Place, page: Page, number: int) -> Place | None:
        """Return where the next page is; None after the last one.

        A page may be shorter than asked for (services cap their sizes), so a short page is no end: an empty page is, a
        missing link or cursor, or the declared count.
        """
        paging = self.access.paging
        if paging is None:
            return None
        if paging.kind == "next_link":
            link = self.next_link_header if paging.next_path is None else page.values.get(paging.next_path)
            return self._unseen(place, Place(self.exchange.own(place.url, str(link)))) if link else None
        if paging.kind == "cursor":
            cursor = page.values.get(paging.cursor_path)
            if cursor is None or cursor is False or cursor == "":
                return None
            return self._unseen(place, _moved(place, paging.parameter, str(cursor)))
        declared = self.facts.declared_count
        if not page.record_count or (declared is not None and self.record_count >= declared):
            return None
        position = paging.first + number if paging.kind == "page_number" else self.record_count
        return _moved(place, paging.parameter, str(position))

    # -- what has changed ----------------------------------------------------------------------------------------------

    def _has_clock_gone_back(self, served_at: datetime | None) -> bool:
        """Whether the service's clock is behind the moment we ask from: nothing would come, so all is asked for."""
        if self.since is None or served_at is None or served_at >= self.since:
            return False
        self.facts.notes.append(
            f"The service's clock has gone back: it was {self.since.isoformat()} or later at the last pull, and is "
            f"{served_at.isoformat()}. Everything was asked for."
        )
        self.since = None
        return True

    def _keep_cursor(self, served_at: datetime | None) -> None:
        """Keep the moment on the service's own clock at which we began to ask: the next pull goes on from there."""
        if self.access.incremental is None:
            return
        if self.since is not None:
            self.facts.is_full, self.facts.told_apart_by = False, f"since {self.since.astimezone(UTC).isoformat()}"
        if served_at is not None:
            self.facts.source_cursor = {"updated_since": served_at.astimezone(UTC).isoformat()}
        else:
            self.facts.notes.append("The service sends no header Date: the next pull asks for everything.")

    # -- what is looked at ---------------------------------------------------------------------------------------------

    def _page(self, place: Place) -> tuple[bytes, Page, datetime | None]:
        body = bytearray()
        with self.exchange.opened(place) as response:
            for chunk in self.exchange.chunks(response, place.url, PAGE_BYTES_LIMIT):
                body += chunk
            self.facts.delivered_at = moment_of(response.headers.get("last-modified")) or self.facts.delivered_at
            self.next_link_header = response.links.get("next", {}).get("url")
            served_at = moment_of(response.headers.get("date"))
        whole = bytes(body)
        return whole, self._looked_at(place.url, whole), served_at

    def _looked_at(self, place: httpx.URL, body: bytes) -> Page:
        try:
            return read_page(self.access, body)
        except SoapFault as fault:
            raise self.exchange.faulty(place, fault) from fault
        except NoPage as error:
            if error.is_cut:
                raise self.telling.cut(place, error.seen) from error
            if error.path is not None:
                raise self.telling.misconfigured(
                    place,
                    expected=f"a list of records at {error.path}",
                    seen=error.seen,
                    remedy=f"Correct access.records_path of the source {self.request.source.id}, or ask the agency.",
                ) from error
            raise self.telling.misconfigured(
                place,
                expected=f"a page of {self.access.answer.upper()}",
                seen=error.seen,
                remedy="Open the address in a browser with the same credentials: a login or maintenance page looks so.",
            ) from error

    def _file(self) -> Iterator[bytes]:
        """Stream one body. What has been passed on cannot be asked for again: a cut here ends the pull."""
        place = self._first_place()
        with ExitStack() as stack:
            response = retrying(self.request.retry)(lambda: stack.enter_context(self.exchange.opened(place)))
            self.facts.delivered_at = moment_of(response.headers.get("last-modified")) or self.facts.delivered_at
            yield from self.exchange.chunks(response, place.url, BODY_BYTES_LIMIT)

    def _declared_count(self, place: httpx.URL, page: Page) -> int | None:
        path = self.access.declared_count_path
        if not path:
            return None
        value = page.values.get(path)
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.telling.misconfigured(
                place,
                expected=f"the number of records at {path}",
                seen=f"{type(value).__name__}; the page's keys are {page.keys}",
                remedy=f"Correct access.declared_count_path of the source {self.request.source.id}, or ask the agency.",
            )
        return value

    def _generated_at(self, place: httpx.URL, page: Page) -> datetime | None:
        path = self.access.generated_at_path
        value = page.values.get(path) if path else None
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise self.telling.misconfigured(
                place,
                expected=f"an ISO 8601 moment at {path}",
                seen=repr(value)[:60],
                remedy=f"Correct access.generated_at_path of the source {self.request.source.id}, or leave it out.",
            ) from error
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.request.source.timezone))

    def _refuse_repetition(self, place: Place, page: Page, number: int) -> None:
        if not page.record_count:
            return
        if page.digest in self.seen_digests:
            raise self.telling.endless(place.url, f"page {number} with the same records as an earlier page")
        self.seen_digests.add(page.digest)

    def _unseen(self, place: Place, following: Place) -> Place:
        if not self.seen_places:
            self.seen_places.add(place)
        if following in self.seen_places:
            raise self.telling.endless(place.url, "a way to the next page that leads back to an earlier one")
        self.seen_places.add(following)
        return following


def _moved(place: Place, parameter: str | None, position: str) -> Place:
    url = place.url.copy_set_param(parameter, position) if parameter else place.url
    return Place(url, position)


def _in_json(text: str) -> str:
    """Return a text as it stands between the quotes of a JSON string."""
    return orjson.dumps(text).decode()[1:-1]
