"""What a file looks like before anything is known about it: its format, its columns, their first values.

Only to propose a source's configuration: a declared source is read by what is declared. Finds the names of the columns
by itself, and then reads the values with the readers.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson
from lxml import etree

from onestop.cleaning import cleaned
from onestop.reading.csv_format import DELIMITERS
from onestop.reading.fonts import in_unicode
from onestop.reading.header import column_name
from onestop.reading.hostile import has_declaration, syntax_problem
from onestop.reading.legacy_fonts import Ambiguous, recognised
from onestop.reading.records import READERS
from onestop.reading.refusal import catalogue
from onestop.reading.rows import HEADER_SEARCH_ROWS, Declared, Layout, Unacceptable, Unreadable
from onestop.reading.text import WrongEncoding
from onestop.reading.workbook_format import _sheets as sheets_of

SAMPLE_ROWS = 2_000
LARGEST_PAGE_BYTES = 64 << 20
LARGEST_XML_BYTES = 16 << 20
_SAMPLE_BYTES = 1 << 20
_FEWEST_COLUMNS = 2
_WORKBOOKS = {"xls": "xls", "ods": "ods"}


class SampleUnreadable(Exception):  # noqa: N818 - named by what happened
    """A file of which no table of records can be made out; the message says what was seen."""


@dataclass(frozen=True)
class Sample:
    """A file's format as `format` of a source says it, and its first records by column, cleaned."""

    format: Mapping[str, Any]
    columns: Mapping[str, tuple[str, ...]]
    records_path: str | None = None
    notes: tuple[str, ...] = field(default=())

    def with_format(self, **more: Any) -> Sample:
        """Return the sample with more in its format."""
        return replace(self, format={**self.format, **more})

    def with_note(self, note: str) -> Sample:
        """Return the sample with something to be told of it."""
        return replace(self, notes=(*self.notes, note))


def take_sample(path: Path) -> Sample:
    """Look at a file. Raises SampleUnreadable."""
    with path.open("rb") as stream:
        start = stream.read(_SAMPLE_BYTES)
    bare = start.removeprefix(codecs.BOM_UTF8).lstrip()
    try:
        if start[:4] == b"PAR1":
            return _parquet(path)
        if start[:2] == b"PK" or start[:4] == b"\xd0\xcf\x11\xe0":
            return _workbook(path, start)
        if bare[:1] == b"<":
            return _xml(path)
        if bare[:1] in {b"{", b"["}:
            return _json(path)
        return _csv(path, start)
    except (Unacceptable, WrongEncoding) as problem:
        raise SampleUnreadable(f"{path.name}: {problem.seen}") from problem


def _read(path: Path, layout: Layout) -> dict[str, tuple[str, ...]]:
    declared = Declared()
    with path.open("rb") as stream:
        rows = READERS[layout.format_kind](layout, stream, declared)
        found = in_unicode(rows, layout, declared) if layout.font_encoding else rows
        records = [row for row in islice(found, SAMPLE_ROWS) if not isinstance(row, Unreadable) and not _is_total(row)]
    if not records:
        raise SampleUnreadable(f"{path.name}: no record below the header")
    names = [str(name) for name in layout.columns]
    return {name: tuple(cleaned(row[index]) for row in records) for index, name in enumerate(names)}


def _is_total(row: Sequence[str]) -> bool:
    """Whether a row is one of totals: which column names a record is not known yet, so that no reader leaves it out."""
    first = next((text for cell in row if (text := cleaned(cell))), "")
    return catalogue().totals.fullmatch(first) is not None


def _layout(kind: str, names: Sequence[str], **more: Any) -> Layout:
    return Layout(kind, tuple(names), frozenset(more.pop("required", names)), **more)


# -- tables ---------------------------------------------------------------------------------------------


def _header_of(rows: Sequence[Sequence[str]]) -> tuple[int, list[str]]:
    """Return where the header is, counted from 1, and its names: the first row of names as wide as the table.

    Raises SampleUnreadable.
    """
    widths = Counter(sum(1 for cell in row if cell.strip()) for row in rows)
    usual = max((width for width in widths if width >= _FEWEST_COLUMNS), key=lambda w: (widths[w] * w, w), default=0)
    for number, row in enumerate(rows, 1):
        names = [column_name(cell) for cell in row]
        given = [name for name in names if name]
        are_names = not any(name[:1].isdigit() for name in given) and len(set(given)) == len(given)
        if usual and are_names and len(given) >= max(_FEWEST_COLUMNS, 0.7 * usual):
            return number, given
    raise SampleUnreadable("no row of different names as wide as the rows below it: where is the header?")


