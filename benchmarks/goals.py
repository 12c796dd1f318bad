"""The goals, and what a run says about them. Every value is a ratio within the run, or megabytes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MILLION = 1_000_000
MUST_WITH_GX, MUST_WITHOUT_GX = 8.5, 6.5
"""Limits from the landed bytes of a million dossiers to their publication, with all imports and without that of GX."""


@dataclass(frozen=True)
class Goal:
    """A goal: what must hold, and what is aimed at. `is_least`: the value must not be below, instead of above."""

    what: str
    value: float | None
    must: float
    aim: float
    unit: str = ""
    is_least: bool = False

    @property
    def verdict(self) -> str:
        """Return `aim`, `must`, `missed`, or `not measured`."""
        if self.value is None:
            return "not measured"
        sign = -1 if self.is_least else 1
        if sign * self.value <= sign * self.aim:
            return "aim"
        return "must" if sign * self.value <= sign * self.must else "missed"


class Results:
    """The stored results of a run, asked for medians."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        self.stored = stored

    def values(
        self,
        what: str,
        dossiers: int,
        streams: int | None,
        *,
        is_preloaded: bool,
        of: Callable[[Mapping[str, Any]], float],
    ) -> list[float]:
        """Return a value of every run of a kind."""
        return [
            of(record)
            for record in self.stored["records"]
            if record["what"] == what
            and record["dossiers"] == dossiers
            and (streams is None or record["streams"] == streams)
            and record["is_preloaded"] == is_preloaded
        ]

    def in_limits(self, what: str, dossiers: int, streams: int | None, *, is_preloaded: bool = False) -> float | None:
        """Return the median of a kind of run, in limits of its own moment."""
        return _median(
            self.values(what, dossiers, streams, is_preloaded=is_preloaded, of=lambda r: r["seconds"] / r["limit"])
        )

    def seconds(self, what: str, dossiers: int, streams: int | None, *, is_preloaded: bool = False) -> float | None:
        """Return the median of the seconds of a kind of run."""
        return _median(self.values(what, dossiers, streams, is_preloaded=is_preloaded, of=lambda r: r["seconds"]))

    def step(self, name: str, what: str, dossiers: int, streams: int) -> float | None:
        """Return the median of the seconds of a step, with GX imported before."""
        return _median(
            self.values(what, dossiers, streams, is_preloaded=True, of=lambda record: record["steps"].get(name, 0.0))
        )

    def to_first_load(self, what: str, dossiers: int, streams: int, *, is_of_versions: bool = False) -> float | None:
        """Return the median of a rerun's seconds divided by those of the first load that it follows, GX imported
        before: of all of it, or of the step that writes versions (the first load's with its indexes).

        Pairs, because both stand within a minute of the same machine: each divided by its own limit, a short step
        swings by what two limits swing.
        """
        first, found = None, []
        for record in self.stored["records"]:
            if (record["dossiers"], record["streams"], record["is_preloaded"]) != (dossiers, streams, True):
                continue
            steps = record["steps"]
            seconds = steps.get("versions", 0.0) + steps.get("indexes", 0.0) if is_of_versions else record["seconds"]
            if record["what"] == "first load":
                first = seconds
            elif record["what"] == what and first is not None:
                found.append(seconds / first)
        return _median(found)

    @property
    def sizes(self) -> list[int]:
        """The numbers of dossiers that were measured."""
        return sorted({record["dossiers"] for record in self.stored["records"]})

    def largest_process(self, streams: int) -> dict[int, float]:
        """Return the megabytes of the largest process of any of our runs, by number of dossiers."""
        found: dict[int, float] = {}
        for record in self.stored["records"]:
            if record["steps"] and record["streams"] == streams:
                size = record["dossiers"]
                found[size] = max(found.get(size, 0), record["largest_process_mb"])
        return found

    def history(self, name: str, dossiers_a_month: int) -> dict[int, float]:
        """Return seconds by months of history."""
        entries = [entry for entry in self.stored["history"] if entry["dossiers_a_month"] == dossiers_a_month]
        return {int(entry["months"]): entry[name] for entry in entries}

    @property
    def history_sizes(self) -> list[int]:
        """The numbers of dossiers a month with which history was measured, most first."""
        return sorted({int(entry["dossiers_a_month"]) for entry in self.stored["history"]}, reverse=True)


