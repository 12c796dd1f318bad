"""The dimensions of the warehouse: what the configuration of a jurisdiction says, in tables."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, text

from onestop.warehouse.configuration import record_configuration
from onestop.warehouse.in_use import periods_in_use, refuse_changes_in_use
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction
    from onestop.jurisdiction.periods import PeriodKind

#: The years whose periods stand in core.period.
PERIOD_YEARS = range(2016, 2028)

_SYNCHRONISE_LOCK = 7_301_000_004


@dataclass(frozen=True)
class _Dimension:
    """A table, the columns that identify a row of the configuration, and all columns that the configuration gives."""

    table: str
    key: tuple[str, ...]
    others: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return self.key + self.others


_UNIT = _Dimension(
    "core.unit",
    ("unit_code", "valid_from"),
    (
        "name_vi",
        "name_en",
        "unit_type",
        "unit_group",
        "parent_unit_code",
        "gso_code",
        "roster_order",
        "note",
        "valid_to",
    ),
)
_UNIT_SUCCESSION = _Dimension("core.unit_succession", ("from_unit_code", "to_unit_code", "effective_on"), ("kind",))
_COMMUNE = _Dimension("core.commune", ("commune_code", "valid_from"), ("name_vi", "district_unit_code", "valid_to"))
_PROCEDURE = _Dimension(
    "core.procedure",
    ("procedure_code", "valid_from"),
    ("name_vi", "field_vi", "administrative_level", "service_level", "valid_to", "source_id"),
)
_METRIC = _Dimension(
    "core.metric",
    ("metric_id", "metric_version"),
    (
        "name_vi",
        "name_en",
        "event",
        "denominator_scope",
        "online_levels",
        "is_official",
        "definition_vi",
        "legal_basis",
        "valid_from",
        "valid_to",
    ),
)
_TARGET = _Dimension(
    "core.target",
    ("metric_id", "unit_code", "unit_type", "valid_from"),
    ("operator", "target_num", "target_den", "legal_basis", "valid_to"),
)
_PERIOD = _Dimension(
    "core.period",
    ("calendar", "period"),
    ("year", "month", "starts_on", "ends_on", "starts_at", "ends_at", "due_at", "closes_at"),
)
_PERIOD_ROLLUP = _Dimension(
    "core.period_rollup",
    ("calendar", "period"),
    (
        "period_kind",
        "year",
        "first_period",
        "last_period",
        "starts_on",
        "ends_on",
        "starts_at",
        "ends_at",
        "due_at",
        "closes_at",
    ),
)
_EXPECTED_SOURCE = _Dimension("core.expected_source", ("source_id", "unit_code", "valid_from"), ("dataset", "valid_to"))
_DIMENSIONS = (
    _UNIT,
    _UNIT_SUCCESSION,
    _COMMUNE,
    _PROCEDURE,
    _METRIC,
    _TARGET,
    _PERIOD,
    _PERIOD_ROLLUP,
    _EXPECTED_SOURCE,
)


def synchronise(connection: Connection, jurisdiction: Jurisdiction) -> int:
    """Make the dimensions say what the configuration and the delivered catalogues say; record both, and what the
    configuration changed, in ops.

    In the caller's transaction. Only rows that differ are written (0 the second time); surrogate keys stay. The due and
    closing moments of a month with official figures stay as they were then. Returns the number of rows written.
    Raises ConfigurationInUseError when the configuration would change what figures mean.
    """
    lock_dimensions(connection)
    used_periods = periods_in_use(connection)
    refuse_changes_in_use(connection, jurisdiction, used_periods)
    dimension_hash = _record_state(connection, jurisdiction, used_periods)
    written = take_over_state(connection, dimension_hash)
    record_configuration(connection, jurisdiction, dimension_hash)
    return written


def lock_dimensions(connection: Connection) -> None:
    """Be the only one who changes or relies on the dimensions, until the transaction ends."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _SYNCHRONISE_LOCK})


def take_over_state(connection: Connection, dimension_hash: str) -> int:
    """Make the dimensions hold the rows that ops.dimension_state keeps under a hash; return how many were written."""
    written = int(connection.scalar(statement("core/take_over_state.sql"), {"dimension_hash": dimension_hash}) or 0)
    if written:
        # Without statistics all months of a calendar are planned as one, and what is joined by them is read for each.
        for dimension in _DIMENSIONS:
            connection.execute(statement("core/analyze.sql", table=dimension.table))
    return written


def recorded_state(connection: Connection, configuration_hash: str) -> str:
    """Return the hash of the dimensions that a recorded configuration gives, by its content in ops.configuration.

    For what was published before dimensions were recorded with publications.
    """
    from onestop.jurisdiction import Jurisdiction  # noqa: PLC0415 - the models are needed nowhere else here

    content = connection.scalars(
        text("select content from ops.configuration where configuration_hash = :hash"), {"hash": configuration_hash}
    ).one()
    return _record_state(connection, Jurisdiction.model_validate(content), {})


