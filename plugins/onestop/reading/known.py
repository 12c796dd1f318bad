"""What is known of records as soon as they are read as columns: the moments of their dates, and that codes look right.

Both stand beside the texts in a staging table and spare the server looking at each. What is not known, it looks at by
itself. A table's comment says what they depend on, since a source may be mended between a load and its check.
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
    import pyarrow as pa

    from onestop.jurisdiction import Source


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

    def columns(self, fields: Sequence[pa.StringArray]) -> list[pa.StringArray]:
        """Return `Dataset.known_columns` of records as COPY reads them; null where nothing is known."""
        import pyarrow as pa  # noqa: PLC0415 - only where columns are
        from pyarrow import compute  # noqa: PLC0415

        seconds = self._moments.seconds([fields[place] for place in self._dates])
        is_shaped = compute.match_substring_regex(fields[self._code], self._code_pattern)
        return [*(column.cast(pa.string()) for column in seconds), compute.if_else(is_shaped, "t", "")]


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
