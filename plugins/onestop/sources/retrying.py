"""When a pull asks again by itself: tenacity, with what the source asked for and a small budget."""

from __future__ import annotations

import tenacity

from onestop.sources.access import RetryPolicy
from onestop.sources.errors import SourceError


def retrying(policy: RetryPolicy) -> tenacity.Retrying:
    """Return a caller that repeats a function on `SourceUnavailable` and `SourceCutOff`, and raises the last error.

    The wait doubles with some jitter; a `Retry-After` of the source is kept to. One that is longer than what is left of
    the budget ends the attempts at once: Airflow's own retry waits without holding a slot.
    """

    def wait(state: tenacity.RetryCallState) -> float:
        asked = _asked_for(state)
        return by_itself(state) if asked is None else asked

    def stop(state: tenacity.RetryCallState) -> bool:
        elapsed = state.seconds_since_start or 0.0
        return state.attempt_number >= policy.attempts or elapsed + state.upcoming_sleep > policy.budget_seconds

    by_itself = tenacity.wait_exponential_jitter(
        multiplier=policy.first_wait_seconds, max=policy.longest_wait_seconds, jitter=policy.first_wait_seconds
    )
    return tenacity.Retrying(retry=tenacity.retry_if_exception(_may_help), wait=wait, stop=stop, reraise=True)


def _may_help(error: BaseException) -> bool:
    return isinstance(error, SourceError) and error.is_retryable


def _asked_for(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after_seconds if isinstance(error, SourceError) else None
