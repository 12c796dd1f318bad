"""The files that agencies drop: written once for each month, streamed, dated to the first days of the next month."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import IO

import orjson
import xlsxwriter

from example_province.dialects import Value, in_windows_1258, unit_label
from example_province.dirt import Delivery
from example_province.dossiers import Province
from example_province.months import PERIODS, SIGN, month_code
from example_province.systems import System, delivered_at, file_name
from example_province.units import UNITS_BY_CODE

_ROWS_A_WRITE = 2000


class Drops:
    """The folder below which every file-dropping source has its own; files come into being when they are asked for."""

    def __init__(self, root: Path, province: Province) -> None:
        self.root, self.province = root, province
        self._locks: dict[Path, Lock] = {}
        self._lock = Lock()

    def folder(self, system: System) -> Path:
        """Return a source's folder, made if it is not there."""
        folder = self.root / system.source
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def ensure(self, system: System, month: int) -> Path:
        """Return the file of a month, written if it is not there."""
        path = self.folder(system) / file_name(system, month)
        with self._lock:
            lock = self._locks.setdefault(path, Lock())
        with lock:
            if not path.exists():
                delivery = Delivery(self.province, UNITS_BY_CODE[system.source], month)
                incoming = path.with_name(f".{path.name}.incoming")
                write_file(incoming, system, delivery)
                moment = delivered_at(system.source, month).timestamp()
                os.utime(incoming, (moment, moment))
                incoming.replace(path)
        return path

    def ensure_all(self, system: System) -> None:
        """Write the files of all months."""
        for month in PERIODS:
            self.ensure(system, month)


def write_file(path: Path, system: System, delivery: Delivery) -> None:
    """Write a delivery to a file in the form that its system has."""
    dialect = system.dialect
    match system.form:
        case "csv":
            with path.open("w", encoding="utf-8-sig", newline="") as stream:
                write_csv(stream, dialect.header, dialect.values(delivery.records()), _DELIMITERS[system.kind])
        case "legacy_csv":
            with path.open("wb") as binary:
                for chunk in _csv_chunks(dialect.header, dialect.values(delivery.records()), ";"):
                    binary.write(in_windows_1258(chunk))
        case "xlsx":
            _write_workbook(path, dialect.header, dialect.values(delivery.records()), delivery)
        case "ndjson":
            with path.open("wb") as binary:
                for item in dialect.objects(delivery.records()):
                    binary.write(orjson.dumps(item) + b"\n")
        case "json":
            with path.open("wb") as binary:
                binary.write(orjson.dumps({"ghiChu": SIGN, "ky": month_code(delivery.month)})[:-1] + b',"danhSach":[')
                for index, item in enumerate(dialect.objects(delivery.records())):
                    binary.write((b",\n" if index else b"\n") + orjson.dumps(item))
                binary.write(b"]}\n")
        case form:
            raise ValueError(f"{form!r} is no form of a file")


_DELIMITERS = {"sftp": ",", "folder": ";"}


def write_csv(stream: IO[str], header: list[str], rows: Iterable[list[Value]], delimiter: str = ",") -> None:
    """Write a table as CSV."""
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)


def _csv_chunks(header: list[str], rows: Iterable[list[Value]], delimiter: str) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow(row)
        if number % _ROWS_A_WRITE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _write_workbook(path: Path, header: list[str], rows: Iterable[list[Value]], delivery: Delivery) -> None:
    """Write a sheet with two title rows above the header; moments are Excel dates."""
    with path.open("wb") as stream, xlsxwriter.Workbook(stream, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Hồ sơ")
        bold = workbook.add_format({"bold": True})
        moment = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        title = f"{unit_label(delivery.unit).upper()}: TỔNG HỢP HỒ SƠ THÁNG {month_code(delivery.month)}"
        sheet.write_string(0, 0, title, bold)
        sheet.write_string(1, 0, SIGN)
        sheet.write_row(2, 0, header, bold)
        for number, row in enumerate(rows, start=3):
            for column, value in enumerate(row):
                if isinstance(value, float):
                    sheet.write_number(number, column, value, moment)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value:
                    sheet.write_string(number, column, value)
