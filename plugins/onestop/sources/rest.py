"""A web service that gives dossiers as JSON pages, or one file, by httpx.

Every page is kept whole and as received (after the transfer's own compression), one part each. It is held in memory
while it is looked at for the way to the next one, so pages have a size limit; an answer without paging is streamed.
A connector talks only to the host of its connection: redirects and links that lead elsewhere are refused.
"""

from __future__ import annotations

import hashlib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import httpx
import orjson

from onestop.landing import DeliveryFacts, Part
from onestop.sources.access import Request, filled_in
from onestop.sources.errors import (
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceUnauthorised,
    SourceUnavailable,
    without_secrets,
)
from onestop.sources.retrying import retrying

if TYPE_CHECKING:
    from onestop.jurisdiction.models import RestAccess

PAGE_BYTES_LIMIT = 64 << 20
"""A larger page is not looked at: ask for smaller pages, or for a file without paging."""

BODY_BYTES_LIMIT = 32 << 30
PAGES_LIMIT = 20_000
REDIRECTS_LIMIT = 5
CHUNK_BYTES = 1 << 18


def fetch(request: Request, facts: DeliveryFacts) -> Iterator[Part]:
    """Give the pages, one part each, or the one file. See `Connector.fetch`."""
    with _Conversation(request, facts) as conversation:
        yield from conversation.parts()


def try_out(request: Request) -> str:
    """Ask for the first page of the period; without a period, only whether we are let in. See `Connector.try_out`."""
    facts = DeliveryFacts()
    with _Conversation(request, facts) as conversation:
        if request.period is None:
            return conversation.knock()
        part = next(conversation.parts())
        byte_count = len(next(part.chunks, b""))
        declared = "" if facts.declared_count is None else f" It declares {facts.declared_count:,} records."
        return f"{conversation.endpoint} answers for {request.period.code} (first {byte_count:,} bytes).{declared}"


