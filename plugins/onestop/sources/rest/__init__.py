"""A web service that gives dossiers as pages of JSON, NDJSON or XML (SOAP too), or one file, by httpx.

Every page is kept whole and as received (after the transfer's own compression), one part each. It is held in memory
while it is looked at for the way to the next one, so pages have a size limit; an answer without paging is streamed.
A connector talks only to the host of its connection: redirects and links that lead elsewhere are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from onestop.landing import DeliveryFacts, Part
from onestop.sources.access import Request
from onestop.sources.rest.conversation import conversing

if TYPE_CHECKING:
    from onestop.jurisdiction.models import RestAccess

__all__ = ["fetch", "try_out"]


def fetch(request: Request, facts: DeliveryFacts) -> Iterator[Part]:
    """Give the pages, one part each, or the one file. See `Connector.fetch`."""
    with conversing(request, _access(request), facts) as talk:
        yield from talk.parts()


def try_out(request: Request) -> str:
    """Ask for the first page of the period; without a period, only whether we are let in. See `Connector.try_out`."""
    facts = DeliveryFacts()
    with conversing(request, _access(request), facts) as talk:
        if request.period is None:
            return talk.knock()
        part = next(talk.parts())
        byte_count = len(next(part.chunks, b""))
        declared = "" if facts.declared_count is None else f" It declares {facts.declared_count:,} records."
        return f"{talk.endpoint} answers for {request.period.code} (first {byte_count:,} bytes).{declared}"


def _access(request: Request) -> RestAccess:
    access: RestAccess = request.source.access  # type: ignore[assignment]
    return access
