"""Tables that people made: where the header is, which cells are wanted, which rows are no records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

from onestop.cleaning import cleaned
from onestop.reading.csv_blocks import Table
from onestop.reading.legacy_fonts import converted
from onestop.reading.rows import HEADER_SEARCH_ROWS, Cells, Declared, Layout, Note, Unacceptable, Unreadable

MOST_COLUMNS = 16_384
"""What a spreadsheet program writes at most."""
_HEAD_CHARACTERS = 4 << 20
_DIGITS = frozenset("0123456789")
_NUMBERED = re.compile(r"\(?(\d{1,4})\)?")
_DELIMITED = re.compile(r"[,;|\t]")
_SHORTEST_NUMBERING = 3
_SHOWN_COLUMNS = 40
_LONGEST_SHOWN_NAME = 60


def column_name(cell: object) -> str:
    """Return a header's text as names are compared: NFC, single spaces, on one line."""
    return " ".join(cleaned(str(cell if cell is not None else "")).split())


@dataclass(frozen=True)
class Header:
    """The header of a table: how many of its first rows end with it, and the names that each column goes by."""

    row_count: int
    names: tuple[frozenset[str], ...]

    @property
    def width(self) -> int:
        """How many cells a record has."""
        return len(self.names)

    def places(self, layout: Layout) -> list[int]:
        """Return where each wanted column stands; -1 for one that is not there.

        Raises Unacceptable when a wanted column stands in the header twice: which one is meant cannot be known.
        """
        indices = []
        for column in layout.columns:
            wanted = None if column is None else column_name(column)
            found = [] if wanted is None else [index for index, names in enumerate(self.names) if wanted in names]
            if len(found) > 1:
                raise Unacceptable("column_repeated", f"{len(found)} columns named {column}", value=column)
            indices.append(found[0] if found else -1)
        return indices

    def picker(self, layout: Layout) -> Callable[[Sequence[str]], tuple[str, ...]]:
        """Return the function that takes the wanted cells out of a row which has one empty cell added at its end.

        Raises what `places` raises.
        """
        indices = self.places(layout)
        if len(indices) == 1:
            return lambda row: (row[indices[0]],)
        return itemgetter(*indices)


def head_of(rows: Iterator[list[str] | Unreadable]) -> list[list[str] | Unreadable]:
    """Take the first rows, in which the header is looked for: fewer when they are long.

    Raises Unacceptable for a row of more cells than a spreadsheet can have.
    """
    head: list[list[str] | Unreadable] = []
    characters = 0
    while len(head) < HEADER_SEARCH_ROWS and characters < _HEAD_CHARACTERS and (row := next(rows, None)) is not None:
        head.append(row)
        if not isinstance(row, Unreadable):
            if len(row) > MOST_COLUMNS:
                raise Unacceptable("file_too_large", f"a row of {len(row):,} cells", limit=f"{MOST_COLUMNS:,}")
            characters += sum(map(len, row))
    return head


def find_header(head: Sequence[Sequence[object] | Unreadable], layout: Layout) -> Header:
    """Return the header: the declared row if it has every required column, or the first row, or pair of rows, that has.

    Titles above the header move it down in some months; a header of two rows has a title over a group of columns.
    Raises Unacceptable naming the missing columns.
    """
    required = {column_name(column) for column in layout.required_columns}
    rows = [[] if isinstance(row, Unreadable) else [_names(cell, layout) for cell in row] for row in head]
    declared = (layout.header_row or 1) - 1
    for index in (declared, *range(len(head))):
        if index < len(head) and required <= _all(rows[index]):
            return Header(index + 1, tuple(rows[index]))
    for index in range(len(head) - 1):
        both = _joined(rows[index], rows[index + 1])
        if required <= _all(both):
            return Header(index + 2, tuple(both))
    if not any(map(_all, rows)):
        raise Unacceptable("file_empty", "nothing, not even a header")
    nearest: int = max(range(len(head)), key=lambda index: (len(required & _all(rows[index])), -index))
    missing = ", ".join(sorted(required - _all(rows[nearest])))
    raise Unacceptable(
        "column_missing", f"no column {missing} {_among(_all(rows[nearest]), required)}", value=missing,
        columns=", ".join(sorted(layout.required_columns)),
    )  # fmt: skip


