"""How fast and in how much memory each format is read, against the library alone on the same file.

    PYTHONPATH=plugins:. .venv/bin/python -m benchmarks.reading --rows 100000
    PYTHONPATH=plugins:. .venv/bin/python -m benchmarks.reading --rows 1000000 --formats xlsx
    PYTHONPATH=plugins:. .venv/bin/python -m benchmarks.reading --csv-bytes 2000000000 --formats csv

Each measurement is a process of its own: seconds of its processor without imports (the machine is shared), rows a
second of those, and the peak of its memory. The files are synthetic, made in the temporary folder and removed. "alone"
is what the format's library needs to give every cell, without header, dates, rules or bounds.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

IMPORTS = {
    "ours": ["onestop.reading.records", "openpyxl.styles.numbers", "pyarrow.parquet", "pyarrow.compute", "ijson"],
    "csv": ["csv"],
    "csv_auto": ["csv"],
    "xlsx": ["python_calamine"],
    "ods": ["python_calamine"],
    "xls": ["python_calamine"],
    "json": ["ijson"],
    "ndjson": ["orjson"],
    "xml": ["lxml.etree"],
    "parquet": ["pyarrow.parquet"],
    "lxml": ["lxml.etree"],
    "openpyxl": ["openpyxl"],
}
COLUMNS = (
    "MaHoSo", "DonVi", "MaTTHC", "TenTTHC", "KenhThucHien", "MucDo", "TrangThai", "LoaiDoiTuong", "ChuHoSo",
    "SoGiayTo", "SoDienThoai", "Xa", "NgayNop", "NgayTiepNhan", "NgayHenTra", "NgayKetThuc", "NgayTra", "LePhi",
    "HinhThucThanhToan",
)  # fmt: skip
DATES = range(12, 17)
FORMATS = ("csv", "csv_auto", "xlsx", "ods", "xls", "json", "ndjson", "xml", "parquet")
_MOST_XLS_ROWS = 65_000


def dossiers(count: int) -> Iterator[list[str]]:
    chance = random.Random(1)  # noqa: S311 - the same file each time
    begin = datetime(2019, 4, 1)  # noqa: DTZ001
    for number in range(count):
        at = begin + timedelta(seconds=chance.randrange(30 * 86400))
        moments = [f"{at + timedelta(days=days):%d/%m/%Y %H:%M}" for days in (0, 0, 5, 3, 4)]
        yield [
            f"000.00.12.H02-190405-{number:07}", "Sở Y tế", "1.000045",
            "Cấp giấy phép hoạt động đối với cơ sở khám bệnh", "2", "4", "10", "1", f"Nguyễn Văn Thử {number % 5000}",
            f"0240{number:08}", f"09{number:08}", "Xã Nghĩa Hòa",
            *moments, "150000", "1",
        ]  # fmt: skip


def write_csv(path: Path, rows: int, byte_count: int = 0) -> int:
    written = 0
    with path.open("w", encoding="utf-8") as file:
        written += file.write(",".join(COLUMNS) + "\r\n")
        for row in dossiers(rows or 10**9):
            written += file.write(",".join(row) + "\r\n")
            if byte_count and written > byte_count:
                break
    return written


def write_xlsx(path: Path, rows: int) -> None:
    import xlsxwriter  # noqa: PLC0415

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)})
    sheet, form = book.add_worksheet(), book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    sheet.write_row(0, 0, COLUMNS)
    for index, row in enumerate(dossiers(rows), 1):
        for column, cell in enumerate(row):
            if column in DATES:
                sheet.write_datetime(index, column, datetime.strptime(cell, "%d/%m/%Y %H:%M"), form)  # noqa: DTZ007
            else:
                sheet.write_string(index, column, cell)
    book.close()


def write_ods(path: Path, rows: int) -> None:
    from tests.reading.tables import ods  # noqa: PLC0415

    path.write_bytes(ods({"S": [list(COLUMNS), *dossiers(rows)]}))


def write_xls(path: Path, rows: int) -> None:
    from tests.reading.tables import xls  # noqa: PLC0415

    path.write_bytes(xls({"S": [list(COLUMNS), *dossiers(min(rows, _MOST_XLS_ROWS))]}))


def write_json(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"items": [')
        for index, row in enumerate(dossiers(rows)):
            file.write((", " if index else "") + json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False))
        file.write("]}")


def write_ndjson(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in dossiers(rows):
            file.write(json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False) + "\n")


def write_xml(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("<DanhSach>")
        for row in dossiers(rows):
            cells = "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(COLUMNS, row, strict=True))
            file.write(f"<HoSo>{cells}</HoSo>")
        file.write("</DanhSach>")


def write_parquet(path: Path, rows: int) -> None:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    with parquet.ParquetWriter(path, schema) as writer:
        batch: list[list[str]] = []
        for row in dossiers(rows):
            batch.append(row)
            if len(batch) == 20_000:
                writer.write_table(pa.table(list(map(list, zip(*batch, strict=True))), schema=schema))
                batch.clear()
        if batch:
            writer.write_table(pa.table(list(map(list, zip(*batch, strict=True))), schema=schema))


WRITERS: dict[str, Callable[..., object]] = {
    "csv": write_csv, "csv_auto": write_csv, "xlsx": write_xlsx, "ods": write_ods, "xls": write_xls, "json": write_json,
    "ndjson": write_ndjson, "xml": write_xml, "parquet": write_parquet,
}  # fmt: skip


# -- each in a process of its own -----------------------------------------------------------------------


def ours(form: str, path: Path) -> int:
    from onestop.reading.records import READERS  # noqa: PLC0415
    from onestop.reading.refusal import catalogue  # noqa: PLC0415
    from onestop.reading.rows import Declared, Layout  # noqa: PLC0415

    kind = {"csv_auto": "csv", "json": "json_records"}.get(form, form)
    layout = Layout(
        kind, COLUMNS, frozenset(COLUMNS), encoding="utf-8-sig", delimiter=None if form == "csv_auto" else ",",
        records_path={"json": "items", "xml": "DanhSach.HoSo"}.get(form), key_column=0, totals=catalogue().totals,
    )  # fmt: skip
    with path.open("rb") as stream:
        return sum(1 for _ in READERS[kind](layout, stream, Declared()))


def alone(form: str, path: Path) -> int:
    with path.open("rb") as stream:
        match form:
            case "csv" | "csv_auto":
                import csv  # noqa: PLC0415

                with path.open(encoding="utf-8", newline="") as text:
                    return sum(1 for _ in csv.reader(text)) - 1
            case "xlsx" | "ods" | "xls":
                import python_calamine  # noqa: PLC0415

                sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
                return sum(1 for row in sheet.iter_rows() if [str(cell) for cell in row]) - 1
            case "json":
                import ijson  # noqa: PLC0415

                return sum(1 for _ in ijson.items(stream, "items.item"))
            case "ndjson":
                import orjson  # noqa: PLC0415

                return sum(1 for line in stream if orjson.loads(line))
            case "xml":
                from lxml import etree  # noqa: PLC0415

                count = 0
                for _, element in etree.iterparse(stream, tag="HoSo"):
                    count += bool([child.text for child in element])
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
                return count
            case _:
                from pyarrow import parquet  # noqa: PLC0415

                batches = parquet.ParquetFile(stream).iter_batches(batch_size=4096, use_threads=False)
                return sum(len(list(zip(*(c.to_pylist() for c in batch.columns), strict=True))) for batch in batches)


def xlsx_alone(path: Path) -> int:
    """lxml over the sheet's part, every cell as a text: what an XLSX reader that holds nothing is made of."""
    import zipfile  # noqa: PLC0415

    from lxml import etree  # noqa: PLC0415

    count = 0
    with zipfile.ZipFile(path) as archive, archive.open("xl/worksheets/sheet1.xml") as part:
        for _, row in etree.iterparse(part, tag="{*}row"):
            count += bool([(cell.get("r"), cell.get("t"), "".join(cell.itertext())) for cell in row])
            row.clear()
            while row.getprevious() is not None:
                del row.getparent()[0]
    return count - 1


