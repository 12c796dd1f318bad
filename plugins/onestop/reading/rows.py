"""What every format's reader gives: rows of text cells, or the reason why one could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import BinaryIO

from onestop.reading.text import cleaned

HEADER_SEARCH_ROWS = 50
LONGEST_CELL = 131_072
"""Characters. A cell beyond this is an unclosed quote or an attack, not a value of a dossier."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that could not be taken apart: it is refused by `rule`, nothing else of it is known."""

    rule: str
    value: str | None = None
    expected: str | None = None


class Unacceptable(Exception):  # noqa: N818
    """The whole part cannot be read: the delivery is refused by `rule`. `texts` fill the rule's `{names}`."""

    def __init__(self, rule: str, seen: str, *, value: str | None = None, **texts: object) -> None:
        super().__init__(seen)
        self.rule, self.seen, self.value, self.texts = rule, seen, value, texts


Cells = Sequence[str]
Rows = Iterator["Cells | Unreadable"]


@dataclass(frozen=True)
class Layout:
    """How one source writes its records, and which columns are wanted of them, in which order.

    `columns` holds the source's own column (or dotted path) for each wanted cell; None gives an empty cell.
    """

    format_kind: str
    columns: tuple[str | None, ...]
    required_columns: frozenset[str]
    encoding: str = "utf-8"
    delimiter: str = ","
    header_row: int | None = 1
    sheet: str | int | None = None
    records_path: str | None = None
    declared_count_footer: str | None = None


@dataclass
class Declared:
    """What a part itself says about its content, known when it was read to its end."""

    count: int | None = None


Reader = Callable[[Layout, BinaryIO, Declared], Rows]


def column_name(cell: object) -> str:
    """Return a header's text as names are compared: NFC, single spaces."""
    return " ".join(cleaned(str(cell if cell is not None else "")).split())


def header_index(head: Sequence[Sequence[object] | Unreadable], layout: Layout) -> int:
    """Return which of the first rows is the header: the declared one, or the first that has every required column.

    Titles above the header move it down in some months. Raises Unacceptable naming the missing columns.
    """
    required = {column_name(column) for column in layout.required_columns}
    names: list[set[str]] = [
        set() if isinstance(row, Unreadable) else {column_name(cell) for cell in row} for row in head
    ]
    declared = (layout.header_row or 1) - 1
    candidates: list[int] = [declared, *range(len(head))]
    for index in candidates:
        if index < len(head) and required <= names[index]:
            return index
    if not any(names):
        raise Unacceptable("file_empty", "nothing, not even a header")
    nearest: int = max(range(len(head)), key=lambda index: (len(required & names[index]), -index))
    missing = sorted(required - names[nearest])
    present = ", ".join(sorted(filter(None, names[nearest]))[:40])
    raise Unacceptable(
        "column_missing", f"no column {', '.join(missing)} among: {present}", value=", ".join(missing),
        columns=", ".join(sorted(required)),
    )  # fmt: skip


def picker(header: Sequence[object], layout: Layout) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Return the function that takes the wanted cells out of a row which has one empty cell added at its end.

    Raises Unacceptable when a wanted column stands in the header twice: which one is meant cannot be known.
    """
    names = [column_name(cell) for cell in header]
    indices = []
    for column in layout.columns:
        wanted = None if column is None else column_name(column)
        if wanted is not None and names.count(wanted) > 1:
            raise Unacceptable("column_repeated", f"{names.count(wanted)} columns named {column}", value=column)
        indices.append(names.index(wanted) if wanted in names else -1)
    if len(indices) == 1:
        return lambda row: (row[indices[0]],)
    return itemgetter(*indices)


def by_path(record: Mapping[str, object], path: Sequence[str]) -> tuple[bool, object]:
    """Return whether a dotted path leads somewhere in a record, and the value there."""
    value: object = record
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return False, None
        value = value[key]
    return True, value
