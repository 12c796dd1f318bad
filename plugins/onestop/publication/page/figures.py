"""What the page shows, read from the ``bi`` views: plain rows and the few sums that stand above them.

Rates are percentages (``Decimal``, 0 to 100, unrounded), counts are dossiers, ``None`` means "no data", never 0.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from onestop.warehouse.sql import statement

STATUSES = ("met", "not_met", "zero_online", "no_data", "no_target")
UNIT_GROUPS = ("departments", "districts")
POOLED_GROUPS = (*UNIT_GROUPS, "all")


@dataclass(frozen=True, slots=True)
class Publication:
    """A published official revision of a period."""

    publication_id: int
    period: str
    revision: int
    reason: str
    approver: str | None
    as_of: datetime
    configuration_hash: str
    published_at: datetime

    @property
    def year(self) -> str:
        """The year of the period."""
        return self.period[:4]


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One unit's figures of a month or of the year to date, by the official metric, in one scope."""

    period: str
    unit_code: str
    unit_name_vi: str
    unit_name_en: str
    unit_group: str
    scope: str
    metric_id: str
    metric_version: int
    numerator: int | None
    denominator: int | None
    online_level_3_count: int | None
    online_level_4_count: int | None
    online_other_count: int | None
    direct_count: int | None
    post_count: int | None
    rate_percent: Decimal | None
    target_operator: str | None
    target_percent: Decimal | None
    gap_pp: Decimal | None
    status: str
    reporting_status: str
    rank: int | None
    months_reported: int | None
    months_expected: int | None
    online_needed_per_month: Decimal | None
    months_missed_in_a_row: int | None

    def name(self, language: str) -> str:
        """Return the unit's name in the language, Vietnamese where there is no other."""
        return (language == "en" and self.unit_name_en) or self.unit_name_vi


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One unit's month in the heat map; ``shade`` names its class: none, undefined, 0 to 4."""

    period: str
    rate_percent: Decimal | None
    status: str
    reporting_status: str
    shade: str


@dataclass(frozen=True, slots=True)
class Pooled:
    """Numerators and denominators of a group of units added up; the rate is theirs, not a mean of rates."""

    unit_group: str
    metric_id: str
    is_official_metric: bool
    numerator: int | None
    denominator: int | None
    rate_percent: Decimal | None
    target_operator: str | None
    target_percent: Decimal | None
    status: str


@dataclass(frozen=True, slots=True)
class Group:
    """The units of one report group, with their sums."""

    unit_group: str
    units: tuple[UnitFigures, ...]

    @property
    def target(self) -> UnitFigures | None:
        """A unit that carries the group's commonest target, which the group's headline is held against."""
        targets = Counter((u.target_operator, u.target_percent) for u in self.units if u.target_percent is not None)
        if not targets:
            return None
        commonest = targets.most_common(1)[0][0]
        return next(u for u in self.units if (u.target_operator, u.target_percent) == commonest)

    def total(self, column: str) -> int | None:
        """Add up one count over the units that have it; None if none has."""
        values = [value for unit in self.units if (value := getattr(unit, column)) is not None]
        return sum(values) if values else None

    @property
    def rate_percent(self) -> Decimal | None:
        """The units' online dossiers over all their dossiers, added up first."""
        numerator, denominator = self.total("numerator"), self.total("denominator")
        return Decimal(100 * numerator) / denominator if numerator is not None and denominator else None


@dataclass(frozen=True, slots=True)
class Month:
    """The month at a glance."""

    publication: Publication
    basis: str
    groups: tuple[Group, ...]
    pooled: tuple[Pooled, ...]
    months: tuple[str, ...]
    heat: dict[str, dict[str, HeatCell]]
    year_to_date: dict[str, UnitFigures] = field(default_factory=dict)

    @property
    def units(self) -> tuple[UnitFigures, ...]:
        """All units of the roster, in its order."""
        return tuple(unit for group in self.groups for unit in group.units)

    def count(self, status: str, unit_group: str | None = None) -> int:
        """Count the units with a status, of one group or of all."""
        return sum(u.status == status and unit_group in (None, u.unit_group) for u in self.units)

    @property
    def headline(self) -> tuple[Pooled, ...]:
        """The year to date of the groups and of all units together by the official metric, the first one leading."""
        found = (self.pooled_of(name) for name in POOLED_GROUPS)
        return tuple(pooled for pooled in found if pooled is not None)

    def pooled_of(self, unit_group: str, metric_id: str | None = None) -> Pooled | None:
        """Return the pooled year to date of a group, by the official metric unless another is named."""
        for pooled in self.pooled:
            asked = pooled.is_official_metric if metric_id is None else pooled.metric_id == metric_id
            if asked and pooled.unit_group == unit_group:
                return pooled
        return None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of a source for a period."""

    source_id: str
    period: str
    state: str
    delivered_at: datetime | None
    pulled_at: datetime
    record_count: int | None
    accepted_count: int | None
    quarantined_count: int | None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Rows of one source held back for one fault."""

    source_id: str
    rule: str
    row_count: int


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that is not resolved."""

    rule: str
    unit_code: str | None
    period: str
    state: str
    severity: str
    message_vi: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class UnitSheet:
    """One unit: its year to date by scope, its months by scope, its deliveries, faults and alerts."""

    publication: Publication
    year_to_date: dict[str, UnitFigures]
    months: dict[str, tuple[UnitFigures, ...]]
    group_size: int
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class ReportingStatus:
    """What is known of one unit's figures for a period."""

    unit_code: str
    reporting_status: str
    detail: Any


