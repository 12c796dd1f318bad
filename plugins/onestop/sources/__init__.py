"""Pulling a period's dossiers from where they are, one module a protocol, streamed into the landing zone."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from onestop.landing import DeliveryFacts, Landing, Manifest, Part
from onestop.sources import database, folder, mail, rest, sftp, upload
from onestop.sources.access import Connector, Request, RetryPolicy, SourceAccess, pull_limit_seconds
from onestop.sources.errors import (
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceNotReady,
    SourceUnauthorised,
    SourceUnavailable,
)
from onestop.sources.inflating import unpacked

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from onestop.jurisdiction import Period, Source

__all__ = [
    "CONNECTORS",
    "RetryPolicy",
    "SourceAccess",
    "SourceCutOff",
    "SourceError",
    "SourceMisconfigured",
    "SourceNotReady",
    "SourceUnauthorised",
    "SourceUnavailable",
    "pull",
    "pull_limit_seconds",
    "try_source",
]

DEFAULT_RETRY = RetryPolicy()
ONE_ATTEMPT = RetryPolicy(attempts=1)
CLOCK_TOLERANCE = timedelta(minutes=15)
"""How far a source's clock may be ahead of ours before its word on when it delivered is not believed."""

CONNECTORS: dict[str, Connector] = {
    "rest": rest,
    "sftp": sftp,
    "database": database,
    "folder": folder,
    "mail": mail,
    "upload": upload,
}
"""The protocols by `access.kind`. A new one is a module with `fetch` and `try_out`, and a line here. One with
`acknowledge` is told when what it gave has become a delivery.
"""


def pull(
    source: Source,
    period: Period,
    access: SourceAccess,
    landing: Landing,
    *,
    pulled_at: datetime,
    delivered_at_default: datetime | None = None,
    cursor: Mapping[str, Any] | None = None,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> Manifest:
    """Bring what the source has for the period into the landing zone, and return the delivery's manifest.

    Bytes that were received before give the manifest of then. Nothing stays behind when it fails: raises `SourceError`.
    `delivered_at_default` is used when the source does not say when it made the delivery available. `cursor` is the
    `source_cursor` of the source's last accepted delivery for the period: a source that is pulled incrementally is
    asked only for what has changed since. Without one everything is asked for.
    """
    facts = DeliveryFacts(delivered_at=delivered_at_default)
    request = Request(source, period, access, retry, since=_since(source, cursor))
    parts = cast("Generator[Part]", CONNECTORS[source.access.kind].fetch(request, facts))
    with closing(parts):
        manifest = landing.write(
            source, period, _watched(parts, request, facts, pulled_at), facts=facts, pulled_at=pulled_at
        )
    if acknowledge := getattr(CONNECTORS[source.access.kind], "acknowledge", None):
        acknowledge(request)
    return manifest


def try_source(
    source: Source, access: SourceAccess, period: Period | None = None, *, retry: RetryPolicy = ONE_ATTEMPT
) -> str:
    """Return one sentence on what the source answers, for `onestop sources check`; raises `SourceError` otherwise.

    Without a period only whether we are let in is tried; with one, what is there for it, without taking it.
    """
    return CONNECTORS[source.access.kind].try_out(Request(source, period, access, retry))


def _since(source: Source, cursor: Mapping[str, Any] | None) -> datetime | None:
    incremental = getattr(source.access, "incremental", None)
    if incremental is None or cursor is None or not (moment := cursor.get("updated_since")):
        return None
    return datetime.fromisoformat(str(moment)) - timedelta(minutes=incremental.overlap_minutes)


def _watched(parts: Iterator[Part], request: Request, facts: DeliveryFacts, pulled_at: datetime) -> Iterator[Part]:
    """Give the parts, unpacked, within the time a pull may take, and see whether the facts can be true."""
    deadline = time.monotonic() + pull_limit_seconds(request.source)
    for part in parts:
        timely = Part(part.name, _in_time(part, request, deadline))
        yield unpacked(timely, request, facts)
    _judge_delivered_at(request, facts, pulled_at)


def _in_time(part: Part, request: Request, deadline: float) -> Iterator[bytes]:
    for chunk in part.chunks:
        if time.monotonic() > deadline:
            raise request.error(
                SourceUnavailable,
                part.name,
                expected=f"a pull that ends within {pull_limit_seconds(request.source):,.0f} s",
                seen="bytes that still come",
                remedy="It is pulled again by itself. If the source is only slow, raise timeout_seconds of the source "
                f"{request.source.id}: ten times that is allowed for the whole pull.",
            )
        yield chunk


def _judge_delivered_at(request: Request, facts: DeliveryFacts, pulled_at: datetime) -> None:
    """Leave open when the delivery was made when the source's clock cannot be right: lateness is decided by it."""
    period, delivered_at = request.period, facts.delivered_at
    if period is None or delivered_at is None:
        return
    if delivered_at > pulled_at + CLOCK_TOLERANCE:
        wrong = "after it was pulled"
    elif delivered_at < period.starts_at:
        wrong = "before the period began"
    else:
        return
    facts.delivered_at = None
    facts.notes.append(
        f"The source says that it made this delivery at {delivered_at.isoformat()}, {wrong}: its clock is wrong, and "
        "the moment is not used."
    )