def _csv(path: Path, start: bytes) -> Sample:
    encoding, text = _decoded(start)
    lines = text.splitlines(keepends=True)
    if len(start) == _SAMPLE_BYTES:
        lines = lines[:-1]  # cut in the middle
    lines = lines[: 4 * HEADER_SEARCH_ROWS]
    delimiter = max(DELIMITERS, key=lambda one: _regularity(lines, one))
    rows = list(islice(csv.reader(lines, delimiter=delimiter), HEADER_SEARCH_ROWS))
    header_row, names = _header_of(rows)
    font = None if encoding.startswith("utf") else _font(rows[header_row:])
    if font is not None:
        encoding = "cp1252"
    described: dict[str, Any] = {"kind": "csv", "encoding": encoding, "delimiter": delimiter}
    if font is not None:
        described["font_encoding"] = font
    if header_row > 1:
        described["header_row"] = header_row
    layout = _layout("csv", names, encoding=encoding, font_encoding=font, delimiter=delimiter, header_row=header_row)
    return Sample(described, _read(path, layout))


def _decoded(start: bytes) -> tuple[str, str]:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return encoding, start.decode(encoding, "ignore")
    try:
        return "utf-8-sig", codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        # Vietnamese Windows; where text is typed for a legacy font it is found out below.
        return "cp1258", start.decode("cp1258", "replace")


def _font(rows: Sequence[Sequence[str]]) -> str | None:
    """Return the legacy font that a text in one-byte letters is typed for, None for Windows-1258."""
    cells = [cell.encode("cp1258", "replace").decode("cp1252", "replace") for row in rows for cell in row]
    try:
        reading = recognised([cell for cell in cells if not cell.isascii()])
    except Ambiguous:
        return None
    return None if reading == "unicode" else reading


def _regularity(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row))
    except csv.Error:
        return 0.0, 0
    if not widths:
        return 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return (count / sum(widths.values()) if width >= _FEWEST_COLUMNS else 0.0), width


def _workbook(path: Path, start: bytes) -> Sample:
    """Look at the first sheet with a table; where all shown sheets have the same columns, at all of them."""
    kind = _WORKBOOKS.get("xls" if start[:2] != b"PK" else "ods" if b"opendocument" in start[:200] else "", "xlsx")
    notes: list[str] = []
    with path.open("rb") as file:
        sheets = [(name, shown) for name, shown, _ in sheets_of(file)]
        for index, (name, shown) in enumerate(sheets):
            header = _sheet_header(file, index)
            if header is None:
                notes.append(f"the sheet {name!r} holds no table")
                continue
            header_row, names = header
            described: dict[str, Any] = {"kind": kind}
            others = [other for other, (_, is_shown) in enumerate(sheets) if other > index and is_shown]
            alike = shown and not notes and all(_sheet_header(file, other) == header for other in others)
            if others and alike:
                described["sheet"] = "all"
            elif index:
                described["sheet"] = name
            if header_row > 1:
                described["header_row"] = header_row
            if others and not alike:
                notes.append(f"only the sheet {name!r} was looked at; `sheet: all` reads all that are shown")
            layout = _layout(kind, names, header_row=header_row, sheet="all" if others and alike else name)
            return Sample(described, _read(path, layout), notes=tuple(notes))
    raise SampleUnreadable(f"{path.name}: no sheet with a header: {'; '.join(notes)}")


def _sheet_header(file: IO[bytes], index: int) -> tuple[int, list[str]] | None:
    """Return where a sheet's header is, and its names; None for a sheet without a table."""
    file.seek(0)
    rows = sheets_of(file)[index][2]
    head = [row for row in islice(rows(), HEADER_SEARCH_ROWS) if not isinstance(row, Unreadable)]
    try:
        return _header_of([row for row in head if any(row)])
    except SampleUnreadable:
        return None


def _parquet(path: Path) -> Sample:
    from pyarrow import parquet  # noqa: PLC0415 - needed for this format only

    names = [str(name) for name in parquet.ParquetFile(path).schema_arrow.names]
    return Sample({"kind": "parquet"}, _read(path, _layout("parquet", names)))


