"""CSV: streaming, strict, one row per record. Memory: one record."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import BinaryIO

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
from onestop.reading.text import TrackedBytes, cleaned, decoded


def read(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:
    """Give the wanted cells of every record. Rows without any value are not records.

    A record with the wrong number of cells or a broken quote comes as Unreadable. Raises Unacceptable for what makes
    the whole file doubtful: no header, a quote that is never closed, an end in the middle of a record;
    WrongEncoding for bytes that do not decode.
    """
    text, tracked = decoded(stream, layout.encoding)
    csv.field_size_limit(LONGEST_CELL)
    rows = _parsed(csv.reader(text, delimiter=layout.delimiter, strict=True))
    try:
        yield from _records(layout, rows, tracked, declared)
    except UnicodeDecodeError as error:
        raise tracked.wrong_encoding(error) from error


def _records(layout: Layout, rows: Iterator[list[str] | Unreadable], tracked: TrackedBytes, declared: Declared) -> Rows:
    head = list(islice(rows, HEADER_SEARCH_ROWS))
    index = header_index(head, layout)
    header = head[index]
    assert not isinstance(header, Unreadable)  # noqa: S101 - header_index gives a row that could be read
    width, pick = len(header), picker(header, layout)
    footer = re.compile(layout.declared_count_footer) if layout.declared_count_footer else None
    short: list[str] | None = None  # a record with too few cells: a broken row, or the place where the file was cut
    for row in chain(head[index + 1 :], rows):
        if short is not None:
            yield _wrong_width(short, width)
            short = None
        if type(row) is list:
            if len(row) == width and footer is None:
                if any(row):
                    row.append("")
                    yield pick(row)
            elif footer and (found := footer.search(cleaned(" ".join(row)))):
                declared.count = int(re.sub(r"\D", "", found[1]))
            elif len(row) == width:
                if any(row):
                    row.append("")
                    yield pick(row)
            elif any(row):
                short = row
        else:
            yield row
    if short is not None:
        if len(short) < width and not tracked.ends_line:
            raise Unacceptable(
                "file_truncated", f"a last record of {len(short)} instead of {width} cells, without a line end"
            )
        yield _wrong_width(short, width)


def _wrong_width(row: list[str], width: int) -> Unreadable:
    return Unreadable("cell_count", str(len(row)), str(width))


def _parsed(reader: Iterator[list[str]]) -> Iterator[list[str] | Unreadable]:
    """Give the reader's rows; a record it cannot parse is Unreadable and reading goes on with the next line."""
    while True:
        try:
            yield from reader
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise Unacceptable("quote_unclosed", "the end of the file inside a quoted cell") from error
            if "field larger than" in str(error):
                raise Unacceptable("quote_unclosed", f"a cell of more than {LONGEST_CELL:,} characters") from error
            yield Unreadable("record_malformed", str(error))
        else:
            return
