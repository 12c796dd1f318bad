"""What goes wrong with a web service, in words: one function a kind of trouble."""

from __future__ import annotations

from typing import Any

import httpx

from onestop.sources.access import Request
from onestop.sources.errors import (
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceUnavailable,
    without_secrets,
)


class Telling:
    """The errors of one pull from one service."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.source_id = request.source.id
        self.connection = f"the connection {request.source.connection_id}"

    def error(self, kind: type[SourceError], place: httpx.URL, **words: Any) -> SourceError:
        """Return an error at a place, without what stands in its query."""
        return self.request.error(kind, without_secrets(str(place)), **words)

    def misconfigured(self, place: httpx.URL, *, expected: str, seen: str, remedy: str) -> SourceError:
        """Somebody must correct the configuration, the connection or the service."""
        return self.error(SourceMisconfigured, place, expected=expected, seen=seen, remedy=remedy)

    def no_host(self) -> SourceError:
        """The connection names no host that can be asked."""
        return self.request.error(
            SourceMisconfigured,
            "web service",
            expected="a host, or a URL that starts with http:// or https://",
            seen=repr(self.request.access.host),
            remedy=f"Correct the host of {self.connection}.",
        )

    def unavailable(self, place: httpx.URL, seen: str) -> SourceError:
        """Nobody answers, or not in time."""
        return self.error(
            SourceUnavailable,
            place,
            expected="an answer",
            seen=seen,
            remedy="It is asked again by itself; if it stays so, tell the source's contact, and check "
            f"{self.connection}.",
        )

    def cut(self, place: httpx.URL, seen: str) -> SourceError:
        """A body is not whole."""
        return self.error(
            SourceCutOff,
            place,
            expected="a whole body",
            seen=seen,
            remedy="It is asked again by itself; if it keeps breaking, ask the agency about its server and line.",
        )

    def endless(self, place: httpx.URL, seen: str) -> SourceError:
        """Pages or redirects turn in a circle."""
        return self.misconfigured(
            place,
            expected="pages that come to an end",
            seen=seen,
            remedy=f"Nothing was delivered. Check access.paging of the source {self.source_id}: a service that does "
            "not know the parameter gives the first page for ever.",
        )

    def too_large(self, place: httpx.URL, limit_bytes: int) -> SourceError:
        """More in one answer than is taken."""
        return self.misconfigured(
            place,
            expected=f"at most {limit_bytes:,} bytes in one answer",
            seen="more",
            remedy=f"Lower access.paging.size of the source {self.source_id}, or ask the agency what it sends.",
        )

    def wrong_pattern(self, place: httpx.URL, key: str, error: Exception) -> SourceError:
        """A pattern of the configuration cannot be filled in."""
        return self.misconfigured(
            place,
            expected=f"access.{key} with fields of the period, such as {{starts_on:%d/%m/%Y}}",
            seen=f"{type(error).__name__}: {error}",
            remedy=f"Correct access.{key} of the source {self.source_id} in the jurisdiction's folder.",
        )
