"""A process and its children, measured from start to end: seconds, and memory at its highest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from onestop.settings import REPOSITORY_ROOT

_SAMPLING_SECONDS = 1.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Run:
    """What a process took. `peak_mb` is of it and its children together, memory they share counted once."""

    seconds: float
    peak_mb: float
    largest_process_mb: float
    cpu_seconds: float
    said: dict[str, Any]
    """The JSON of its last line, if that is JSON."""


def run(
    arguments: Sequence[str], *, python: Path | str = sys.executable, cwd: Path = REPOSITORY_ROOT, log: Path
) -> Run:
    """Run Python with arguments and wait for it. Raises RuntimeError with the end of what it said when it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = os.pathsep.join((str(REPOSITORY_ROOT / "plugins"), str(REPOSITORY_ROOT)))
    with log.open("wb") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(python), *arguments], stdout=subprocess.PIPE, stderr=errors, cwd=cwd, env=environment
        )
        peak = _Peak(process.pid)
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        end = output.decode(errors="replace")[-2000:] + log.read_text(errors="replace")[-4000:]
        raise RuntimeError(f"{' '.join(arguments)[:200]} ended with {process.returncode}:\n{end}")
    largest = usage.ru_maxrss * 1024 / _MEGABYTE
    cpu = usage.ru_utime + usage.ru_stime
    return Run(seconds, max(peak.stop(), largest), largest, cpu, _last_json(output))


class _Peak:
    """The proportional memory of a process and its children, sampled in a thread."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._highest = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self._ended.set()
        self._thread.join()
        return self._highest / _MEGABYTE

    def _sample(self) -> None:
        while not self._ended.wait(_SAMPLING_SECONDS):
            try:
                family = self._root.children(recursive=True)
                # A single process is measured exactly at its end, by the kernel.
                if family:
                    self._highest = max(
                        self._highest, sum(member.memory_full_info().pss for member in (self._root, *family))
                    )
            except psutil.Error:
                continue


def _last_json(output: bytes) -> dict[str, Any]:
    lines = output.decode(errors="replace").strip().splitlines()
    try:
        said = json.loads(lines[-1])
    except (IndexError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
