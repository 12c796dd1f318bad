"""What the province delivers beside dossiers: form 06a, statements of a gateway and a bank, registers, a catalogue.

Form and statements are computed from the dossiers of three units, so that they can be reconciled with them. The bank's
statement lacks some payments and has others of another amount: that is what reconciling is for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from example_province.dialects import unit_label
from example_province.dossiers import FINISHED, NOT_ACCEPTED, ONLINE, RETURNED, WITHDRAWN, Dossier, Province
from example_province.files import write_csv
from example_province.months import DAY, EPOCH, PERIODS, SIGN, moment_as_datetime, month_code, starts_at
from example_province.systems import FILE_LABEL, delivered_at
from example_province.units import UNITS_BY_CODE

REPORTING_UNITS = ("so_noi_vu", "ban_dan_toc", "son_dong")
ACCOUNTS = {"so_noi_vu": "3511.0.1012345", "ban_dan_toc": "3511.0.1023456", "son_dong": "3511.0.2034567"}
"""Invented numbers of treasury accounts, by which a bank knows who is paid."""
_LEVEL_3, _LEVEL_4 = 3, 4
_BANK_LACKS, _BANK_DIFFERS = 23, 17
"""Of so many payments one is not in the bank's statement, of so many one is of another amount there."""


@dataclass(frozen=True)
class Statement:
    """One source: its id, also the name of its folder and connection; its file of a month; and how that is written."""

    source: str
    file_name: str
    write: Callable[[Path, Province, int], None]

    def path(self, root: Path, month: int) -> Path:
        """Return where the file of a month lies."""
        code = month_code(month)
        name = self.file_name.format(code=code, compact=code.replace("-", ""), label=FILE_LABEL)
        return root / self.source / name


def write_all(root: Path, province: Province) -> None:
    """Write the files of all months that are not there yet, dated to the first days of the next month."""
    for statement in STATEMENTS:
        for month in PERIODS:
            path = statement.path(root, month)
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            incoming = path.with_name(f".{path.name}.incoming")
            statement.write(incoming, province, month)
            moment = delivered_at(statement.source, month).timestamp()
            os.utime(incoming, (moment, moment))
            incoming.replace(path)


# -- form 06a ---------------------------------------------------------------------------------------------------------

_FORM_HEADER = [
    "Đơn vị", "Tổng tiếp nhận (3)", "Trực tuyến (4)", "Trực tiếp, BCCI (5)", "Kỳ trước chuyển qua (6)",
    "Tổng đã giải quyết (7)", "Trước hạn (8)", "Đúng hạn (9)", "Quá hạn (10)", "Tổng đang giải quyết (11)",
    "Trong hạn (12)", "Quá hạn (13)",
]  # fmt: skip


def _write_form(path: Path, province: Province, month: int) -> None:
    rows = [[_name_of(code), *form_06a(province, code, month)] for code in REPORTING_UNITS]
    total = ["Tổng cộng", *(sum(column) for column in zip(*(row[1:] for row in rows), strict=True))]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        write_csv(stream, _FORM_HEADER, [*rows, total], ";")


def form_06a(province: Province, unit_code: str, month: int) -> tuple[int, ...]:
    """Return the columns 3 to 13 of a unit's form for a month; what was withdrawn or refused is in none of them."""
    begins, ends = starts_at(month), starts_at(month + 1)
    online = direct = carried = early = on_time = late = in_time = overdue = 0
    for dossier in province.dossiers(UNITS_BY_CODE[unit_code], month):
        if dossier.status in {NOT_ACCEPTED, WITHDRAWN} or dossier.received_at is None:
            continue
        carried += dossier.received_at < begins
        if dossier.received_at >= begins:
            online += dossier.channel == ONLINE
            direct += dossier.channel != ONLINE
        due_day = None if dossier.due_at is None else dossier.due_at // DAY
        if dossier.status in {FINISHED, RETURNED} and dossier.finished_at is not None:
            day = dossier.finished_at // DAY
            late += due_day is not None and day > due_day
            early += due_day is not None and day < due_day
            on_time += due_day is None or day == due_day
        else:
            is_overdue = due_day is not None and (due_day + 1) * DAY <= ends  # a day that ends with the month is past
            overdue += is_overdue
            in_time += not is_overdue
    received, resolved, pending = online + direct + carried, early + on_time + late, in_time + overdue
    return received, online, direct, carried, resolved, early, on_time, late, pending, in_time, overdue


