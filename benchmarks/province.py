"""The jurisdiction of the benchmark: Bắc Giang, its units delivered by one source or by several at once."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from onestop.jurisdiction import Jurisdiction, load_jurisdiction
from onestop.settings import REPOSITORY_ROOT

_ORIGIN = REPOSITORY_ROOT / "include" / "jurisdictions" / "bac_giang"
_SOURCE_NAMES = {1: ("whole",), 2: ("half_one", "half_two")}
_PROCEDURE_COUNT = 60
_HISTORY_BEGINS = "2016-01-01"
_FIELDS = {
    "dossier_code": "MaHoSo",
    "unit": "DonViXuLy",
    "procedure_code": "MaTTHC",
    "procedure_name": "TenTTHC",
    "channel": "KenhThucHien",
    "service_level": "MucDo",
    "status": "TrangThaiHoSo",
    "applicant_type": "LoaiDoiTuong",
    "applicant_name": "ChuHoSo",
    "applicant_id_number": "SoGiayTo",
    "applicant_email": "Email",
    "applicant_phone": "SoDienThoai",
    "commune": "NoiNopHoSo",
    "submitted_at": "NgayNopHoSo",
    "received_at": "NgayTiepNhan",
    "due_at": "NgayHenTra",
    "finished_at": "NgayKetThucXuLy",
    "returned_at": "NgayTra",
    "fee_amount": "LePhi",
    "payment_method": "HinhThucThanhToan",
}


@dataclass(frozen=True)
class Stream:
    """One source, and the names of the units whose dossiers it delivers."""

    source_id: str
    unit_names: tuple[str, ...]


@dataclass(frozen=True)
class Province:
    """A benchmark jurisdiction: its folder, its sources, and what their dossiers may name."""

    folder: Path
    jurisdiction: Jurisdiction
    streams: tuple[Stream, ...]
    unit_names: tuple[str, ...]
    procedure_codes: tuple[str, ...]


def make(folder: Path, *, stream_count: int, expected_from: date, month: str) -> Province:
    """Write the folder anew. Every unit of the month's roster is delivered for, from `expected_from` on."""
    if folder.exists():
        shutil.rmtree(folder)
    shutil.copytree(_ORIGIN, folder, ignore=shutil.ignore_patterns("sources"))
    (folder / "sources").mkdir()
    first_day = date.fromisoformat(f"{month}-01")
    units = [row for row in _rows("units.csv") if _is_valid(row, first_day)]
    streams = []
    for number, name in enumerate(_SOURCE_NAMES[stream_count]):
        own = units[number::stream_count]
        described = _source(name, [unit["unit_code"] for unit in own], expected_from)
        with (folder / "sources" / f"{name}.yaml").open("w", encoding="utf-8") as stream:
            YAML().dump(described, stream)
        streams.append(Stream(name, tuple(unit["name_vi"] for unit in own)))
    # Only what was filed at level 3 or 4 counts as online with us. All these procedures always were at such a level, so
    # that the peers need no catalogue to agree.
    procedures = [
        row["procedure_code"]
        for row in _rows("procedures.csv")
        if row["valid_from"] <= _HISTORY_BEGINS and not row["valid_to"] and row["service_level"] in {"3", "4"}
    ]
    return Province(
        folder,
        load_jurisdiction(str(folder)),
        tuple(streams),
        tuple(unit["name_vi"] for unit in units),
        tuple(procedures[:_PROCEDURE_COUNT]),
    )


def _rows(name: str) -> list[dict[str, str]]:
    with (_ORIGIN / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _is_valid(row: dict[str, str], day: date) -> bool:
    return row["valid_from"] <= day.isoformat() and (not row["valid_to"] or row["valid_to"] >= day.isoformat())


def _source(name: str, units: list[str], expected_from: date) -> dict[str, Any]:
    return {
        "id": name,
        "title_vi": "Nguồn thử tốc độ",
        "title_en": "Benchmark source",
        "units": units,
        "dataset": "dossier",
        "connection_id": name,
        "cadence": "monthly",
        "timezone": "Asia/Ho_Chi_Minh",
        "state_as_of": "period_end",
        "expected_from": expected_from,
        "access": {"kind": "folder", "path": "hoso.csv"},
        "format": {"kind": "csv", "encoding": "utf-8", "delimiter": ","},
        "fields": _FIELDS,
        "timestamp_formats": ["dd/MM/yyyy HH:mm", "dd/MM/yyyy"],
        "value_maps": {
            "payment_method": {"0": "none", "1": "national_gateway", "2": "local_gateway", "3": "counter"},
        },
    }
