"""Pulling a period's dossiers from where they are, one module a protocol, streamed into the landing zone."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, cast

from onestop.landing import DeliveryFacts, Landing, Manifest
from onestop.sources import database, folder, rest, sftp
from onestop.sources.access import Connector, Request, RetryPolicy, SourceAccess
from onestop.sources.errors import (
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceNotReady,
    SourceUnauthorised,
    SourceUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from onestop.jurisdiction import Period, Source
    from onestop.landing import Part

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
    "try_source",
]

DEFAULT_RETRY = RetryPolicy()
ONE_ATTEMPT = RetryPolicy(attempts=1)

CONNECTORS: dict[str, Connector] = {"rest": rest, "sftp": sftp, "database": database, "folder": folder}
"""The protocols by `access.kind`. A new one is a module with `fetch` and `try_out`, and a line here."""


def pull(
    source: Source,
    period: Period,
    access: SourceAccess,
    landing: Landing,
    *,
    pulled_at: datetime,
    delivered_at_default: datetime | None = None,
    retry: RetryPolicy = DEFAULT_RETRY,
) -> Manifest:
    """Bring what the source has for the period into the landing zone, and return the delivery's manifest.

    Bytes that were received before give the manifest of then. Nothing stays behind when it fails: raises `SourceError`.
    `delivered_at_default` is used when the source does not say when it made the delivery available.
    """
    facts = DeliveryFacts(delivered_at=delivered_at_default)
    request = Request(source, period, access, retry)
    parts = cast("Generator[Part]", CONNECTORS[source.access.kind].fetch(request, facts))
    with closing(parts):
        return landing.write(source, period, parts, facts=facts, pulled_at=pulled_at)


def try_source(
    source: Source, access: SourceAccess, period: Period | None = None, *, retry: RetryPolicy = ONE_ATTEMPT
) -> str:
    """Return one sentence on what the source answers, for `onestop sources check`; raises `SourceError` otherwise.

    Without a period only whether we are let in is tried; with one, what is there for it, without taking it.
    """
    return CONNECTORS[source.access.kind].try_out(Request(source, period, access, retry))
