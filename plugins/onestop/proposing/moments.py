"""How a column's dates are written: the fewest patterns that read its values, none that could mean another day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from onestop.jurisdiction.timestamp_formats import contradiction, written_as

_DAY_FIRST = (
    "dd/MM/yyyy HH:mm:ss", "dd/MM/yyyy HH:mm", "dd/MM/yyyy", "dd-MM-yyyy HH:mm:ss", "dd-MM-yyyy HH:mm", "dd-MM-yyyy",
    "dd/MM/yyyy hh:mm:ss a", "dd/MM/yyyy hh:mm a", "d/M/yyyy H:mm:ss", "d/M/yyyy H:mm", "d/M/yyyy", "dd.MM.yyyy HH:mm",
    "dd.MM.yyyy", "d-M-yyyy", "HH:mm dd/MM/yyyy", "HH:mm:ss dd/MM/yyyy",
)  # fmt: skip
_MONTH_FIRST = (
    "MM/dd/yyyy HH:mm:ss", "MM/dd/yyyy HH:mm", "MM/dd/yyyy", "MM/dd/yyyy hh:mm:ss a", "MM/dd/yyyy hh:mm a",
    "M/d/yyyy h:mm:ss a", "M/d/yyyy h:mm a", "M/d/yyyy H:mm", "M/d/yyyy",
)  # fmt: skip
_CERTAIN = ("yyyyMMddHHmmss", "yyyyMMdd", "yyyy/MM/dd HH:mm:ss", "yyyy/MM/dd HH:mm", "yyyy/MM/dd")
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?\s?(Z|[+-]\d\d(:?\d\d)?)?")
_SERIAL = re.compile(r"(3\d|4\d|5\d)\d{3}(\.\d+)?")
_ENOUGH = 0.97
_LONGEST_SHOWN = 30
_FEWEST = 0.005
"""Of the values; what fewer are written in is a mistake, not a way to write."""


@dataclass(frozen=True)
class Forms:
    """`timestamp_formats` of a source; empty when none is known."""

    names: tuple[str, ...]
    doubts: tuple[str, ...] = field(default=())


@lru_cache(maxsize=1 << 16)
def is_moment(value: str) -> bool:
    """Whether a text can be a date in any of the ways that are looked for."""
    return any(_reads(value, form) for form in ("iso", "excel", *_CERTAIN, *_DAY_FIRST, *_MONTH_FIRST))


def forms_of(columns: Sequence[Sequence[str]], *, day_first: bool, typed: bool) -> Forms:
    """Return the patterns that read the columns' values. `typed`: a workbook's date cells come as ISO 8601 anyway."""
    values = [value for column in columns for value in column]
    if not values:
        return Forms(())
    slashes = (_DAY_FIRST, _MONTH_FIRST) if day_first else (_MONTH_FIRST, _DAY_FIRST)
    best: tuple[float, list[str]] = (0.0, [])
    shares = []
    for family in slashes:
        found = _fewest(values, ("iso", "excel", *_CERTAIN, *family))
        share = sum(any(_reads(value, form) for form in found) for value in values) / len(values)
        shares.append(share)
        if share > best[0] + 1e-9:
            best = (share, found)
    share, found = best
    doubts = []
    if any(form in found for form in (*_DAY_FIRST, *_MONTH_FIRST)) and shares[0] == shares[1]:
        doubts.append("timestamp_formats: no value tells day and month apart; ask the agency which comes first")
    if share < _ENOUGH:
        unread = next(value for value in values if not any(_reads(value, form) for form in found))
        shown = "".join("x" if letter.isalpha() else letter for letter in unread[:_LONGEST_SHOWN])  # it may be a name
        doubts.append(f"timestamp_formats: {1 - share:.0%} of the dates are written in another way, such as {shown!r}")
    if typed and "iso" in found:
        found = ["excel", *(form for form in found if form not in {"iso", "excel"})]
    return Forms(tuple(found), tuple(doubts))


def _fewest(values: Sequence[str], forms: Sequence[str]) -> list[str]:
    """Return patterns, the one that reads most values first, until all are read that can be."""
    left = list(values)
    found: list[str] = []
    while left:
        read, form = max(((sum(_reads(value, form) for value in left), form) for form in forms), key=lambda one: one[0])
        if read < max(1, _FEWEST * len(values)):
            break
        if contradiction([*found, form], None) is None:
            found.append(form)
            left = [value for value in left if not _reads(value, form)]
        forms = [other for other in forms if other != form]
        if not forms:
            break
    return found


@lru_cache(maxsize=1 << 18)
def _reads(value: str, form: str) -> bool:
    if form == "iso":
        return _ISO.fullmatch(value) is not None and _exists(value[:10])
    if form == "excel":
        return _SERIAL.fullmatch(value) is not None
    written = written_as(value, form)
    return written is not None and _exists(written[:10])


def _exists(day: str) -> bool:
    with suppress(ValueError):
        year, month, number = (int(part) for part in day.split("-"))
        datetime(year, month, number)  # noqa: DTZ001 - only whether the day exists
        return True
    return False