def openpyxl_alone(path: Path) -> int:
    import openpyxl  # noqa: PLC0415

    sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
    return sum(1 for _ in sheet.iter_rows(values_only=True)) - 1


def child(who: str, form: str, path: Path) -> None:
    readers: dict[str, Callable[[], int]] = {
        "ours": lambda: ours(form, path), "alone": lambda: alone(form, path), "lxml": lambda: xlsx_alone(path),
        "openpyxl": lambda: openpyxl_alone(path),
    }  # fmt: skip
    for module in IMPORTS[who if who != "alone" else form]:
        importlib.import_module(module)
    before, begun = _cpu_seconds(), time.monotonic()
    count = readers[who]()
    print(
        json.dumps(
            {
                "rows": count,
                "cpu": _cpu_seconds() - before,
                "wall": time.monotonic() - begun,
                "peak": _peak_megabytes(),
            }
        )
    )


def _cpu_seconds() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak_megabytes() -> float:
    """Return the peak of this program alone (getrusage's is that of whoever started it, where that was more)."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def measured(who: str, form: str, path: Path) -> dict[str, Any]:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.reading", "--child", who, form, str(path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    seen: dict[str, Any] = json.loads(run.stdout)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--csv-bytes", type=int, default=0)
    parser.add_argument("--formats", nargs="+", choices=FORMATS, default=FORMATS)
    parser.add_argument("--child", nargs=3)
    told = parser.parse_args()
    if told.child:
        child(told.child[0], told.child[1], Path(told.child[2]))
        return
    print(f"{'format':10} {'who':9} {'rows':>10} {'MB':>7} {'cpu s':>7} {'rows/s':>9} {'peak MB':>8}")
    for form in told.formats:
        with tempfile.TemporaryDirectory(prefix="onestop-reading-") as folder:
            path = Path(folder) / f"dossiers.{form}"
            if told.csv_bytes and form.startswith("csv"):
                write_csv(path, 0, told.csv_bytes)
            else:
                WRITERS[form](path, told.rows)
            size = path.stat().st_size / 1e6
            for who in ("ours", "alone", *(("lxml", "openpyxl") if form == "xlsx" and told.rows <= 100_000 else ())):
                seen = measured(who, form, path)
                speed = seen["rows"] / seen["cpu"]
                line = f"{form:10} {who:9} {seen['rows']:10,} {size:7.0f} {seen['cpu']:7.1f} {speed:9,.0f}"
                print(f"{line} {seen['peak']:8.0f}", flush=True)


if __name__ == "__main__":
    main()
