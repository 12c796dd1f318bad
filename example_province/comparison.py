"""The published table beside the dispatch's figures, read as every reader reads it: the views of `bi`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from sqlalchemy import text

from example_province.dispatch import OVERALL, PERIOD, Figure
from example_province.dispatch import compare as compare_rows
from example_province.months import SIGN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from sqlalchemy import Engine

_YEAR_TO_DATE = text("""
    select
        unit_code,
        unit_name_vi,
        numerator,
        denominator
    from bi.compliance_ytd
    where
        calendar = 'calendar'
        and period = :period
        and is_official_metric
        and scope = 'total'
    union all
    select
        unit_group as unit_code,
        'Các sở, ngành và cơ quan ngành dọc' as unit_name_vi,
        numerator,
        denominator
    from bi.compliance_ytd_group
    where
        calendar = 'calendar'
        and period = :period
        and is_official_metric
        and scope = 'total'
        and unit_group = :overall
""")


def compare(bi_engine: Engine) -> tuple[list[Figure], dict[str, str]]:
    """Return the latest published figures of January to April 2019 beside the dispatch's, and the units' names."""
    with bi_engine.connect() as connection:
        rows = connection.execute(_YEAR_TO_DATE, {"period": PERIOD, "overall": OVERALL}).mappings().all()
    return compare_rows([dict(row) for row in rows]), {row["unit_code"]: row["unit_name_vi"] for row in rows}


def comparison_table(figures: Sequence[Figure], names: dict[str, str]) -> Table:
    """Lay the comparison out for a terminal, numbers as Vietnamese readers write them."""
    table = Table(
        title=f"Handled online, January to April 2019, beside dispatch 1730\n{SIGN}",
        title_justify="left",
        box=None,
        padding=(0, 1),
    )
    table.add_column("unit", no_wrap=True, overflow="ellipsis")
    for name in ("online", "all", "published", "dispatch"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True, min_width=1)
    for figure in figures:
        table.add_row(
            names.get(figure.unit_code, figure.unit_code),
            _count(figure.numerator),
            _count(figure.denominator),
            _percent(figure.percent),
            _percent(figure.stated_percent) if figure.stated_percent is not None else figure.expected,
            "[green]✓[/]" if figure.agrees else f"[bold red]✗[/] expected {figure.expected}",
            style="bold" if figure.unit_code == OVERALL else None,
        )
    return table


def _count(value: int | None) -> str:
    return "—" if value is None else f"{value:,}".replace(",", ".")


def _percent(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:.1f} %".replace(".", ",")