# -- payments ---------------------------------------------------------------------------------------------------------


def _paid_online(province: Province, month: int) -> Iterator[tuple[str, Dossier]]:
    """Give the month's dossiers that were paid through a gateway, with their unit."""
    begins, ends = starts_at(month), starts_at(month + 1)
    for code in REPORTING_UNITS:
        for dossier in province.dossiers(UNITS_BY_CODE[code], month):
            received_at = dossier.received_at
            if received_at is not None and begins <= received_at < ends and dossier.payment in _METHODS and dossier.fee:
                yield code, dossier


_METHODS: Mapping[int, str] = {1: "NPS", 2: "LPS"}


def _transaction(dossier: Dossier) -> str:
    return "GD" + "".join(filter(str.isdigit, dossier.code))


def _write_gateway(path: Path, province: Province, month: int) -> None:
    rows = [
        [_transaction(d), code, d.code, _METHODS[d.payment], d.fee, _moment(d, "%Y-%m-%dT%H:%M:%S+07:00")]
        for code, d in _paid_online(province, month)
    ]
    header = ["transaction_id", "agency", "reference", "channel", "amount_vnd", "paid_at"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_csv(stream, header, rows)


def _write_bank(path: Path, province: Province, month: int) -> None:
    rows = []
    for number, (code, dossier) in enumerate(_paid_online(province, month), 1):
        if number % _BANK_LACKS == 0:
            continue
        amount = dossier.fee + (1000 if number % _BANK_DIFFERS == 0 else 0)
        text = f"{amount:,}".replace(",", ".")
        rows.append([len(rows) + 1, ACCOUNTS[code], _transaction(dossier), text, _moment(dossier, "%d/%m/%Y %H:%M:%S")])
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        write_csv(stream, ["STT", "Số tài khoản", "Số giao dịch", "Số tiền", "Thời gian"], rows, ";")


def _moment(dossier: Dossier, form: str) -> str:
    return moment_as_datetime(dossier.received_at or 0).strftime(form)


# -- registers --------------------------------------------------------------------------------------------------------

_REGISTER_HEADER = [
    "Số", "Loại sổ", "Đơn vị", "Cơ quan khác", "Nội dung", "Thời hạn", "Ngày hoàn thành", "Số lượng", "Văn bản",
]  # fmt: skip
_SHEETS = {"Kiểm điểm": "Kiểm điểm trách nhiệm", "Truyền thông": "Truyền thông", "Cổng": "Cổng dịch vụ công"}
Entry = tuple[str, str, str, str, str, date | None, date | None, int | None, str]


def _write_registers(path: Path, _province: Province, month: int) -> None:
    """Write the registers as they stand at the end of a month: what was entered until then, done or not."""
    last_day = EPOCH + timedelta(days=starts_at(month + 1) // DAY - 1)
    with path.open("wb") as stream, xlsxwriter.Workbook(stream) as workbook:
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for name, register in _SHEETS.items():
            sheet = workbook.add_worksheet(name)
            sheet.write_string(0, 0, f"SỔ THEO DÕI: {register.upper()} ĐẾN HẾT THÁNG {month_code(month)}", bold)
            sheet.write_string(1, 0, SIGN)
            sheet.write_row(2, 0, _REGISTER_HEADER, bold)
            rows = [entry for entry in _entries(last_day) if entry[1] == register]
            for number, entry in enumerate(rows, 3):
                for column, value in enumerate(entry):
                    if isinstance(value, date):
                        sheet.write_datetime(number, column, value, day)
                    elif isinstance(value, int):
                        sheet.write_number(number, column, value)
                    elif value:
                        sheet.write_string(number, column, value)


def _entries(last_day: date) -> Iterator[Entry]:
    for month in PERIODS:
        first = EPOCH + timedelta(days=starts_at(month) // DAY)
        if first > last_day:
            break
        code = month_code(month)
        publicity = _SHEETS["Truyền thông"]
        yield (f"TT-{code}-1", publicity, "", "Báo Bắc Giang", "Chuyên mục dịch vụ công", first.replace(day=28),
               first.replace(day=20), 4, "")  # fmt: skip
        yield (f"TT-{code}-2", publicity, "", "Đài Phát thanh và Truyền hình tỉnh", "Phóng sự, tin bài",
               first.replace(day=28), first.replace(day=25) if month != PERIODS[-1] else None, 6, "")  # fmt: skip
        yield (f"TT-{code}-3", publicity, _name_of("son_dong"), "", "Phát thanh xã, thị trấn", first.replace(day=28),
               first.replace(day=27), 12, "")  # fmt: skip
    review = _SHEETS["Kiểm điểm"]
    yield from (
        (f"KD-2018-{code}", review, _name_of(code), "", "Kiểm điểm kết quả năm 2018", date(2019, 1, 31),
         date(2019, 2, 15) if is_done and last_day >= date(2019, 2, 15) else None, None, "")
        for code, is_done in (("so_noi_vu", True), ("ban_dan_toc", False))
    )  # fmt: skip
    portal = _SHEETS["Cổng"]
    done = date(2019, 3, 20) if last_day >= date(2019, 3, 20) else None
    yield ("C-01", portal, _name_of("so_thong_tin_truyen_thong"), "", "Kết nối thanh toán trực tuyến",
           date(2019, 3, 31), done, None, "71/TB-UBND")  # fmt: skip
    yield ("C-02", portal, _name_of("so_thong_tin_truyen_thong"), "", "Rút gọn các bước nộp hồ sơ", date(2019, 6, 30),
           None, None, "71/TB-UBND")  # fmt: skip


# -- catalogue --------------------------------------------------------------------------------------------------------

_NEW_LEVEL_SINCE = "2019-03"


def _write_catalogue(path: Path, _province: Province, month: int) -> None:
    """Write procedures that the configured catalogue does not have; one of them rises to level 3 in March."""
    raised = "3" if month_code(month) >= _NEW_LEVEL_SINCE else "2"
    rows = [
        ["9.900001", "Thủ tục mẫu: xác nhận danh sách (synthetic)", "Mẫu", "Cấp tỉnh", f"Mức độ {raised}"],
        ["9.900002", "Thủ tục mẫu: đăng ký tham dự (synthetic)", "Mẫu", "Cấp huyện", "Mức độ 4"],
        ["9.900003", "Thủ tục mẫu: cấp lại thẻ (synthetic)", "Mẫu", "Cấp xã", "Mức độ 2"],
    ]
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        write_csv(stream, ["Mã TTHC", "Tên TTHC", "Lĩnh vực", "Cấp thực hiện", "Mức độ DVC"], rows)


def _name_of(code: str) -> str:
    return unit_label(UNITS_BY_CODE[code])


STATEMENTS: tuple[Statement, ...] = (
    Statement("bieu_06a", "bieu-06a-{code}-{label}.csv", _write_form),
    Statement("cong_thanh_toan", "payments_{compact}_{label}.csv", _write_gateway),
    Statement("sao_ke_ngan_hang", "Sao ke {code} {label}.csv", _write_bank),
    Statement("so_theo_doi", "So theo doi {code} {label}.xlsx", _write_registers),
    Statement("danh_muc_tthc", "danh-muc-{code}-{label}.csv", _write_catalogue),
)
