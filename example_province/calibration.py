"""How many dossiers each unit resolves in each month, and how many of them were filed online, by exact arithmetic.

January to April 2019 give the rates of dispatch 1730: each unit's online count is the one whose rate, rounded half up
to one decimal, is the dispatch's; those of the four "high" units fill the pool of departments and verticals up to its
20.7 %. The units in no category are small and near the pool's rate, so that it is 20.7 % with them, without them, and
without a month of one of them. Nothing here is random: the figures hold at every scale of 1 and more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from example_province.catalogue import number_of
from example_province.months import LAST_PERIOD, month_number
from example_province.units import POOL_RATE, POOLED, UNITS, Unit

BASELINE = tuple(range(month_number("2019-01"), month_number("2019-04") + 1))
"""The months of the dispatch's figures."""

_SEASON = {1: 1060, 2: 680, 3: 1080, 4: 1110, 5: 1120, 12: 1050}
"""Resolved in a month of the year, against an ordinary one, in per mille: Tết empties February."""

_TREND = (90, 95, 104, 111)
"""How the online share grows from January to April."""

_HIGHEST_RATE = Fraction(80, 100)


class CalibrationFailed(Exception):  # noqa: N818 - named by what happened
    """The volumes leave no whole number of dossiers that gives the dispatch's rate; the message says for whom."""


@dataclass(frozen=True)
class Calibration:
    """The counts of a province `scale` times as large as Bắc Giang, with dossiers drawn by `seed`."""

    scale: Fraction = Fraction(1)
    seed: int = 1730

    def resolved(self, unit: Unit, month: int) -> int:
        """Return how many dossiers a unit resolves in a month."""
        season = _SEASON.get(month % 12 + 1, 1000)
        chance = 960 + number_of(self.seed, "volume", unit.code, month) % 81
        return unit.volume * season * chance * self.scale.numerator // (1_000_000 * self.scale.denominator)

    def online(self, unit: Unit, month: int) -> int:
        """Return how many of the dossiers that a unit resolves in a month were filed online."""
        if month in BASELINE:
            return self._online_by_month[unit.code][BASELINE.index(month)]
        if unit.category == "zero_online":
            return 0
        numerator, denominator = self.baseline(unit)
        resolved = self.resolved(unit, month)
        # Before the baseline a little less than in it, afterwards a little more.
        share = Fraction(numerator, denominator) if denominator else Fraction(0)
        share *= Fraction(_TREND[-1] if month > BASELINE[-1] else _TREND[0], 100)
        return round(resolved * min(share, _HIGHEST_RATE))

    def is_online_since_dispatch(self, unit: Unit, received_in: int) -> bool:
        """Whether a unit without any online dossier begins to have some: after the dispatch of 22 May 2019."""
        return unit.category == "zero_online" and received_in >= LAST_PERIOD

    def baseline(self, unit: Unit) -> tuple[int, int]:
        """Return numerator and denominator of a unit's rate, January to April 2019."""
        return sum(self._online_by_month[unit.code]), sum(self.resolved(unit, month) for month in BASELINE)

    @cached_property
    def _online_by_month(self) -> Mapping[str, Sequence[int]]:
        totals = {unit.code: sum(self.resolved(unit, month) for month in BASELINE) for unit in UNITS}
        online = {unit.code: self._rounding_to(unit, totals[unit.code]) for unit in UNITS if unit.category != "high"}
        pooled = [unit for unit in POOLED if unit.category != "no_category"]
        wanted = _nearest(sum(totals[unit.code] for unit in pooled), POOL_RATE)
        high = [unit for unit in pooled if unit.category == "high"]
        rest = max(0, wanted - sum(online[unit.code] for unit in pooled if unit.category != "high"))
        shares = apportioned(rest, [totals[unit.code] * unit.rate for unit in high])
        online.update({unit.code: min(share, totals[unit.code]) for unit, share in zip(high, shares, strict=True)})
        return {
            unit.code: apportioned(
                online[unit.code],
                [self.resolved(unit, month) * trend for month, trend in zip(BASELINE, _TREND, strict=True)],
            )
            for unit in UNITS
        }

    def _rounding_to(self, unit: Unit, total: int) -> int:
        online = _nearest(total, unit.rate)
        if total and self.scale >= 1 and unit.category == "below_target" and per_mille(online, total) != unit.rate:
            raise CalibrationFailed(
                f"{unit.code}: none of {total} dossiers online gives {unit.rate / 10} %; raise its volume in units.py"
            )
        return online


def per_mille(numerator: int, denominator: int) -> int:
    """Return a share rounded half up to one decimal of a percent, in per mille, by whole numbers."""
    return (2000 * numerator + denominator) // (2 * denominator)


def apportioned(total: int, weights: Sequence[int]) -> list[int]:
    """Cut a whole number into whole parts by weights; what is left over goes to the largest remainders."""
    whole = sum(weights)
    if not whole:
        return [0 for _ in weights]
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def _nearest(total: int, rate: int) -> int:
    return (2 * total * rate + 1000) // 2000
