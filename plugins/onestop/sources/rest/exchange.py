"""One question and its answer by httpx, kept to the host, the limits and the pace that were declared."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from onestop.sources.access import Request, filled_in
from onestop.sources.errors import SourceMisconfigured, SourceUnauthorised, SourceUnavailable
from onestop.sources.inflating import Bomb, Broken, Inflater, bomb, inflated
from onestop.sources.rest.credentials import credentials_for
from onestop.sources.rest.pages import SoapFault, fault_in
from onestop.sources.rest.patience import Deadline, transport
from onestop.sources.rest.telling import Telling

if TYPE_CHECKING:
    from onestop.jurisdiction.models import RestAccess

REDIRECTS_LIMIT = 5
TOKEN_BYTES_LIMIT = 64 << 10
ERROR_BYTES_LIMIT = 64 << 10
CHUNK_BYTES = 1 << 18
PATIENCE = 10
"""How many times its timeout a whole answer may take, unless the source says otherwise."""


@dataclass(frozen=True)
class Place:
    """Where a page is: its URL, and the position that goes into a posted body."""

    url: httpx.URL
    position: str = ""


class Exchange:
    """The client of one pull: who we are, how fast we ask, how long we wait, and whom we talk to."""

    def __init__(self, request: Request, access: RestAccess, telling: Telling) -> None:
        self.request, self.access, self.telling = request, access, telling
        self.base = self._base()
        self.body_of: Callable[[Place], str | None] = lambda _: None
        self._deadline = Deadline()
        self._asked_at: float | None = None
        self._client = self._made_client()
        self._credentials = credentials_for(access, self.base, telling, self._posted)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def opened(self, place: Place, *, is_knock: bool = False) -> Iterator[httpx.Response]:
        """Open the answer to one question, redirects within the host followed; its status is good. Raises SourceError.

        A refused token is renewed once. A knock is a GET without a body.
        """
        where = place.url
        body = None if is_knock else self.body_of(place)
        method = "GET" if is_knock else self.access.method
        redirect_count = 0
        with self._told(where):
            while redirect_count <= REDIRECTS_LIMIT:
                headers = {**self._headers(body), **self._credentials.headers()}
                self._take_turn()
                content = None if body is None else body.encode()
                with self._client.stream(method, where, content=content, headers=headers) as response:
                    if response.status_code == httpx.codes.UNAUTHORIZED and self._credentials.renew():
                        continue
                    if not response.has_redirect_location:
                        self._judge(response, where, is_knock=is_knock)
                        yield response
                        return
                    if method == "POST" and response.status_code not in {307, 308}:
                        raise self._moved(where, response.status_code)
                    where = self.own(where, response.headers["location"])
                    redirect_count += 1
        raise self.telling.endless(place.url, f"more than {REDIRECTS_LIMIT} redirects")

    def chunks(self, response: httpx.Response, place: httpx.URL, limit_bytes: int) -> Iterator[bytes]:
        """Give an answer's bytes without the transfer's compression, up to a limit. Raises SourceError."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        raw = response.iter_raw(CHUNK_BYTES)
        if encoding in {"gzip", "x-gzip", "deflate"}:
            raw = inflated(raw, Inflater())
        elif encoding not in {"identity", ""}:
            raise self.telling.misconfigured(
                place,
                expected="a body that is not compressed, or with gzip",
                seen=f"the content encoding {encoding!r}, which was not asked for",
                remedy="Ask the agency to have its server keep to the header Accept-Encoding.",
            )
        byte_count = 0
        try:
            for chunk in raw:
                byte_count += len(chunk)
                if byte_count > limit_bytes:
                    raise self.telling.too_large(place, limit_bytes)
                yield chunk
        except Broken as error:
            raise self.telling.cut(place, f"a compressed body that cannot be unpacked ({error})") from error
        except Bomb as error:
            raise bomb(self.request, self.endpoint(place), error) from error

    def endpoint(self, place: httpx.URL) -> str:
        """Return a URL as it is shown."""
        parts = urlsplit(str(place))
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def own(self, place: httpx.URL, link: str) -> httpx.URL:
        """Return the absolute URL of a link, refused unless it stays on the connection's scheme, host and port."""
        try:
            following = place.join(link)
        except (httpx.InvalidURL, ValueError) as error:
            raise self.telling.misconfigured(
                place,
                expected="a link to the next page",
                seen="something that is no URL",
                remedy="It was not followed. Ask the agency what its service sends.",
            ) from error
        if _origin(following) != _origin(self.base):
            raise self.telling.misconfigured(
                place,
                expected=f"to be kept on {self.base.scheme}://{self.base.netloc.decode()}",
                seen=f"a redirect or link to {following.scheme}://{following.netloc.decode().rpartition('@')[2]}",
                remedy="It was not followed. If the service has moved, the agency must say so, and "
                f"{self.telling.connection} be changed.",
            )
        return following

    # -- how it is asked -----------------------------------------------------------------------------------------------

    def _take_turn(self) -> None:
        pause = self.access.min_interval_seconds
        if pause and self._asked_at is not None:
            time.sleep(max(0.0, self._asked_at + pause - time.monotonic()))
        self._asked_at = time.monotonic()
        self._deadline.start(self.access.longest_answer_seconds or PATIENCE * self.request.source.timeout_seconds)

    def _headers(self, body: str | None) -> dict[str, str]:
        period = self.request.period
        declared = (
            {} if period is None else {name: filled_in(value, period) for name, value in self.access.headers.items()}
        )
        if body is None:
            return declared
        kind = "text/xml" if self.access.answer == "xml" else "application/json"
        return {"Content-Type": self.access.content_type or f"{kind}; charset=utf-8", **declared}

    def _posted(self, url: httpx.URL, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Post to the identity server. Redirects are not followed: a secret goes where the connection says."""
        answer = bytearray()
        with self._told(url):
            self._deadline.start(PATIENCE * self.request.source.timeout_seconds)
            with self._client.stream("POST", url, content=body, headers=headers) as response:
                if response.status_code in {408, 425, 429} or response.status_code >= 500:
                    self._judge(response, url, is_knock=False)
                for chunk in self.chunks(response, url, TOKEN_BYTES_LIMIT):
                    answer += chunk
        return response.status_code, bytes(answer)

    @contextmanager
    def _told(self, place: httpx.URL) -> Iterator[None]:
        """Turn what httpx raises into an error that says what to do."""
        try:
            yield
        except httpx.TimeoutException as error:
            if self._deadline.is_over:
                patience = self.access.longest_answer_seconds or PATIENCE * self.request.source.timeout_seconds
                raise self.telling.unavailable(
                    place, f"an answer that was not whole after {patience:g} s, though bytes kept coming"
                ) from error
            seconds = self.request.source.timeout_seconds
            raise self.telling.unavailable(place, f"no answer within {seconds:g} s ({type(error).__name__})") from error
        except (httpx.ReadError, httpx.RemoteProtocolError, httpx.DecodingError) as error:
            raise self.telling.cut(place, f"{type(error).__name__}: {error}") from error
        except httpx.ConnectError as error:
            if isinstance(_root_cause(error), ssl.SSLCertVerificationError):
                raise self.telling.misconfigured(
                    place,
                    expected="a certificate this machine trusts",
                    seen=str(error),
                    remedy="Ask the agency for its authority's certificate and name its file in the extra ca_file of "
                    f"{self.telling.connection}.",
                ) from error
            raise self.telling.unavailable(place, str(error)) from error
        except httpx.TransportError as error:
            raise self.telling.unavailable(place, f"{type(error).__name__}: {error}") from error

    def _judge(self, response: httpx.Response, place: httpx.URL, *, is_knock: bool) -> None:
        """Refuse every status but a good one; a knock may be a bad question."""
        status = response.status_code
        if status == httpx.codes.OK or (is_knock and status in {204, 400, 405, 422}):
            return
        if status in {401, 403}:
            raise self.telling.error(
                SourceUnauthorised,
                place,
                expected="to be let in",
                seen=f"status {status}",
                remedy=f"Ask the agency for valid credentials and put them into {self.telling.connection}.",
            )
        if self.access.answer == "xml" and status >= 400 and (fault := self._fault(response, place)) is not None:
            raise fault
        if status in {408, 425, 429} or status >= 500:
            asked = _retry_after_seconds(response)
            raise self.telling.error(
                SourceUnavailable,
                place,
                expected="status 200",
                seen=f"status {status}" + (f", which asks to wait {asked:g} s" if asked is not None else ""),
                remedy="It is asked again by itself; if it stays so, tell the source's contact.",
                retry_after_seconds=asked,
            )
        raise self.telling.misconfigured(
            place,
            expected="status 200",
            seen=f"status {status}",
            remedy=f"Compare access.path and access.query of the source {self.request.source.id} with the service.",
        )

    def _fault(self, response: httpx.Response, place: httpx.URL) -> Exception | None:
        body = b"".join(self.chunks(response, place, ERROR_BYTES_LIMIT))
        fault = fault_in(body)
        return None if fault is None else self.faulty(place, fault)

    def faulty(self, place: httpx.URL, fault: SoapFault) -> Exception:
        """Return the error for a SOAP Fault: one that blames the question is not asked again."""
        if fault.is_ours:
            return self.telling.misconfigured(
                place,
                expected="an answer to the envelope",
                seen=f"the Fault {fault}",
                remedy=f"Compare access.body of the source {self.request.source.id} with the service's WSDL, and the "
                f"credentials in {self.telling.connection} with what the agency gave.",
            )
        return self.telling.unavailable(place, f"the Fault {fault}")

    def _moved(self, place: httpx.URL, status: int) -> Exception:
        return self.telling.misconfigured(
            place,
            expected="an answer to what was posted",
            seen=f"status {status}, a redirect that would drop it",
            remedy=f"Correct access.path of the source {self.request.source.id}: it has moved, or wants a login.",
        )

    # -- who is asked --------------------------------------------------------------------------------------------------

    def _base(self) -> httpx.URL:
        host, access = self.request.access.host or "", self.request.access
        root = host if "://" in host else f"{access.schema or 'https'}://{host}"
        try:
            url = httpx.URL(root.rstrip("/") + "/" + self._path().lstrip("/"))
            url = url.copy_with(port=access.port) if access.port and url.port is None else url
        except httpx.InvalidURL as error:
            raise self.telling.no_host() from error
        if url.scheme not in {"http", "https"} or not url.host:
            raise self.telling.no_host()
        return url

    def _path(self) -> str:
        """Return the declared path with the period filled in; without a period what stands before its first field."""
        if self.request.period is None:
            return self.access.path.partition("{")[0]
        try:
            return filled_in(self.access.path, self.request.period)
        except (KeyError, ValueError, IndexError, AttributeError) as error:
            raise self.request.error(
                SourceMisconfigured,
                "web service",
                expected="access.path with fields of the period, such as {code}",
                seen=f"{type(error).__name__}: {error}",
                remedy=f"Correct access.path of the source {self.request.source.id} in the jurisdiction's folder.",
            ) from error

    def _made_client(self) -> httpx.Client:
        trust: ssl.SSLContext | bool = True
        if ca_file := self.request.access.extra.get("ca_file"):
            try:
                trust = ssl.create_default_context(cafile=str(ca_file))
            except OSError as error:
                raise self.telling.misconfigured(
                    self.base,
                    expected="a file of certificates in the extra ca_file",
                    seen=f"{ca_file} ({type(error).__name__})",
                    remedy=f"Correct the extra ca_file of {self.telling.connection}.",
                ) from error
        return httpx.Client(
            headers={"User-Agent": "onestop", "Accept": "application/json, */*;q=0.5", "Accept-Encoding": "gzip"},
            timeout=self.request.source.timeout_seconds,
            transport=transport(self._deadline, trust, self.base.host, self.base.scheme),
            follow_redirects=False,
        )


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def moment_of(header: str | None) -> datetime | None:
    """Return the moment that a header such as Date or Last-Modified names."""
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
    until, sent = moment_of(header), moment_of(response.headers.get("date"))
    return max((until - sent).total_seconds(), 0.0) if until and sent else None


def _root_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
