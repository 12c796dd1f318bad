"""One big file of all units, for benchmarks: the districts' CSV export, streamed, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

from example_province.calibration import Calibration
from example_province.dialects import TABLE
from example_province.dirt import Delivery, Record
from example_province.dossiers import Province
from example_province.files import write_csv
from example_province.units import UNITS


def write_bulk(path: Path, month: int, count: int, seed: int) -> int:
    """Write `count` records of a month and return how many they are; every unit has its share of them."""
    calibration = Calibration(Fraction(1), seed)
    province = Province(calibration)
    at_scale_1 = sum(Delivery(province, unit, month).count for unit in UNITS)
    # A little more than needed, so that the last unit loses only a few.
    province = Province(Calibration(Fraction(count * 1001, at_scale_1 * 1000) + Fraction(1, 100), seed))
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        write_csv(stream, TABLE.header, TABLE.values(islice(_records(province, month), count)))
    return count


def _records(province: Province, month: int) -> Iterator[Record]:
    for unit in UNITS:
        yield from Delivery(province, unit, month).records()
