"""How each system writes a dossier: its field names, codes, date formats. What onestop must know about it stands in the
jurisdiction's `sources/*.yaml`; the two are kept apart on purpose, as two offices would.
"""

from __future__ import annotations

import csv
import html
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from example_province.catalogue import JURISDICTION_DIR
from example_province.dirt import Record
from example_province.dossiers import DIRECT, ONLINE, POST, UNKNOWN, Dossier, applicant_name
from example_province.months import DAY, EPOCH
from example_province.units import UNITS_BY_CODE, Unit

Value = str | int | float | None
Encoder = Callable[[Dossier], Value]

_EXCEL_EPOCH_DAYS = 43_101
"""2018-01-01 as an Excel date."""


@dataclass(frozen=True)
class Dialect:
    """A system's way to write records: our field → its column (a dot: nested), and its codes by the national ones."""

    columns: Mapping[str, str]
    moment: str
    """`yyyyMMddHHmmss`, `dd/MM/yyyy HH:mm`, `dd/MM/yyyy HH:mm:ss`, `dd/MM/yyyy`, `iso`, `iso+07:00` or `excel`."""
    channels: Mapping[int, Value] = field(default_factory=lambda: {UNKNOWN: "", DIRECT: "1", ONLINE: "2", POST: "3"})
    statuses: Mapping[int, Value] = field(default_factory=lambda: {code: str(code) for code in range(1, 11)})
    applicants: Mapping[int, Value] = field(default_factory=lambda: {code: str(code) for code in range(1, 5)})
    payments: Mapping[int, Value] = field(
        default_factory=lambda: {0: "none", 1: "national_gateway", 2: "local_gateway", 3: "counter"}
    )
    level: str = "{}"
    procedure_suffix: str = ""
    commune: str = "code"
    """`code` or `name`."""
    empty: Value = ""
    """What stands where there is nothing."""

    @property
    def header(self) -> list[str]:
        """The columns, in the order of `values`."""
        return list(self.columns.values())

    def values(self, records: Iterator[Record]) -> Iterator[list[Value]]:
        """Give each record's values in the order of the columns."""
        encoders = [_encoder(self, name) for name in self.columns]
        names = list(self.columns)
        for record in records:
            dossier = record.dossier
            row = [encode(dossier) for encode in encoders]
            if record.spelling is not None:
                row = [_spelled(self, record.spelling, name, value) for name, value in zip(names, row, strict=True)]
            yield row

    def objects(self, records: Iterator[Record]) -> Iterator[dict[str, Any]]:
        """Give each record as an object; dotted columns are nested."""
        flat = [(index, column) for index, column in enumerate(self.header) if "." not in column]
        nested: dict[str, list[tuple[int, str]]] = {}
        for index, column in enumerate(self.header):
            outer, dot, inner = column.partition(".")
            if dot:
                nested.setdefault(outer, []).append((index, inner))
        for row in self.values(records):
            item: dict[str, Any] = {column: row[index] for index, column in flat}
            for outer, members in nested.items():
                item[outer] = {inner: row[index] for index, inner in members}
            yield item


def unit_label(unit: Unit) -> str:
    """Return what a system calls its unit: UBND huyện Yên Thế, Sở Y tế."""
    name = _unit_names()[unit.code].partition(" (")[0]
    return f"UBND {name[0].lower()}{name[1:]}" if unit.is_district else name


@cache
def _unit_names() -> dict[str, str]:
    """Return the names of 2019, which some units have changed since."""
    with (JURISDICTION_DIR / "units.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["valid_from"] <= EPOCH.isoformat()]
    return {row["unit_code"]: row["name_vi"] for row in rows}


@cache
def _label_of(code: str) -> str:
    return unit_label(UNITS_BY_CODE[code])


@lru_cache(maxsize=1 << 16)
def _day_text(pattern: str, day: int) -> str:
    return f"{EPOCH + timedelta(days=day):{pattern}}"


_DAY_PATTERNS = {"yyyyMMddHHmmss": "%Y%m%d", "iso": "%Y-%m-%d", "iso+07:00": "%Y-%m-%d"}
_COMPACT = [f"{minute // 60:02d}{minute % 60:02d}" for minute in range(DAY)]
_COLON = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(DAY)]


