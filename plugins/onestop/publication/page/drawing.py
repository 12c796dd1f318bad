"""Geometry of the page's drawings: SVG numbers only, the words stand in the templates."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from onestop.publication.page.figures import UnitFigures

CHART_WIDTH, CHART_HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 16, 24, 32


def bar_scale(percentages: Iterable[Decimal | None]) -> int:
    """Return the percentage at the right end of a set of bars: the largest, up to the next ten, with room after it."""
    largest = max((value for value in percentages if value is not None), default=Decimal(0))
    return min(100, int(largest * Decimal("1.05")) // 10 * 10 + 10)


@dataclass(frozen=True, slots=True)
class Column:
    """One month of the trend chart, in the chart's units; ``height`` None where there is no figure."""

    month: UnitFigures
    x: float
    width: float
    y: float
    height: float | None


@dataclass(frozen=True, slots=True)
class TrendChart:
    """A year: its months' places as (month, x), a column a published month, the target, lines as (percentage, y)."""

    width: int
    height: int
    left: int
    right: int
    base: float
    columns: tuple[Column, ...]
    places: tuple[tuple[int, float], ...]
    target_y: float | None
    lines: tuple[tuple[int, float], ...]


def trend_chart(months: Sequence[UnitFigures]) -> TrendChart:
    """Lay out one unit's months of a year side by side; the months to come stay empty."""
    targets = [month.target_percent for month in months if month.target_percent is not None]
    top = bar_scale([*(month.rate_percent for month in months), *targets])
    base, drawn = CHART_HEIGHT - _BOTTOM, CHART_HEIGHT - _BOTTOM - _TOP

    def y_of(percentage: Decimal | int) -> float:
        return round(base - float(percentage) / top * drawn, 1)

    slot = (CHART_WIDTH - _LEFT - _RIGHT) / 12
    columns = []
    for month in months:
        index = int(month.period[5:]) - 1
        y = base if month.rate_percent is None else y_of(month.rate_percent)
        columns.append(
            Column(
                month=month,
                x=round(_LEFT + index * slot + slot * 0.2, 1),
                width=round(slot * 0.6, 1),
                y=y,
                height=None if month.rate_percent is None else round(base - y, 1),
            )
        )
    step = 5 if top <= 20 else 10 if top <= 50 else 20
    return TrendChart(
        width=CHART_WIDTH,
        height=CHART_HEIGHT,
        left=_LEFT,
        right=CHART_WIDTH - _RIGHT,
        base=base,
        columns=tuple(columns),
        places=tuple((number, round(_LEFT + (number - 0.5) * slot, 1)) for number in range(1, 13)),
        target_y=y_of(targets[-1]) if targets else None,
        lines=tuple((percentage, y_of(percentage)) for percentage in range(0, top + 1, step)),
    )
