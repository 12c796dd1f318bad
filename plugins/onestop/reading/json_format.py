"""JSON pages and NDJSON lines. Memory: one page, one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, cast

import orjson

from onestop.reading.rows import (
    LONGEST_CELL,
    Declared,
    Layout,
    Rows,
    Unacceptable,
    Unreadable,
    by_path,
)
from onestop.reading.text import WrongEncoding, detected_encoding

LARGEST_PAGE_BYTES = 256 << 20
LONGEST_LINE_BYTES = 8 << 20


def read_pages(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:  # noqa: ARG001 - every reader's signature
    """Give the wanted cells of the records in one page: the list that `records_path` leads to."""
    data = stream.read(LARGEST_PAGE_BYTES + 1)
    if len(data) > LARGEST_PAGE_BYTES:
        raise Unacceptable(
            "file_too_large", f"a page of more than {LARGEST_PAGE_BYTES:,} bytes", limit=f"{LARGEST_PAGE_BYTES:,}"
        )
    data = data.removeprefix(b"\xef\xbb\xbf")
    page = _parsed(data)
    found, records = (True, page)
    if layout.records_path:
        found, records = by_path(page, layout.records_path.split(".")) if isinstance(page, Mapping) else (False, None)
    if not found or not isinstance(records, list):
        raise Unacceptable(
            "records_missing", f"no list at {layout.records_path or 'the top'}", value=layout.records_path
        )
    cells_of = _extractor(layout)
    exact: list[Any] | None = None
    for index, record in enumerate(records):
        cells = cells_of(record)
        if cells is None:  # a number with a fraction: its digits as written are in the bytes, not in a float
            if exact is None:
                exact = _exact_records(data, layout)
            cells = cells_of(exact[index])
        yield cast("tuple[str, ...] | Unreadable", cells)


def read_lines(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:  # noqa: ARG001 - every reader's signature
    """Give the wanted cells of every line's object. A line that is no object is Unreadable; an empty one no record."""
    cells_of = _extractor(layout)
    number = 0
    while line := stream.readline(LONGEST_LINE_BYTES + 1):
        if len(line) > LONGEST_LINE_BYTES:
            limit = f"{LONGEST_LINE_BYTES:,}"
            raise Unacceptable("file_too_large", f"line {number + 1:,} of more than {limit} bytes", limit=limit)
        number += 1
        bare = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
        if not bare:
            continue
        try:
            record = orjson.loads(bare)
        except orjson.JSONDecodeError as error:
            _require_utf8(bare)
            if not line.endswith(b"\n"):
                raise Unacceptable(
                    "file_truncated", f"a last line that ends in the middle of a record ({error})"
                ) from error
            yield Unreadable("record_malformed", str(error))
            continue
        yield cells_of(record) or cast("tuple[str, ...] | Unreadable", cells_of(_exact(bare)))


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        _require_utf8(data)
        if error.pos >= len(data.decode()) - 1:
            raise Unacceptable("file_truncated", f"a page that ends in the middle ({error})") from error
        raise Unacceptable("page_malformed", f"no JSON ({error})") from error


def _require_utf8(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        seen = f"the byte 0x{data[error.start]:02x}"
        raise WrongEncoding(line, error.start, seen, detected_encoding(data)) from error


def _exact(data: bytes) -> Any:
    return json.loads(data, parse_float=str, parse_int=str)


def _exact_records(data: bytes, layout: Layout) -> list[Any]:
    page = _exact(data)
    return cast("list[Any]", by_path(page, layout.records_path.split("."))[1] if layout.records_path else page)


def _extractor(layout: Layout) -> Callable[[object], tuple[str, ...] | Unreadable | None]:
    """Return the function from a record to its wanted cells; it gives None for one that must be parsed exactly.

    Raises Unacceptable at the first record that lacks a required column. A column that is there and null is an
    empty cell.
    """
    paths = [None if column is None else tuple(column.split(".")) for column in layout.columns]
    required = {tuple(column.split(".")): column for column in layout.required_columns}

    def cells_of(record: object) -> tuple[str, ...] | Unreadable | None:
        if not isinstance(record, Mapping):
            return Unreadable("record_malformed", type(record).__name__)
        cells = []
        for path in paths:
            if path is None:
                cells.append("")
                continue
            found, value = (True, record[path[0]]) if len(path) == 1 and path[0] in record else by_path(record, path)
            if isinstance(value, str):
                if len(value) > LONGEST_CELL:
                    return Unreadable("cell_too_long", f"{len(value):,}")
                cells.append(value)
            elif value is None:
                if not found and path in required:
                    raise Unacceptable(
                        "column_missing", f"a record without {required[path]}", value=required[path],
                        columns=", ".join(sorted(layout.required_columns)),
                    )  # fmt: skip
                cells.append("")
            elif isinstance(value, bool):
                cells.append("true" if value else "false")
            elif isinstance(value, int):
                cells.append(str(value))
            elif isinstance(value, float):
                return None
            else:
                return Unreadable("record_malformed", f"{'.'.join(path)}: {type(value).__name__}")
        return tuple(cells)

    return cells_of
