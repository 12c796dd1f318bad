"""What is known of records as soon as they are read as columns: the moments of their dates, that codes look right, and
that none before had the same code.

It stands beside the texts in a staging table and spares the server looking at each. What is not known, it looks at by
itself. A table's comment says what it depends on, since a source may be mended between a load and its check.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Connection, text

from onestop.jurisdiction.datasets import DATASETS, Dataset
from onestop.reading.moments import FIRST_YEAR, LAST_YEAR, Moments
from onestop.reading.refusal import catalogue
from onestop.warehouse.sql import identifier, statement

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from onestop.jurisdiction import Source

_CODE_PLACES = 1 << 26
"""Bits, in 8 MB: of a million codes one of 130 shares the place of another, of ten million one of 14."""


def beside_fields(dataset: Dataset) -> list[str]:
    """Return the columns of a staging table that are not told as what a record says."""
    return ["row_number", *dataset.known_columns, "read_problem"]


class Known:
    """What is known of a source's records; the warehouse says when its clocks are changed."""

    def __init__(self, connection: Connection, source: Source) -> None:
        years = {"timezone": source.timezone, "first_year": FIRST_YEAR, "last_year": LAST_YEAR}
        steady = connection.execute(statement("staging/steady_offset.sql"), years)
        self._moments = Moments(source.timestamp_formats, {row.calendar_year: row.offset_seconds for row in steady})
        dataset = DATASETS[source.dataset]
        self._dates = [dataset.fields.index(field) for field in dataset.moments]
        self._code = dataset.fields.index(dataset.code)
        self._code_pattern = catalogue(dataset.name).code_pattern or ""
        self._met = MetCodes()

    def columns(self, fields: Sequence[pa.StringArray]) -> list[pa.StringArray]:
        """Return `Dataset.known_columns` of records as COPY reads them; null where nothing is known."""
        import pyarrow as pa  # noqa: PLC0415 - only where columns are
        from pyarrow import compute  # noqa: PLC0415

        seconds = self._moments.seconds([fields[place] for place in self._dates])
        codes = fields[self._code]
        marks = compute.match_substring_regex(codes, self._code_pattern), self._met.are_new(codes)
        return [
            *(column.cast(pa.string()) for column in seconds),
            *(compute.if_else(mark, "t", "") for mark in marks),
        ]


class MetCodes:
    """The codes that a load has met, in memory that does not grow: so that few records are looked at for repeated ones.

    A code may be taken for one that was met (two may share a place), never the other way round.
    """

    def __init__(self) -> None:
        import numpy as np  # noqa: PLC0415 - only where columns are

        self._bits = np.zeros(_CODE_PLACES // 8, np.uint8)

    def are_new(self, codes: pa.StringArray) -> pa.BooleanArray:
        """Return which of the codes were not met before, neither among these; from now on all of them were."""
        import numpy as np  # noqa: PLC0415
        import pyarrow as pa  # noqa: PLC0415

        places = np.fromiter(map(hash, codes.to_pylist()), np.int64, len(codes)) & (_CODE_PLACES - 1)
        own_byte, own_bit = places >> 3, np.left_shift(1, places & 7).astype(np.uint8)
        are_new: np.ndarray[Any, Any] = self._bits[own_byte] & own_bit == 0
        ordered = np.sort(places)
        if (ordered[1:] == ordered[:-1]).any():  # rarely, and to find which is several times as dear
            is_first = np.zeros(len(codes), bool)
            is_first[np.unique(places, return_index=True)[1]] = True
            are_new &= is_first
        np.bitwise_or.at(self._bits, own_byte, own_bit)
        return pa.array(are_new)


def tell(connection: Connection, source: Source, staging: str) -> None:
    """Say with a staging table what the columns of what is known depend on."""
    told = {"moments": _reading(source), "code_pattern": catalogue(source.dataset).code_pattern}
    connection.execute(text(f"comment on table {identifier(staging)} is :told"), {"told": orjson.dumps(told).decode()})


def holds(connection: Connection, source: Source, staging: str, code_pattern: str | None) -> dict[str, bool]:
    """Return, for the judging statement, whether what is known in a staging table is what the configuration says now.

    `code_pattern`: what codes look like now.
    """
    told: dict[str, Any] = orjson.loads(
        connection.scalar(text("select obj_description(to_regclass(:name), 'pg_class')"), {"name": staging}) or "{}"
    )
    return {
        "has_moments": told.get("moments") == _reading(source),
        "has_shapes": code_pattern is not None and told.get("code_pattern") == code_pattern,
    }


def _reading(source: Source) -> list[str]:
    return [source.timezone, *source.timestamp_formats]
