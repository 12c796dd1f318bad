"""How to reach a source, and one pull from it as every connector sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from onestop.sources.errors import SourceError

if TYPE_CHECKING:
    from onestop.jurisdiction import Period, Source
    from onestop.landing import DeliveryFacts, Part

SHORTEST_PULL_LIMIT_SECONDS = 600.0
LONGEST_SEEN = 400
BLOT = "***"
SHORTEST_SECRET = 4
"""Shorter ones would blot out half of every sentence."""
_SECRET_NAMES = ("key", "secret", "token", "password", "passphrase")


@dataclass(frozen=True)
class SourceAccess:
    """An Airflow connection as plain values. Nothing in it that is secret is shown by `repr`.

    `extra` by kind: rest `ca_file`, `token_url`; sftp `host_key` (required), `private_key`, `private_key_passphrase`,
    `root`; folder `root`, `storage_options`; database `driver` (SQLAlchemy's name, default postgresql+psycopg2),
    `ca_file`; mail `ca_file`, `security` (tls or starttls); upload `root`.
    """

    host: str | None = None
    port: int | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    schema: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def without_secrets(self, text: str) -> str:
        """Return a text of somebody else's, such as a server's message, with our secrets in it blotted out."""
        secrets = [self.password, *_secret_texts(self.extra)]
        for secret in sorted({one for one in secrets if one and len(one) >= SHORTEST_SECRET}, key=len, reverse=True):
            for form in {secret, quote(secret), quote(secret, safe="")}:
                text = text.replace(form, BLOT)
        return text


def _secret_texts(extra: Mapping[str, Any]) -> Iterator[str]:
    for name, value in extra.items():
        if isinstance(value, Mapping):
            yield from _secret_texts(value)
        elif isinstance(value, str) and any(word in name.lower() for word in _SECRET_NAMES):
            yield value


@dataclass(frozen=True)
class RetryPolicy:
    """How long one pull keeps asking by itself. Small on purpose: Airflow retries the task on top of it."""

    attempts: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 10.0
    budget_seconds: float = 45.0


@dataclass(frozen=True)
class Request:
    """One question to one source: these dossiers, of this period (None: only see whether the source answers).

    `since`: only what has changed from then on (None: everything), for a source that is pulled incrementally. `taken`:
    where a connector notes what it took, when it has to do something about it once the delivery is kept.
    """

    source: Source
    period: Period | None
    access: SourceAccess
    retry: RetryPolicy = RetryPolicy()
    since: datetime | None = None
    taken: list[Any] = field(default_factory=list)

    def error(
        self,
        kind: type[SourceError],
        endpoint: str,
        *,
        expected: str,
        seen: str,
        remedy: str,
        retry_after_seconds: float | None = None,
    ) -> SourceError:
        """Return an error that names this source and period, to be raised by the connector; no secret stands in it."""
        told = self.access.without_secrets
        return kind(
            source_id=self.source.id,
            period=self.period.code if self.period else None,
            endpoint=told(endpoint),
            expected=told(expected),
            seen=told(shortened(seen)).rstrip("."),
            remedy=remedy,
            retry_after_seconds=retry_after_seconds,
        )


def shortened(text: str) -> str:
    """Return a text of somebody else's on one line that a person can read in a log."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * LONGEST_SEEN]).split())
    return line if len(line) <= LONGEST_SEEN else f"{line[:LONGEST_SEEN]}…"


def pull_limit_seconds(source: Source) -> float:
    """Return how long one pull may take, whatever the protocol: a source that drips holds no slot for ever."""
    return max(SHORTEST_PULL_LIMIT_SECONDS, 10 * source.timeout_seconds)


class Connector(Protocol):
    """One protocol. A module of this package offers one, and `onestop.sources.CONNECTORS` names it by kind."""

    def fetch(self, request: Request, facts: DeliveryFacts) -> Iterator[Part]:
        """Give the parts of the period's delivery, streamed, filling in `facts` on the way. Raises `SourceError`."""

    def try_out(self, request: Request) -> str:
        """Return one sentence on what the source answered, without taking a delivery. Raises `SourceError`."""


def period_values(period: Period) -> dict[str, Any]:
    """Return the fields of a period that paths, patterns and query parameters may use, by name.

    `last_day` is the last day inclusive, for systems whose ranges include their end.
    """
    last_day: date = period.ends_on - timedelta(days=1)
    return {
        "code": period.code,
        "code_compact": period.code.replace("-", ""),
        "year": period.year,
        "month": period.month,
        "starts_on": period.starts_on,
        "ends_on": period.ends_on,
        "last_day": last_day,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
    }


def filled_in(pattern: str, period: Period) -> str:
    """Return the pattern with the period's fields filled in, as `str.format` does. Raises KeyError, ValueError."""
    return pattern.format(**period_values(period))