def goals(results: Results) -> list[Goal]:
    """Return every goal that the benchmark measures, at a million dossiers unless the goal says otherwise."""
    size = MILLION if MILLION in results.sizes else max(results.sizes, default=MILLION)
    found: list[Goal] = []
    for streams, shown in ((2, "two sources at once"), (1, "one source")):
        found += [
            Goal(f"landed → published, whole processes, GX included, ÷ L; {shown}",
                 results.in_limits("first load", size, streams), MUST_WITH_GX, 6),
            Goal(f"the same, GX imported before; {shown}",
                 results.in_limits("first load", size, streams, is_preloaded=True), MUST_WITHOUT_GX, 4.5),
            Goal(f"the same bytes again ÷ first load; {shown}",
                 results.to_first_load("same bytes", size, streams), 0.5, 0.3),
            Goal(f"versions of the same dossiers delivered anew ÷ versions and indexes of the first load; {shown}",
                 results.to_first_load("same dossiers", size, streams, is_of_versions=True), 0.5, 0.3),
            Goal(f"versions of 5 % changed ÷ versions and indexes of the first load; {shown}",
                 results.to_first_load("changed", size, streams, is_of_versions=True), 0.75, 0.5),
            Goal(f"the same dossiers delivered anew, all of it ÷ first load; {shown}",
                 results.to_first_load("same dossiers", size, streams), 0.5, 0.3),
            Goal(f"5 % changed, all of it ÷ first load; {shown}",
                 results.to_first_load("changed", size, streams), 0.75, 0.5),
        ]  # fmt: skip
    ours = results.in_limits("first load", size, 2)
    ten = results.in_limits("first load", 10 * size, 2)
    found += [
        Goal("dlt + dbt ÷ ours, two sources at once", _ratio(results.in_limits("dlt + dbt", size, None), ours), 2, 3,
             is_least=True),
        Goal("naive pandas ÷ ours, two sources at once", _ratio(results.in_limits("naive pandas", size, None), ours),
             7, 10, is_least=True),
        Goal("largest of our processes", _largest(results.largest_process(streams) for streams in (1, 2)), 320, 320,
             "MB"),
        Goal("largest of our processes, most dossiers ÷ fewest", _flatness(results.largest_process(1)), 1.1, 1.02),
        Goal("seconds for 10 M ÷ for 1 M", _ratio(
            results.seconds("first load", 10 * size, 2) if ten else None, results.seconds("first load", size, 2)),
            11, 10),
        Goal("importing GX in a fresh process", _median(results.stored["import_seconds"]), 6, 6, "s"),
    ]  # fmt: skip
    for dossiers_a_month in results.history_sizes:
        history, one = (results.history(name, dossiers_a_month) for name in ("publish", "one_month"))
        to_one = {months: seconds / one[months] for months, seconds in history.items()}
        query = results.history("query", dossiers_a_month)
        of_month = f"a month of {dossiers_a_month:,}"
        found += [
            Goal(f"publishing {of_month} with 60 months of history ÷ with 1", to_one.get(60), 1.2, 1),
            Goal("the same ÷ with 12, of which a publication always tells",
                 _ratio(to_one.get(60), to_one.get(12)), 1.2, 1),
            Goal(f"`bi` query of {of_month} with 60 months of history", _scaled(query.get(60), 1000), 50, 20, "ms"),
        ]  # fmt: skip
    return found


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


def _ratio(one: float | None, other: float | None) -> float | None:
    return None if one is None or not other else one / other


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _largest(by_streams: Iterable[dict[int, float]]) -> float | None:
    return max((value for found in by_streams for value in found.values()), default=None)


def _flatness(by_size: dict[int, float]) -> float | None:
    return _ratio(by_size[max(by_size)], by_size[min(by_size)]) if len(by_size) > 1 else None
