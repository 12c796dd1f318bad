"""A published figure, down to the dossiers it was counted from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from sqlalchemy import text

from onestop.publication.errors import FigureUnknownError, PublicationReplacedError
from onestop.publication.stored import stored
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from sqlalchemy import Connection

Span = Literal["month", "ytd"]
Scope = Literal["total", "own", "communes"]


@dataclass(frozen=True)
class ExplainedDossier:
    """A dossier that touches the figure's months, and whether it is counted there."""

    dossier_code: str
    month: str
    """The month in which it is counted, or in which it was looked at and not counted."""
    desk: Literal["own", "communes"]
    channel: str
    service_level: int | None
    """At receipt; None: unknown."""
    status_group: str
    received_at: datetime
    finished_at: datetime | None
    source_id: str
    delivery_id: int
    is_in_numerator: bool
    is_in_denominator: bool
    reason: str
    """A word of include/sql/mart/compliance_explained.sql."""
    reason_vi: str


@dataclass(frozen=True)
class ExplainedDelivery:
    """A delivery that told the counted dossiers' state as known then."""

    delivery_id: int
    source_id: str
    period: str
    sha256: str
    pulled_at: datetime
    delivered_at: datetime | None
    dossier_count: int
    """Counted dossiers whose state it told, or that its form states."""


@dataclass(frozen=True)
class ExplainedMonth:
    """How far the unit had reported a month of the figure's span."""

    month: str
    reporting_status: str
    figures_from: Literal["dossiers", "reported_total"] | None
    """What is expected of the unit: dossiers, or its own form 06a; None: nothing."""
    sources_missing: tuple[str, ...]
    detail_vi: str | None


@dataclass(frozen=True)
class StatedTotals:
    """The agency's own form 06a that a month was measured from: there are no dossiers to list. None: left out of it."""

    month: str
    source_id: str
    delivery_id: int
    received_total: int | None
    received_online: int | None
    received_online_level_3: int | None
    received_online_level_4: int | None
    received_direct: int | None
    carried_over: int | None
    resolved_total: int | None
    resolved_online_level_3: int | None
    resolved_online_level_4: int | None


@dataclass(frozen=True)
class Explanation:
    """A figure with everything it was made of, as of its publication's moment."""

    publication_id: int
    period: str
    kind: str
    revision: int | None
    state: str
    as_of: datetime
    unit_code: str
    unit_name_vi: str
    scope: str
    span: Span
    metric_id: str
    metric_version: int
    metric_name_vi: str
    definition_vi: str
    legal_basis: str | None
    numerator: int | None
    """As published; None: no data."""
    denominator: int | None
    status: str
    target_operator: str | None
    target_num: int | None
    target_den: int | None
    months: tuple[ExplainedMonth, ...]
    deliveries: tuple[ExplainedDelivery, ...]
    stated: tuple[StatedTotals, ...]
    """The forms that months of the span were measured from, in place of dossiers."""
    dossier_count: int
    """All dossiers that touch the span, counted in the figure or not; those that a form states cannot be listed."""
    counted_numerator: int
    """Dossiers found, or stated, in the numerator."""
    counted_denominator: int
    """Dossiers found, or stated, in the denominator."""
    reasons: Mapping[str, int]
    """How many dossiers there are of each reason, in its Vietnamese words; the counted ones first."""
    dossiers: tuple[ExplainedDossier, ...]
    """The counted ones first; as many as were asked for."""

    @property
    def is_equal(self) -> bool:
        """Whether the dossiers found and stated are the published figure; no data is equal to no dossier counted."""
        published = (self.numerator or 0, self.denominator or 0)
        return published == (self.counted_numerator, self.counted_denominator)

    @property
    def comparison(self) -> str | None:
        """The comparison with the target as it was made, in whole numbers: "3 × 100 = 300 ≥ 30 × 10 = 300"."""
        if self.numerator is None or self.denominator is None or self.target_num is None or self.target_den is None:
            return None
        reached, needed = self.numerator * self.target_den, self.target_num * self.denominator
        is_met = reached >= needed if self.target_operator == ">=" else reached > needed
        sign = {(">=", True): "≥", (">=", False): "<", (">", True): ">", (">", False): "≤"}
        return (
            f"{self.numerator} × {self.target_den} = {reached} {sign[self.target_operator or '', is_met]} "
            f"{self.target_num} × {self.denominator} = {needed}"
        )


