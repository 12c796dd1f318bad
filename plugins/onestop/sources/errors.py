# ruff: noqa: N818 - these are named by what happened, as people read them in logs
"""What can go wrong between us and a source, as sentences an engineer can act on.

Each error names the source, the period, the endpoint without its secrets, what was expected, what was seen and what
to do.
"""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit


class SourceError(Exception):
    """A source gave no delivery. `is_retryable`: asking again, later and unchanged, may help."""

    is_retryable: ClassVar[bool] = False
    kind: ClassVar[str | None] = None
    """What ops.pull_attempt keeps as failure_kind, for a sentence that officials read."""

    def __init__(
        self,
        *,
        source_id: str,
        period: str | None,
        endpoint: str,
        expected: str,
        seen: str,
        remedy: str,
        retry_after_seconds: float | None = None,
    ) -> None:
        self.source_id = source_id
        self.period = period
        self.endpoint = endpoint
        self.expected = expected
        self.seen = seen
        self.remedy = remedy
        self.retry_after_seconds = retry_after_seconds
        subject = f"source {source_id}, period {period}" if period else f"source {source_id}"
        super().__init__(f"{subject}, {endpoint}: expected {expected}; saw {seen}. {remedy}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes whole: keyword-only arguments are not what `Exception` pickles."""
        return _rebuild, (type(self), {**self.__dict__})


class SourceUnavailable(SourceError):
    """The source is down, overloaded or unreachable. `retry_after_seconds` is what it asked for, if it did."""

    kind = "unavailable"
    is_retryable = True


class SourceUnauthorised(SourceError):
    """The source refuses our credentials: a person must change them."""

    kind = "unauthorised"


class SourceCutOff(SourceError):
    """What came is not whole: a body cut in the middle, a file still growing."""

    kind = "cut_off"
    is_retryable = True


class SourceNotReady(SourceError):
    """The period's delivery is not there yet. Nothing is wrong with the source."""

    kind = "not_ready"


class SourceMisconfigured(SourceError):
    """The source answers, but not as its configuration or connection says: a person must change one of them."""

    kind = "misconfigured"


def _rebuild(kind: type[SourceError], arguments: dict[str, Any]) -> SourceError:
    return kind(**arguments)


def without_secrets(url: str) -> str:
    """Return the URL without login, password, query and fragment, to be shown."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