class _Conversation:
    """One pull from one service: where we are in its pages, and what we have seen of them."""

    def __init__(self, request: Request, facts: DeliveryFacts) -> None:
        self.request, self.facts = request, facts
        self.access: RestAccess = request.source.access  # type: ignore[assignment]
        self.base = self._base()
        self.endpoint = without_secrets(str(self.base))
        self.record_count = 0
        # To tell a source that turns in a circle; 16 bytes a page.
        self.seen_pages: set[bytes] = set()
        self.seen_places: set[str] = set()
        self.next_link_header: str | None = None
        self.client = self._client()

    def __enter__(self) -> _Conversation:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    # -- what is asked for ---------------------------------------------------------------------------------------------

    def parts(self) -> Iterator[Part]:
        """Give the parts of the delivery, filling in the facts."""
        paging = self.access.paging
        if paging is None and not (self.access.declared_count_path or self.access.generated_at_path):
            yield Part("body", self._file())
            return
        first_declared: int | None = None
        place: httpx.URL | None = self._first_place()
        number = 0
        while place is not None:
            number += 1
            if number > PAGES_LIMIT:
                raise self._endless(place, f"more than {PAGES_LIMIT:,} pages")
            body, document, last_modified = retrying(self.request.retry)(self._page, place)
            records = self._records(place, document)
            self._refuse_repetition(place, records, number)
            self.record_count += len(records)
            declared = self._declared_count(place, document)
            if declared is not None:
                first_declared = declared if first_declared is None else first_declared
                self.facts.declared_count = declared
            self.facts.delivered_at = self._generated_at(place, document) or last_modified or self.facts.delivered_at
            yield Part(f"page-{number:05d}.json", iter((body,)))
            place = self._next_place(place, document, records, number)
        if first_declared != self.facts.declared_count:
            self.facts.notes.append(
                f"The declared number of records changed while paging, from {first_declared:,} on the first page "
                f"to {self.facts.declared_count:,} on the last."
            )

    def knock(self) -> str:
        """Ask for the path without a period: a service may find that a bad question, but it must let us in."""

        def once() -> int:
            with self._opened(self.base, is_knock=True) as response:
                return response.status_code

        status = retrying(self.request.retry)(once)
        return f"{self.endpoint} answers and lets us in (status {status})."

    def _first_place(self) -> httpx.URL:
        query = self._query()
        paging = self.access.paging
        if paging is not None:
            if paging.size_parameter and paging.size:
                query[paging.size_parameter] = str(paging.size)
            if paging.kind == "page_number":
                query[paging.parameter] = str(paging.first)
            if paging.kind == "offset":
                query[paging.parameter] = "0"
        return self.base.copy_merge_params(query)

    def _query(self) -> dict[str, str]:
        assert self.request.period is not None  # noqa: S101 - only a pull has a query
        try:
            return {name: filled_in(str(value), self.request.period) for name, value in self.access.query.items()}
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise self._misconfigured(
                self.base,
                expected="query values with fields of the period, such as {starts_on:%d/%m/%Y}",
                seen=f"{type(error).__name__}: {error}",
                remedy=f"Correct access.query of the source {self.request.source.id} in the jurisdiction's folder.",
            ) from error

    def _next_place(self, place: httpx.URL, document: Any, records: list[Any], number: int) -> httpx.URL | None:
        """Return where the next page is; None after the last one.

        A page may be shorter than asked for (services cap their sizes), so a short page is no end: an empty page is, a
        missing link or cursor, or the declared count.
        """
        paging = self.access.paging
        if paging is None:
            return None
        if paging.kind == "next_link":
            link = self.next_link_header if paging.next_path is None else _at(document, paging.next_path)
            return self._unseen(place, self._own(place, str(link))) if link else None
        if paging.kind == "cursor":
            cursor = _at(document, paging.cursor_path)
            if cursor is None or cursor is False or cursor == "":
                return None
            return self._unseen(place, place.copy_set_param(paging.parameter, str(cursor)))
        declared = self.facts.declared_count
        if not records or (declared is not None and self.record_count >= declared):
            return None
        position = paging.first + number if paging.kind == "page_number" else self.record_count
        return place.copy_set_param(paging.parameter, str(position))

    # -- what is looked at ---------------------------------------------------------------------------------------------

    def _parsed(self, place: httpx.URL, body: bytes) -> Any:
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            if body[:1] in {b"{", b"["}:
                raise self._cut(place, f"{len(body):,} bytes of JSON that end or break in the middle") from error
            raise self._misconfigured(
                place,
                expected="a page of JSON",
                seen=f"{len(body):,} bytes of something else",
                remedy="Open the address in a browser with the same credentials: a login or maintenance page looks so.",
            ) from error

    def _records(self, place: httpx.URL, document: Any) -> list[Any]:
        records = _at(document, self.access.records_path) if self.access.records_path else document
        if not isinstance(records, list):
            raise self._misconfigured(
                place,
                expected=f"a list of records at {self.access.records_path or 'the top'}",
                seen=f"{type(records).__name__}; the page's keys are {_keys(document)}",
                remedy=f"Correct access.records_path of the source {self.request.source.id}, or ask the agency.",
            )
        return records

    def _declared_count(self, place: httpx.URL, document: Any) -> int | None:
        path = self.access.declared_count_path
        if not path:
            return None
        value = _at(document, path)
        if isinstance(value, str) and value.isdecimal():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self._misconfigured(
                place,
                expected=f"the number of records at {path}",
                seen=f"{type(value).__name__}; the page's keys are {_keys(document)}",
                remedy=f"Correct access.declared_count_path of the source {self.request.source.id}, or ask the agency.",
            )
        return value

    def _generated_at(self, place: httpx.URL, document: Any) -> datetime | None:
        path = self.access.generated_at_path
        value = _at(document, path) if path else None
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise self._misconfigured(
                place,
                expected=f"an ISO 8601 moment at {path}",
                seen=repr(value)[:60],
                remedy=f"Correct access.generated_at_path of the source {self.request.source.id}, or leave it out.",
            ) from error
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.request.source.timezone))

    def _refuse_repetition(self, place: httpx.URL, records: list[Any], number: int) -> None:
        if not records:
            return
        digest = hashlib.blake2b(orjson.dumps(records), digest_size=16).digest()
        if digest in self.seen_pages:
            raise self._endless(place, f"page {number} with the same records as an earlier page")
        self.seen_pages.add(digest)

    def _unseen(self, place: httpx.URL, following: httpx.URL) -> httpx.URL:
        if not self.seen_places:
            self.seen_places.add(str(place))
        if str(following) in self.seen_places:
            raise self._endless(place, "a way to the next page that leads back to an earlier one")
        self.seen_places.add(str(following))
        return following

    def _own(self, place: httpx.URL, link: str) -> httpx.URL:
        """Return the absolute URL of a link, refused unless it stays on the connection's scheme, host and port."""
        following = place.join(link)
        if _origin(following) != _origin(self.base):
            raise self._misconfigured(
                place,
                expected=f"to be kept on {self.base.scheme}://{self.base.netloc.decode()}",
                seen=f"a redirect or link to {following.scheme}://{following.netloc.decode().rpartition('@')[2]}",
                remedy="It was not followed. If the service has moved, the agency must say so, and the connection "
                f"{self.request.source.connection_id} be changed.",
            )
        return following

    # -- how it is asked -----------------------------------------------------------------------------------------------

    def _page(self, place: httpx.URL) -> tuple[bytes, Any, datetime | None]:
        body = bytearray()
        with self._opened(place) as response:
            for chunk in response.iter_bytes(CHUNK_BYTES):
                body += chunk
                if len(body) > PAGE_BYTES_LIMIT:
                    raise self._too_large(place, PAGE_BYTES_LIMIT)
            last_modified = _moment(response.headers.get("last-modified"))
            self.next_link_header = response.links.get("next", {}).get("url")
        whole = bytes(body)
        return whole, self._parsed(place, whole), last_modified

    def _file(self) -> Iterator[bytes]:
        """Stream one body. What has been passed on cannot be asked for again: a cut here ends the pull."""
        place = self._first_place()
        byte_count = 0
        with ExitStack() as stack:
            response = retrying(self.request.retry)(lambda: stack.enter_context(self._opened(place)))
            self.facts.delivered_at = _moment(response.headers.get("last-modified")) or self.facts.delivered_at
            for chunk in response.iter_bytes(CHUNK_BYTES):
                byte_count += len(chunk)
                if byte_count > BODY_BYTES_LIMIT:
                    raise self._too_large(place, BODY_BYTES_LIMIT)
                yield chunk

    @contextmanager
    def _opened(self, place: httpx.URL, *, is_knock: bool = False) -> Iterator[httpx.Response]:
        """Open the answer to a GET, redirects within the host followed; its status is good. Raises `SourceError`."""
        where = place
        try:
            for _ in range(REDIRECTS_LIMIT + 1):
                with self.client.stream("GET", where) as response:
                    if not response.has_redirect_location:
                        self._judge(response, where, is_knock=is_knock)
                        yield response
                        return
                    where = self._own(where, response.headers["location"])
        except httpx.TimeoutException as error:
            raise self._unavailable(
                where, f"no answer within {self.request.source.timeout_seconds:g} s ({type(error).__name__})"
            ) from error
        except (httpx.ReadError, httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise self._cut(where, f"{type(error).__name__}: {error}") from error
        except httpx.ConnectError as error:
            if isinstance(_root_cause(error), ssl.SSLCertVerificationError):
                raise self._misconfigured(
                    where,
                    expected="a certificate this machine trusts",
                    seen=str(error),
                    remedy="Ask the agency for its authority's certificate and name its file in the extra ca_file of "
                    f"the connection {self.request.source.connection_id}.",
                ) from error
            raise self._unavailable(where, str(error)) from error
        except httpx.TransportError as error:
            raise self._unavailable(where, f"{type(error).__name__}: {error}") from error
        raise self._endless(place, f"more than {REDIRECTS_LIMIT} redirects")

    def _judge(self, response: httpx.Response, place: httpx.URL, *, is_knock: bool) -> None:
        """Refuse every status but a good one; a knock may be a bad question."""
        status = response.status_code
        if status == httpx.codes.OK or (is_knock and status in {204, 400, 405, 422}):
            return
        login = self.request.source.connection_id
        if status in {401, 403}:
            raise self._error(
                SourceUnauthorised,
                place,
                expected="to be let in",
                seen=f"status {status}",
                remedy=f"Ask the agency for valid credentials and put them into the connection {login}.",
            )
        if status in {408, 425, 429} or status >= 500:
            asked = _retry_after_seconds(response)
            raise self._error(
                SourceUnavailable,
                place,
                expected="status 200",
                seen=f"status {status}" + (f", which asks to wait {asked:g} s" if asked is not None else ""),
                remedy="It is asked again by itself; if it stays so, tell the source's contact.",
                retry_after_seconds=asked,
            )
        raise self._misconfigured(
            place,
            expected="status 200",
            seen=f"status {status}",
            remedy=f"Compare access.path and access.query of the source {self.request.source.id} with the service.",
        )

    def _base(self) -> httpx.URL:
        host, access = self.request.access.host or "", self.request.access
        root = host if "://" in host else f"{access.schema or 'https'}://{host}"
        try:
            url = httpx.URL(root.rstrip("/") + "/" + self.access.path.lstrip("/"))
            url = url.copy_with(port=access.port) if access.port and url.port is None else url
        except httpx.InvalidURL as error:
            raise self._no_host() from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise self._no_host()
        return url

    def _client(self) -> httpx.Client:
        trust: ssl.SSLContext | bool = True
        if ca_file := self.request.access.extra.get("ca_file"):
            try:
                trust = ssl.create_default_context(cafile=str(ca_file))
            except OSError as error:
                raise self._misconfigured(
                    self.base,
                    expected="a file of certificates in the extra ca_file",
                    seen=f"{ca_file} ({type(error).__name__})",
                    remedy=f"Correct the extra ca_file of the connection {self.request.source.connection_id}.",
                ) from error
        headers, auth = self._credentials()
        return httpx.Client(
            headers={"User-Agent": "onestop", "Accept": "application/json, */*;q=0.5", **headers},
            auth=auth,
            timeout=self.request.source.timeout_seconds,
            verify=trust,
            follow_redirects=False,
        )

    def _credentials(self) -> tuple[dict[str, str], httpx.Auth | None]:
        kind = self.access.authentication
        if kind == "none":
            return {}, None
        secret = (self.request.access.password or "").strip()
        if not secret or not (secret.isascii() and secret.isprintable()):
            raise self._misconfigured(
                self.base,
                expected=f"the secret for {kind} in the connection's password",
                seen="none" if not secret else "characters that cannot be sent (a line end, or letters outside ASCII)",
                remedy=f"Put the secret as the agency gave it into the connection {self.request.source.connection_id}.",
            )
        if kind == "basic":
            return {}, httpx.BasicAuth(self.request.access.login or "", secret)
        if kind == "api_key":
            return {self.access.api_key_header: secret}, None
        return {"Authorization": f"Bearer {secret}"}, None

    # -- what is told --------------------------------------------------------------------------------------------------

    def _error(self, kind: type[SourceError], place: httpx.URL, **words: Any) -> SourceError:
        return self.request.error(kind, without_secrets(str(place)), **words)

    def _misconfigured(self, place: httpx.URL, *, expected: str, seen: str, remedy: str) -> SourceError:
        return self._error(SourceMisconfigured, place, expected=expected, seen=seen, remedy=remedy)

    def _no_host(self) -> SourceError:
        return self.request.error(
            SourceMisconfigured,
            "web service",
            expected="a host, or a URL that starts with http:// or https://",
            seen=repr(self.request.access.host),
            remedy=f"Correct the host of the connection {self.request.source.connection_id}.",
        )

    def _unavailable(self, place: httpx.URL, seen: str) -> SourceError:
        return self._error(
            SourceUnavailable,
            place,
            expected="an answer",
            seen=seen,
            remedy="It is asked again by itself; if it stays so, tell the source's contact, and check the connection "
            f"{self.request.source.connection_id}.",
        )

    def _cut(self, place: httpx.URL, seen: str) -> SourceError:
        return self._error(
            SourceCutOff,
            place,
            expected="a whole body",
            seen=seen,
            remedy="It is asked again by itself; if it keeps breaking, ask the agency about its server and line.",
        )

    def _endless(self, place: httpx.URL, seen: str) -> SourceError:
        return self._misconfigured(
            place,
            expected="pages that come to an end",
            seen=seen,
            remedy=f"Nothing was delivered. Check access.paging of the source {self.request.source.id}: a service that "
            "does not know the parameter gives the first page for ever.",
        )

    def _too_large(self, place: httpx.URL, limit_bytes: int) -> SourceError:
        return self._misconfigured(
            place,
            expected=f"at most {limit_bytes:,} bytes in one answer",
            seen="more",
            remedy=f"Lower access.paging.size of the source {self.request.source.id}, or ask the agency what it sends.",
        )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _at(document: Any, path: str) -> Any:
    """Return what a dotted path leads to in parsed JSON, or None."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _keys(document: Any) -> str:
    return ", ".join(list(document)[:20]) if isinstance(document, dict) else f"none, it is a {type(document).__name__}"


def _moment(header: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


def _retry_after_seconds(response: httpx.Response) -> float | None:
    """Return what a Retry-After header asks for: seconds, or a moment on the clock of the server that sent it."""
    header = response.headers.get("retry-after")
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    until, sent = _moment(header), _moment(response.headers.get("date"))
    return max((until - sent).total_seconds(), 0.0) if until and sent else None


def _root_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
