"""`python -m benchmarks.backfill`: what Airflow adds to a backfill of many months, for each source and month.

The example province with few dossiers, so that the work itself is next to nothing, is collected and published by
`airflow backfill create`, and then once more without Airflow into a warehouse of its own. Prints, as a table for
docs/backfilling.md, the wall time and the processors' time of both, by process, and what a task instance takes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from sqlalchemy import text

from example_province.history import months_until, write_history
from example_province.installation import Installation
from example_province.progress import follow
from example_province.systems import SYSTEMS
from onestop.settings import REPOSITORY_ROOT
from onestop.warehouse import engine, upgrade
from onestop.warehouse.embedded import OWNER, SUPERUSER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from example_province.progress import Progress

COMPONENTS = ("scheduler", "api-server", "dag-processor", "triggerer", "province")

_TASKS = text("""
    select
        case
            when instance.task_id like '%.%' then 'source: ' || split_part(instance.task_id, '.', 2)
            else instance.dag_id || ': ' || instance.task_id
        end as task,
        count(*) as instances,
        avg(extract(epoch from instance.end_date - instance.start_date)) as seconds,
        avg(extract(epoch from instance.start_date - instance.queued_dttm)) as queued
    from task_instance as instance
    where instance.state = 'success'
    group by 1
    order by 2 desc, 1
""")


@dataclass(frozen=True)
class Spent:
    """Seconds of the clock, and of the processors by component."""

    clock: float
    processors: Mapping[str, float]

    def since(self, before: Spent) -> Spent:
        """What was spent since an earlier reading."""
        return Spent(
            self.clock - before.clock,
            {name: seconds - before.processors.get(name, 0) for name, seconds in self.processors.items()},
        )


def _of_tree(root: psutil.Process) -> float:
    """Processor seconds of a process and its descendants, those that have ended and were waited for included."""
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


def _spent(installation: Installation) -> Spent:
    roots = {name: psutil.Process(installation.processes.pid(name)) for name in COMPONENTS}
    postmaster = int((installation.server.data_dir / "postmaster.pid").read_text().split("\n", 1)[0])
    roots["PostgreSQL"] = psutil.Process(postmaster)
    return Spent(time.monotonic(), {name: _of_tree(root) for name, root in roots.items()})


def with_airflow(installation: Installation, progress: Progress, runs: int) -> Spent:
    """Collect and publish the months with the scheduler; return what it took from the first run to the last."""
    from rich.console import Console  # noqa: PLC0415

    before = _spent(installation)
    installation.airflow(
        "backfill", "create", "--dag-id", "collect_dossiers",
        "--from-date", f"{progress.periods[0]}-01T00:00+07:00", "--to-date", f"{progress.periods[-1]}-02T00:00+07:00",
        "--max-active-runs", str(runs), "--reprocess-behavior", "failed",
    )  # fmt: skip
    follow(progress, Console(), check=installation.processes.check)
    return _spent(installation).since(before)


def without_airflow(installation: Installation, periods: Sequence[str]) -> Spent:
    """Do the same by the library's functions in one process, into a second warehouse on the same server."""
    superuser = engine(installation.server.url("postgres", SUPERUSER)).execution_options(isolation_level="AUTOCOMMIT")
    with superuser.connect() as connection:
        connection.execute(text(f"create database again owner {OWNER}"))
    owner = engine(installation.server.url("again", OWNER))
    upgrade(owner)
    owner.dispose()
    home = installation.state_dir / "again"
    environment = {
        **os.environ,
        **installation.environment,
        "ONESTOP_HOME": str(home),
        "ONESTOP_WAREHOUSE_URL": installation.server.url("again"),
    }
    before = _spent(installation)
    code = (
        "import sys\nfrom onestop.cli_pipeline import run\nimport typer\n"
        "for period in sys.argv[1:]:\n"
        "    try: run(period, publish=True)\n"
        "    except typer.Exit: pass\n"
    )
    children = os.times()
    subprocess.run([sys.executable, "-c", code, *periods], env=environment, cwd=REPOSITORY_ROOT, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    ended = os.times()
    spent = _spent(installation).since(before)
    mine = ended.children_user + ended.children_system - children.children_user - children.children_system
    used = {name: spent.processors[name] for name in ("province", "PostgreSQL")}  # Airflow's processes idle meanwhile
    return Spent(spent.clock, {"the process": mine, **used})


def table(with_it: Spent, without: Spent, source_months: int) -> list[str]:
    """The comparison as Markdown."""
    lines = [
        "| | with Airflow, s | without, s | a source-month: with | without | Airflow's part |",
        "|---|---|---|---|---|---|",
    ]
    names = {"the clock": (with_it.clock, without.clock)}
    names["all processors' time"] = (sum(with_it.processors.values()), sum(without.processors.values()))
    names |= {
        f"– {name}": (with_it.processors.get(name, 0.0), without.processors.get(name, 0.0))
        for name in dict.fromkeys([*with_it.processors, *without.processors])
    }
    lines += [
        f"| {name} | {one:.0f} | {other:.0f} | {one / source_months:.2f} | {other / source_months:.2f} "
        f"| {(one - other) / source_months:.2f} |"
        for name, (one, other) in names.items()
    ]
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backfill", description=__doc__)
    parser.add_argument("--last", default="2019-04", help="the last month")
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--sources", type=int, default=0, metavar="N", help="only so many sources; 0: all")
    parser.add_argument("--scale", type=float, default=0.02)
    parser.add_argument("--runs", type=int, default=4, help="months collected at the same time")
    parser.add_argument("--state-dir", type=Path)
    chosen = parser.parse_args()
    state_dir = chosen.state_dir or Path(tempfile.mkdtemp(prefix="onestop-backfill-"))
    try:
        periods = months_until(chosen.last, chosen.months)
        sources = [system.source for system in SYSTEMS][: chosen.sources or None]
        folder = write_history(state_dir / "jurisdiction", periods[0], sources)
        load_before = os.getloadavg()[0]
        with Installation(state_dir, jurisdiction=str(folder), say=print) as installation:
            progress = installation.start(periods, scale=chosen.scale)
            with_it = with_airflow(installation, progress, chosen.runs)
            with progress.engine.connect() as connection:
                tasks = connection.execute(_TASKS).all()
            without = without_airflow(installation, periods)
        print(f"\n{len(periods)} months × {len(sources)} sources, load average before and after: "
              f"{load_before:.1f}, {os.getloadavg()[0]:.1f}\n")  # fmt: skip
        print("\n".join(table(with_it, without, len(periods) * len(sources))))
        print("\n| task | instances | running, s | queued, s |\n|---|---|---|---|")
        for row in tasks:
            print(f"| {row.task} | {row.instances} | {row.seconds:.2f} | {row.queued:.2f} |")
        print(json.dumps({"tasks": sum(row.instances for row in tasks)}))
    finally:
        if chosen.state_dir is None:
            shutil.rmtree(state_dir, ignore_errors=True)


if __name__ == "__main__":
    main()
