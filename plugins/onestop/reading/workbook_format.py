"""Workbooks: XLSX and ODS row by row, XLS by calamine. What a file is, its bytes say: a renamed one is read as well."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from itertools import chain
from typing import IO, BinaryIO

from onestop.reading import xls_process
from onestop.reading.child import lines_of
from onestop.reading.header import Leftovers, column_name, find_header, head_of
from onestop.reading.hostile import Archive, seekable
from onestop.reading.ods_sheets import OdsWorkbook
from onestop.reading.rows import (
    LONGEST_CELL,
    Cells,
    Declared,
    Layout,
    Rows,
    Unacceptable,
    Unreadable,
)
from onestop.reading.xlsx_sheets import Workbook

LARGEST_WORKBOOK_BYTES = 1 << 30
LARGEST_XLS_BYTES = 64 << 20
"""calamine holds a sheet of this older form, which ends at 65,536 rows of 256 columns."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

SheetRows = Iterator["list[str] | Unreadable"]
Sheets = list[tuple[str, bool, Callable[[], SheetRows]]]
"""Name, whether it is shown, and what gives its rows."""


def read(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:
    """Give the wanted cells of every row below the header of every wanted sheet. Rows without a value are not records.

    A date cell comes as ISO 8601 without offset (wall-clock time), a whole number without a fraction, so that codes
    typed as numbers are read as they look. Formulas count by their stored value; macros are never looked at.
    Raises Unacceptable for a file that is no workbook, for a wanted sheet that is missing or has no header.
    """
    with closing(seekable(stream, LARGEST_WORKBOOK_BYTES, "a workbook")) as file:
        wanted = _wanted(_sheets(file), layout)
        several = len(wanted) > 1
        is_empty = True
        for name, rows in wanted:
            for row in _records(layout, rows(), name if several else None, declared):
                is_empty = False
                if row is not None:
                    yield row
        if is_empty:
            raise Unacceptable("file_empty", "nothing, not even a header")


def _records(
    layout: Layout, rows: SheetRows, sheet: str | None, declared: Declared
) -> Iterator[Cells | Unreadable | None]:
    """Give a sheet's records, and before them None for its header. Of several sheets one may be empty."""
    head = head_of(rows)
    if sheet is not None and not any(isinstance(row, Unreadable) or any(row) for row in head):
        return
    try:
        header = find_header(head, layout)
    except Unacceptable as problem:
        if sheet is None:
            raise
        raise Unacceptable(
            problem.rule, f"{problem.seen} (sheet {sheet})", value=problem.value, **problem.texts
        ) from problem
    width, pick, leftovers = header.width, header.picker(layout), Leftovers(header, layout, declared)
    yield None
    first = True
    for row in chain(head[header.row_count :], rows):
        if isinstance(row, Unreadable):
            yield row
        elif any(row):
            if leftovers.is_footer(row) or (first and leftovers.is_numbering(row)):
                continue
            first = False
            picked = pick([*row[:width], *[""] * (width + 1 - len(row))] if len(row) <= width else [*row[:width], ""])
            if not leftovers.is_other(row, picked):
                yield picked
    declared.notes.extend(leftovers.notes())


def _sheets(file: IO[bytes]) -> Sheets:
    start = file.read(8)
    file.seek(0)
    if start == _OLE:
        return _xls_sheets(file)
    archive = Archive(file)
    if "mimetype" in archive and b"opendocument.spreadsheet" in archive.read("mimetype", 200):
        ods = OdsWorkbook(archive)
        return [(name, shown, partial(ods.rows, index)) for index, (name, shown) in enumerate(ods.sheets)]
    book = Workbook(archive)
    return [(sheet.name, sheet.is_visible, partial(book.rows, sheet)) for sheet in book.sheets]


def _wanted(sheets: Sheets, layout: Layout) -> list[tuple[str, Callable[[], SheetRows]]]:
    """Return the sheets to read: the first, the one at an index or of a name, those fitting a pattern, or all shown."""
    names = ", ".join(name for name, _, _ in sheets[:50])
    wanted = layout.sheet
    if wanted is None or isinstance(wanted, int):
        chosen = sheets[wanted or 0 : (wanted or 0) + 1]
    elif any(column_name(name) == column_name(wanted) for name, _, _ in sheets):
        chosen = [sheet for sheet in sheets if column_name(sheet[0]) == column_name(wanted)]
    elif wanted == "all":
        chosen = [sheet for sheet in sheets if sheet[1]]
    else:
        pattern = column_name(wanted).casefold()
        chosen = [sheet for sheet in sheets if fnmatch.fnmatchcase(column_name(sheet[0]).casefold(), pattern)]
    if not chosen:
        raise Unacceptable("sheet_missing", f"the sheets {names}", value=str(wanted if wanted is not None else 0))
    return [(name, rows) for name, _, rows in chosen]


# -- the form before 2007 -------------------------------------------------------------------------------


def _xls_sheets(file: IO[bytes]) -> Sheets:
    data = file.read(LARGEST_XLS_BYTES + 1)
    if len(data) > LARGEST_XLS_BYTES:
        limit = f"{LARGEST_XLS_BYTES:,}"
        raise Unacceptable("file_too_large", f"an .xls workbook of more than {limit} bytes", limit=limit)
    if _ENCRYPTED in data:
        raise Unacceptable("workbook_damaged", "a workbook that is locked with a password")

    program = xls_process.__file__

    def rows(index: int) -> SheetRows:
        for cells in lines_of(program, file, "rows", str(index), rule="workbook_damaged"):
            longest = max(map(len, cells), default=0)
            yield Unreadable("cell_too_long", f"{longest:,}") if longest > LONGEST_CELL else cells

    sheets = list(lines_of(program, file, "sheets", rule="workbook_damaged"))
    return [(str(name), bool(shown), partial(rows, index)) for index, (name, shown) in enumerate(sheets)]
