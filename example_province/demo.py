"""The whole pipeline on the example province, as `make demo` and `make demo-once` run it.

Starts an installation; collects January to April 2019 with `airflow backfill create`; waits for the publications;
prints the published table beside the dispatch's figures. The next run finds what there is, collects nothing twice and
changes no figure.
"""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from example_province.comparison import compare, comparison_table
from example_province.installation import ADMINISTRATOR, ENDING_SIGNALS, Installation, InstallationFailed
from example_province.processes import ProcessEnded
from example_province.progress import RunFailed, follow
from onestop.warehouse import engine
from onestop.warehouse.embedded import BI

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PERIODS = ("2019-01", "2019-02", "2019-03", "2019-04")
_AGAIN_AFTER = 0.05  # seconds
_WIDTH_IN_A_FILE = 120
"""The table needs more than the 80 columns that are taken where there is no terminal."""

BACKFILL = (
    "backfill", "create", "--dag-id", "collect_dossiers",
    "--from-date", "2019-01-01T00:00+07:00", "--to-date", "2019-04-30T00:00+07:00",
    "--max-active-runs", "4", "--reprocess-behavior", "failed",
)  # fmt: skip


class Stopped(BaseException):
    """Ctrl-C, SIGTERM or a closed terminal."""


def run(*, state_dir: Path, once: bool, scale: float = 1.0) -> int:
    """Run the demonstration; return 0 when every published figure agrees with the dispatch.

    Stays up until Ctrl-C unless `once`. Ends every process it has started, however it ends itself.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_IN_A_FILE)
    ended_as_asked = 130
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.1f} s[/]  {text}", soft_wrap=True)

    try:
        with stopped_by_signals(), Installation(state_dir, say=say) as installation:
            progress = installation.start(PERIODS, scale=scale)
            if progress.months_to_collect():
                installation.airflow(*BACKFILL)
            else:
                say("the four months have been collected before: nothing is collected twice")
            follow(progress, console, check=installation.processes.check)
            say("the four months are published")

            published = engine(installation.server.url("warehouse", BI))
            figures, names = compare(published)
            published.dispose()
            console.print(comparison_table(figures, names))
            agrees = all(figure.agrees for figure in figures)
            say("every figure agrees with the dispatch" if agrees else "[bold red]figures differ from the dispatch[/]")
            if once:
                return 0 if agrees else 1

            console.print(
                f"\nThe page:   {installation.address}/plugin/onestop\n"
                f"Airflow:    {installation.address}/\n"
                f"Login:      {ADMINISTRATOR} / {installation.keys['admin_password']}\n"
                f"Warehouse:  {installation.server.url('warehouse', BI)}\n"
                f"Logs:       {installation.processes.log_dir}\n"
                "All dossiers are synthetic. Ctrl-C ends everything; the next `make demo` finds it as it is.",
                soft_wrap=True,
            )
            ended_as_asked = 0 if agrees else 1
            while True:
                installation.processes.check()
                time.sleep(1)
    except Stopped:
        console.print("Stopped; every process has ended.")
        return ended_as_asked
    except (InstallationFailed, ProcessEnded, RunFailed) as error:
        console.print("[bold red]The demonstration failed.[/]")
        console.print(str(error), markup=False, soft_wrap=True)
        return 1


@contextmanager
def stopped_by_signals() -> Iterator[None]:
    """Turn the signals that end a program into Stopped, so that everything started is ended.

    Python tells of an exception that nobody can be given, one raised while a destructor or a callback of its own runs,
    and goes on: then it is raised again a moment later.
    """

    def stop(*_: object) -> None:
        for number in ENDING_SIGNALS:  # a second Ctrl-C must not interrupt the cleaning up
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    def told_of(unraisable: sys.UnraisableHookArgs) -> None:
        if issubclass(unraisable.exc_type, Stopped):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_AFTER)
        else:
            hook(unraisable)

    previous = {number: signal.signal(number, stop) for number in (*ENDING_SIGNALS, signal.SIGALRM)}
    hook, sys.unraisablehook = sys.unraisablehook, told_of
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in previous.items():
            signal.signal(number, handler)