def explain(
    connection: Connection,
    publication_id: int,
    unit_code: str,
    metric_id: str | None = None,
    *,
    scope: Scope = "total",
    span: Span = "month",
    limit: int | None = None,
) -> Explanation:
    """Explain a figure of a publication that keeps its figures: of its month, or of its year to date.

    By the definition and the moment of that publication, whatever is known or configured since; no metric named is the
    official one. `limit`: at most so many dossiers are given one by one; all are counted. Raises
    PublicationUnknownError, PublicationReplacedError, and FigureUnknownError that names what there is.
    """
    publication = stored(connection, publication_id)
    if publication.state in {"replaced", "unchanged"}:
        raise PublicationReplacedError(
            f"Publication {publication_id} of {publication.period} is {publication.state} and keeps no figures."
        )
    if metric_id is None:
        metric_id = _official_metric(connection, publication_id)
    values: dict[str, object] = {
        "publication_id": publication_id,
        "unit_code": unit_code,
        "metric_id": metric_id,
        "scope": scope,
    }
    figure = connection.execute(
        statement("ops/publication_figure.sql", mart=f"mart.compliance_{span}"), values
    ).one_or_none()
    if figure is None:
        raise FigureUnknownError(_what_there_is(connection, publication_id, unit_code, metric_id, scope))
    values["first_month"] = f"{publication.period[:4]}-01" if span == "ytd" else publication.period
    values["limit"] = limit
    counts = connection.execute(statement("ops/publication_explain_count.sql"), values).all()
    reasons: Counter[str] = Counter()
    by_delivery: Counter[int] = Counter()
    for row in counts:
        reasons[row.reason_vi] += row.dossier_count
        if row.is_in_denominator:
            by_delivery[row.delivery_id] += row.dossier_count
    dossiers = connection.execute(statement("ops/publication_explain_dossier.sql"), values)
    deliveries = connection.execute(
        text("""
            select delivery_id, source_id, period, sha256, pulled_at, delivered_at
            from ops.delivery
            where delivery_id = any(:ids)
            order by period, source_id, delivery_id
        """),
        {"ids": list(by_delivery)},
    )
    months = connection.execute(statement("ops/publication_explain_month.sql"), values)
    # A form does not tell desks apart: it explains the whole unit only.
    stated = connection.execute(statement("ops/publication_explain_stated.sql"), values) if scope == "total" else None
    return Explanation(
        **figure._mapping,
        scope=scope,
        span=span,
        months=tuple(
            ExplainedMonth(**{**row, "sources_missing": tuple(row["sources_missing"])}) for row in months.mappings()
        ),
        deliveries=tuple(
            ExplainedDelivery(**row, dossier_count=by_delivery[row["delivery_id"]]) for row in deliveries.mappings()
        ),
        stated=tuple(StatedTotals(**row) for row in stated.mappings()) if stated else (),
        dossier_count=sum(row.dossier_count for row in counts if row.figures_from == "dossiers"),
        counted_numerator=sum(row.dossier_count for row in counts if row.is_in_numerator),
        counted_denominator=sum(row.dossier_count for row in counts if row.is_in_denominator),
        reasons=dict(reasons),
        dossiers=tuple(ExplainedDossier(**row) for row in dossiers.mappings()),
    )


def _official_metric(connection: Connection, publication_id: int) -> str:
    official = connection.scalars(
        text("select metric_id from mart.metric_definition where publication_id = :id and is_official order by 1"),
        {"id": publication_id},
    ).first()
    if official is None:
        raise FigureUnknownError(f"Publication {publication_id} has no official metric: name one.")
    return str(official)


def _what_there_is(connection: Connection, publication_id: int, unit_code: str, metric_id: str, scope: str) -> str:
    rows = connection.execute(
        text("select distinct unit_code, metric_id, scope from mart.compliance_ytd where publication_id = :id"),
        {"id": publication_id},
    ).all()
    units, metrics = {row.unit_code for row in rows}, {row.metric_id for row in rows}
    if unit_code not in units:
        return f"Publication {publication_id} has no unit {unit_code!r}: it has {', '.join(sorted(units))}"
    if metric_id not in metrics:
        return f"Publication {publication_id} has no metric {metric_id!r}: it has {', '.join(sorted(metrics))}"
    scopes = sorted({row.scope for row in rows if row.unit_code == unit_code}, reverse=True)
    if scope not in scopes:
        return f"{unit_code} has no scope {scope!r} in publication {publication_id}: it has {', '.join(scopes)}"
    return f"{unit_code} was not on the roster of the month itself: only its year to date is published."
