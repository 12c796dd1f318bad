"""Synthetic dossiers: every one is a function of seed, unit, months and serial number, so any part can be made alone.

A dossier belongs to a cell: received in one month, resolved in the same or one of the next three. What a source
delivers for a month are the cells that touch it (received in it, resolved in it, or open at its end), each dossier in
the state of the month's end: what happens later is not there yet. Memory is constant, at every scale.

Every dossier is invented. Names, identity numbers, telephones and addresses cannot belong to anybody: the family name
is followed by "Mẫu" (sample) and a number, identity numbers begin with 999 (no such province), telephones with 0000,
addresses end in example.invalid.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from typing import NamedTuple

from example_province.calibration import Calibration
from example_province.catalogue import Commune, Procedure, communes_of, number_of, offer
from example_province.months import DAY, EPOCH, LONGEST_LAG, first_day, starts_at, working_days
from example_province.units import Unit

UNKNOWN, DIRECT, ONLINE, POST = 0, 1, 2, 3
"""Channels, by the national codes; a dossier with none counts as direct."""

NOT_ACCEPTED, RECEIVED, IN_PROCESS, SUPPLEMENT, FINANCIAL, WITHDRAWN, FINISHED, RETURNED = 3, 2, 4, 5, 6, 7, 9, 10
"""Statuses, by the national codes."""

CITIZEN, BUSINESS, STATE_BODY, OTHER = 1, 2, 3, 4
NO_FEE, NATIONAL_GATEWAY, LOCAL_GATEWAY, COUNTER = 0, 1, 2, 3

_MASK = (1 << 64) - 1
_OPENS, _CLOSES, _END_OF_DAY = 450, 990, 1020
"""Counters take dossiers from 7:30 to 16:30; work ends at 17:00. Minutes of the day."""

_FAMILY_NAMES = (
    "Nguyễn Văn", "Nguyễn Thị", "Trần Văn", "Trần Thị", "Lê Hữu", "Phạm Đức", "Hoàng Thị", "Vũ Ngọc", "Đặng Thị",
    "Bùi Văn",
    "Đỗ Thị", "Ngô Quang", "Dương Thị", "Lý Văn", "Thân Thị", "Giáp Văn",
)  # fmt: skip
_COMPANIES = ("Công ty TNHH Mẫu", "Công ty Cổ phần Mẫu", "Hợp tác xã Mẫu", "Doanh nghiệp tư nhân Mẫu")


class Dossier(NamedTuple):
    """A dossier as its unit's system knows it at one moment. Moments are minutes (`months.py`), None: not yet."""

    code: str
    unit: Unit
    procedure: Procedure
    channel: int
    status: int
    applicant_type: int
    applicant: int
    """Number of the applicant within the unit: who comes again has the same."""
    commune: Commune | None
    submitted_at: int | None
    received_at: int | None
    due_at: int | None
    finished_at: int | None
    returned_at: int | None
    closed_at: int | None
    """When nothing more was to do: finished, withdrawn or not accepted."""
    fee: int
    payment: int
    second: int
    """Of every moment of this dossier."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The dossiers of one unit received in one month and closed in one month."""

    received_in: int
    closed_in: int
    is_resolved: bool
    """Otherwise not accepted, or withdrawn."""
    count: int
    first_serial: int
    """Of its first dossier, among those received in the month."""
    position: int
    """Of its first dossier, among those resolved in the month."""


