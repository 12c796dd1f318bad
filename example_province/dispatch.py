"""Our figures beside those of dispatch 1730/UBND-KSTT (22 May 2019): January to April 2019, resolved_all, all dossiers.

The dispatch's figures are in `include/jurisdictions/bac_giang/dispatch_1730.csv`: category and rate by unit, as
printed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from example_province.calibration import per_mille
from example_province.catalogue import JURISDICTION_DIR
from example_province.units import POOL_RATE

DISPATCH_FILE = JURISDICTION_DIR / "dispatch_1730.csv"
PERIOD = "2019-04"
"""The month whose year to date the dispatch speaks of."""

TARGET_PERCENT = 30
OVERALL = "departments"
"""`unit_code` of the row of all departments and verticals together."""


@dataclass(frozen=True)
class Figure:
    """A unit's figure in the dispatch and with us."""

    unit_code: str
    category: str
    """`high`, `below_target`, `zero_online`, `no_figure`; `overall` for all departments together."""
    stated_percent: Decimal | None
    """As the dispatch prints it; None: no number."""
    numerator: int | None
    denominator: int | None
    agrees: bool
    expected: str
    """What would agree, in words."""

    @property
    def percent(self) -> Decimal | None:
        """Our rate, rounded half up to one decimal; None without dossiers."""
        if self.numerator is None or not self.denominator:
            return None
        return Decimal(per_mille(self.numerator, self.denominator)) / 10


def stated_figures(path: Path = DISPATCH_FILE) -> list[tuple[str, str, Decimal | None]]:
    """Return unit, category and rate of the dispatch, in its order."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [
            (
                row["unit_code"],
                row["category"],
                Decimal(row["online_rate_percent"]) if row["online_rate_percent"] else None,
            )
            for row in csv.DictReader(stream)
        ]


def compare(rows: Iterable[Mapping[str, Any]]) -> list[Figure]:
    """Compare year-to-date rows (unit_code, numerator, denominator) with the dispatch: 31 units, then the overall rate.

    A row with the unit_code `departments` is the pool of departments and verticals; without it the overall figure is
    without data. Units that are not in the dispatch are left out; a unit without a row is without data.
    """
    found = {str(row["unit_code"]): (_whole(row["numerator"]), _whole(row["denominator"])) for row in rows}
    stated = [*stated_figures(), (OVERALL, "overall", Decimal(POOL_RATE) / 10)]
    return [_figure(unit, category, percent, *found.get(unit, (None, None))) for unit, category, percent in stated]


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _figure(unit: str, category: str, stated: Decimal | None, numerator: int | None, denominator: int | None) -> Figure:
    if numerator is None or not denominator:
        agrees = category == "no_figure"
        return Figure(unit, category, stated, numerator, denominator, agrees, _expected(category, stated))
    match category:
        case "high":
            agrees = numerator * 100 >= TARGET_PERCENT * denominator
        case "zero_online":
            agrees = numerator == 0
        case "no_figure":
            agrees = False
        case _:
            agrees = stated is not None and _rounded_as(stated, numerator, denominator) == stated
    return Figure(unit, category, stated, numerator, denominator, agrees, _expected(category, stated))


def _rounded_as(stated: Decimal, numerator: int, denominator: int) -> Decimal:
    """Round half up to as many decimals as the dispatch prints."""
    decimals = max(0, -int(stated.as_tuple().exponent))
    parts = 10**decimals
    return Decimal((2 * 100 * parts * numerator + denominator) // (2 * denominator)) / parts


def _expected(category: str, stated: Decimal | None) -> str:
    match category:
        case "high":
            return f"≥ {TARGET_PERCENT} %"
        case "zero_online":
            return "dossiers, none of them online"
        case "no_figure":
            return "no data"
    return f"{stated} %"