def moment_text(form: str, moment: int, second: int) -> str | float:  # noqa: PLR0911 - a form a case
    """Return a moment as a form writes it."""
    day, minute = divmod(moment, DAY)
    if form == "excel":
        return _EXCEL_EPOCH_DAYS + day + (minute * 60 + second) / 86_400
    text = _day_text(_DAY_PATTERNS.get(form, "%d/%m/%Y"), day)
    match form:
        case "dd/MM/yyyy HH:mm":
            return f"{text} {_COLON[minute]}"
        case "yyyyMMddHHmmss":
            return f"{text}{_COMPACT[minute]}{second:02d}"
        case "dd/MM/yyyy HH:mm:ss":
            return f"{text} {_COLON[minute]}:{second:02d}"
        case "iso":
            return f"{text}T{_COLON[minute]}:{second:02d}"
        case "iso+07:00":
            return f"{text}T{_COLON[minute]}:{second:02d}+07:00"
        case "dd/MM/yyyy":
            return text
    raise ValueError(f"{form!r} is no way to write a moment")


_NONEXISTENT = {
    "yyyyMMddHHmmss": "20190231080000",
    "iso": "2019-02-31T08:00:00",
    "iso+07:00": "2019-02-31T08:00:00+07:00",
}


def _spelled(dialect: Dialect, spelling: str, name: str, value: Value) -> Value:
    match spelling, name:
        case "nonexistent_date", "received_at":
            return _NONEXISTENT.get(dialect.moment, "31/02/2019 08:00:00"[: max(10, len(dialect.moment))])
        case "unknown_unit", "unit":
            return "UBND huyện Không Có Thật"
        case "misspelt_unit", "unit":
            return str(value).replace("UBND", "UYBND")
        case "decomposed_text", "unit" | "procedure_name" | "applicant_name":
            return unicodedata.normalize("NFD", str(value))
        case "html_entity", "procedure_name":
            return html.escape(f"{value} & thủ tục liên quan")
    return value


_MOMENTS = ("submitted_at", "received_at", "due_at", "finished_at", "returned_at", "closed_at")


def _encoder(dialect: Dialect, name: str) -> Encoder:
    empty = dialect.empty
    if name in _MOMENTS:
        return _moment_encoder(dialect.moment, Dossier._fields.index(name), empty)
    channels, statuses, applicants, payments = dialect.channels, dialect.statuses, dialect.applicants, dialect.payments
    levels = {level: dialect.level.format(level) for level in (2, 3, 4)}
    suffix = dialect.procedure_suffix
    by_code = dialect.commune == "code"
    encoders: dict[str, Encoder] = {
        "dossier_code": lambda d: d.code,
        "unit": lambda d: _label_of(d.unit.code),
        "procedure_code": lambda d: d.procedure.code + suffix,
        "procedure_name": lambda d: d.procedure.name,
        "channel": lambda d: channels[d.channel],
        "service_level": lambda d: levels[d.procedure.level],
        "status": lambda d: statuses[d.status],
        "applicant_type": lambda d: applicants[d.applicant_type],
        "applicant_name": lambda d: applicant_name(d.applicant_type, d.applicant),
        "applicant_id_number": lambda d: f"999{d.unit.number:02d}{d.applicant_type}{d.applicant % 1_000_000:06d}",
        "applicant_phone": lambda d: f"0000{d.applicant % 1_000_000:06d}",
        "applicant_email": lambda d: f"mau{d.applicant}@example.invalid",
        "commune": lambda d: empty if d.commune is None else d.commune.code if by_code else d.commune.name,
        "fee_amount": lambda d: d.fee,
        "payment_method": lambda d: payments[d.payment],
    }
    return encoders[name]


def _moment_encoder(form: str, index: int, empty: Value) -> Encoder:
    seconds = Dossier._fields.index("second")

    def encode(dossier: Dossier) -> Value:
        moment = dossier[index]
        return empty if moment is None else moment_text(form, moment, dossier[seconds])

    return encode


