"""The cells of an ODS workbook as texts, row by row. Memory: one row.

Read by zipfile and lxml as it comes (OpenDocument 1.3, part 3, chapter 9). Rows and cells are written once and repeated
by a number: calamine makes all of them, so that a file of 2 kilobytes takes the memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from onestop.reading.header import MOST_COLUMNS
from onestop.reading.hostile import Archive, elements
from onestop.reading.rows import LONGEST_CELL, Unacceptable, Unreadable

MOST_REPEATED_ROWS = 100
"""Records that repeat each other word for word: more are no list of dossiers."""
_CONTENT = "content.xml"
_SPACES = 1_000


class OdsWorkbook:
    """An ODS workbook. Everything it raises is Unacceptable."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self.sheets: list[tuple[str, bool]] = []
        hidden: set[str] = set()
        with archive.open(_CONTENT) as part:
            for element in elements(part, "style", "table-row", "table"):
                kind = _local(element.tag)
                if kind == "style" and any(_attribute(child, "display") == "false" for child in element):
                    hidden.add(_attribute(element, "name"))
                elif kind == "table":
                    self.sheets.append((_attribute(element, "name"), _attribute(element, "style-name") not in hidden))

    def rows(self, wanted: int) -> Iterator[list[str] | Unreadable]:
        """Give the rows of a sheet as texts, as an XLSX workbook's."""
        index = 0
        with self._archive.open(_CONTENT) as part:
            for element in elements(part, "table-row", "table"):
                if _local(element.tag) == "table":
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
            if _local(cell.tag) not in {"table-cell", "covered-table-cell"}:
                continue
            times = _number(_attribute(cell, "number-columns-repeated"))
            text = _text(cell)
            if not text:
                gap += times
                continue
            if len(cells) + gap + times > MOST_COLUMNS:
                raise Unacceptable("workbook_damaged", f"a row of more than {MOST_COLUMNS:,} cells")
            if len(text) > LONGEST_CELL:
                problem, text = Unreadable("cell_too_long", f"{len(text):,}"), ""
            elif _attribute(cell, "value-type") != "string" and text.startswith(("#", "Err:")):
                problem = Unreadable("record_malformed", text[:20])
            cells.extend([""] * gap)
            cells.extend([text] * times)
            gap = 0
        if not cells and problem is None:
            return
        repeated = _number(_attribute(element, "number-rows-repeated"))
        if repeated > MOST_REPEATED_ROWS:
            raise Unacceptable("workbook_damaged", f"a row that is repeated {repeated:,} times")
        for _ in range(repeated):
            yield problem or list(cells)


def _text(cell: etree._Element) -> str:
    kind = _attribute(cell, "value-type")
    if kind == "date":
        value = _attribute(cell, "date-value")
        return f"{value}T00:00:00" if len(value) == len("2019-04-05") else value[:19]
    if kind in {"float", "currency", "percentage"}:
        value = _attribute(cell, "value")
        return value.removesuffix(".0")
    if kind == "boolean":
        return _attribute(cell, "boolean-value")
    return "\n".join(_paragraph(child) for child in cell if _local(child.tag) == "p")


def _paragraph(element: etree._Element) -> str:
    made = [element.text or ""]
    for child in element:
        name = _local(child.tag)
        if name == "s":
            made.append(" " * min(_number(_attribute(child, "c")), _SPACES))
        elif name in {"tab", "line-break"}:
            made.append("\t" if name == "tab" else "\n")
        elif name in {"span", "a"}:
            made.append(_paragraph(child))
        made.append(child.tail or "")
    return "".join(made)


def _local(tag: object) -> str:
    return str(tag).rsplit("}", 1)[-1]


def _attribute(element: etree._Element, name: str) -> str:
    return next((str(value) for key, value in element.attrib.items() if _local(key) == name), "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 1
