"""The peer with dlt: the CSV in Arrow batches into PostgreSQL through dlt's CSV COPY loader; dbt does the rest.

Run as a process of its own: `dlt_load.py DATABASE_URL CSV WORKDIR`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
os.environ["NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID"] = "false"

import dlt
import pyarrow as pa
import pyarrow.csv as pa_csv


def main(url: str, csv_file: str, workdir: str) -> None:
    """Load every column as text, and the row's number, into schema `dlt_raw`."""
    with open(csv_file, encoding="utf-8") as stream:  # noqa: PTH123
        header = stream.readline().strip().split(",")

    @dlt.resource(name="dossier", write_disposition="replace")
    def batches() -> Iterator[pa.RecordBatch]:
        options = pa_csv.ConvertOptions(column_types={name: pa.string() for name in header})
        row_number = 0  # of two records of one dossier the later one counts
        for batch in pa_csv.open_csv(csv_file, convert_options=options):
            numbers = pa.array(range(row_number, row_number + batch.num_rows), pa.int64())
            row_number += batch.num_rows
            yield batch.append_column("SoDong", numbers)

    pipeline = dlt.pipeline(
        "benchmark", destination=dlt.destinations.postgres(url), dataset_name="dlt_raw", pipelines_dir=workdir
    )
    pipeline.run(batches(), loader_file_format="csv")


if __name__ == "__main__":
    main(*sys.argv[1:])