# -- documents ------------------------------------------------------------------------------------------


def _json(path: Path) -> Sample:
    data = path.read_bytes()[: LARGEST_PAGE_BYTES + 1]
    if len(data) > LARGEST_PAGE_BYTES:
        raise SampleUnreadable(
            f"{path.name}: more than {LARGEST_PAGE_BYTES >> 20} MB; give a smaller page as the sample"
        )
    try:
        page = orjson.loads(data.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError:
        return _ndjson(path, data)
    if isinstance(page, dict) and not any(_lists(page, ())):
        return _ndjson(path, data)
    places = {where: records for where, records in _lists(page, ()) if records}
    if not places:
        raise SampleUnreadable(f"{path.name}: no list of objects in this JSON")
    where = max(places, key=lambda place: (len(places[place]), -len(place)))
    names = _names(places[where])
    records_path = ".".join(where) or None
    layout = _layout("json_records", names, required=[], records_path=records_path)
    return Sample({"kind": "json_records"}, _read(path, layout), records_path)


def _lists(page: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    if isinstance(page, list) and all(isinstance(one, dict) for one in page):
        yield where, page
    elif isinstance(page, dict):
        for name, inner in page.items():
            yield from _lists(inner, (*where, str(name)))


def _ndjson(path: Path, data: bytes) -> Sample:
    records = []
    for line in islice(io.BytesIO(data.removeprefix(codecs.BOM_UTF8)), SAMPLE_ROWS):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise SampleUnreadable(f"{path.name}: neither one JSON document nor one object a line ({error})") from error
        if not isinstance(record, dict):
            raise SampleUnreadable(f"{path.name}: a line that is no object")
        records.append(record)
    return Sample({"kind": "ndjson"}, _read(path, _layout("ndjson", _names(records), required=[])))


def _names(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the dotted paths to values; lists in a record are left out."""
    names: dict[str, None] = {}

    def walk(record: Mapping[str, Any], above: str) -> None:
        for name, value in record.items():
            if isinstance(value, Mapping):
                walk(value, f"{above}{name}.")
            elif not isinstance(value, list):
                names[f"{above}{name}"] = None

    for record in records[:SAMPLE_ROWS]:
        walk(record, "")
    # A path that is a value in one record and an object in another leads to no value.
    return [name for name in names if not any(other.startswith(f"{name}.") for other in names)]


def _xml(path: Path) -> Sample:
    """The records are the elements with others in them whose way from the root is walked most often."""
    root = _root(path)
    counts = Counter(_way(element) for element in root.iter("*") if len(element) or element.attrib)
    if not counts:
        raise SampleUnreadable(f"{path.name}: no element with others in it")
    most = max(counts.values())
    where = min((way for way, count in counts.items() if count == most), key=len)
    names: dict[str, None] = {}
    for element in root.iter("*"):
        if _way(element) == where:
            names.update(dict.fromkeys(_leaves(element, "")))
    records_path = ".".join(where[1:] if len(where) > 1 else where)
    layout = _layout("xml", list(names), required=[], records_path=records_path)
    return Sample({"kind": "xml"}, _read(path, layout), records_path)


def _root(path: Path) -> etree._Element:
    data = path.read_bytes()[: LARGEST_XML_BYTES + 1]
    if len(data) > LARGEST_XML_BYTES:
        raise SampleUnreadable(
            f"{path.name}: more than {LARGEST_XML_BYTES >> 20} MB; give a smaller page as the sample"
        )
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SampleUnreadable(f"{path.name}: XML that is not well-formed ({syntax_problem(error)})") from None
    if has_declaration(root):
        raise SampleUnreadable(f"{path.name}: XML with a document type declaration")
    return root


def _way(element: etree._Element) -> tuple[str, ...]:
    node: etree._Element | None = element
    way: list[str] = []
    while node is not None:
        way.append(etree.QName(node).localname)
        node = node.getparent()
    return tuple(reversed(way))


def _leaves(element: etree._Element, above: str) -> Iterator[str]:
    for name in element.attrib:
        if etree.QName(name).localname != "nil":
            yield f"{above}@{etree.QName(name).localname}"
    for child in element.iterchildren("*"):
        name = etree.QName(child).localname
        if len(child):
            yield from _leaves(child, f"{above}{name}.")
        else:
            yield f"{above}{name}"
