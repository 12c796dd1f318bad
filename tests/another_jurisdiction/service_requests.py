"""Synthetic service requests of a city that does not exist, as public 311 systems export them: one file, every
department, words for codes, local times with AM and PM. Nothing in them is about a real person or place.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

LABEL = "SYNTHETIC"
"""In the name of every file, and in its column of notes."""
COLUMNS = (
    "Request ID", "Agency", "Borough", "Request Type", "Open Data Channel Type", "Created Date", "Due Date",
    "Closed Date", "Status", "Notes",
)  # fmt: skip


@dataclass(frozen=True)
class Requests:
    """`count` requests alike. Moments as the city's clocks showed them: 2025-11-02 01:30."""

    count: int
    agency: str = "DPW"
    kind: str = "Pothole"
    channel: str = "WEB"
    opened: str = "2025-11-03 09:00"
    closed: str | None = "2025-11-10 16:00"
    status: str = "Closed"
    has_due_date: bool = True


def shown(moment: datetime | None) -> str:
    """Write a moment as the exports do: 11/02/2025 01:30:00 AM."""
    return "" if moment is None else f"{moment:%m/%d/%Y %I:%M:%S %p}"


def rows(requests: Iterable[Requests]) -> Iterator[list[str]]:
    """Give the rows of a file, numbered through."""
    numbers = itertools.count(1)
    for alike in requests:
        opened = datetime.fromisoformat(alike.opened)
        closed = None if alike.closed is None else datetime.fromisoformat(alike.closed)
        due = opened + timedelta(days=10) if alike.has_due_date else None
        for _ in range(alike.count):
            yield [
                f"PE-2025-{next(numbers):06}", alike.agency, "North Quay", alike.kind, alike.channel, shown(opened),
                shown(due), shown(closed), alike.status, f"{LABEL}, no real request",
            ]  # fmt: skip


def write(folder: Path, period: str, requests: Iterable[Requests]) -> Path:
    """Write the export of a month, such as 2025-11, and return it."""
    path = folder / f"service_requests_{period}_{LABEL}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(rows(requests))
    return path
