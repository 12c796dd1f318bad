"""CSV: streaming, strict, one row per record. Memory: one record, and the rows in which the header is looked for."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, cast

from onestop.reading.ahead import ahead
from onestop.reading.csv_blocks import Blocks, Table, is_well_formed
from onestop.reading.header import Leftovers, find_header, head_of
from onestop.reading.rows import (
    LONGEST_CELL,
    Declared,
    Layout,
    Note,
    Rows,
    Unacceptable,
    Unreadable,
)
from onestop.reading.text import LONGEST_RECORD_BYTES, RecordTooLong, TrackedBytes, as_text, decoded

Item = list[str] | Unreadable | Table
DELIMITERS = (",", ";", "\t", "|")
_DIGITS = frozenset("0123456789")
_SAMPLE_LINES = 200
_SAMPLE_CHARACTERS = 1 << 20


def read(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:
    """Give the wanted cells of every record. Rows without any value are not records.

    A record with the wrong number of cells or a broken quote comes as Unreadable. Raises Unacceptable for what makes
    the whole file doubtful: no header, a quote that is never closed, an end in the middle of a record;
    WrongEncoding for bytes that do not decode.
    """
    csv.field_size_limit(LONGEST_CELL)
    is_utf8 = codecs.lookup(layout.encoding).name in {"utf-8", "utf-8-sig"}
    if layout.gives_tables and is_utf8 and layout.font_encoding is None:  # fonts are converted cell by cell
        in_blocks = Blocks(stream)
        blocks: Blocks | None = in_blocks
        tracked = in_blocks.tracked
        rows = _in_blocks(layout, in_blocks, declared)
    else:
        blocks = None
        text, tracked = decoded(stream, layout.encoding)
        rows = _in_lines(layout, text, declared)
    try:
        yield from _records(layout, rows, tracked, declared, blocks)
    except RecordTooLong as error:
        raise Unacceptable("quote_unclosed", f"a record of more than {LONGEST_RECORD_BYTES:,} bytes") from error
    except UnicodeDecodeError as error:
        raise tracked.wrong_encoding(error) from error
    except UnicodeError as error:  # UTF-16 without its mark, or half a character at the end
        raise Unacceptable("encoding_wrong", str(error), encoding=layout.encoding) from error


def _in_lines(layout: Layout, text: io.TextIOWrapper, declared: Declared) -> Iterator[Item]:
    """Give the rows of a text."""
    delimiter = layout.delimiter
    sample = [] if delimiter else _sample(text)
    delimiter = delimiter or _delimiter(layout, sample, declared)
    yield from _parsed(csv.reader(chain(sample, text), delimiter=delimiter, strict=True))


def _in_blocks(layout: Layout, blocks: Blocks, declared: Declared) -> Iterator[Item]:
    """Give the rows of a file, many at once where they are plain; the first block and what is doubtful as a text."""
    first = blocks.first()
    if first is None:
        yield from _in_lines(layout, as_text(blocks.tracked, "utf-8-sig"), declared)
        return
    text = first.decode("utf-8-sig")
    delimiter = layout.delimiter or _delimiter(layout, _sample(io.StringIO(text, newline="")), declared)
    if not is_well_formed(first, delimiter):
        blocks.give_back(first)
        yield from _parsed(csv.reader(as_text(blocks.tracked, "utf-8-sig"), delimiter=delimiter, strict=True))
        return
    with ahead(blocks.following(delimiter)) as following:
        for block in chain([text], following):
            if isinstance(block, Table):
                yield block
            else:
                lines = as_text(blocks.tracked, "utf-8") if block is None else io.StringIO(block, newline="")
                yield from _parsed(csv.reader(lines, delimiter=delimiter, strict=True))


def _sample(text: io.TextIOBase) -> list[str]:
    """Take the first lines of a text, by which the dialect is found."""
    sample: list[str] = []
    characters = 0
    while len(sample) < _SAMPLE_LINES and characters < _SAMPLE_CHARACTERS and (line := text.readline(LONGEST_CELL)):
        sample.append(line)
        characters += len(line)
    return sample


def _delimiter(layout: Layout, sample: list[str], declared: Declared) -> str:
    """Return the delimiter with which the header is found.

    What a file's columns are called is known, so there is nothing to guess by statistics. Raises Unacceptable when no
    delimiter, or more than one, gives the required columns.
    """
    found, failure = [], None
    for delimiter in DELIMITERS:
        head = head_of(_parsed(csv.reader(sample, delimiter=delimiter, strict=True), sample=True))
        try:
            header = find_header(head, layout)
        except Unacceptable as error:
            failure = failure if failure and failure.rule == "column_missing" else error
        else:
            found.append((header.width, delimiter))
    if not found:
        raise failure or Unacceptable("file_empty", "nothing, not even a header")
    widths = [width for width, _ in found]
    width, delimiter = max(found)
    if widths.count(width) > 1:
        seen = " or ".join(repr(one) for _, one in found)
        raise Unacceptable("dialect_ambiguous", f"a header with {seen} between its columns", value=seen)
    declared.notes.append(Note("dialect_detected", {"\t": "tab"}.get(delimiter, delimiter)))
    return delimiter


def _records(
    layout: Layout, rows: Iterator[Item], tracked: TrackedBytes, declared: Declared, blocks: Blocks | None
) -> Rows:
    head = head_of(cast("Iterator[list[str] | Unreadable]", rows))  # no table comes before the header is found
    header = find_header(head, layout)
    width, pick, places, key = header.width, header.picker(layout), header.places(layout), layout.key_column or 0
    leftovers = Leftovers(header, layout, declared)
    if blocks is not None:
        blocks.width = width
        rows = _one_by_one_if_doubtful(rows, leftovers, places[key])
    has_footer = layout.declared_count_footer is not None
    short: list[str] | None = None  # a record with too few cells: a broken row, or the place where the file was cut
    first = True
    for row in chain(head[header.row_count :], rows):
        tracked.since_record = 0
        if short is not None:
            yield _wrong_width(short, width)
            short = None
        if type(row) is not list:
            yield row.picked(places) if isinstance(row, Table) else row  # type: ignore[misc]
        elif has_footer and leftovers.is_footer(row):
            continue
        elif len(row) == width:
            if any(row):
                if first and leftovers.is_numbering(row):
                    continue
                first = False
                row.append("")
                picked = pick(row)
                if picked[key][:1] in _DIGITS or not leftovers.is_other(row, picked):
                    yield picked
        elif any(row):
            short = row
    if short is not None:
        if len(short) < width and not tracked.ends_line:
            raise Unacceptable(
                "file_truncated", f"a last record of {len(short)} instead of {width} cells, without a line end"
            )
        yield _wrong_width(short, width)
    declared.notes.extend(leftovers.notes())


def _one_by_one_if_doubtful(rows: Iterator[Item], leftovers: Leftovers, key_place: int) -> Iterator[Item]:
    """Give the records of a table one by one where some may be no records."""
    for row in rows:
        if isinstance(row, Table) and leftovers.may_be_in(row, key_place):
            yield from row.rows()
        else:
            yield row


def _wrong_width(row: list[str], width: int) -> Unreadable:
    return Unreadable("cell_count", str(len(row)), str(width))


def _parsed(reader: Iterator[list[str]], *, sample: bool = False) -> Iterator[list[str] | Unreadable]:
    """Give the reader's rows; a record it cannot parse is Unreadable and reading goes on with the next line.

    The last record of a sample may be cut.
    """
    while True:
        try:
            yield from reader
        except csv.Error as error:
            if sample and ("unexpected end of data" in str(error) or "field larger than" in str(error)):
                return
            if "unexpected end of data" in str(error):
                raise Unacceptable("quote_unclosed", "the end of the file inside a quoted cell") from error
            if "field larger than" in str(error):
                raise Unacceptable("quote_unclosed", f"a cell of more than {LONGEST_CELL:,} characters") from error
            yield Unreadable("record_malformed", str(error))
        else:
            return
