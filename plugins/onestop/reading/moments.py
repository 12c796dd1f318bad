"""Dates of plain columns as moments, for many texts at once.

What stands here reads no text that the warehouse would not read, and none otherwise: it spares the server the frequent
patterns. A text it does not know is left to include/sql/staging/timestamp_of.sql and timestamp_by_pattern.sql.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from onestop.reading.csv_blocks import offsets, text_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FIRST_YEAR, LAST_YEAR = 1990, 2059
"""Between them the clocks of a source's timezone are looked at."""
_TOKEN = re.compile(r"yyyy|MM|dd|HH|mm|ss|[ T:/.,-]")
_ISO = ("yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-dd")
"""What is read of `iso`: the texts without fractions and without an offset."""
_PARTS = ("yyyy", "MM", "dd", "HH", "mm", "ss")
_ZERO = ord("0")
_DAY_SECONDS = 86_400


class Moments:
    """Reads the texts of a column by the fixed patterns of a source.

    `steady_offsets`: the seconds that its clocks are ahead of UTC, by years in which they are never changed. Only
    moments of these years are read.
    """

    def __init__(self, forms: Iterable[str], steady_offsets: Mapping[int, int]) -> None:
        import numpy as np  # noqa: PLC0415 - only where columns are

        declared = [own for form in forms for own in (_ISO if form == "iso" else (form,))]
        self._forms = [form for form in dict.fromkeys(declared) if is_fixed(form)]
        self._is_steady = np.zeros(LAST_YEAR - FIRST_YEAR + 1, bool)
        self._offsets = np.zeros(LAST_YEAR - FIRST_YEAR + 1, np.int64)
        for year, offset in steady_offsets.items():
            self._is_steady[year - FIRST_YEAR] = True
            self._offsets[year - FIRST_YEAR] = offset

    def seconds(self, columns: Sequence[pa.StringArray]) -> list[pa.Int64Array]:
        """Return, column by column, the seconds since 1970 in UTC of every text that was read, null for any other."""
        import numpy as np  # noqa: PLC0415
        import pyarrow as pa  # noqa: PLC0415

        found = [np.zeros(len(column), np.int64) for column in columns]
        is_read = [np.zeros(len(column), bool) for column in columns]
        lengths = [np.diff(offsets(column)) for column in columns]
        for form in self._forms:
            # All columns at once: they are short, and each call costs more than its numbers.
            rows = [np.flatnonzero((own == len(form)) & ~read) for own, read in zip(lengths, is_read, strict=True)]
            characters = [_characters(*wanted, len(form)) for wanted in zip(columns, rows, strict=True)]
            ends = np.cumsum([len(own) for own in rows])[:-1]
            seconds, are_moments = self._read(form, np.concatenate(characters))
            parts = zip(rows, np.split(seconds, ends), np.split(are_moments, ends), strict=True)
            for place, (own, moments, are) in enumerate(parts):
                found[place][own], is_read[place][own] = moments, are
        return [
            pa.Array.from_buffers(
                pa.int64(), len(own), [pa.py_buffer(np.packbits(read, bitorder="little")), pa.py_buffer(own)]
            )
            for own, read in zip(found, is_read, strict=True)
        ]

    def _read(self, form: str, characters: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Return the seconds of texts as long as their pattern, one a row, and which of them are moments."""
        import numpy as np  # noqa: PLC0415

        characters = np.ascontiguousarray(characters.T)  # a place after the other: many at once are compared
        digits = characters - np.uint8(_ZERO)  # what is less than a zero becomes more than a nine
        tokens = [(token[0], token.start()) for token in _TOKEN.finditer(form)]
        is_read = np.ones(characters.shape[1], bool)
        numbers: dict[str, Any] = {}
        for name, start in tokens:
            if name not in _PARTS:
                is_read &= characters[start] == ord(name)
                continue
            own = digits[start : start + len(name)]
            is_read &= (own <= 9).all(axis=0)
            numbers[name] = own[-2] * np.uint8(10) + own[-1]
            if name == "yyyy":
                numbers[name] = (own[0] * np.uint8(10) + own[1]) * np.int16(100) + numbers[name]
        first_days, month_lengths = _months()
        year, month, day = numbers["yyyy"], numbers["MM"], numbers["dd"]
        is_read &= (year >= FIRST_YEAR) & (year <= LAST_YEAR) & (month >= 1) & (month <= 12)
        month_number = np.where(is_read, (year - FIRST_YEAR) * 12 + month - 1, 0)
        year_number = month_number // 12
        is_read &= (day >= 1) & (day <= month_lengths[month_number]) & self._is_steady[year_number]
        seconds = (first_days[month_number] + day - 1) * _DAY_SECONDS - self._offsets[year_number]
        for name, unit, most in (("HH", 3600, 23), ("mm", 60, 59), ("ss", 1, 59)):
            if name in numbers:
                is_read &= numbers[name] <= most
                seconds += numbers[name] * np.int32(unit)
        return seconds, is_read


def is_fixed(form: str) -> bool:
    """Whether every text of a pattern is as long as the pattern, letter for letter, and tells a day of a year."""
    tokens = _TOKEN.findall(form)
    return "".join(tokens) == form and {"yyyy", "MM", "dd"} <= set(tokens) and _has_each_once(tokens)


def _has_each_once(tokens: list[str]) -> bool:
    parts = [token for token in tokens if token in _PARTS]
    return len(parts) == len(set(parts)) and ("mm" not in parts or "HH" in parts)


def _characters(column: pa.StringArray, rows: np.ndarray[Any, Any], length: int) -> np.ndarray[Any, Any]:
    """Return the bytes of some texts of one length, a text a row."""
    import numpy as np  # noqa: PLC0415

    places: np.ndarray[Any, Any] = offsets(column)
    content: np.ndarray[Any, Any] = text_bytes(column)
    if len(rows) * length == places[-1] - places[0]:  # all others are empty
        return content[places[0] : places[-1]].reshape(-1, length)
    picked: np.ndarray[Any, Any] = content[places[rows][:, np.newaxis] + np.arange(length)]
    return picked


@cache
def _months() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return, from `FIRST_YEAR` on, the days from 1970 to the first of every month, and how many days it has."""
    import numpy as np  # noqa: PLC0415

    months = np.arange(f"{FIRST_YEAR}-01", f"{LAST_YEAR + 1}-02", dtype="datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64)
    return days[:-1], np.diff(days)
