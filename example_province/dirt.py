"""What is wrong in the deliveries: a few records a month, in some sources, all of them known (README.md lists them).

Whatever is refused is an extra record, and whatever is wrong but accepted is never a resolved dossier: the calibrated
figures stay as they are once the quarantine has done its work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from example_province.catalogue import Commune, Procedure
from example_province.dossiers import (
    DIRECT,
    IN_PROCESS,
    ONLINE,
    RETURNED,
    WITHDRAWN,
    Dossier,
    Province,
    received_cells,
)
from example_province.months import DAY, starts_at
from example_province.units import Unit

EXTRA_RECORDS = (
    "repeated_with_other_content", "repeated_identically", "finished_before_received", "nonexistent_date",
    "unknown_procedure", "unknown_unit", "unknown_commune", "level_2_online", "missing_receipt_date",
    "received_in_future", "missing_finish_date",
)  # fmt: skip
"""Kinds of wrong records that come on top of the dossiers. The first stands before the dossier it contradicts."""

SPELLINGS = ("decomposed_text", "html_entity", "misspelt_unit")
"""Ways in which a right dossier is written badly."""

DIRT: Mapping[str, tuple[str, ...]] = {
    "tan_yen": ("finished_before_received", "unknown_procedure"),
    "luc_ngan": ("repeated_identically", "nonexistent_date", "missing_receipt_date"),
    "son_dong": ("unknown_commune",),
    "yen_the": ("unknown_unit", "decomposed_text", "misspelt_unit"),
    "so_giao_thong_van_tai": ("repeated_with_other_content", "level_2_online"),
    "so_ke_hoach_dau_tu": ("received_in_future", "missing_finish_date"),
    "so_cong_thuong": ("repeated_identically", "html_entity"),
    "cuc_thue": ("finished_before_received",),
}
"""Unit → what is wrong in each of its deliveries."""

_FEWEST_RECORDS_PER_DIRT = 50
"""Smaller deliveries stay clean: a wrong record in a handful would refuse the whole delivery."""

_SPELLED_BADLY_FROM = 20
_BETWEEN_EXTRA_RECORDS = 4
_FAR_FUTURE = 72 * 365 * DAY


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a delivery: a dossier, and how it is written when it is written badly."""

    dossier: Dossier
    spelling: str | None = None


@dataclass(frozen=True)
class Delivery:
    """What a unit's system gives for a month; any part of it can be had without the others."""

    province: Province
    unit: Unit
    month: int

    @property
    def count(self) -> int:
        """How many records it has."""
        return self.province.count(self.unit, self.month) + len(self._extra)

    def records(self, start: int = 0, stop: int | None = None) -> Iterator[Record]:
        """Give the records from `start` until before `stop`."""
        extra, spelled = self._extra, self._spelled
        stop = self.count if stop is None else min(stop, self.count)
        start = min(start, stop)
        # Extra records have fixed places: the dossiers fill the others.
        first, last = (place - sum(position < place for position in extra) for place in (start, stop))
        dossiers = self.province.dossiers(self.unit, self.month, first, last)
        index = first
        for place in range(start, stop):
            if place in extra:
                yield extra[place]
            else:
                yield Record(next(dossiers), spelled.get(index))
                index += 1

    @property
    def extra(self) -> list[Record]:
        """The wrong records that come on top of the dossiers."""
        return list(self._extra.values())

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is wrong in this delivery."""
        return kinds_in(self.province, self.unit, self.month)

    @property
    def _extra(self) -> dict[int, Record]:
        return _extra_records(self.province, self.unit, self.month)

    @property
    def _spelled(self) -> dict[int, str]:
        kinds = [kind for kind in self.kinds if kind in SPELLINGS]
        return {_SPELLED_BADLY_FROM + index: kind for index, kind in enumerate(kinds)}


def kinds_in(province: Province, unit: Unit, month: int) -> tuple[str, ...]:
    """Return what is wrong in a unit's delivery for a month."""
    kinds = DIRT.get(unit.code, ())
    return kinds if province.count(unit, month) >= _FEWEST_RECORDS_PER_DIRT * len(kinds) else ()


@lru_cache(maxsize=4096)
def _extra_records(province: Province, unit: Unit, month: int) -> dict[int, Record]:
    kinds = [kind for kind in kinds_in(province, unit, month) if kind in EXTRA_RECORDS]
    kinds.sort(key=EXTRA_RECORDS.index)
    return {index * _BETWEEN_EXTRA_RECORDS: _record(province, unit, month, kind) for index, kind in enumerate(kinds)}


def _record(province: Province, unit: Unit, month: int, kind: str) -> Record:
    # The first dossier of a delivery was resolved in the month: see `Province.cells`.
    first = next(province.dossiers(unit, month, 0, 1))
    if kind == "repeated_identically":
        return Record(first)
    if kind == "repeated_with_other_content":
        return Record(first._replace(status=IN_PROCESS, finished_at=None, returned_at=None, due_at=None))
    return _spoilt(_new_dossier(province, unit, month, kind), kind)


def _new_dossier(province: Province, unit: Unit, month: int, kind: str) -> Dossier:
    """Make a dossier that was received, resolved and returned in the month, with a code of its own."""
    last = received_cells(province.calibration, unit, month)[-1]
    cell = province.cells_closed_in(unit, month)[0]
    model = next(province.of_cell(unit, cell, 0, 1, ends_at=None))
    received_at = starts_at(month) + 9 * DAY + 9 * 60
    serial = last.first_serial + last.count + EXTRA_RECORDS.index(kind)
    prefix = model.code.split("-")[0]
    code = f"{prefix}-{month // 12 % 100:02d}{month % 12 + 1:02d}10-{serial:04d}"
    return model._replace(
        code=code, channel=DIRECT, status=RETURNED, submitted_at=received_at - 5, received_at=received_at,
        due_at=received_at + 5 * DAY, finished_at=received_at + 3 * DAY, returned_at=received_at + 3 * DAY + 60,
        closed_at=received_at + 3 * DAY,
    )  # fmt: skip


def _spoilt(dossier: Dossier, kind: str) -> Record:  # noqa: PLR0911 - a kind a case
    received_at = dossier.received_at or 0
    withdrawn = {"status": WITHDRAWN, "finished_at": None, "returned_at": None}
    match kind:
        case "finished_before_received":
            return Record(dossier._replace(finished_at=received_at - 2 * DAY))
        case "unknown_procedure":
            procedure = Procedure("9.999999", "Thủ tục chưa có trong danh mục", "", 2, 0)
            return Record(dossier._replace(procedure=procedure, fee=0, payment=0, **withdrawn))
        case "unknown_commune":
            return Record(dossier._replace(commune=Commune("99999", "Xã Không Có Thật"), **withdrawn))
        case "level_2_online":
            return Record(dossier._replace(channel=ONLINE, procedure=_LEVEL_2))
        case "missing_receipt_date":
            return Record(dossier._replace(received_at=None))
        case "received_in_future":
            return Record(dossier._replace(received_at=received_at + _FAR_FUTURE, **withdrawn))
        case "missing_finish_date":
            return Record(dossier._replace(finished_at=None))
        case _:  # nonexistent_date, unknown_unit: right until it is written
            return Record(dossier, kind)


_LEVEL_2 = Procedure("1.000178", "Giải quyết khiếu nại (không cung cấp trực tuyến)", "Khiếu nại, tố cáo", 2, 0)
"""Not accepted online by the national portal, so at level 2 in the jurisdiction's catalogue, always."""