def published(connection: Connection) -> tuple[Publication, ...]:
    """Return every published revision, newest period and revision first."""
    rows = connection.execute(statement("page/publications.sql"))
    return tuple(Publication(**row._mapping) for row in rows)


def latest_by_period(publications: Iterable[Publication]) -> dict[str, Publication]:
    """Return the revision in force of each period, newest period first."""
    latest: dict[str, Publication] = {}
    for publication in publications:
        latest.setdefault(publication.period, publication)
    return latest


def changed_unit_counts(connection: Connection) -> dict[int, int]:
    """Return, by publication id, how many units' figures differ from the revision before."""
    return {
        row.publication_id: row.changed_unit_count
        for row in connection.execute(statement("page/revisions_changed.sql"))
    }


def unit_figures(connection: Connection, basis: str, period: str) -> tuple[UnitFigures, ...]:
    """Return the roster's figures of a period, in roster order; basis is "ytd" or "month"."""
    rows = connection.execute(statement(f"page/compliance_{basis}.sql"), {"period": period})
    return tuple(UnitFigures(**row._mapping) for row in rows)


def read_month(connection: Connection, publication: Publication, basis: str) -> Month:
    """Read the month at a glance; the headline and the heat map's last column are year to date whatever the basis."""
    period = publication.period
    year_to_date = unit_figures(connection, "ytd", period)
    shown = year_to_date if basis == "ytd" else unit_figures(connection, basis, period)
    pooled = tuple(
        Pooled(**r._mapping) for r in connection.execute(statement("page/compliance_groups.sql"), {"period": period})
    )
    heat: dict[str, dict[str, HeatCell]] = {}
    cells = connection.execute(
        statement("page/compliance_months_of_year.sql"), {"period": period, "first_period": f"{period[:4]}-01"}
    )
    for row in cells:
        shade = heat_shade(row.status, row.denominator, row.rate_percent, row.target_percent)
        heat.setdefault(row.unit_code, {})[row.period] = HeatCell(
            row.period, row.rate_percent, row.status, row.reporting_status, shade
        )
    return Month(
        publication=publication,
        basis=basis,
        groups=grouped(shown),
        pooled=pooled,
        months=tuple(sorted({month for by_month in heat.values() for month in by_month})),
        heat=heat,
        year_to_date={unit.unit_code: unit for unit in year_to_date},
    )


def grouped(units: Sequence[UnitFigures]) -> tuple[Group, ...]:
    """Split the roster into its report groups; a group without units is left out."""
    groups = (Group(name, tuple(unit for unit in units if unit.unit_group == name)) for name in UNIT_GROUPS)
    return tuple(group for group in groups if group.units)


def heat_shade(status: str, denominator: int | None, rate: Decimal | None, target: Decimal | None) -> str:
    """Name a heat map cell's class: "none" no data, "undefined" no dossiers, "0" none online, "1" to "4" against the target."""
    if denominator is None or status == "no_data":
        return "none"
    if rate is None:
        return "undefined"
    if status == "zero_online" or rate == 0:
        return "0"
    if status == "met":
        return "4" if target is not None and rate >= 2 * target else "3"
    return "2" if target is not None and 2 * rate >= target else "1"


def read_unit(connection: Connection, publication: Publication, unit_code: str) -> UnitSheet | None:
    """Read one unit's sheet as of a publication; None if the unit is not on that period's roster."""
    period = publication.period
    binds = {"unit_code": unit_code, "period": period, "first_period": f"{period[:4]}-01"}
    by_scope = {
        row.scope: UnitFigures(**row._mapping) for row in connection.execute(statement("page/unit_ytd.sql"), binds)
    }
    if "total" not in by_scope:
        return None
    months: dict[str, list[UnitFigures]] = {}
    for row in connection.execute(statement("page/unit_months.sql"), binds):
        months.setdefault(row.scope, []).append(UnitFigures(**row._mapping))
    own_group = by_scope["total"].unit_group
    return UnitSheet(
        publication=publication,
        year_to_date=by_scope,
        months={scope: tuple(rows) for scope, rows in months.items()},
        group_size=sum(unit.unit_group == own_group for unit in unit_figures(connection, "ytd", period)),
        alerts=tuple(Alert(**row._mapping) for row in connection.execute(statement("page/alerts.sql"), binds)),
    )


def deliveries(connection: Connection, period: str) -> tuple[Delivery, ...]:
    """Return the period's deliveries, newest first."""
    return tuple(
        Delivery(**r._mapping) for r in connection.execute(statement("page/deliveries.sql"), {"period": period})
    )


def quarantined(connection: Connection, period: str) -> tuple[Quarantined, ...]:
    """Return the period's rows held back, by source and fault, most first."""
    return tuple(
        Quarantined(**r._mapping) for r in connection.execute(statement("page/quarantine.sql"), {"period": period})
    )


def reporting_statuses(connection: Connection, period: str) -> dict[str, ReportingStatus]:
    """Return, by unit code, what is known of the unit's figures for the period."""
    rows = connection.execute(statement("page/reporting_statuses.sql"), {"period": period})
    return {row.unit_code: ReportingStatus(**row._mapping) for row in rows}