def in_windows_1258(text: str) -> bytes:
    """Return Vietnamese text in Windows-1258, which has the letters but writes the tones behind them."""
    try:
        return text.encode("cp1258")
    except UnicodeEncodeError:
        return "".join(map(_for_windows_1258, text)).encode("cp1258", "replace")


_TONES = "\u0300\u0301\u0303\u0309\u0323"


@lru_cache(maxsize=4096)
def _for_windows_1258(letter: str) -> str:
    try:
        letter.encode("cp1258")
    except UnicodeEncodeError:
        parts = unicodedata.normalize("NFD", letter)
        marks = "".join(part for part in parts[1:] if part not in _TONES)
        tones = "".join(part for part in parts[1:] if part in _TONES)
        return unicodedata.normalize("NFC", parts[0] + marks) + tones
    return letter


ONE_STOP = Dialect(
    columns={
        "dossier_code": "MaHoSo", "unit": "DonViXuLy", "procedure_code": "MaTTHC", "procedure_name": "TenTTHC",
        "service_level": "MucDo", "channel": "KenhThucHien", "status": "TrangThaiHoSo",
        "applicant_type": "ChuHoSo.LoaiDoiTuong",
        "applicant_name": "ChuHoSo.HoTen", "applicant_id_number": "ChuHoSo.SoGiayTo",
        "applicant_phone": "ChuHoSo.SoDienThoai",
        "applicant_email": "ChuHoSo.Email", "commune": "MaXa", "submitted_at": "NgayNopHoSo",
        "received_at": "NgayTiepNhan",
        "due_at": "NgayHenTra", "finished_at": "NgayKetThucXuLy", "returned_at": "NgayTra", "fee_amount": "LePhi",
        "payment_method": "HinhThucThanhToan",
    },
    moment="dd/MM/yyyy HH:mm",
    payments={0: "", 1: "1", 2: "2", 3: "3"},
    empty=None,
)  # fmt: skip
"""The one-stop software of most districts: the national field names and codes."""

_SERVICE_COLUMNS = {
    "dossier_code": "id", "procedure_code": "service.code", "procedure_name": "service.name",
    "service_level": "service.level",
    "channel": "channel", "status": "state", "applicant_type": "applicant.kind",
    "applicant_name": "applicant.full_name",
    "applicant_id_number": "applicant.document_no", "applicant_phone": "applicant.phone",
    "applicant_email": "applicant.email",
    "submitted_at": "submitted", "received_at": "accepted", "due_at": "promised", "finished_at": "completed",
    "returned_at": "handed_over", "fee_amount": "fee_vnd", "payment_method": "payment",
}  # fmt: skip
_SERVICE_CODES: dict[str, Any] = {
    "channels": {UNKNOWN: None, DIRECT: "counter", ONLINE: "internet", POST: "postal"},
    "statuses": {
        1: "submitted", 2: "accepted", 3: "refused", 4: "processing", 5: "supplement", 6: "fee_due", 7: "withdrawn",
        8: "stopped", 9: "completed", 10: "handed_over",
    },
    "applicants": {1: "person", 2: "company", 3: "agency", 4: "other"},
    "payments": {0: None, 1: "national", 2: "provincial", 3: "cash"},
    "procedure_suffix": ".000.00.00.H02",
    "empty": None,
}  # fmt: skip
SERVICE_COMPACT = Dialect(columns=_SERVICE_COLUMNS, moment="yyyyMMddHHmmss", **_SERVICE_CODES)
"""Software with English names; dates without separators."""
SERVICE_ISO = Dialect(columns=_SERVICE_COLUMNS, moment="iso+07:00", **_SERVICE_CODES)
"""The same software in a later version."""

