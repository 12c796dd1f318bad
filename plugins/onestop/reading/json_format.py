"""JSON pages and NDJSON lines. Memory: a short page, one record of a long one, one line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
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

HELD_PAGE_BYTES = 4 << 20
"""A page up to this is parsed at once, a longer one record by record: empty objects cost 20 times their bytes."""
LONGEST_RECORD_BYTES = 4 << 20
MOST_LEVELS = 100
"""Of lists and objects in each other, in a long page."""
_SPACES = b" \t\r\n"
"""What JSON may have between a key and its colon."""


def read_pages(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:  # noqa: ARG001 - every reader's signature
    """Give the wanted cells of the records in one page: the list that `records_path` leads to.

    A record with a key that is there twice is Unreadable: which value is meant cannot be known.
    """
    data = stream.read(HELD_PAGE_BYTES + 1)
    if len(data) > HELD_PAGE_BYTES:
        yield from _streamed(layout, data, stream)
        return
    data = data.removeprefix(b"\xef\xbb\xbf")
    page = _parsed(data)
    if _has_repeated_key(data, page):
        page = _exact(data)
    records = _records(page, layout)
    cells_of = _extractor(layout)
    exact: list[Any] | None = None
    for index, record in enumerate(records):
        cells = cells_of(record)
        if cells is None:  # a number with a fraction: its digits as written are in the bytes, not in a float
            if exact is None:
                exact = _records(_exact(data), layout)
            cells = cells_of(exact[index])
        yield cast("tuple[str, ...] | Unreadable", cells)


def read_lines(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:  # noqa: ARG001 - every reader's signature
    """Give the wanted cells of every line's object. A line that is no object is Unreadable; an empty one no record."""
    cells_of = _extractor(layout)
    number = 0
    while line := stream.readline(LONGEST_RECORD_BYTES + 1):
        if len(line) > LONGEST_RECORD_BYTES:
            limit = f"{LONGEST_RECORD_BYTES:,}"
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
        try:
            cells = None if _has_repeated_key(bare, record) else cells_of(record)
            yield cells or cast("tuple[str, ...] | Unreadable", cells_of(_exact(bare)))
        except RecursionError:
            yield Unreadable("record_malformed", "quá nhiều cấp lồng nhau")


_TEXT_OF: Mapping[type, Callable[[Any], str]] = {
    type(None): lambda _: "",
    bool: lambda value: "true" if value else "false",
    int: str,
    Decimal: str,  # of the streaming parser: the digits as they are written
}


class _Repeated(dict[str, Any]):
    """An object with a key that is there twice."""

    key = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    repeated = _Repeated(made)
    seen: set[str] = set()
    repeated.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return repeated


def _has_repeated_key(data: bytes, page: object) -> bool:
    """Whether an object may have a key twice, which the fast parser does not tell: there are more `":` than keys.

    Spaces may stand before a colon. Without those of the whole text each key is still followed by one: none is missed.
    """
    return data.translate(None, _SPACES).count(b'":') != _key_count(page)


def _key_count(value: object) -> int:
    """Return how many keys the objects in a parsed page have."""
    count = 0
    waiting: list[object] = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            count += len(here)
            waiting.extend(inner for inner in here.values() if isinstance(inner, dict | list))
        elif isinstance(here, list):
            waiting.extend(inner for inner in here if isinstance(inner, dict | list))
    return count


class _Pages:
    """A page's bytes for the streaming parser: refused when they go on for long without a record."""

    def __init__(self, start: bytes, stream: BinaryIO) -> None:
        self._start, self._stream = start.removeprefix(b"\xef\xbb\xbf"), stream
        self.since_record = 0

    def read(self, size: int = -1) -> bytes:
        if self._start and size > 0:
            data, self._start = self._start[:size], self._start[size:]
        else:
            data = self._stream.read(size)
        self.since_record += len(data)
        if self.since_record > LONGEST_RECORD_BYTES:
            limit = f"{LONGEST_RECORD_BYTES:,}"
            raise Unacceptable("file_too_large", f"a record of more than {limit} bytes", limit=limit)
        return data


