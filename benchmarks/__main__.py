"""`python -m benchmarks`: measure, print the goals, store the results, write docs/performance.md and its picture."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks import plot, report
from benchmarks.goals import Results, goals
from benchmarks.measure import Bench
from benchmarks.server import Server, running
from onestop.settings import REPOSITORY_ROOT


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--dossiers", type=int, nargs="*", default=[100_000, 1_000_000], metavar="N")
    parser.add_argument("--repetitions", type=int, default=3, help="of each run; medians are told (default 3)")
    parser.add_argument("--peers", action="store_true", help="also install and measure naive pandas and dlt + dbt")
    parser.add_argument("--peer-repetitions", type=int, default=1, metavar="N", help="naive pandas takes minutes")
    parser.add_argument(
        "--history", type=int, nargs="*", default=[20_000, 200_000], metavar="N", help="dossiers in a month of history"
    )
    parser.add_argument("--date", help="the date to write into the page (default: that of the stored results)")
    parser.add_argument("--note", default="", help="what else the machine was doing, to write into the page")
    parser.add_argument("--folder", type=Path, default=REPOSITORY_ROOT / ".onestop" / "benchmarks")
    parser.add_argument("--report-only", action="store_true", help="write the page from the stored results")
    parser.add_argument("--no-page", action="store_true", help="only print; leave docs/performance.md alone")
    return parser.parse_args()


def main() -> None:
    """Measure unless only the report is wanted, and report."""
    chosen = _arguments()
    stored_path = chosen.folder.resolve() / "results.json"
    if not chosen.report_only:
        _measure(chosen, stored_path)
    stored = json.loads(stored_path.read_text(encoding="utf-8"))
    written_on = datetime.fromtimestamp(stored_path.stat().st_mtime, UTC).date()
    results = Results({**stored, "date": chosen.date or written_on.isoformat()})
    print("\n".join(report.plain(report.goal_table(goals(results)))))
    if not chosen.no_page:
        report.write_page(results)
        plot.write(results, report.PAGE.with_suffix(".svg"))


def _measure(chosen: argparse.Namespace, stored_path: Path) -> None:
    stored_path.parent.mkdir(parents=True, exist_ok=True)
    load_before = os.getloadavg()[1]
    with running(stored_path.parent) as server:

        def say(line: str) -> None:
            print(line, flush=True)
            _store(stored_path, bench, _about(chosen, server, load_before))  # a run that is stopped keeps what it has

        bench = Bench(server, stored_path.parent, say)
        bench.month(chosen.dossiers, chosen.repetitions, chosen.peer_repetitions if chosen.peers else 0)
        for dossiers_a_month in chosen.history:
            bench.spans(dossiers_a_month, chosen.repetitions)
        _store(stored_path, bench, _about(chosen, server, load_before))


def _about(chosen: argparse.Namespace, server: Server, load_before: float) -> dict[str, str]:
    memory = psutil.virtual_memory().total
    return {
        "machine": f"{os.cpu_count()} processors, {memory / 2**30:.0f} GiB, {platform.system()}",
        "load average (5 minutes) before and after": f"{load_before:.1f}, {os.getloadavg()[1]:.1f}",
        "PostgreSQL": f"{server.version()}, embedded, fsync on",
        "Python": platform.python_version(),
        "great-expectations": version("great-expectations"),
        **({"note": chosen.note} if chosen.note else {}),
    }


def _store(path: Path, bench: Bench, about: dict[str, str]) -> None:
    stored = {
        "command": shlex.join(["python", "-m", "benchmarks", *_without_note(sys.argv[1:])]),
        "about": {**about, **bench.peer_versions},
        "records": [asdict(record) for record in bench.records],
        "limits": bench.limits,
        "history": bench.history,
        "agreements": bench.agreements,
        "import_seconds": bench.import_seconds,
    }
    path.write_text(json.dumps(stored, indent=1, ensure_ascii=False), encoding="utf-8")


def _without_note(arguments: list[str]) -> list[str]:
    kept = arguments.copy()
    for name in ("--note", "--date", "--folder"):
        if name in kept:
            del kept[kept.index(name) : kept.index(name) + 2]
    return kept


if __name__ == "__main__":
    main()