TABLE = Dialect(
    columns={
        "dossier_code": "Mã hồ sơ", "unit": "Đơn vị giải quyết", "procedure_code": "Mã thủ tục",
        "procedure_name": "Tên thủ tục",
        "service_level": "Mức độ", "channel": "Hình thức nộp", "status": "Trạng thái", "applicant_type": "Đối tượng",
        "applicant_name": "Chủ hồ sơ", "applicant_id_number": "Số giấy tờ", "applicant_phone": "Điện thoại",
        "applicant_email": "Thư điện tử", "commune": "Xã/Phường", "submitted_at": "Ngày nộp",
        "received_at": "Ngày tiếp nhận",
        "due_at": "Ngày hẹn trả", "finished_at": "Ngày giải quyết xong", "returned_at": "Ngày trả kết quả",
        "fee_amount": "Phí, lệ phí", "payment_method": "Thanh toán",
    },
    moment="dd/MM/yyyy HH:mm:ss",
    channels={UNKNOWN: "", DIRECT: "Trực tiếp", ONLINE: "Trực tuyến", POST: "Bưu chính công ích"},
    statuses={
        1: "Mới đăng ký", 2: "Đã tiếp nhận", 3: "Không tiếp nhận", 4: "Đang xử lý", 5: "Yêu cầu bổ sung",
        6: "Yêu cầu thực hiện nghĩa vụ tài chính", 7: "Công dân rút hồ sơ", 8: "Dừng xử lý", 9: "Đã xử lý xong",
        10: "Đã trả kết quả",
    },
    applicants={1: "Công dân", 2: "Doanh nghiệp", 3: "Cơ quan nhà nước", 4: "Khác"},
    payments={0: "", 1: "Cổng DVC quốc gia", 2: "Cổng thanh toán tỉnh", 3: "Tiền mặt"},
    level="Mức độ {}",
    commune="name",
)  # fmt: skip
"""Exports to CSV and Excel, with words instead of codes."""

WORKBOOK = Dialect(
    columns={name: column for name, column in TABLE.columns.items() if name not in {"unit", "commune"}},
    moment="excel", channels=TABLE.channels, statuses=TABLE.statuses, applicants=TABLE.applicants,
    payments=TABLE.payments,
    empty=None,
)  # fmt: skip
"""The same export as a workbook, with Excel dates."""

LEGACY = Dialect(
    columns={
        "dossier_code": "SO_HS", "procedure_code": "MA_TT", "procedure_name": "TEN_TT", "service_level": "MUC_DO",
        "channel": "CACH_NOP", "status": "TINH_TRANG", "applicant_type": "LOAI_KH", "applicant_name": "HO_TEN",
        "applicant_id_number": "SO_CMND", "applicant_phone": "DIEN_THOAI", "commune": "TEN_XA",
        "submitted_at": "NGAY_NOP",
        "received_at": "NGAY_NHAN", "due_at": "NGAY_HEN", "finished_at": "NGAY_XONG", "returned_at": "NGAY_TRA",
        "fee_amount": "LE_PHI", "payment_method": "THU_TIEN",
    },
    moment="dd/MM/yyyy HH:mm",
    channels={UNKNOWN: "", DIRECT: "TT", ONLINE: "QM", POST: "BC"},
    applicants={1: "CN", 2: "DN", 3: "NN", 4: "KH"},
    payments={0: "", 1: "QG", 2: "DP", 3: "TM"},
    commune="name",
)  # fmt: skip
"""A programme of the year 2005, in Windows-1258."""

LEDGER = Dialect(
    columns={
        "dossier_code": "so_ho_so", "procedure_code": "ma_thu_tuc", "procedure_name": "ten_thu_tuc",
        "service_level": "muc_do",
        "channel": "kenh", "status": "trang_thai", "applicant_type": "doi_tuong", "applicant_name": "nguoi_nop",
        "applicant_phone": "so_dien_thoai", "received_at": "ngay_nhan", "due_at": "ngay_hen",
        "finished_at": "ngay_xong",
        "returned_at": "ngay_tra", "fee_amount": "le_phi", "payment_method": "hinh_thuc_thu",
    },
    moment="dd/MM/yyyy",
    channels={UNKNOWN: "", DIRECT: "truc_tiep", ONLINE: "truc_tuyen", POST: "buu_chinh"},
    payments={0: "", 1: "cong_quoc_gia", 2: "cong_tinh", 3: "tien_mat"},
)  # fmt: skip
"""A ledger kept by hand in a spreadsheet and saved as text: days, no times, no identity numbers."""

