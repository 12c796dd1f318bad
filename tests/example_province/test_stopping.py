"""A demonstration ends when it is asked to. A failure leaves a scheduler, a database and nine servers running."""

import signal
import time
import weakref
from collections.abc import Callable

import pytest

from example_province.demo import Stopped, stopped_by_signals


class Module:
    """Something that Python forgets, and calls back about."""


def stopped_while(work: Callable[[], object]) -> bool:
    """Whether what is asked to end while it works ends before it has waited long."""
    began = time.monotonic()
    try:
        with stopped_by_signals():
            work()
            time.sleep(5)
    except Stopped:
        return time.monotonic() - began < 5
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_runs(number: signal.Signals) -> None:
    assert stopped_while(lambda: signal.raise_signal(number))
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_a_signal_that_comes_where_python_gives_nobody_its_exception_is_not_lost() -> None:
    """As while a module is imported, whose lock calls back when it is not needed any more."""

    def forget() -> None:
        module = Module()
        forgotten = weakref.ref(module, lambda _: signal.raise_signal(signal.SIGTERM))
        del module
        assert forgotten() is None

    assert stopped_while(forget)
