"""What every format's reader gives: rows of text cells, or the reason why one could not be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

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


_ERROR_VALUE = re.compile(r"#N/A|#[A-Z]{1,16}(?:/0)?[!?]|Err:\d{3}")
_SHORT_NUMBER = re.compile(r"[+-]?(?:\d{1,6}|\d{1,3}[eE][+-]?\d{1,4}|NaN|nan|INF|inf)")


def damage(value: str) -> str:
    """Return a cell of a workbook that is no value, as it may be told: a known error or a short number.

    Anything else could be what the cell of an applicant says, in a workbook that another program has written wrongly.
    """
    shown = _ERROR_VALUE.fullmatch(value) or _SHORT_NUMBER.fullmatch(value)
    return value if shown else f"({len(value):,})"


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
    font_encoding: str | None = None
    """`tcvn3`, `vni`, or `auto`: found out for each column."""
    delimiter: str | None = ","
    """None: the one with which the header is found."""
    header_row: int | None = 1
    sheet: str | int | None = None
    """Name, pattern, index, or `all`."""
    records_path: str | None = None
    declared_count_footer: str | None = None
    key_column: int | None = None
    """Which of `columns` names the dossier; a row of totals has none."""
    totals: re.Pattern[str] | None = None
    """What the first cell of a row of totals says."""
    gives_tables: bool = False
    """Whether many rows may come as one `csv_blocks.Table`, where the format's reader can do so."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was found out or left out while reading, and is told: `rule` is one of the catalogue's."""

    rule: str
    seen: str
    count: int = 1


@dataclass
class Declared:
    """What a part itself says about its content, known when it was read to its end; and what is to be told of it."""

    count: int | None = None
    notes: list[Note] = field(default_factory=list)


Reader = Callable[[Layout, BinaryIO, Declared], Rows]


def by_path(record: Mapping[str, object], path: Sequence[str]) -> tuple[bool, object]:
    """Return whether a dotted path leads somewhere in a record, and the value there."""
    value: object = record
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return False, None
        value = value[key]
    return True, value
