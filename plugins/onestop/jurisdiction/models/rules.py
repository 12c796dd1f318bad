"""The rules of a jurisdiction: when periods end, what a delivery must satisfy, who is told, how units are scored."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    Field,
    model_validator,
)

from onestop.jurisdiction.models.dimensions import Scope
from onestop.jurisdiction.models.values import LARGEST_NUMBER, LONGEST_DELAY_DAYS, Day, Email, Share
from onestop.jurisdiction.shape import Language, Model, Name, Text

Severity = Literal["info", "warning", "critical"]


class CalendarRule(Model):
    """A calendar of calendar.yaml: see `onestop.jurisdiction.periods.Calendar`."""

    title_vi: Text
    title_en: Text
    first_day: Annotated[int, Field(ge=1, le=28)]
    """Day of the month on which a period begins."""
    months_before: Annotated[int, Field(ge=0, le=1)]
    """How many months before the month that names it a period begins."""
    due_days: Annotated[int, Field(ge=1, le=LONGEST_DELAY_DAYS)]
    """Days after the last day until deliveries are due; moved to a working day."""
    closing_days: Annotated[int, Field(ge=1, le=LONGEST_DELAY_DAYS)]
    """Days after the last day until the period closes; never moved."""
    publication_days: Annotated[int, Field(ge=1, le=LONGEST_DELAY_DAYS)]
    """Days after the last day until publication; moved to a working day."""


class Contracts(Model):
    """Limits beyond which a delivery, or a row, is refused or warned of. Shares are of the delivery's rows, 0 to 1."""

    max_duplicate_share: Share
    """Rows that repeat a dossier of the same delivery."""
    max_refused_row_share: Share
    """Rows that go to quarantine."""
    max_unknown_unit_share: Share
    """Rows whose unit is not on the roster."""
    min_row_count_ratio: Annotated[float, Field(ge=0)]
    """Rows of this delivery over those of the source's previous accepted one: less is warned of."""
    max_row_count_ratio: Annotated[float, Field(gt=0)]
    comparable_row_count: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)] = 30
    """Deliveries with fewer rows are compared with nothing: small figures jump."""
    max_shrunk_share: Share = 0.9
    """How much smaller than the source's delivery before one may be; more is refused, unless a person accepts it."""
    max_unchanged_periods: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)] = 1
    """How many months before may hold exactly the same rows; more is refused, unless a person accepts it."""
    max_key_overlap: Share = 0.95
    """Share of a delivery's records that the delivery of the month before had too: more is warned of."""
    max_status_shift: Share = 0.4
    """How much the shares of the statuses may shift against the delivery before (half the sum of all differences)."""
    min_total_ratio: Annotated[float, Field(ge=0)] = 0.1
    """Total (fees, dossiers, amounts) over that of the delivery before: less is warned of."""
    max_total_ratio: Annotated[float, Field(gt=0)] = 10
    max_vanished_share: Share = 0.02
    """Share of the records of a month that a later full delivery of the month no longer has: more is warned of."""
    placeholder_identities: tuple[Text, ...] = ()
    """Identity numbers that stand for nobody, beside those that are all one digit, or only zeros and a one."""
    max_placeholder_share: Share = 0.02
    """Share of records whose applicant's identity number stands for nobody: more is warned of."""
    future_tolerance_hours: Annotated[float, Field(ge=0)]
    """How far a moment may lie after the state that the delivery shows."""
    earliest_received_on: Day
    """A dossier received before this day is refused."""


class AlertRule(Model):
    """When an alert opens."""

    id: Name
    title_vi: Text
    title_en: Text
    kind: Literal["below_target_ytd", "zero_online", "missing_delivery"]
    severity: Severity
    metric_id: Name | None = None
    """Default: the official metric."""
    scope: Scope = "total"
    unit_groups: tuple[Name, ...] = ()
    """Only units of these groups; none named: of all."""


class Route(Model):
    """Who is told of which alerts."""

    id: Name
    title_vi: Text
    title_en: Text | None = None
    recipients: Annotated[tuple[Email, ...], Field(min_length=1)]
    language: Language | None = None
    """By default the first one of the jurisdiction."""
    rules: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Ids of alerts.yaml."""
    unit_groups: tuple[Name, ...] = ()
    """Only units of these groups; none named: of all."""
    units: tuple[Name, ...] = ()
    """Only alerts of these units; none named: of all units of the groups."""


class SuspectFiling(Model):
    """From when on dossiers filed online are reported as suspected of being arranged; none is refused for it.

    Minutes are told from moments with a time alone: what a source dates by the day (midnight) is in no burst, and
    counts as neither accepted nor finished within minutes.
    """

    burst_dossiers_per_minute: Annotated[int, Field(ge=2, le=LARGEST_NUMBER)]
    """This many filed with a unit within one minute."""
    dossiers_per_applicant: Annotated[int, Field(ge=2, le=LARGEST_NUMBER)]
    """This many filed by one applicant with a unit in the month."""
    assisted_minutes: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    """Accepted at most this many minutes after being filed: as at the counter."""
    jump_percentage_points: Annotated[float, Field(gt=0, le=100)]
    """The share rose by at least this over the months before, pooled."""
    jump_months: Annotated[int, Field(ge=1, le=11)]
    """How many months before the share is compared with."""
    jump_min_dossiers: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    """Fewer dossiers in the month, or in those before, and no jump is looked for."""


Figure = Literal[
    "online_rate_ytd",
    "online_rate_month",
    "on_time_rate",
    "pending_overdue_rate",
    "online_payment_rate",
    "missed_online_rate",
    "suspected_rate",
    "reviews_overdue_rate",
    "reported_in_time_rate",
]


class EmulationPart(Model):
    """A published figure, and the points that it brings."""

    id: Name
    title_vi: Text
    title_en: Text
    figure: Figure
    """A share that the publication holds for every unit."""
    metric_id: Name | None = None
    """Of online_rate_ytd and online_rate_month; by default the official metric."""
    max_points: Annotated[float, Field(gt=0)]
    no_points_at: float
    """Percent. From here to full_points_at the points grow in a straight line."""
    full_points_at: float | Literal["target"]
    """Percent, smaller than no_points_at where less is better; `target` is the unit's own."""
    when_no_data: Literal["left_out", "no_points"]
    """A figure that is not known is left out of the total and of its maximum, or brings no points."""

    @model_validator(mode="after")
    def _points_grow(self) -> EmulationPart:
        if self.full_points_at == self.no_points_at:
            raise ValueError(f"full_points_at: {self.full_points_at} is where no points are given, too")
        is_online_rate = self.figure in {"online_rate_ytd", "online_rate_month"}
        if not is_online_rate and (self.metric_id is not None or self.full_points_at == "target"):
            raise ValueError(f"figure: {self.figure} has no metric and no target; give full_points_at in percent")
        return self


class Emulation(Model):
    """How the score for emulation is made of published figures."""

    formula_version: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    title_vi: Text
    title_en: Text
    legal_basis: Text | None = None
    parts: Annotated[tuple[EmulationPart, ...], Field(min_length=1)]
