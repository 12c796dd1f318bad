"""Records as blocks of COPY's text format: joined line by line, or by columns where they come so (copy_columns.py)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

import orjson

from onestop.cleaning import INVISIBLE, unescaped
from onestop.reading.copy_columns import packed_columns
from onestop.reading.csv_blocks import Table
from onestop.reading.refusal import DeliveryRefused, catalogue, filled, reason
from onestop.reading.rows import Rows, Unreadable

if TYPE_CHECKING:
    from onestop.jurisdiction.datasets import Dataset
    from onestop.reading.identity import ApplicantHasher
    from onestop.reading.known import Known
    from onestop.reading.records import Progress

DELIMITER = "\x1f"
_BATCH_ROWS = 4096
_BATCH_CHARACTERS = 1 << 20
_EDGES = (f" {DELIMITER}", f"{DELIMITER} ", "\t", "\r", "\f", "\v", *INVISIBLE)
_SPACES = rf"[ \t\r\n\f\v{INVISIBLE}]+"  # \s would take the delimiter too
_RAGGED_EDGE = re.compile(rf"{_SPACES}(?=\x1f)|(?<=\x1f){_SPACES}")


def column_count(dataset: Dataset) -> int:
    """Return how many columns a staging table has: number, fields, applicant's key, what is known, problem."""
    return 1 + len(dataset.fields) + 1 + len(dataset.known_columns) + 1


def batches(  # noqa: PLR0917 - in the order in which a record meets them
    rows: Rows,
    progress: Progress,
    dataset: Dataset,
    hasher: ApplicantHasher | None,
    where: str,
    known: Known | None = None,
) -> Iterator[bytes]:
    """Give the rows as blocks of COPY's text format: number, fields, applicant key, what is known, problem.

    Without a hasher (a dataset that tells of nobody) keys are empty. Of records that come one by one, and without
    `known`, nothing is known beside their texts.
    """
    join, unknown = DELIMITER.join, DELIMITER * len(dataset.known_columns)
    field_count, columns = len(dataset.fields), column_count(dataset)
    lines: list[str] = []
    characters = 0
    for cells in rows:
        number = progress.row_number + 1
        if isinstance(cells, Table):
            if lines:
                yield packed_lines(lines, where, columns)
                lines, characters = [], 0
            progress.row_number += len(cells)
            keys = None if hasher is None else hasher.staged_columns(*cells.columns[-3:])
            fields = Table(cells.columns[:field_count])
            yield packed_columns(fields, number, keys, DELIMITER, known, len(dataset.known_columns))
            continue
        progress.row_number = number
        if isinstance(cells, Unreadable):
            line = _unreadable(number, cells, columns)
        else:
            key = "" if hasher is None else hasher.staged(cells[-3], cells[-2], cells[-1])
            line = f"{number}\x1f{join(cells[:field_count])}\x1f{key}{unknown}\x1f"
        lines.append(line)
        characters += len(line)
        if characters > _BATCH_CHARACTERS or len(lines) == _BATCH_ROWS:
            yield packed_lines(lines, where, columns)
            lines, characters = [], 0
    if lines:
        yield packed_lines(lines, where, columns)


def packed_lines(lines: list[str], where: str, columns: int) -> bytes:
    """Return lines as COPY reads them. Each repair looks first whether any line of the block needs it."""
    block = "\n".join(lines)
    if block.count(DELIMITER) != len(lines) * (columns - 1):
        lines = [_without_stray_delimiters(line, columns) for line in lines]
        block = "\n".join(lines)
    if "&" in block and unescaped(block) != block:
        lines = [unescaped(line) for line in lines]
        block = "\n".join(lines)
    if any(edge in block for edge in _EDGES) or block.count("\n") != len(lines) - 1:
        lines = [_RAGGED_EDGE.sub("", line) for line in lines]
        block = "\n".join(lines)
    if "\\" in block or "\r" in block or block.count("\n") != len(lines) - 1:
        lines = [line.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") for line in lines]
        block = "\n".join(lines)
    if "\0" in block:
        number = next(line for line in lines if "\0" in line).split(DELIMITER, 1)[0]
        raise DeliveryRefused(
            [reason("character_null", where=f"{where}, record {number}", seen="the byte 0x00", value=number)]
        )
    return (unicodedata.normalize("NFC", block) + "\n").encode("utf-8", "replace")


def _unreadable(number: int, problem: Unreadable, columns: int) -> str:
    rule = catalogue().rule(problem.rule)
    expected = filled(rule.expected_vi, {"expected": problem.expected})
    stored = {
        "rule": rule.id,
        "field": rule.field,
        "value": problem.value,
        "expected": expected,
        "remedy": rule.remedy_vi,
    }
    return f"{number}{DELIMITER * (columns - 1)}{orjson.dumps(stored).decode()}"


def _without_stray_delimiters(line: str, columns: int) -> str:
    if line.count(DELIMITER) == columns - 1:
        return line
    return _unreadable(int(line.split(DELIMITER, 1)[0]), Unreadable("record_malformed", "U+001F"), columns)
