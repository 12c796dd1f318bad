"""A country's month on one machine: `python -m benchmarks.national` measures what docs/scaling.md reckons from.

Every province has a warehouse of its own, takes its month from landed bytes to its publication in a process of its own,
and a number of provinces do so at once. Prints one table: provinces at once, seconds, processors, memory, disk.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.measure import Bench
from benchmarks.server import running
from onestop.settings import REPOSITORY_ROOT


@dataclass(frozen=True)
class Country:
    """What some provinces took together. `limit_seconds` is the server's own COPY of one province's rows."""

    at_once: int
    provinces: int
    dossiers: int
    """Of one province."""
    seconds: float
    cpu_seconds: float
    limit_seconds: float
    largest_process_mb: float
    server_mb: float
    """The server's memory at its highest, shared memory counted once."""
    warehouse_mb: float
    """Of one province, on disk."""
    wal_mb: float

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of the table."""
        all_dossiers = self.provinces * self.dossiers
        return (
            f"{self.provinces} × {self.dossiers:,}",
            f"{self.at_once}",
            f"{self.seconds:.0f} s",
            f"{all_dossiers / self.seconds:,.0f}",
            f"{self.seconds / self.provinces / self.limit_seconds:.1f}",
            f"{self.cpu_seconds / self.provinces:.1f} s",
            f"{self.largest_process_mb:.0f} MB",
            f"{self.server_mb:.0f} MB",
            f"{self.warehouse_mb:.0f} MB",
            f"{self.wal_mb / self.provinces:.0f} MB",
        )


HEADER = (
    "dossiers", "at once", "time", "dossiers a second", "a province ÷ L", "processors a province",
    "largest process", "server", "a warehouse", "WAL a province",
)  # fmt: skip


def measure(bench: Bench, *, provinces: int, dossiers: int, at_once: int) -> Country:
    """Take the month of every province into an empty warehouse of its own, a number of provinces at once."""
    server, made = bench.server, bench.made_for(1)
    objects = bench.land_all(made, dossiers)
    server.warehouse("benchmark_province", made.jurisdiction)
    names = [server.copy("benchmark_province", f"benchmark_province_{number}") for number in range(provinces)]
    limit_before, _ = bench.measure_limit(dossiers)
    cpu, wal = server.cpu_seconds(), server.wal_bytes()
    highest = 0.0
    started = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        months = [pool.submit(bench.publish, made, objects, is_preloaded=False, into=name) for name in names]
        while not all(month.done() for month in months):
            highest = max(highest, _memory_mb(server.embedded.data_dir))
            time.sleep(1)
    seconds = time.perf_counter() - started
    done = [month.result() for month in months]
    cpu, wal = server.cpu_seconds() - cpu, server.wal_bytes() - wal
    limit_after, _ = bench.measure_limit(dossiers)
    size = server.size_mb(names[0])
    for name in names:
        server.drop(name)
    return Country(
        at_once=at_once,
        provinces=provinces,
        dossiers=dossiers,
        seconds=seconds,
        cpu_seconds=cpu + sum(one.cpu_seconds for one in done),
        limit_seconds=(limit_before + limit_after) / 2,
        largest_process_mb=max(one.largest_process_mb for one in done),
        server_mb=highest,
        warehouse_mb=size,
        wal_mb=wal / 1e6,
    )


def _memory_mb(data_dir: Path) -> float:
    """Return the memory of the server and its sessions, what they share counted once."""
    postmaster = psutil.Process(int((data_dir / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]))
    total = 0
    for process in (postmaster, *postmaster.children()):
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 1e6


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.national", description=__doc__)
    parser.add_argument("--provinces", type=int, default=63, metavar="N")
    parser.add_argument("--dossiers", type=int, default=160_000, metavar="N", help="of a province in a month")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2], metavar="N", help="provinces at once")
    parser.add_argument("--folder", type=Path, default=REPOSITORY_ROOT / ".onestop" / "benchmarks")
    chosen = parser.parse_args()
    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    print(f"| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}")
    with running(folder) as server:
        bench = Bench(server, folder, lambda _line: None)
        for at_once in chosen.at_once:
            country = measure(bench, provinces=chosen.provinces, dossiers=chosen.dossiers, at_once=at_once)
            print(f"| {' | '.join(country.row)} |", flush=True)


if __name__ == "__main__":
    main()
