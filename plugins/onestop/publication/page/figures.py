"""What the page shows, read from the ``bi`` views: plain rows and the few sums that stand above them.

Rates are percentages (``Decimal``, 0 to 100, unrounded), counts are dossiers, ``None`` means "no data", never 0.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from onestop.jurisdiction.shape import ALL_GROUPS

STATUSES = ("met", "not_met", "zero_online", "no_data", "no_target")


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
    def is_ranked(self) -> bool:
        """Whether the ranks say anything: they do not while no unit has an online dossier and all share the first."""
        return any(unit.rate_percent for unit in self.units)

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
    heat: dict[str, dict[str, HeatCell]]
    year_to_date: dict[str, UnitFigures]

    @property
    def units(self) -> tuple[UnitFigures, ...]:
        """All units of the roster, in its order."""
        return tuple(unit for group in self.groups for unit in group.units)

    @property
    def months(self) -> tuple[str, ...]:
        """Every month of the year up to the period: one that is not published has no figures, but its place."""
        year, last = self.publication.period.split("-")
        return tuple(f"{year}-{month:02d}" for month in range(1, int(last) + 1))

    @property
    def pooled_groups(self) -> tuple[str, ...]:
        """The groups whose sums are shown; all of them together where there are several."""
        names = tuple(group.unit_group for group in self.groups)
        return (*names, ALL_GROUPS) if len(names) > 1 else names

    def count(self, status: str, unit_group: str | None = None) -> int:
        """Count the units with a status, year to date, which decides; of one group or of all."""
        return sum(u.status == status and unit_group in (None, u.unit_group) for u in self.year_to_date.values())

    @property
    def headline(self) -> tuple[Pooled, ...]:
        """The year to date of the groups and of all units together by the official metric, the first one leading."""
        found = (self.pooled_of(name) for name in self.pooled_groups)
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
    """One delivery of a source for a period; ``reasons`` say why it was refused: rule, value, expected, remedy.

    ``decision_note`` is the reason of a person who decided; ``told_count`` how many findings its error file has.
    """

    delivery_id: int
    source_id: str
    period: str
    state: str
    delivered_at: datetime | None
    pulled_at: datetime
    record_count: int | None
    accepted_count: int | None
    quarantined_count: int | None
    reasons: Sequence[Mapping[str, str | None]] | None
    decided_by: str
    decision_note: str | None
    told_count: int
    has_data_docs: bool


@dataclass(frozen=True, slots=True)
class Quarantined:
    """Rows of one source held back for one fault."""

    source_id: str
    rule: str
    row_count: int
    remedy: str | None


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
    group: Group
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """A unit's year-to-date figures in one revision; all None where it was not on the roster."""

    numerator: int | None
    denominator: int | None
    rate_percent: Decimal | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A unit whose year-to-date figures differ between a revision and the one before it."""

    unit_code: str
    unit_name_vi: str
    unit_name_en: str
    before: Counted
    after: Counted

    def name(self, language: str) -> str:
        """Return the unit's name in the language, Vietnamese where there is no other."""
        return (language == "en" and self.unit_name_en) or self.unit_name_vi


@dataclass(frozen=True, slots=True)
class ReportingStatus:
    """What is known of one unit's figures for a period."""

    unit_code: str
    reporting_status: str
    detail: str | None
    detail_vi: str | None
    """The same as a sentence for officials, by the kind of failure."""


def latest_by_period(publications: Iterable[Publication]) -> dict[str, Publication]:
    """Return the revision in force of each period, newest period first."""
    latest: dict[str, Publication] = {}
    for publication in publications:
        latest.setdefault(publication.period, publication)
    return latest


def grouped(units: Sequence[UnitFigures]) -> tuple[Group, ...]:
    """Split the roster into its report groups, in the order of the roster."""
    names = dict.fromkeys(unit.unit_group for unit in units)
    return tuple(Group(name, tuple(unit for unit in units if unit.unit_group == name)) for name in names)


def heat_shade(status: str, denominator: int | None, rate: Decimal | None, target: Decimal | None) -> str:
    """Name a heat map cell's class: "none" no data, "undefined" no dossiers, "0" none online, "1" to "4" by target."""
    if denominator is None or status == "no_data":
        return "none"
    if rate is None:
        return "undefined"
    if status == "zero_online" or rate == 0:
        return "0"
    if status == "met":
        return "4" if target is not None and rate >= 2 * target else "3"
    return "2" if target is not None and 2 * rate >= target else "1"
