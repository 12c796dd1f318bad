"""The error file of a delivery, as CSV (complete) and as a workbook, written in one pass.

Nothing in them runs: a workbook's cells are texts, and in CSV a text that a spreadsheet would take for a formula gets
an apostrophe before it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from upath import UPath

from onestop.answers.findings import REFUSED_DELIVERY, REFUSED_ROW, Finding
from onestop.answers.wording import Say

MOST_SHEET_ROWS = 200_000
"""Findings in the workbook; the CSV has all of them."""
COLUMNS = ("record", "code", "severity", "field", "value", "expected", "remedy")
_WIDTHS = (11, 30, 22, 26, 34, 52, 60)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
REPEATED = "duplicate_identical"
"""The rule of a row that says again, word for word, what another says."""
_SUFFIXES = ("xlsx", "csv")


@dataclass
class Told:
    """What the files hold: counts by rule, with one finding of each to word it, and the files themselves."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], Finding] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_to_be_corrected(self) -> bool:
        """Whether the agency has something to do: a row that only repeats another needs nothing."""
        return any(
            severity == REFUSED_DELIVERY or (severity == REFUSED_ROW and rule != REPEATED)
            for rule, severity in self.counts
        )

    def count(self, severity: str) -> int:
        """Return how many findings of a severity there are."""
        return sum(count for (_, one), count in self.counts.items() if one == severity)


def answer_file(root: str | Path | UPath, source_id: str, period: str, delivery_id: int, suffix: str) -> UPath:
    """Return where a delivery's error file is kept; suffix is xlsx or csv."""
    if suffix not in _SUFFIXES:
        raise ValueError(f"{suffix!r} is none of {', '.join(_SUFFIXES)}")
    return UPath(root) / source_id / period / f"delivery-{delivery_id}.{suffix}"


def write_files(  # noqa: PLR0917 - where they are kept, what stands above, what is in them
    root: str | Path | UPath,
    source_id: str,
    period: str,
    delivery_id: int,
    about: Sequence[tuple[str, str]],
    findings: Iterable[Finding],
    say: Say,
) -> Told:
    """Write both files, in place of those that an earlier judgement left; without a finding there are none.

    `about`: what stands above, as (label, text).
    """
    told = Told()
    targets = {suffix: answer_file(root, source_id, period, delivery_id, suffix) for suffix in _SUFFIXES}
    with tempfile.TemporaryDirectory() as folder:
        made = {suffix: Path(folder) / f"answer.{suffix}" for suffix in _SUFFIXES}
        with made["csv"].open("w", encoding="utf-8-sig", newline="") as text:
            _write_both(text, made["xlsx"], about, findings, told, say)
        if not told.counts:
            for target in targets.values():
                with suppress(FileNotFoundError):
                    target.unlink()
            return told
        for suffix, target in targets.items():
            told.files.append(_kept(made[suffix], target))
    return told


def _write_both(  # noqa: PLR0917 - as above
    text: IO[str],
    workbook_path: Path,
    about: Sequence[tuple[str, str]],
    findings: Iterable[Finding],
    told: Told,
    say: Say,
) -> None:
    writer = csv.writer(text, lineterminator="\r\n")
    header = [say(f"column_{name}") for name in COLUMNS]
    writer.writerow(header)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(workbook_path, options) as workbook:
        bold = workbook.add_format({"bold": True, "text_wrap": True, "bg_color": "#E8EEF4", "border": 1})
        wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        summary, sheet = (workbook.add_worksheet(say(name)) for name in ("sheet_summary", "sheet_faults"))
        for column, (name, width) in enumerate(zip(header, _WIDTHS, strict=True)):
            sheet.set_column(column, column, width, wrapped)
            sheet.write_string(0, column, name, bold)
        sheet.freeze_panes(1, 0)
        row_number = 0
        for finding in findings:
            key = finding.rule, finding.severity
            told.counts[key] += 1
            told.examples.setdefault(key, finding)
            cells = _cells(finding, say)
            writer.writerow([_harmless(cell) for cell in cells])
            if row_number < MOST_SHEET_ROWS:
                row_number += 1
                if finding.record_number is not None:
                    sheet.write_number(row_number, 0, finding.record_number)
                for column, cell in enumerate(cells[1:], 1):
                    sheet.write_string(row_number, column, cell)
        sheet.autofilter(0, 0, max(row_number, 1), len(header) - 1)
        _write_summary(summary, about, told, (bold, wrapped), say)


def _write_summary(
    sheet: Any, about: Sequence[tuple[str, str]], told: Told, formats: tuple[Any, Any], say: Say
) -> None:
    bold, wrapped = formats
    sheet.set_column(0, 0, 26, wrapped)
    sheet.set_column(1, 1, 22, wrapped)
    sheet.set_column(2, 3, 70, wrapped)
    for number, (label, text) in enumerate(about):
        sheet.write_string(number, 0, label)
        sheet.write_string(number, 1, text)
    start = len(about) + 1
    for column, name in enumerate(("cases", "column_severity", "column_expected", "column_remedy")):
        sheet.write_string(start, column, say(name), bold)
    for number, (key, count) in enumerate(told.counts.most_common(), start + 1):
        example = told.examples[key]
        sheet.write_number(number, 0, count)
        for column, text in enumerate((say(f"severity_{example.severity}"), example.expected, example.remedy), 1):
            sheet.write_string(number, column, text)
    if told.counts.total() > MOST_SHEET_ROWS:
        sheet.write_string(start + len(told.counts) + 2, 0, say("sheet_cut", count=MOST_SHEET_ROWS))


def _cells(finding: Finding, say: Say) -> tuple[str, ...]:
    return (
        "" if finding.record_number is None else str(finding.record_number),
        finding.code,
        say(f"severity_{finding.severity}"),
        finding.field,
        finding.value,
        finding.expected,
        finding.remedy,
    )


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _kept(made: Path, target: Any) -> dict[str, Any]:
    """Move a file to where it is kept; whoever reads there sees the whole of it or the one before."""
    target.parent.mkdir(parents=True, exist_ok=True)
    incoming = target.parent / f".{uuid.uuid4().hex}"
    with made.open("rb") as source, incoming.open("wb") as copy:
        shutil.copyfileobj(source, copy, io.DEFAULT_BUFFER_SIZE * 16)
    if isinstance(incoming, Path):
        incoming.replace(target)
    else:
        incoming.fs.mv(incoming.path, target.path)
    with made.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
    return {"name": target.name, "byte_count": made.stat().st_size, "sha256": digest}