EXPORT = Dialect(
    columns={
        "dossier_code": "maHoSo", "procedure_code": "thuTuc.ma", "procedure_name": "thuTuc.ten",
        "service_level": "thuTuc.mucDo",
        "channel": "kenhTiepNhan", "status": "trangThai", "applicant_type": "nguoiNop.loai",
        "applicant_name": "nguoiNop.hoTen",
        "applicant_id_number": "nguoiNop.soGiayTo", "applicant_phone": "nguoiNop.dienThoai",
        "submitted_at": "thoiDiem.nop",
        "received_at": "thoiDiem.tiepNhan", "due_at": "thoiDiem.henTra", "finished_at": "thoiDiem.hoanThanh",
        "returned_at": "thoiDiem.traKetQua", "fee_amount": "lePhi", "payment_method": "thanhToan",
    },
    moment="iso",
    channels={UNKNOWN: None, DIRECT: "TRUC_TIEP", ONLINE: "TRUC_TUYEN", POST: "BCCI"},
    statuses={
        1: "MOI", 2: "TIEP_NHAN", 3: "TU_CHOI", 4: "DANG_XU_LY", 5: "BO_SUNG", 6: "NGHIA_VU_TAI_CHINH", 7: "RUT",
        8: "DUNG",
        9: "HOAN_THANH", 10: "DA_TRA",
    },
    applicants={1: "CA_NHAN", 2: "TO_CHUC", 3: "CO_QUAN", 4: "KHAC"},
    payments={0: None, 1: "QUOC_GIA", 2: "TINH", 3: "QUAY"},
    empty=None,
)  # fmt: skip
"""JSON files of a workflow system, wall-clock time without an offset."""

TAX = Dialect(
    columns={
        "dossier_code": "so_hs", "procedure_code": "ma_tthc", "procedure_name": "ten_tthc", "service_level": "muc",
        "channel": "hinh_thuc", "status": "tinh_trang", "applicant_type": "loai_nnt", "applicant_name": "ten_nnt",
        "applicant_id_number": "mst", "applicant_phone": "dien_thoai", "submitted_at": "tg_nop",
        "received_at": "tg_nhan",
        "due_at": "tg_hen", "finished_at": "tg_xong", "returned_at": "tg_tra", "fee_amount": "le_phi",
        "payment_method": "cach_thu",
    },
    moment="iso",
    channels={UNKNOWN: None, DIRECT: "Q", ONLINE: "E", POST: "B"},
    applicants={1: "CN", 2: "DN", 3: "CQ", 4: "K"},
    payments={0: None, 1: "NPS", 2: "LPS", 3: "TM"},
    empty=None,
)  # fmt: skip
"""A database with proper timestamps."""

LAND = Dialect(
    columns={
        "dossier_code": "ma_hs", "procedure_code": "thu_tuc_ma", "procedure_name": "thu_tuc_ten",
        "service_level": "cap_do",
        "channel": "nguon", "status": "trang_thai", "applicant_type": "loai_chu", "applicant_name": "chu_ten",
        "applicant_id_number": "chu_giay_to", "applicant_phone": "chu_dt", "submitted_at": "ngay_nop",
        "received_at": "ngay_nhan",
        "due_at": "ngay_hen", "finished_at": "ngay_xong", "returned_at": "ngay_tra", "fee_amount": "phi",
        "payment_method": "thu_phi",
    },
    moment="yyyyMMddHHmmss",
    channels={UNKNOWN: None, DIRECT: "0", ONLINE: "1", POST: "2"},
    applicants={1: "1", 2: "2", 3: "3", 4: "9"},
    payments={0: None, 1: "A", 2: "B", 3: "C"},
    empty=None,
)  # fmt: skip
"""A database that keeps dates as text."""