def _procedures(connection: Connection, jurisdiction: Jurisdiction) -> list[Mapping[str, Any]]:
    """The configured rows, and delivered ones for the days of which the configuration says nothing."""
    configured: list[Mapping[str, Any]] = [
        {**{column: getattr(row, column) for column in _PROCEDURE.columns if column != "source_id"}, "source_id": None}
        for row in jurisdiction.procedures
    ]
    if not connection.scalar(text("select exists(select 1 from core.procedure_version)")):
        return configured
    delivered = connection.execute(
        statement("core/delivered_procedure.sql"), {"configured": json.dumps(configured, default=_plain)}
    )
    return [*configured, *(dict(row._mapping) for row in delivered)]


def _given(
    connection: Connection, jurisdiction: Jurisdiction, used_periods: Mapping[tuple[str, str], Row[Any]]
) -> Iterator[tuple[_Dimension, Iterable[Mapping[str, Any]]]]:
    """Every dimension with the rows that the configuration, and delivered catalogues beside it, give it: what is taken
    over, and kept for rebuilding.
    """
    yield _UNIT, _rows(_UNIT, jurisdiction.units)
    yield _UNIT_SUCCESSION, _rows(_UNIT_SUCCESSION, jurisdiction.successions)
    yield _COMMUNE, _rows(_COMMUNE, jurisdiction.communes)
    yield _PROCEDURE, _procedures(connection, jurisdiction)
    yield _METRIC, _rows(_METRIC, jurisdiction.metrics)
    yield _TARGET, _rows(_TARGET, jurisdiction.targets)
    yield _PERIOD, _periods(jurisdiction, used_periods)
    yield _PERIOD_ROLLUP, _period_rollups(jurisdiction)
    yield _EXPECTED_SOURCE, _expected_sources(jurisdiction)


def _record_state(
    connection: Connection, jurisdiction: Jurisdiction, used_periods: Mapping[tuple[str, str], Row[Any]]
) -> str:
    """Keep the rows of all dimensions in ops.dimension_state and return their hash."""
    content = json.dumps(
        [
            {"table": dimension.table, "key": dimension.key, "columns": dimension.columns, "rows": list(rows)}
            for dimension, rows in _given(connection, jurisdiction, used_periods)
        ],
        default=_plain,
        ensure_ascii=False,
    )
    dimension_hash = hashlib.sha256(content.encode()).hexdigest()
    known = text("select exists(select 1 from ops.dimension_state where dimension_hash = :hash)")
    if not connection.scalar(known, {"hash": dimension_hash}):
        connection.execute(
            text("insert into ops.dimension_state (dimension_hash, content) values (:hash, cast(:content as jsonb))"),
            {"hash": dimension_hash, "content": content},
        )
    return dimension_hash


def _plain(value: object) -> object:
    """Give JSON what it has no form for: dates and moments, with date.max as the open end."""
    if isinstance(value, date | datetime):
        return "infinity" if value == date.max else value.isoformat()
    raise TypeError(f"{value!r} of the configuration has no form in JSON.")


def _rows(dimension: _Dimension, models: Sequence[object]) -> Iterator[Mapping[str, Any]]:
    for model in models:
        yield {column: getattr(model, column) for column in dimension.columns}


def _periods(
    jurisdiction: Jurisdiction, used_periods: Mapping[tuple[str, str], Row[Any]]
) -> Iterator[Mapping[str, Any]]:
    for name in jurisdiction.calendars:
        for year in PERIOD_YEARS:
            for period in jurisdiction.calendar(name).periods_of_year(year):
                row = {column: getattr(period, column) for column in _PERIOD.columns if column != "period"}
                used = used_periods.get((name, period.code))
                if used is not None and used.is_official:
                    row |= {"due_at": used.due_at, "closes_at": used.closes_at}
                yield {**row, "period": period.code}


def _period_rollups(jurisdiction: Jurisdiction) -> Iterator[Mapping[str, Any]]:
    kinds: tuple[PeriodKind, ...] = ("quarter", "year")
    for name, year, kind in itertools.product(jurisdiction.calendars, PERIOD_YEARS, kinds):
        for period in jurisdiction.calendar(name).periods_of_year(year, kind):
            months = period.months()
            yield {
                "calendar": name,
                "period": period.code,
                "period_kind": kind,
                "year": year,
                "first_period": months[0].code,
                "last_period": months[-1].code,
                "starts_on": period.starts_on,
                "ends_on": period.ends_on,
                "starts_at": period.starts_at,
                "ends_at": period.ends_at,
                "due_at": period.due_at,
                "closes_at": period.closes_at,
            }


def _expected_sources(jurisdiction: Jurisdiction) -> Iterator[Mapping[str, Any]]:
    """One row a source and unit it delivers for, as long as the unit exists and the source is expected to deliver."""
    lives: dict[str, tuple[date, date]] = {}
    for unit in jurisdiction.units:
        begins, ends = lives.get(unit.unit_code, (date.max, date.min))
        lives[unit.unit_code] = min(begins, unit.valid_from), max(ends, unit.valid_to)
    for source in jurisdiction.sources:
        for unit_code in source.units:
            begins, ends = lives[unit_code]
            yield {
                "source_id": source.id,
                "dataset": source.dataset,
                "unit_code": unit_code,
                "valid_from": max(source.expected_from or begins, begins),
                "valid_to": min(source.expected_to or ends, ends),
            }
