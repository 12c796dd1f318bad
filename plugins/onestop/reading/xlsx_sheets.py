"""The cells of an XLSX workbook as texts, row by row. Memory: one row, and the texts that cells share up to a bound.

The parts of the ZIP file are read by zipfile and lxml as they come (ECMA-376, part 1, chapter 18). calamine, which is
faster, holds the whole sheet: 1.8 GB for a million rows of 19 columns; openpyxl's reader holds nothing, and takes three
times as long.
"""

from __future__ import annotations

import math
import posixpath
import re
import tempfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO
from urllib.parse import unquote

from lxml import etree

from onestop.reading.header import MOST_COLUMNS
from onestop.reading.hostile import Archive, elements, has_declaration, syntax_problem
from onestop.reading.rows import LONGEST_CELL, Unacceptable, Unreadable, damage

_SHARED_HELD_CHARACTERS = 32 << 20
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_DATE_1900, _DATE_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a workbook has no timezone
_LATEST_SERIAL = 2_958_466  # the day after 9999-12-31
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LETTERS = re.compile(r"[A-Z]{1,3}")


@dataclass(frozen=True)
class Sheet:
    """A worksheet's name, whether it is shown, and the part of the archive that holds it."""

    name: str
    is_visible: bool
    part: str


class Workbook:
    """An XLSX workbook whose sheets are read row by row. Everything it raises is Unacceptable."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        main = self._related("", "officeDocument") or "xl/workbook.xml"
        root = _small(archive, main)
        properties = root.find("{*}workbookPr")
        is_1904 = properties is not None and (properties.get("date1904") or "").lower() in {"1", "true", "on"}
        self._epoch = _DATE_1904 if is_1904 else _DATE_1900
        targets = self._targets(main)
        self.sheets = []
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            relation = next((value for key, value in sheet.attrib.items() if str(key).endswith("}id")), "")
            kind, part = targets.get(str(relation), ("", ""))
            if kind == "worksheet":
                shown = sheet.get("state", "visible") == "visible"
                self.sheets.append(Sheet(sheet.get("name", ""), shown, part))
        self._dates = self._date_styles(self._related(main, "styles"))
        self._shared_part = self._related(main, "sharedStrings")
        self._shared: SharedTexts | None = None

    def rows(self, sheet: Sheet) -> Iterator[list[str] | Unreadable]:
        """Give a sheet's rows as texts: a date as ISO 8601 without offset, a whole number without a fraction.

        A formula counts by its stored value; a row with a formula that has none, or with an error such as #REF!, is
        Unreadable. Rows that are left out in the file come as nothing at all.
        """
        if self._shared is None:
            self._shared = SharedTexts(self._archive, self._shared_part)
        column_of: dict[str, int] = {}
        with self._archive.open(sheet.part) as part:
            for row in elements(part, "row", "sheetData"):
                if row.tag.endswith("}sheetData") or row.tag == "sheetData":
                    return  # what comes below the cells is not looked at
                if len(row):
                    yield self._cells(row, column_of)

    def _cells(self, row: etree._Element, column_of: dict[str, int]) -> list[str] | Unreadable:
        cells: list[str] = []
        problem: Unreadable | None = None
        value_tag = f"{row.tag[:-3]}v"  # the namespace of "row"
        for cell in row:
            place = cell.get("r")
            if place:
                letters = place.rstrip("0123456789")
                column = column_of.get(letters)
                if column is None:
                    column = column_of[letters] = _column(letters)
                if column != len(cells):
                    if column < len(cells):
                        problem = Unreadable("record_malformed", f"two cells {letters}")
                        continue
                    cells.extend([""] * (column - len(cells)))
            elif len(cells) >= MOST_COLUMNS:
                raise Unacceptable("workbook_damaged", f"a row of more than {MOST_COLUMNS:,} cells")
            text = self._text(cell, value_tag)
            if isinstance(text, Unreadable):
                problem, text = text, ""
            elif len(text) > LONGEST_CELL:
                problem, text = Unreadable("cell_too_long", f"{len(text):,}"), ""
            cells.append(text)
        return problem or cells

    def _text(self, cell: etree._Element, value_tag: str) -> str | Unreadable:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _unescaped("".join(_texts(cell)))
        value = cell.findtext(value_tag) or ""
        if not value and kind != "str":
            return Unreadable("record_malformed", "công thức chưa có giá trị") if _has_formula(cell) else ""
        if kind == "n":
            return self._number(value, cell.get("s"))
        if kind == "s":
            assert self._shared is not None  # noqa: S101 - rows() reads them first
            return self._shared[value]
        if kind == "b":
            return "true" if value.strip() == "1" else "false"
        return Unreadable("record_malformed", damage(value)) if kind == "e" else _unescaped(value)

    def _number(self, value: str, style: str | None) -> str | Unreadable:
        if style in self._dates:
            try:
                serial = float(value)
            except ValueError:
                return value
            if 0 <= serial < _LATEST_SERIAL:
                # the day 60 is 1900-02-29, which was not: before it, the days are counted from one day later
                early = 1 if serial < 60 and self._epoch is _DATE_1900 else 0
                days, seconds = divmod(round((serial + early) * 86400), 86400)
                return (self._epoch + timedelta(days, seconds)).isoformat(timespec="seconds")
        if value.isascii() and value.isdigit():
            return value
        try:
            number = float(value)
        except ValueError:
            return value
        if not math.isfinite(number):
            return Unreadable("record_malformed", damage(value))
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)

    def _related(self, part: str, kind: str) -> str:
        """Return the part that another one names as its styles, its shared texts, …; "" when it names none."""
        return next((target for has, target in self._targets(part).values() if has == kind), "")

    def _targets(self, part: str) -> dict[str, tuple[str, str]]:
        folder, name = posixpath.split(part)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if relations not in self._archive:
            return {}
        found = {}
        for relation in _small(self._archive, relations).iterfind("{*}Relationship"):
            if relation.get("TargetMode") == "External":
                continue  # nothing outside of the file is ever looked at
            target = unquote(relation.get("Target", ""))
            path = target if target.startswith("/") else posixpath.join(folder, target)
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            found[relation.get("Id", "")] = (kind, posixpath.normpath(path).lstrip("/"))
        return found

    def _date_styles(self, part: str) -> frozenset[str]:
        """Return the styles of cells that show a number as a date, as cells name them."""
        if not part or part not in self._archive:
            return frozenset()
        from openpyxl.styles.numbers import is_date_format  # noqa: PLC0415 - needed for workbooks only

        root = _small(self._archive, part)
        own = {
            form.get("numFmtId"): bool(is_date_format(form.get("formatCode", "")[:255]))
            for form in root.iterfind("{*}numFmts/{*}numFmt")
        }
        dates = set()
        for index, style in enumerate(root.iterfind("{*}cellXfs/{*}xf")):
            number = style.get("numFmtId", "0")
            built_in = number.isascii() and number.isdigit() and int(number[:6]) in _BUILT_IN_DATES
            if own.get(number, built_in):
                dates.add(str(index))
        return frozenset(dates)


class SharedTexts:
    """The texts that cells refer to by number. The first ones stay in memory, the others in a temporary file."""

    def __init__(self, archive: Archive, part: str) -> None:
        self._held: list[str] = []
        self._ends = array("Q", [0])
        self._file: IO[bytes] | None = None
        if not part or part not in archive:
            return
        characters = 0
        with archive.open(part) as stream:
            for item in elements(stream, "si"):
                text = _unescaped("".join(_texts(item)))
                characters += len(text) + 50  # what a short text costs beside its letters
                if characters < _SHARED_HELD_CHARACTERS and self._file is None:
                    self._held.append(text)
                    continue
                if self._file is None:
                    self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this object
                data = text.encode("utf-8", "replace")
                self._file.write(data)
                self._ends.append(self._ends[-1] + len(data))

    def __getitem__(self, number: str) -> str | Unreadable:  # type: ignore[explicit-override]
        """Return a text by its number as a cell writes it."""
        try:
            index = int(number)
            if index < len(self._held):
                return self._held[index] if index >= 0 else Unreadable("record_malformed", damage(number))
            index -= len(self._held)
            start, end = self._ends[index], self._ends[index + 1]
        except (ValueError, IndexError, OverflowError):
            return Unreadable("record_malformed", damage(number))
        assert self._file is not None  # noqa: S101 - there are ends only of what was written
        self._file.seek(start)
        return self._file.read(end - start).decode()


def _small(archive: Archive, part: str) -> etree._Element:
    """Return a small part of the archive as a tree."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(archive.read(part), parser)
    except etree.XMLSyntaxError as error:
        raise Unacceptable("workbook_damaged", f"the part {part!r} is no XML ({syntax_problem(error)})") from None
    if has_declaration(root):
        raise Unacceptable("workbook_damaged", f"the part {part!r} has a document type declaration")
    return root


def _has_formula(cell: etree._Element) -> bool:
    return any(child.tag.rsplit("}", 1)[-1] == "f" for child in cell)


def _texts(holder: etree._Element) -> Iterator[str]:
    """Give the texts of a cell or shared item; readings (rPh), which show how a word is spoken, are left out."""
    for child in holder:
        tag = child.tag.rsplit("}", 1)[-1]
        if tag == "t":
            yield child.text or ""
        elif tag in {"r", "is"}:
            yield from _texts(child)


def _unescaped(text: str) -> str:
    """Return text with `_x000D_` and the like resolved (ECMA-376, part 1, 22.9.2.19)."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _column(letters: str) -> int:
    if not _LETTERS.fullmatch(letters):
        raise Unacceptable("workbook_damaged", f"a cell in the column {letters[:20]!r}")
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    if number > MOST_COLUMNS:
        raise Unacceptable("workbook_damaged", f"a cell in the column {letters!r}")
    return number - 1
