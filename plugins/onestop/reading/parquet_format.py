"""Parquet files, by pyarrow in a process of its own. Memory here: a batch of rows."""

from __future__ import annotations

import json
from contextlib import closing
from typing import BinaryIO

from onestop.reading import parquet_process
from onestop.reading.child import lines_of
from onestop.reading.hostile import seekable
from onestop.reading.rows import LONGEST_CELL, Declared, Layout, Rows, Unacceptable, Unreadable

LARGEST_FILE_BYTES = 4 << 30


def read(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:  # noqa: ARG001 - every reader's signature
    """Give the wanted cells of every row. A moment comes as ISO 8601, with offset where the column has a timezone.

    Raises Unacceptable for a file that is damaged, lacks a column, or holds lists where a value is expected.
    """
    columns = list(dict.fromkeys(name for name in layout.columns if name is not None))
    with closing(seekable(stream, LARGEST_FILE_BYTES, "a file")) as file:
        lines = lines_of(parquet_process.__file__, file, json.dumps(columns), rule="page_malformed")
        with closing(lines):
            names: list[str] = next(lines, [])
            _require_columns(names, layout)
            there = [name for name in columns if name in names]
            places = [there.index(name) if name in there else -1 for name in layout.columns]
            for batch in lines:
                for row in batch:
                    if any(row):
                        longest = max(map(len, row))
                        if longest > LONGEST_CELL:
                            yield Unreadable("cell_too_long", f"{longest:,}")
                        else:
                            yield tuple([row[place] if place >= 0 else "" for place in places])


def _require_columns(names: list[str], layout: Layout) -> None:
    if missing := sorted(layout.required_columns - set(names)):
        raise Unacceptable(
            "column_missing", f"no column {', '.join(missing)} among: {', '.join(sorted(names)[:40])}",
            value=", ".join(missing), columns=", ".join(sorted(layout.required_columns)),
        )  # fmt: skip
    if repeated := [name for name in layout.columns if name and names.count(name) > 1]:
        raise Unacceptable("column_repeated", f"two columns named {repeated[0]}", value=repeated[0])
