"""Which system each unit keeps its dossiers in, and how it gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from example_province import dialects
from example_province.catalogue import number_of
from example_province.dialects import Dialect
from example_province.months import DAY, PERIODS, moment_as_datetime, month_code, starts_at

FILE_LABEL = "SYNTHETIC"
"""In the name of every file."""


@dataclass(frozen=True)
class System:
    """One unit's system. `source` is also the connection's id."""

    source: str
    kind: str
    """`one_stop`, `service` (REST); `sftp`, `folder` (files); `database`."""
    dialect: Dialect
    form: str
    """REST: `page_number`, `offset`, `next_link`; files: `csv`, `legacy_csv`, `xlsx`, `ndjson`, `json`; database: its
    table."""


def _systems(kind: str, dialect: Dialect, form: str, *sources: str) -> tuple[System, ...]:
    return tuple(System(source, kind, dialect, form) for source in sources)


SYSTEMS: tuple[System, ...] = (
    *_systems(
        "one_stop", dialects.ONE_STOP, "page_number", "tp_bac_giang", "tan_yen", "lang_giang", "yen_dung", "viet_yen",
        "hiep_hoa", "so_y_te", "so_tu_phap", "so_giao_thong_van_tai", "so_xay_dung", "van_phong_ubnd", "cong_an_tinh",
    ),
    *_systems(
        "service", dialects.SERVICE_COMPACT, "offset", "so_ke_hoach_dau_tu", "bql_khu_cong_nghiep", "thanh_tra_tinh"
    ),
    *_systems(
        "service", dialects.SERVICE_ISO, "next_link", "so_thong_tin_truyen_thong", "bao_hiem_xa_hoi", "dien_luc"
    ),
    *_systems(
        "sftp", dialects.TABLE, "csv", "yen_the", "luc_nam", "luc_ngan", "so_noi_vu", "so_khoa_hoc_cong_nghe"
    ),
    *_systems("sftp", dialects.LEGACY, "legacy_csv", "son_dong", "so_lao_dong_tbxh"),
    *_systems("sftp", dialects.WORKBOOK, "xlsx", "so_tai_chinh", "so_van_hoa_ttdl", "so_giao_duc_dao_tao"),
    *_systems("database", dialects.TAX, "ho_so_thue", "cuc_thue"),
    *_systems("database", dialects.LAND, "ho_so_dat_dai", "so_tai_nguyen_moi_truong"),
    *_systems("folder", dialects.LEDGER, "csv", "so_nong_nghiep_ptnt", "ban_dan_toc"),
    *_systems("folder", dialects.EXPORT, "ndjson", "so_cong_thuong"),
    *_systems("folder", dialects.EXPORT, "json", "so_ngoai_vu"),
)  # fmt: skip
SYSTEMS_BY_SOURCE = {system.source: system for system in SYSTEMS}

_FILE_NAMES = {
    "csv": "hoso_{compact}_{label}.csv",
    "legacy_csv": "HS{compact}_{label}.CSV",
    "xlsx": "Tong hop ho so {compact} {label}.xlsx",
    "ndjson": "ho-so-{code}-{label}.ndjson",
    "json": "ho-so-{code}-{label}.json",
}
"""As `access.path` of the sources has them."""


def file_name(system: System, month: int) -> str:
    """Return the name of the file that a system drops for a month."""
    code = month_code(month)
    return _FILE_NAMES[system.form].format(code=code, compact=code.replace("-", ""), label=FILE_LABEL)


def month_of_file(system: System, name: str) -> int | None:
    """Return the month whose file has this name, None for a name that no month has."""
    return next((month for month in PERIODS if file_name(system, month) == name), None)


def delivered_at(source: str, month: int) -> datetime:
    """Return when a source made a month available: in the first days of the next one, one of them once late."""
    if (source, month_code(month)) == LATE_DELIVERY:
        return moment_as_datetime(starts_at(month + 1) + 11 * DAY + 15 * 60).astimezone(UTC)
    minutes = number_of("delivered", source, month) % (3 * DAY // 2)
    return (moment_as_datetime(starts_at(month + 1)) + timedelta(hours=7, minutes=minutes)).astimezone(UTC)


LATE_DELIVERY = ("so_khoa_hoc_cong_nghe", "2019-02")
"""On 12 March 2019, a week after the due date."""
