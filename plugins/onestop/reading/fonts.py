"""A source's records in Unicode, where its text is typed for TCVN3 or VNI fonts: declared, or found for each column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import cast

from onestop.reading.legacy_fonts import Ambiguous, Font, Reading, converted, recognised
from onestop.reading.rows import Cells, Declared, Layout, Note, Rows, Unacceptable, Unreadable

SAMPLE_ROWS = 2_000
"""By these first records a column is judged."""


def in_unicode(rows: Rows, layout: Layout, declared: Declared) -> Rows:
    """Give the rows with the cells of legacy fonts converted.

    With `auto`, what was found in which columns is told in `declared.notes`; raises Unacceptable when it is not clear.
    """
    if layout.font_encoding != "auto":
        font = cast("Font", layout.font_encoding)
        fonts: dict[int, Font] = dict.fromkeys(range(len(layout.columns)), font)
        yield from (_converted(row, fonts) for row in rows)
        return
    sample = list(islice(rows, SAMPLE_ROWS))
    fonts = _found([row for row in sample if not isinstance(row, Unreadable)], layout)
    for font in sorted(set(fonts.values())):
        columns = [str(layout.columns[index]) for index, own in sorted(fonts.items()) if own == font]
        declared.notes.append(Note("font_encoding_detected", f"{font}: {', '.join(columns)}", len(columns)))
    everything = chain(sample, rows)
    yield from (_converted(row, fonts) for row in everything) if fonts else everything


def _found(sample: Sequence[Cells], layout: Layout) -> dict[int, Font]:
    """Return the font of each column that is in one. What is not clear by itself may be by the other columns."""
    readings: dict[int, Reading] = {}
    unclear: dict[int, Ambiguous] = {}
    for index, column in enumerate(layout.columns):
        if column is None:
            continue
        values = [row[index] for row in sample]
        try:
            if not all(map(str.isascii, values)):
                readings[index] = recognised(values)
        except Ambiguous as shares:
            unclear[index] = shares
    decided = set(readings.values())
    for index, problem in unclear.items():
        reading = next(iter(decided)) if len(decided) == 1 else None
        if reading is None or problem.shares[reading] < 1:
            column = layout.columns[index]
            raise Unacceptable(
                "font_encoding_ambiguous",
                f"{column}: of its words are Vietnamese as {problem}",
                value=column,
                column=column,
            ) from problem  # fmt: skip
        readings[index] = reading
    return {index: reading for index, reading in readings.items() if reading != "unicode"}


def _converted(row: Cells | Unreadable, fonts: dict[int, Font]) -> Cells | Unreadable:
    if isinstance(row, Unreadable):
        return row
    return tuple(
        converted(cell, fonts[index]) if index in fonts and not cell.isascii() else cell
        for index, cell in enumerate(row)
    )  # fmt: skip
