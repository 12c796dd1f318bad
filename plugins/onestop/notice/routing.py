"""Which route tells which changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime
    from decimal import Decimal
    from typing import Literal

    from sqlalchemy import Connection

    from onestop.jurisdiction import Route


@dataclass(frozen=True)
class Change:
    """An alert that opened or was resolved and what its rule saw last; a row of ops/alert_untold.sql.

    Figures are those of the year to date up to `seen_period`; null for missing deliveries, and without data.
    """

    alert_id: int
    rule: str
    unit_code: str
    unit_name_vi: str
    unit_name_en: str
    unit_group: str
    period: str
    changed_at: datetime
    silenced_until: date | None
    """Where it is told again because its silence is over: the last day of it."""
    told_change: Literal["opened", "resolved"]
    seen_period: str
    status: str
    scope: str | None
    metric_id: str | None
    numerator: int | None
    denominator: int | None
    rate_percent: Decimal | None
    target_operator: str | None
    target_percent: Decimal | None
    gap_pp: Decimal | None
    online_needed_per_month: Decimal | None
    sources_missing: tuple[str, ...]
    detail: str | None
    """The technical record, for operators: may name hosts."""
    detail_vi: str | None
    """The same for officials."""


def untold(connection: Connection) -> list[Change]:
    """Return what changed and stands in no notice yet, in the order of the roster."""
    rows = connection.execute(statement("ops/alert_untold.sql")).mappings()
    return [Change(**{**row, "sources_missing": tuple(row["sources_missing"])}) for row in rows]


def addressed(changes: Sequence[Change], routes: Sequence[Route]) -> Iterator[tuple[Route, str, list[Change]]]:
    """Yield what each recipient of each route is to be told, where there is something.

    A mailbox that several routes name is told a change by the first of them; in each language once.
    """
    told: set[tuple[str, str | None, int]] = set()
    for route in routes:
        for recipient in route.recipients:
            theirs = [
                change
                for change in changes
                if _concerns(route, change) and (recipient, route.language, change.alert_id) not in told
            ]
            if theirs:
                told.update((recipient, route.language, change.alert_id) for change in theirs)
                yield route, recipient, theirs


def _concerns(route: Route, change: Change) -> bool:
    return (
        change.rule in route.rules
        and (not route.unit_groups or change.unit_group in route.unit_groups)
        and (not route.units or change.unit_code in route.units)
    )