def _streamed(layout: Layout, start: bytes, stream: BinaryIO) -> Rows:
    """Give the records of a long page as they come, numbers as they are written."""
    import ijson  # noqa: PLC0415 - needed for long pages only

    pages = _Pages(start, stream)
    cells_of = _extractor(layout)
    path = layout.records_path.split(".") if layout.records_path else []
    try:
        events = iter(ijson.basic_parse(pages, buf_size=1 << 16))
        if not _found_list(events, path):
            raise _no_records(layout)
        for event, value in events:
            if event == "end_array":
                break
            record = _built(event, value, events, 0)
            pages.since_record = 0
            yield cast("tuple[str, ...] | Unreadable", cells_of(record))
        for _ in events:
            pass  # the page may still turn out to be cut
    # The parser's messages quote the page, and with it people: neither they nor the errors may come into a log.
    except ijson.IncompleteJSONError:
        raise Unacceptable("file_truncated", "a page that ends in the middle") from None
    except (ijson.JSONError, UnicodeDecodeError, ValueError, OverflowError, ArithmeticError):
        raise Unacceptable("page_malformed", "no JSON") from None


def _found_list(events: Iterator[tuple[str, Any]], path: list[str]) -> bool:
    """Go to the first item of the list that a path of keys leads to; return whether there is one."""
    here: list[str | None] = []  # the key in each object that is open, None in a list
    for event, value in events:
        if event == "map_key":
            here[-1] = value
        elif event in {"start_map", "start_array"}:
            if event == "start_array" and here == path:
                return True
            if len(here) > MOST_LEVELS:
                raise Unacceptable("page_malformed", f"JSON of more than {MOST_LEVELS} levels")
            here.append(None)
        elif event in {"end_map", "end_array"}:
            here.pop()
    return False


def _built(event: str, value: Any, events: Iterator[tuple[str, Any]], level: int) -> Any:
    """Return the value that begins with an event, and take its other events."""
    if level > MOST_LEVELS:
        raise Unacceptable("page_malformed", f"JSON of more than {MOST_LEVELS} levels")
    if event == "start_map":
        pairs = []
        for inner, key in events:
            if inner == "end_map":
                break
            pairs.append((key, _built(*next(events), events, level + 1)))
        return _object(pairs)
    if event == "start_array":
        items = []
        for inner, item in events:
            if inner == "end_array":
                break
            items.append(_built(inner, item, events, level + 1))
        return items
    return value


def _records(page: object, layout: Layout) -> list[Any]:
    found, records = True, page
    if layout.records_path:
        found, records = by_path(page, layout.records_path.split(".")) if isinstance(page, Mapping) else (False, None)
    if not found or not isinstance(records, list):
        raise _no_records(layout)
    return records


def _no_records(layout: Layout) -> Unacceptable:
    seen = f"no list at {layout.records_path or 'the top'}"
    return Unacceptable("records_missing", seen, value=layout.records_path)


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
    """Parse once more, slowly: numbers as they are written, objects with a repeated key marked."""
    try:
        return json.loads(data, parse_float=str, parse_int=str, object_pairs_hook=_object)
    except RecursionError as error:
        raise Unacceptable("page_malformed", "JSON that is nested too deep") from error


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
        if isinstance(record, _Repeated):
            return Unreadable("record_malformed", f"hai lần {record.key[:60]}")
        cells = []
        for path in paths:
            if path is None:
                cells.append("")
                continue
            found, value = (True, record[path[0]]) if len(path) == 1 and path[0] in record else by_path(record, path)
            if isinstance(value, str):
                cells.append(value)
            elif isinstance(value, float):
                return None
            elif not found and path in required:
                raise Unacceptable(
                    "column_missing", f"a record without {required[path]}", value=required[path],
                    columns=", ".join(sorted(layout.required_columns)),
                )  # fmt: skip
            elif (text := _TEXT_OF.get(type(value))) is not None:
                cells.append(text(value))
            else:
                return Unreadable("record_malformed", f"{'.'.join(path)}: {type(value).__name__}")
        longest = max(map(len, cells))
        return tuple(cells) if longest <= LONGEST_CELL else Unreadable("cell_too_long", f"{longest:,}")

    return cells_of
