"""XLSX workbooks, by calamine. Memory: the sheet, bounded by `LARGEST_SHEETS_BYTES`."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import BinaryIO

import python_calamine

from onestop.reading.rows import (
    HEADER_SEARCH_ROWS,
    LONGEST_CELL,
    Declared,
    Layout,
    Rows,
    Unacceptable,
    Unreadable,
    header_index,
    picker,
)
from onestop.reading.text import cleaned

LARGEST_WORKBOOK_BYTES = 64 << 20
LARGEST_SHEETS_BYTES = 512 << 20
"""Of all files in the workbook once unpacked: a small workbook can hold gigabytes of nothing."""


def read(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:
    """Give the wanted cells of every row below the header. Rows without any value are not records.

    A date cell comes as ISO 8601 without offset (wall-clock time), a whole number without a fraction, so that codes
    typed as numbers are read as they look. Formulas count by their stored value; macros are never looked at.
    """
    rows = _rows(layout, stream)
    head = [row for _, row in zip(range(HEADER_SEARCH_ROWS), rows, strict=False)]
    index = header_index(head, layout)
    pick = picker(head[index], layout)
    width = len(head[index])
    footer = re.compile(layout.declared_count_footer) if layout.declared_count_footer else None
    for source in (head[index + 1 :], rows):
        for row in source:
            cells = [_text(cell) for cell in row]
            if not any(cells):
                continue
            if footer and (found := footer.search(cleaned(" ".join(cells)))):
                declared.count = int(re.sub(r"\D", "", found[1]))
            elif any(len(cell) > LONGEST_CELL for cell in cells):
                yield Unreadable("cell_too_long", f"{max(map(len, cells)):,}")
            else:
                cells.extend([""] * (width + 1 - len(cells)))
                yield pick([*cells[:width], ""])


def _rows(layout: Layout, stream: BinaryIO) -> Iterator[list[object]]:
    data = stream.read(LARGEST_WORKBOOK_BYTES + 1)
    if len(data) > LARGEST_WORKBOOK_BYTES:
        limit = f"{LARGEST_WORKBOOK_BYTES:,}"
        raise Unacceptable("file_too_large", f"a workbook of more than {limit} bytes", limit=limit)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Unacceptable("workbook_damaged", f"no XLSX workbook, or half of one ({error})") from error
    if unpacked > LARGEST_SHEETS_BYTES:
        raise Unacceptable(
            "file_too_large", f"a workbook of {unpacked:,} bytes unpacked", limit=f"{LARGEST_SHEETS_BYTES:,}"
        )
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        if isinstance(layout.sheet, str):
            if layout.sheet not in workbook.sheet_names:
                raise Unacceptable("sheet_missing", f"the sheets {', '.join(workbook.sheet_names)}", value=layout.sheet)
            sheet = workbook.get_sheet_by_name(layout.sheet)
        else:
            sheet = workbook.get_sheet_by_index(layout.sheet or 0)
    except python_calamine.CalamineError as error:
        raise Unacceptable("workbook_damaged", f"a workbook that cannot be opened ({error})") from error
    rows: Iterator[list[object]] = sheet.iter_rows()
    return rows


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell
    match cell:
        case None:
            text = ""
        case bool():
            text = "true" if cell else "false"
        case float() if cell.is_integer():
            text = str(int(cell))
        case datetime():
            text = cell.isoformat(timespec="seconds")
        case date() | time():
            text = cell.isoformat()
        case _:
            text = str(cell)
    return text
