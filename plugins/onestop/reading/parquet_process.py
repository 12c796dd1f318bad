"""Reads a Parquet file from its standard input by pyarrow, in a process of its own; `parquet_format` runs this file.

Arrow ends the whole process for some damaged files (an exception of C++ that nobody takes), so here it has a process to
end, and bounds of its own. Argument: the wanted columns as JSON. Writes a line of JSON with the names of the columns,
then a line for each batch of rows (texts); for a bad file ends with 3 and says why.
"""

import json
import resource
import sys

MOST_MEMORY_BYTES = 4 << 30
"""Of addresses; Arrow reserves more than it takes."""
MOST_SECONDS = 3600
BAD_FILE = 3
BATCH_ROWS = 1024
LARGEST_COLUMN_BYTES = 256 << 20
"""Of one column in one row group, unpacked."""


def main() -> int:
    """Do what the argument says, and return the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import orjson  # noqa: PLC0415 - within the bounds
    from pyarrow import parquet  # noqa: PLC0415

    out = sys.stdout.buffer
    try:
        source = parquet.ParquetFile(sys.stdin.buffer, pre_buffer=False, thrift_string_size_limit=16 << 20)
        names = source.schema_arrow.names
        out.write(orjson.dumps(names) + b"\n")
        out.flush()
        require_bounds(source.metadata)
        wanted = [name for name in json.loads(sys.argv[1]) if name in names]
        for batch in source.iter_batches(batch_size=BATCH_ROWS, columns=wanted, use_threads=False):
            columns = [texts_of(batch.column(name)) for name in wanted]
            rows = list(zip(*columns, strict=True)) if columns else [()] * batch.num_rows
            out.write(orjson.dumps(rows) + b"\n")
        out.flush()
    except BrokenPipeError:
        return BAD_FILE
    except Exception as error:  # noqa: BLE001 - whatever it is, the file is at fault, and nobody else is here to tell
        sys.stderr.write(f"{type(error).__name__}: {error}"[:300])
        return BAD_FILE
    return 0


def require_bounds(metadata) -> None:  # type: ignore[no-untyped-def]
    """Raise ValueError when a column of a row group is larger than is unpacked at once."""
    for group in range(metadata.num_row_groups):
        held = metadata.row_group(group)
        for column in range(held.num_columns):
            unpacked = held.column(column).total_uncompressed_size
            if unpacked > LARGEST_COLUMN_BYTES:
                raise ValueError(f"a column of {unpacked:,} bytes in one row group, {LARGEST_COLUMN_BYTES:,} at most")


def texts_of(column) -> list[str]:  # type: ignore[no-untyped-def]
    """Return a column as texts, null as "". Raises ArrowException for lists and structures."""
    import pyarrow  # noqa: PLC0415
    from pyarrow import compute  # noqa: PLC0415

    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        column = column.dictionary_decode()
    if pyarrow.types.is_float16(kind):
        column = column.cast(pyarrow.float32())
    texts: list[str] = compute.fill_null(column.cast(pyarrow.string()), "").to_pylist()
    return [text.removesuffix(".0") for text in texts] if pyarrow.types.is_floating(kind) else texts


if __name__ == "__main__":
    sys.exit(main())
