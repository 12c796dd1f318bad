"""How far the demonstration is: sources × months, read from Airflow's metadata database."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console
    from sqlalchemy import Engine

COLLECT, PUBLISH = "collect_dossiers", "publish_compliance"
DAGS = {COLLECT, PUBLISH, "refresh_open_month", "watch_deliveries"}
STEPS = ("pull", "load", "check")

_TASKS = text("""
    select
        to_char(run.logical_date at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM') as period,
        run.state as run_state,
        instance.task_id,
        instance.state
    from dag_run as run
    inner join task_instance as instance using (dag_id, run_id)
    where run.dag_id = :collect
""")
_PUBLICATIONS = text("""
    select run.partition_key as period, run.run_id, run.state
    from dag_run as run
    where run.dag_id = :publish and run.partition_key is not null
    order by run.id
""")
_REQUESTED = text("""
    select request.partition_key
    from asset_partition_dag_run as request
    where request.target_dag_id = :publish and request.created_dag_run_id is null
""")
_KNOWN_DAGS = text("""
    select distinct dag.dag_id from dag inner join serialized_dag using (dag_id) where not dag.is_stale
""")


class RunFailed(Exception):  # noqa: N818 - named by what happened
    """A run that the demonstration waits for has failed."""


@dataclass
class Sight:
    """What one look at the metadata database shows."""

    collecting: dict[str, str] = field(default_factory=dict)
    """Period → state of its collecting run."""
    tasks: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """(period, task id) → state."""
    publishing: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Period → (run id, state) of its publishing runs, oldest first."""
    requested: set[str] = field(default_factory=set)
    """Periods handed over whose publishing run does not exist yet."""


class Progress:
    """Looks at the runs of the demonstration's months."""

    def __init__(self, airflow_engine: Engine, periods: Sequence[str]) -> None:
        """Look at these months in this metadata database."""
        self.engine = airflow_engine
        self.periods = periods

    def dags_are_known(self) -> bool:
        """Say whether the DAG processor has stored all DAGs."""
        with self.engine.connect() as connection:
            return set(connection.execute(_KNOWN_DAGS).scalars()) >= DAGS

    def months_to_collect(self) -> bool:
        """Say whether a month has no collecting run that has ended well."""
        sight = self.look()
        return any(sight.collecting.get(period) != "success" for period in self.periods)

    def look(self) -> Sight:
        """Read the states of all tasks and runs."""
        sight = Sight()
        with self.engine.connect() as connection:
            for period, run_state, task_id, state in connection.execute(_TASKS, {"collect": COLLECT}):
                sight.collecting[period] = run_state
                sight.tasks[period, task_id] = state
            for period, run_id, state in connection.execute(_PUBLICATIONS, {"publish": PUBLISH}):
                sight.publishing.setdefault(period, []).append((run_id, state))
            sight.requested = set(connection.execute(_REQUESTED, {"publish": PUBLISH}).scalars())
        return sight

    def is_done(self, sight: Sight) -> bool:
        """Say whether every month is collected and published, and nothing is on its way. Raises RunFailed."""
        for period in self.periods:
            if sight.collecting.get(period) == "failed":
                raise RunFailed(f"{COLLECT} of {period} has failed: its task `prepare` or `close` did not end well.")
            for run_id, state in sight.publishing.get(period, []):
                if state == "failed":
                    raise RunFailed(f"{PUBLISH} of {period} has failed (run {run_id}).")
        return (
            all(sight.collecting.get(period) == "success" for period in self.periods)
            and all(sight.publishing.get(period) for period in self.periods)
            and all(state == "success" for runs in sight.publishing.values() for _, state in runs)
            and not sight.requested
        )


def follow(progress: Progress, console: Console, *, check: Callable[[], None]) -> None:
    """Show the progress until every month is published. Raises RunFailed, and what `check` raises.

    A terminal shows a grid that changes in place; a file or a pipe gets a line whenever a month has moved on.
    """
    if console.is_terminal:
        with Live(console=console, refresh_per_second=2) as live:
            while True:
                sight = progress.look()
                live.update(grid(sight, progress.periods))
                if progress.is_done(sight):
                    return
                check()
                time.sleep(1)
    last: dict[str, str] = {}
    while True:
        sight = progress.look()
        is_done = progress.is_done(sight)
        for period in progress.periods:
            line = summary(sight, period)
            if last.get(period) != line:
                last[period] = line
                console.print(f"           {line}", highlight=False, soft_wrap=True)
        if is_done:
            return
        check()
        time.sleep(5)


def summary(sight: Sight, period: str) -> str:
    """One month in a line: how many of its sources are where."""
    sources = _sources(sight)
    counted = Counter(_source_state(sight, period, source)[0] for source in sources)
    told = ", ".join(
        f"{counted[state]} {state}"
        for state in ("collected", "failed", "trying again", "in work", "not expected")
        if counted[state]
    )
    return f"{period}: {told or 'waiting'} of {len(sources)} sources{_published(sight, period)}"


def grid(sight: Sight, periods: Sequence[str]) -> Table:
    """Sources × months, the sources side by side in two halves so that a terminal of 40 lines shows them all."""
    sources = _sources(sight)
    half = (len(sources) + 1) // 2
    table = Table(box=None, padding=(0, 1), title="collecting and publishing", title_justify="left")
    for _ in range(2 if sources else 1):
        table.add_column("source", no_wrap=True)
        for period in periods:
            table.add_column(period, justify="center")
    for left in range(half):
        row: list[str] = []
        for source in sources[left::half][:2]:
            row += [source, *(_source_state(sight, period, source)[1] for period in periods)]
        table.add_row(*row)
    table.add_row("published", *(_published_sign(sight, period) for period in periods), style="bold")
    return table


def _sources(sight: Sight) -> list[str]:
    return sorted({task_id.split(".")[0] for _, task_id in sight.tasks if "." in task_id})


def _source_state(sight: Sight, period: str, source: str) -> tuple[str, str]:
    """Where a source's month is: in words, and as a sign."""
    states = [sight.tasks.get((period, f"{source}.{step}")) for step in STEPS]
    if states[-1] == "success":
        return "collected", "[green]✓[/]"
    if states[0] == "skipped":
        return "not expected", "[dim]–[/]"
    if "failed" in states:
        return "failed", "[red]✗[/]"
    if "up_for_retry" in states:
        return "trying again", "[yellow]↻[/]"
    done = sum(state == "success" for state in states)
    if done or any(state in {"queued", "running"} for state in states):
        return "in work", "[cyan]" + "▁▄▆"[done] + "[/]"
    return "waiting", "[dim]·[/]"


def _published(sight: Sight, period: str) -> str:
    runs = sight.publishing.get(period)
    if not runs:
        return ""
    return "; published" if runs[-1][1] == "success" else "; publishing"


def _published_sign(sight: Sight, period: str) -> str:
    return {"": "[dim]·[/]", "; publishing": "[cyan]…[/]", "; published": "[green]✓[/]"}[_published(sight, period)]
