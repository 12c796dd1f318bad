"""An agency that delivers CSV to the test's warehouse."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from onestop import contracts, reading, warehouse
from onestop.jurisdiction import Jurisdiction, Period, Source
from onestop.landing import DeliveryFacts, Landing, Part, register_delivery

IDENTITY_KEY = b"a key for tests"
COLUMNS = {
    "dossier_code": "MaHoSo",
    "unit": "DonVi",
    "procedure_code": "MaTTHC",
    "channel": "KenhThucHien",
    "service_level": "MucDo",
    "status": "TrangThai",
    "applicant_type": "LoaiDoiTuong",
    "applicant_name": "ChuHoSo",
    "applicant_id_number": "SoGiayTo",
    "applicant_email": "Email",
    "applicant_phone": "SoDienThoai",
    "commune": "Xa",
    "submitted_at": "NgayNop",
    "received_at": "NgayTiepNhan",
    "due_at": "NgayHenTra",
    "finished_at": "NgayKetThuc",
    "returned_at": "NgayTra",
    "fee_amount": "LePhi",
    "payment_method": "HinhThucThanhToan",
}
GOOD = {
    "dossier_code": "000.00.12.H02-190405-0001",
    "unit": "Sở Y tế",
    "procedure_code": "1.000045",
    "channel": "2",
    "service_level": "4",
    "status": "10",
    "applicant_type": "1",
    "applicant_name": "Nguyễn Văn Thử",
    "applicant_id_number": "024098765432",
    "applicant_email": "thu@example.vn",
    "applicant_phone": "0912 345 678",
    "commune": "",
    "submitted_at": "05/04/2019 07:50",
    "received_at": "05/04/2019 08:00",
    "due_at": "12/04/2019",
    "finished_at": "10/04/2019 16:30",
    "returned_at": "11/04/2019 09:00",
    "fee_amount": "150000",
    "payment_method": "1",
}


def row(**changes: str) -> dict[str, str]:
    """A record without fault, but for the changes."""
    return {**GOOD, **changes}


def numbered(count: int, **changes: str) -> list[dict[str, str]]:
    """Records without fault, each of its own dossier."""
    return [row(**{"dossier_code": f"000.00.12.H02-190405-{number:04}", **changes}) for number in range(1, count + 1)]


def letters(count: int) -> str:
    """Text that nothing compresses: what PostgreSQL can compress may be longer, and yet stand in an index."""
    digests = (hashlib.sha512(str(number).encode()).digest() for number in range(count // 64 + 1))
    return base64.b64encode(b"".join(digests)).decode()[:count]


def csv_text(rows: Iterable[dict[str, str]], columns: dict[str, str] = COLUMNS) -> str:
    lines = [";".join(columns.values()), *(";".join(record[name] for name in columns) for record in rows)]
    return "".join(f"{line}\r\n" for line in lines)


@dataclass
class Agency:
    """A source with its landing zone and its warehouse."""

    engine: Engine
    landing: Landing
    jurisdiction: Jurisdiction = field(repr=False)
    settings: dict[str, Any] = field(default_factory=dict)
    source_id: str = "so_y_te"
    pulled_at: datetime = datetime(2019, 6, 1, tzinfo=UTC)

    @property
    def source(self) -> Source:
        described: dict[str, Any] = {
            "id": self.source_id,
            "title_vi": "Sở Y tế",
            "units": ["so_y_te", "lang_giang"],
            "dataset": "dossier",
            "connection_id": self.source_id,
            "timezone": "Asia/Ho_Chi_Minh",
            "state_as_of": "period_end",
            "access": {"kind": "folder", "path": "hoso.csv"},
            "format": {"kind": "csv", "encoding": "utf-8-sig", "delimiter": ";"},
            "fields": COLUMNS,
            "timestamp_formats": ["dd/MM/yyyy HH:mm", "dd/MM/yyyy"],
        }
        return Source.model_validate({**described, **self.settings})

    def period(self, code: str = "2019-04") -> Period:
        return self.jurisdiction.period(code)

    def deliver(self, content: str | bytes | list[dict[str, str]], period: str = "2019-04", **facts: Any) -> int:
        if isinstance(content, list):
            content = csv_text(content)
        data = content.encode() if isinstance(content, str) else content
        manifest = self.landing.write(
            self.source,
            self.period(period),
            [Part("hoso.csv", iter([data]))],
            pulled_at=self.pulled_at,
            facts=DeliveryFacts(**facts),
        )
        with self.engine.begin() as connection:
            return register_delivery(connection, manifest, None)

    def load(self, delivery_id: int) -> reading.LoadResult:
        with self.engine.connect() as connection:
            return reading.load(connection, self.source, self.landing, delivery_id, identity_key=IDENTITY_KEY)

    def check(self, delivery_id: int, period: str = "2019-04", **options: Any) -> contracts.CheckResult:
        with self.engine.connect() as connection:
            return contracts.check(
                connection, self.source, self.jurisdiction, delivery_id, self.period(period), **options
            )

    def take(self, content: str | bytes | list[dict[str, str]], period: str = "2019-04") -> contracts.CheckResult:
        delivery_id = self.deliver(content, period)
        self.load(delivery_id)
        return self.check(delivery_id, period)

    def rows(self, query: str, **binds: object) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), binds))

    def one(self, query: str, **binds: object) -> Any:
        (found,) = self.rows(query, **binds)
        return found

    def with_limits(self, **limits: object) -> None:
        changed = self.jurisdiction.contracts.model_copy(update=limits)
        self.jurisdiction = self.jurisdiction.model_copy(update={"contracts": changed})


@pytest.fixture
def agency(loader_engine: Engine, jurisdiction: Jurisdiction, tmp_path: Path) -> Agency:
    with loader_engine.begin() as connection:
        warehouse.synchronise(connection, jurisdiction)
    agency = Agency(loader_engine, Landing(tmp_path / "landing"), jurisdiction)
    agency.with_limits(max_refused_row_share=1, max_unknown_unit_share=1, max_duplicate_share=1)
    return agency


@pytest.fixture
def judged(agency: Agency) -> Callable[..., tuple[list[dict[str, Any]], Any]]:
    """Deliver one record and give (the reasons it is refused for, its version in core or None)."""

    def judge(**changes: str) -> tuple[list[dict[str, Any]], Any]:
        agency.take([row(**changes)])
        refused = agency.rows("select reasons from quarantine.row")
        taken = agency.rows("select * from core.dossier_version")
        assert len(refused) + len(taken) == 1, "a record is counted once"
        return (refused[0].reasons if refused else []), (taken[0] if taken else None)

    return judge