@dataclass(frozen=True)
class Province:
    """The dossiers of all units."""

    calibration: Calibration

    def cells(self, unit: Unit, month: int) -> tuple[Cell, ...]:
        """Return the cells that a delivery for a month is made of."""
        return _cells(self.calibration, unit, month)

    def cells_closed_in(self, unit: Unit, month: int) -> tuple[Cell, ...]:
        """Return the cells of what a unit closes in a month."""
        return tuple(cell for cell in self.cells(unit, month) if cell.closed_in == month)

    def count(self, unit: Unit, month: int) -> int:
        """Return how many dossiers a unit's delivery for a month has."""
        return sum(cell.count for cell in self.cells(unit, month))

    def dossiers(self, unit: Unit, month: int, start: int = 0, stop: int | None = None) -> Iterator[Dossier]:
        """Give the dossiers of a unit's delivery for a month from `start` to before `stop`, as at the month's end."""
        ends_at = starts_at(month + 1)
        left = (self.count(unit, month) if stop is None else stop) - start
        for cell in self.cells(unit, month):
            if start < cell.count and left > 0:
                last = min(cell.count, start + left)
                yield from self.of_cell(unit, cell, start, last, ends_at=ends_at)
                left -= last - start
            start = max(0, start - cell.count)

    def of_cell(  # noqa: PLR0912, PLR0915 - one pass with everything at hand: millions are drawn
        self, unit: Unit, cell: Cell, start: int, stop: int, *, ends_at: int | None
    ) -> Iterator[Dossier]:
        """Give dossiers of a cell, as at a moment (None: as they are in the end)."""
        calibration = self.calibration
        resolved = calibration.resolved(unit, cell.closed_in)
        online_count = calibration.online(unit, cell.closed_in)
        begins = calibration.is_online_since_dispatch(unit, cell.received_in)
        offered = offer(unit, cell.received_in)
        all_procedures, online_procedures = offered.all, offered.online
        communes = communes_of(unit.code)
        received_days, closed_days = working_days(cell.received_in), working_days(cell.closed_in)
        same_month = cell.received_in == cell.closed_in
        day_count, closed_day_count = len(received_days), len(closed_days)
        base = number_of(calibration.seed, unit.code, cell.received_in, cell.closed_in, cell.is_resolved)
        number = unit.number
        prefixes = [f"000.{index:02d}.{number:02d}.H02-" for index in range(len(communes) + 1)]
        population = max(20, calibration.resolved(unit, cell.received_in) * 20)
        late = unit.late * 5 // 4  # some cannot be late: they were resolved on the day of receipt
        citizens = 1000 - unit.business - 30
        position = cell.position
        new = tuple.__new__

        for index in range(start, stop):
            # splitmix64: a good 64-bit number for each index, whatever the order in which they are asked for
            h = (base + index * 0x9E3779B97F4A7C15) & _MASK
            h = ((h ^ (h >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
            h = ((h ^ (h >> 27)) * 0x94D049BB133111EB) & _MASK
            h ^= h >> 31
            g = (h * 0xD6E8FEB86659FD93 + 0x2545F4914F6CDD1D) & _MASK
            g ^= g >> 32

            # When: received, closed, submitted, due, returned.
            day_index = h % day_count
            if same_month:
                skew = (h >> 8) & 1023
                closed_index = day_index + (skew * skew >> 16)
                if closed_index >= day_count:
                    day_index = max(0, day_index - (closed_index - day_count + 1))
                    closed_index = day_count - 1
            else:
                closed_index = ((h >> 8) & 1023) % closed_day_count
            day = received_days[day_index]
            received_at = day * DAY + _OPENS + (h >> 18) % (_CLOSES - _OPENS)
            closed_day = closed_days[closed_index]
            if closed_day == day:
                earliest = received_at % DAY + 5
                closed_at = day * DAY + earliest + (h >> 28) % (_END_OF_DAY - earliest)
            else:
                closed_at = closed_day * DAY + _OPENS + (h >> 28) % (_END_OF_DAY - _OPENS)
            due_day = closed_day + (g >> 20) % 8
            if (g >> 10) % 1000 < late:
                due_day = closed_day - 1 - (g >> 20) % 6
                weekday = due_day % 7
                if weekday > 4:
                    due_day -= weekday - 4
                if due_day <= day:
                    due_day = closed_day
            weekday = due_day % 7
            if weekday > 4 and due_day > closed_day:
                due_day += 7 - weekday
            due_at: int | None = due_day * DAY + _END_OF_DAY
            if (g >> 24) % 50 == 0:
                due_at = None

            # How, what, who.
            place = position + index
            is_online = (
                cell.is_resolved and (place + 1) * online_count // resolved > place * online_count // resolved
            ) or (begins and (g >> 30) % 25 == 0 and received_at >= _DISPATCH)
            if is_online:
                channel = ONLINE
                procedure = online_procedures[(g >> 36) % len(online_procedures)]
                submitted_at = received_at - 3 - (g >> 44) % 2000
            else:
                procedure = all_procedures[(g >> 36) % len(all_procedures)]
                way = (h >> 38) % 100
                channel = POST if way < 5 else UNKNOWN if way == 99 else DIRECT
                submitted_at = received_at - (DAY + (g >> 44) % DAY if way < 5 else (g >> 44) % 12)
            kind = (h >> 45) % 1000
            applicant_type = CITIZEN if kind < citizens else OTHER if kind < citizens + 10 else STATE_BODY if kind < citizens + 30 else BUSINESS  # fmt: skip  # noqa: E501
            commune_index = 0
            commune = None
            if communes and (h >> 55) % 100 < 45:
                commune_index = 1 + (g >> 50) % len(communes)
                commune = communes[commune_index - 1]
            fee = procedure.fee
            if fee:
                way = (g >> 56) % 100
                payment = (NATIONAL_GATEWAY if way < 40 else LOCAL_GATEWAY if way < 60 else COUNTER) if is_online else (COUNTER if way < 96 else LOCAL_GATEWAY)  # fmt: skip  # noqa: E501
            else:
                payment = NO_FEE

            # State, as at the moment asked for.
            finished_at = returned_at = None
            if ends_at is not None and closed_at >= ends_at:
                closed_at = None  # type: ignore[assignment]
                sign = (h >> 50) % 40
                status = SUPPLEMENT if sign < 2 else FINANCIAL if sign == 2 and fee else RECEIVED if received_at > ends_at - 2 * DAY else IN_PROCESS  # fmt: skip  # noqa: E501
            elif cell.is_resolved:
                finished_at = closed_at
                returned_at = finished_at + (15 + (g >> 16) % 40 if g & 3 else DAY * (1 + (g >> 16) % 4))
                status = RETURNED
                if (ends_at is not None and returned_at >= ends_at) or (g >> 4) % 30 == 0:
                    returned_at = None
                    status = FINISHED
            else:
                status = WITHDRAWN if g & 1 else NOT_ACCEPTED
            yield new(
                Dossier,
                (
                    f"{prefixes[commune_index]}{_day_code(day)}-{cell.first_serial + index:04d}",
                    unit, procedure, channel, status, applicant_type, (h >> 12) % population, commune,
                    submitted_at, received_at, due_at, finished_at, returned_at, closed_at, fee, payment, g % 60,
                ),
            )  # fmt: skip


_DISPATCH = (first_day(2019 * 12 + 4) + 21) * DAY
"""22 May 2019, when the dispatch was signed."""


@cache
def _day_code(day: int) -> str:
    return f"{EPOCH + timedelta(days=day):%y%m%d}"


@lru_cache(maxsize=4096)
def _cells(calibration: Calibration, unit: Unit, month: int) -> tuple[Cell, ...]:
    cells = []
    for received_in in range(month - LONGEST_LAG, month + 1):
        cells += [cell for cell in received_cells(calibration, unit, received_in) if cell.closed_in >= month]
    return tuple(cell for cell in cells if cell.count)


@lru_cache(maxsize=4096)
def received_cells(calibration: Calibration, unit: Unit, month: int) -> tuple[Cell, ...]:
    """Return the cells of what a unit receives in a month, numbered on."""
    cells = []
    serial = 1
    for lag in range(LONGEST_LAG + 1):
        counts = _by_lag(calibration, unit, month + lag)
        cells.append(Cell(month, month + lag, True, counts[lag], serial, sum(counts[:lag])))
        serial += counts[lag]
    refused = sum(cell.count for cell in cells) * 18 // 1000
    cells.append(Cell(month, month, False, refused, serial, 0))
    return tuple(cells)


def _by_lag(calibration: Calibration, unit: Unit, closed_in: int) -> list[int]:
    """Cut what a unit resolves in a month into what it received then and in each of the months before."""
    resolved = calibration.resolved(unit, closed_in)
    earlier = [resolved * share // 1000 for share in unit.lags[1:]]
    return [resolved - sum(earlier), *earlier]


@lru_cache(maxsize=1 << 16)
def applicant_name(applicant_type: int, number: int) -> str:
    """Return an applicant's name, which nobody has."""
    if applicant_type == CITIZEN:
        return f"{_FAMILY_NAMES[number % len(_FAMILY_NAMES)]} Mẫu {number:06d}"
    if applicant_type == BUSINESS:
        return f"{_COMPANIES[number % len(_COMPANIES)]} {number:06d}"
    return f"Cơ quan Mẫu {number:06d}" if applicant_type == STATE_BODY else f"Tổ chức Mẫu {number:06d}"
