"""Records that came as columns, as a block of COPY's text format: what `load` does with lines, for many at once."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from onestop.cleaning import INVISIBLE
from onestop.reading.csv_blocks import Table, offsets, text_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from onestop.reading.known import Known

_SPACES = " \t\r\n\f\v" + INVISIBLE
_ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"))
_LAST_SPACE = 0x20


def packed_columns(  # noqa: PLR0917 - in the order in which they stand in a line
    fields: Table, first_number: int, keys: pa.StringArray | None, delimiter: str, known: Known | None, known_count: int
) -> bytes:
    """Return number, fields, applicant key, the `known_count` columns of what is known and no problem of every record.

    Without `keys` the applicants are unknown. Fields are put in NFC, trimmed, escaped.

    No field holds the delimiter, an HTML entity or the byte 0: tables do not.
    """
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import compute  # noqa: PLC0415

    numbers = pa.array(range(first_number, first_number + len(fields)), pa.int64()).cast(pa.string())
    columns = [_repaired(column) for column in fields.columns]
    lines = compute.binary_join_element_wise(
        numbers,
        *columns,
        pa.scalar("") if keys is None else keys,
        *([pa.scalar("")] * known_count if known is None else known.columns(columns)),
        pa.scalar("\n"),
        delimiter,
        null_handling="replace",
        null_replacement="",
    )
    return text_bytes(lines)[slice(*offsets(lines)[[0, -1]])].tobytes()


def _repaired(column: pa.StringArray) -> pa.StringArray:
    """Return a column as it is stored. Each repair looks first whether any of its texts needs it."""
    from pyarrow import compute  # noqa: PLC0415

    places = offsets(column)
    content = text_bytes(column)[places[0] : places[-1]]
    if not len(content):
        return column
    joined = content.tobytes()  # looked through by the interpreter's own searches: several times faster than by numpy
    letters = "" if joined.isascii() or has_only_latin_letters(content) else joined.decode()
    if letters and not unicodedata.is_normalized("NFC", letters):
        column = _normalised(column)
    has_spaces = content.min() <= _LAST_SPACE
    if (has_spaces and _has_ragged_edge(places, content)) or (letters and any(map(letters.__contains__, INVISIBLE))):
        column = compute.utf8_trim(column, characters=_SPACES)
    for character, escaped in _ESCAPES:
        if character.encode() in joined:
            column = compute.replace_substring(column, pattern=character, replacement=escaped)
    return column


def has_only_latin_letters(content: np.ndarray) -> bool:  # type: ignore[type-arg]
    """Whether UTF-8 text has nothing but ASCII and letters of U+00C0-U+01BF and U+1E80-U+1EFF, as Vietnamese in NFC.

    Each of them is in NFC by itself, and none goes together with another; none is an invisible space.

    Four times as fast as to decode the text and ask Unicode's tables.
    """
    import numpy as np  # noqa: PLC0415

    if ((content > 0xC6) & (content != 0xE1)).any() or ((content > 0xBF) & (content < 0xC3)).any():
        return False
    seconds = content[np.flatnonzero(content == 0xE1) + 1]
    return bool(((seconds == 0xBA) | (seconds == 0xBB)).all())


def _normalised(column: pa.StringArray) -> pa.StringArray:
    import pyarrow as pa  # noqa: PLC0415

    return pa.array([unicodedata.normalize("NFC", text) for text in column.to_pylist()], pa.string())


def _has_ragged_edge(places: np.ndarray, content: np.ndarray) -> bool:  # type: ignore[type-arg]
    """Whether a text begins or ends with a space or a control character."""
    filled = places[1:] > places[:-1]
    first, last = places[:-1][filled] - places[0], places[1:][filled] - places[0] - 1
    return bool((content[first] <= _LAST_SPACE).any() or (content[last] <= _LAST_SPACE).any())
