"""The cells of an ODS workbook as texts, row by row. Memory: one row.

Read by zipfile and lxml as it comes (OpenDocument 1.3, part 3, chapter 9). Rows and cells are written once and repeated
by a number: calamine makes all of them, so that a file of 2 kilobytes takes the memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from onestop.reading.header import MOST_COLUMNS
from onestop.reading.hostile import Archive, elements
from onestop.reading.rows import LONGEST_CELL, Unacceptable, Unreadable, damage

MOST_REPEATED_ROWS = 100
"""Records that repeat each other word for word: more are no list of dossiers."""
_OFFICE, _TABLE, _TEXT, _STYLE = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text", "style")
)
_CELLS = frozenset({f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"})
_CONTENT = "content.xml"
_SPACES = 1_000


class OdsWorkbook:
    """An ODS workbook. Everything it raises is Unacceptable."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.sheets: list[tuple[str, bool]] = []
        hidden: set[str | None] = set()
        with archive.open(_CONTENT) as part:
            for element in elements(part, "style", "table-row", "table"):
                if element.tag == f"{_STYLE}style":
                    if any(child.get(f"{_TABLE}display") == "false" for child in element):
                        hidden.add(element.get(f"{_STYLE}name"))
                elif element.tag == f"{_TABLE}table":
                    is_shown = element.get(f"{_TABLE}style-name") not in hidden
                    self.sheets.append((element.get(f"{_TABLE}name", ""), is_shown))

    def rows(self, wanted: int) -> Iterator[list[str] | Unreadable]:
        """Give the rows of a sheet as texts, as an XLSX workbook's."""
        index = 0
        with self._archive.open(_CONTENT) as part:
            for element in elements(part, "table-row", "table"):
                if element.tag == f"{_TABLE}table":
                    index += 1
                    if index > wanted:
                        return
                elif index == wanted:
                    yield from self._row(element)

    @staticmethod
    def _row(element: etree._Element) -> Iterator[list[str] | Unreadable]:
        cells: list[str] = []
        problem: Unreadable | None = None
        gap = 0  # empty cells that count only when something stands after them
        for cell in element:
            if cell.tag not in _CELLS:
                continue
            times = _number(cell.get(f"{_TABLE}number-columns-repeated"))
            text = _text(cell)
            if not text:
                gap += times
                continue
            if len(cells) + gap + times > MOST_COLUMNS:
                raise Unacceptable("workbook_damaged", f"a row of more than {MOST_COLUMNS:,} cells")
            if len(text) > LONGEST_CELL:
                problem, text = Unreadable("cell_too_long", f"{len(text):,}"), ""
            elif cell.get(f"{_OFFICE}value-type") != "string" and text.startswith(("#", "Err:")):
                problem = Unreadable("record_malformed", damage(text))
            cells.extend([""] * gap)
            cells.extend([text] * times)
            gap = 0
        if not cells and problem is None:
            return
        repeated = _number(element.get(f"{_TABLE}number-rows-repeated"))
        if repeated > MOST_REPEATED_ROWS:
            raise Unacceptable("workbook_damaged", f"a row that is repeated {repeated:,} times")
        for _ in range(repeated):
            yield problem or list(cells)


def _text(cell: etree._Element) -> str:
    kind = cell.get(f"{_OFFICE}value-type")
    if kind == "date":
        value = cell.get(f"{_OFFICE}date-value", "")
        return f"{value}T00:00:00" if len(value) == len("2019-04-05") else value[:19]
    if kind in {"float", "currency", "percentage"}:
        return cell.get(f"{_OFFICE}value", "").removesuffix(".0")
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value", "")
    return "\n".join(_paragraph(child) for child in cell if child.tag == f"{_TEXT}p")


def _paragraph(element: etree._Element) -> str:
    if not len(element):
        return element.text or ""
    made = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            made.append(" " * min(_number(child.get(f"{_TEXT}c")), _SPACES))
        elif child.tag in {f"{_TEXT}tab", f"{_TEXT}line-break"}:
            made.append("\t" if child.tag == f"{_TEXT}tab" else "\n")
        elif child.tag in {f"{_TEXT}span", f"{_TEXT}a"}:
            made.append(_paragraph(child))
        made.append(child.tail or "")
    return "".join(made)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else 1
