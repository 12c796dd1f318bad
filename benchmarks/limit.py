"""The limit L: the server's own COPY of a binary file into an unlogged table, and one scan of it.

No pipeline that checks, versions and publishes can be faster than the server merely reading its own format.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812

TEXT_COLUMNS = [
    "dossier_code",
    "unit",
    "procedure_code",
    "procedure_name",
    "channel",
    "service_level",
    "status",
    "applicant_type",
    "applicant_name",
    "applicant_id_number",
    "applicant_email",
    "applicant_phone",
    "commune",
    "submitted_at",
    "received_at",
    "due_at",
    "finished_at",
    "returned_at",
    "fee_amount",
    "payment_method",
]


@dataclass(frozen=True)
class Limit:
    """Seconds of the two halves of the limit."""

    copy_seconds: float
    scan_seconds: float

    @property
    def seconds(self) -> float:
        """The limit L: copy and scan."""
        return self.copy_seconds + self.scan_seconds


def prepare(connection: PsycopgConnection, csv_file: Path, binary_file: Path) -> None:
    """Make the binary file from the CSV, both 20 columns of text, outside the measured time."""
    columns = ", ".join(f"{name} text" for name in TEXT_COLUMNS)
    with connection.cursor() as cursor, csv_file.open("rb") as stream:
        cursor.execute(f"create unlogged table benchmark_text ({columns})")
        cursor.copy_expert("copy benchmark_text from stdin (format csv, header true)", stream)
        with binary_file.open("wb") as out:
            cursor.copy_expert("copy benchmark_text to stdout (format binary)", out)
        cursor.execute("drop table benchmark_text")
    connection.commit()


def measure(connection: PsycopgConnection, binary_file: Path) -> Limit:
    """COPY the file that the server itself can read into a fresh unlogged table, then scan it once."""
    columns = ", ".join(f"{name} text" for name in TEXT_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(f"create unlogged table benchmark_limit ({columns})")
        connection.commit()
        started = time.perf_counter()
        cursor.execute("copy benchmark_limit from %s (format binary)", (str(binary_file),))
        connection.commit()
        copied = time.perf_counter()
        cursor.execute("select count(*), max(length(dossier_code)), min(received_at) from benchmark_limit")
        cursor.fetchone()
        scanned = time.perf_counter()
        cursor.execute("drop table benchmark_limit")
        connection.commit()
    return Limit(copied - started, scanned - copied)