def _among(names: frozenset[str], required: set[str]) -> str:
    """Tell what a row holds that lacks a column. Its cells are shown only when one of them is a required column's name,
    whatever is taken for the delimiter: in a file without a header the first rows are records, of people.
    """
    parts = {column_name(part) for name in names for part in _DELIMITED.split(name)}
    if not required & (names | parts):
        return f"in any of the first rows, nor another that is expected; the first has {len(names)} different cells"
    return f"among: {', '.join(sorted(name[:_LONGEST_SHOWN_NAME] for name in names)[:_SHOWN_COLUMNS])}"


def _names(cell: object, layout: Layout) -> frozenset[str]:
    """Return what a header cell may be called: as it stands, and as a legacy font would show it."""
    name = column_name(cell)
    names = {name} if name else set()
    if name and layout.font_encoding in {"tcvn3", "auto"}:
        names.add(column_name(converted(name, "tcvn3")))
    if name and layout.font_encoding in {"vni", "auto"}:
        names.add(column_name(converted(name, "vni")))
    return frozenset(names)


def _all(row: Sequence[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*row)


def _joined(upper: Sequence[frozenset[str]], lower: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Return the names of two rows as one header: the lower cell's where there is one, alone and after its group's."""
    made: list[frozenset[str]] = []
    group: frozenset[str] = frozenset()
    for index in range(max(len(upper), len(lower))):
        above = upper[index] if index < len(upper) else frozenset()
        below = lower[index] if index < len(lower) else frozenset()
        group = above or group
        if below:
            made.append(below | {f"{over} {under}" for over in group for under in below})
        else:
            made.append(above)
    return made


class Leftovers:
    """Rows below a header that are no records: totals, the header again, the numbers of the columns."""

    def __init__(self, header: Header, layout: Layout, declared: Declared) -> None:
        self._names, self._layout, self._declared = header.names, layout, declared
        self._key = layout.key_column
        self._footer = re.compile(layout.declared_count_footer) if layout.declared_count_footer else None
        self._counts: dict[str, int] = {}
        self._labels: dict[str, str] = {}
        self._is_first = True

    def is_footer(self, row: Sequence[str]) -> bool:
        """Whether a row declares how many records there are; then the count is kept."""
        if self._footer is None or not (found := self._footer.search(cleaned(" ".join(row)))):
            return False
        digits = re.sub(r"\D", "", found[1])
        if digits:
            self._declared.count = int(digits[:18])
        return True

    def is_numbering(self, row: Sequence[str]) -> bool:
        """Whether a row numbers the columns, as below the header of a printed report; only the first row can."""
        if not self._is_first:
            return False
        self._is_first = False
        cells = [cell.strip() for cell in row if cell.strip()]
        found = [_NUMBERED.fullmatch(cell) for cell in cells[:_SHOWN_COLUMNS]]
        numbers = [int(match[1]) for match in found if match]
        is_row = len(cells) >= _SHORTEST_NUMBERING and numbers == list(range(1, len(found) + 1))
        if is_row:
            self._count("numbering", " ".join(cells[:_SHORTEST_NUMBERING]) + " …")
        return is_row

    def may_be_in(self, table: Table, key_place: int) -> bool:
        """Whether records given as columns have to be looked at one by one, because some may be no records."""
        if self._is_first or self._footer is not None or self._key is None or key_place < 0:
            return True
        if table.has_only_digits_first(key_place):
            return False
        keys = table.plain_keys(key_place)
        names, totals = self._names[key_place], self._layout.totals
        return keys is None or any(key in names or (totals is not None and totals.fullmatch(key)) for key in keys)

    def is_other(self, row: Sequence[str], picked: Cells) -> bool:
        """Whether a row is the header again, or totals. A row whose dossier code begins with a digit never is."""
        key = "" if self._key is None else picked[self._key]
        if self._key is None or key[:1] in _DIGITS:
            return False
        filled = [(index, cell) for index, cell in enumerate(row) if cell and not cell.isspace()]
        named = [
            column_name(cell) in self._names[index] for index, cell in filled if index < len(self._names)
        ]  # fmt: skip
        if named and all(named):
            self._count("header", column_name(filled[0][1]))
            return True
        if self._layout.totals is None or not filled:
            return False
        label = next(filter(self._layout.totals.fullmatch, _names(filled[0][1], self._layout)), None)
        if label is None or (key.strip() and key != filled[0][1]):
            return False
        self._count("totals", label)
        return True

    def notes(self) -> Iterator[Note]:
        """Give what was left out, once the rows are read."""
        for kind, count in self._counts.items():
            yield Note("rows_left_out", f"{kind}: {self._labels[kind]!r}", count)

    def _count(self, kind: str, label: str) -> None:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self._labels.setdefault(kind, label[:_LONGEST_SHOWN_NAME])
