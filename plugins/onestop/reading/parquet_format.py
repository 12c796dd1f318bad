"""Parquet files, by pyarrow. Memory: a batch of rows, and the pages of its row group that are being unpacked."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, BinaryIO

from onestop.reading.hostile import seekable
from onestop.reading.rows import LONGEST_CELL, Declared, Layout, Rows, Unacceptable, Unreadable

if TYPE_CHECKING:
    import pyarrow

LARGEST_FILE_BYTES = 4 << 30
LARGEST_COLUMN_BYTES = 256 << 20
"""Of one column in one row group, unpacked."""
_BATCH_ROWS = 4096


def read(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:  # noqa: ARG001 - every reader's signature
    """Give the wanted cells of every row. A moment comes as ISO 8601, with offset where the column has a timezone.

    Raises Unacceptable for a file that is damaged, lacks a column, or holds lists where a value is expected.
    """
    import pyarrow  # noqa: PLC0415 - needed for this format only
    from pyarrow import parquet  # noqa: PLC0415

    with closing(seekable(stream, LARGEST_FILE_BYTES, "a file")) as file:
        try:
            source = parquet.ParquetFile(file, pre_buffer=False, thrift_string_size_limit=16 << 20)
            names = set(source.schema_arrow.names)
            if missing := sorted(layout.required_columns - names):
                raise Unacceptable(
                    "column_missing", f"no column {', '.join(missing)} among: {', '.join(sorted(names)[:40])}",
                    value=", ".join(missing), columns=", ".join(sorted(layout.required_columns)),
                )  # fmt: skip
            if repeated := [name for name in layout.columns if name and source.schema_arrow.names.count(name) > 1]:
                raise Unacceptable("column_repeated", f"two columns named {repeated[0]}", value=repeated[0])
            _require_bounds(source.metadata)
            wanted = [name for name in dict.fromkeys(layout.columns) if name in names]
            for batch in source.iter_batches(batch_size=_BATCH_ROWS, columns=wanted, use_threads=False):
                columns = {name: _texts(batch.column(name)) for name in wanted}
                empty = [""] * batch.num_rows
                for cells in zip(*(columns.get(name or "", empty) for name in layout.columns), strict=True):
                    if any(cells):
                        longest = max(map(len, cells))
                        yield cells if longest <= LONGEST_CELL else Unreadable("cell_too_long", f"{longest:,}")
        except (pyarrow.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
            raise Unacceptable("page_malformed", f"no Parquet file, or a damaged one ({str(error)[:200]})") from error


def _require_bounds(metadata: Any) -> None:
    for group in range(metadata.num_row_groups):
        held = metadata.row_group(group)
        for column in range(held.num_columns):
            unpacked = held.column(column).total_uncompressed_size
            if unpacked > LARGEST_COLUMN_BYTES:
                raise Unacceptable(
                    "file_too_large", f"a column of {unpacked:,} bytes unpacked", limit=f"{LARGEST_COLUMN_BYTES:,}"
                )


def _texts(column: pyarrow.Array) -> list[str]:
    """Return a column as texts, null as "". Raises ArrowException for lists and structures."""
    import pyarrow  # noqa: PLC0415
    from pyarrow import compute  # noqa: PLC0415

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column = column.dictionary_decode()
    if pyarrow.types.is_float16(kind):
        column = column.cast(pyarrow.float32())
    texts = compute.fill_null(column.cast(pyarrow.string()), "")
    made: list[str] = texts.to_pylist()
    if pyarrow.types.is_floating(kind):
        return [text.removesuffix(".0") for text in made]
    return made
