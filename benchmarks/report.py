"""The results as tables: on the terminal, and in docs/performance.md between two markers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.goals import Goal, Results, goals
from onestop.settings import REPOSITORY_ROOT

PAGE = REPOSITORY_ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- results: written by `python -m benchmarks` -->", "<!-- end of results -->"
_SIGNS = {"aim": "✓ aim", "must": "✓ must", "missed": "✗ missed", "not measured": "–"}
_STEPS = ("load", "rules in SQL", "Great Expectations", "versions", "check, all", "measure", "publish", "indexes")


def goal_table(found: Sequence[Goal]) -> list[list[str]]:
    """Return the rows of the table of goals, its header first."""
    rows = [["measure", "must", "aim", "here", ""]]
    for goal in found:
        sign = "≥" if goal.is_least else "≤"
        bounds = [f"{sign} {bound:g}{' ' + goal.unit if goal.unit else ''}" for bound in (goal.must, goal.aim)]
        rows.append([goal.what, *bounds, _number(goal.value, goal.unit), _SIGNS[goal.verdict]])
    return rows


def write_page(results: Results, page: Path = PAGE) -> None:
    """Replace what stands between the markers of the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n".join(_sections(results))
    page.write_text(f"{before}{BEGIN}\n\n{body}\n{END}{after}", encoding="utf-8")


def _sections(results: Results) -> Iterator[str]:
    stored = results.stored
    about = "; ".join(f"{name}: {value}" for name, value in stored["about"].items())
    yield f"{stored['date']}, `{stored['command']}`. {about}.\n"
    limits = {int(size): values for size, values in stored["limits"].items()}
    shown = "; ".join(
        f"{size:,} dossiers {median(values):.2f} s ({min(values):.2f}–{max(values):.2f}, n = {len(values)})"
        for size, values in sorted(limits.items())
    )
    yield f"**L**: {shown}. Each run is divided by the mean of the limits measured right before and after it.\n"
    yield "### Goals\n"
    yield from _markdown(goal_table(goals(results)))
    yield "\n### Runs (medians)\n"
    yield from _markdown(_run_table(results))
    yield "\n### Steps of the first load, GX imported before, in seconds (medians)\n"
    yield from _markdown(_step_table(results))
    if stored["history"]:
        yield "\n### Publishing one month, by months of history\n"
        yield from _markdown(_history_table(results))
    if stored["agreements"]:
        yield "\n### Same results\n"
        for name, agrees in stored["agreements"].items():
            yield f"- {name}: {'the same numerator and denominator for every unit' if agrees else '**DIFFERS**'}"
    yield "\n![Time from landed bytes to publication, in limits](performance.svg)\n"


def _run_table(results: Results) -> list[list[str]]:
    head = [
        "dossiers",
        "run",
        "sources",
        "GX",
        "÷ L",
        "processors ÷ L's",
        "s",
        "memory MB",
        "largest process MB",
        "WAL MB",
        "n",
    ]
    kinds: dict[tuple[str, int, int, bool], None] = {
        (record["what"], record["dossiers"], record["streams"], record["is_preloaded"]): None
        for record in sorted(results.stored["records"], key=lambda record: (record["dossiers"], record["streams"]))
    }
    return [head, *(_run_row(results, *kind) for kind in kinds)]


def _run_row(results: Results, what: str, dossiers: int, streams: int, is_preloaded: bool) -> list[str]:
    def middle(of: Callable[[Mapping[str, Any]], float]) -> float:
        return median(results.values(what, dossiers, streams, is_preloaded=is_preloaded, of=of))

    is_ours = what not in {"naive pandas", "dlt + dbt"}
    return [
        f"{dossiers:,}",
        what,
        str(streams) if is_ours else "",
        ("before" if is_preloaded else "included") if is_ours else "",
        _number(middle(lambda record: record["seconds"] / record["limit"])),
        # With imports made before the clock starts, the processors' time would hold what the clock does not.
        "" if is_preloaded else _number(middle(lambda record: record["cpu_seconds"] / record["limit_cpu_seconds"])),
        _number(middle(lambda record: record["seconds"])),
        _number(middle(lambda record: record["peak_mb"]), "MB").removesuffix(" MB"),
        _number(middle(lambda record: record["largest_process_mb"]), "MB").removesuffix(" MB"),
        _number(middle(lambda record: record["wal_mb"]), "MB").removesuffix(" MB"),
        str(len(results.values(what, dossiers, streams, is_preloaded=is_preloaded, of=lambda _: 0))),
    ]


def _step_table(results: Results) -> list[list[str]]:
    rows = [["dossiers", "sources", *_STEPS]]
    for size in results.sizes:
        for streams in (1, 2):
            steps = [results.step(name, "first load", size, streams) for name in _STEPS]
            if any(value is not None for value in steps):
                rows.append([f"{size:,}", str(streams), *(_number(value) for value in steps)])
    return rows


def _history_table(results: Results) -> list[list[str]]:
    return [
        ["months", "dossiers a month", "publish, s", "1 month in turns with it, s", "÷ 1 month", "`bi` query, ms"],
        *(
            [
                str(entry["months"]),
                f"{entry['dossiers_a_month']:,}",
                _number(entry["publish"]),
                _number(entry["one_month"]),
                _number(entry["publish"] / entry["one_month"]),
                f"{entry['query'] * 1000:.1f}",
            ]
            for entry in results.stored["history"]
        ),
    ]


def _markdown(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    head, *body = rows
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in body:
        yield f"| {' | '.join(row)} |"


def plain(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Give a table's lines for the terminal."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _number(value: float | None, unit: str = "") -> str:
    if value is None:
        return "–"
    digits = f"{value:.0f}" if unit in {"MB"} or abs(value) >= 100 else f"{value:.2f}"
    return f"{digits} {unit}".strip()
