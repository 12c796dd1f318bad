"""The dimensions of the warehouse: what the configuration of a jurisdiction says, in tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction

#: The years whose periods stand in core.period.
PERIOD_YEARS = range(2016, 2028)

_SYNCHRONISE_LOCK = 7_301_000_004


class UnitInUseError(Exception):
    """A unit that published figures refer to was taken out of the configuration."""


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
    ("name_vi", "field_vi", "administrative_level", "service_level", "valid_to"),
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
_EXPECTED_SOURCE = _Dimension("core.expected_source", ("source_id", "unit_code", "valid_from"), ("dataset", "valid_to"))


def synchronise(connection: Connection, jurisdiction: Jurisdiction) -> int:
    """Make the dimensions say what the configuration says, and record it in ops.configuration.

    In the caller's transaction. Only rows that differ are written (0 the second time); surrogate keys stay. Returns
    the number of rows written. Raises UnitInUseError when a unit with published figures is no longer configured.
    """
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _SYNCHRONISE_LOCK})
    _check_units_in_use(connection, jurisdiction)
    written = (
        _take_over(connection, _UNIT, _rows(_UNIT, jurisdiction.units))
        + _take_over(connection, _UNIT_SUCCESSION, _rows(_UNIT_SUCCESSION, jurisdiction.successions))
        + _take_over(connection, _COMMUNE, _rows(_COMMUNE, jurisdiction.communes))
        + _take_over(connection, _PROCEDURE, _rows(_PROCEDURE, jurisdiction.procedures))
        + _take_over(connection, _METRIC, _rows(_METRIC, jurisdiction.metrics))
        + _take_over(connection, _TARGET, _rows(_TARGET, jurisdiction.targets))
        + _take_over(connection, _PERIOD, _periods(jurisdiction))
        + _take_over(connection, _EXPECTED_SOURCE, _expected_sources(jurisdiction))
    )
    _record_configuration(connection, jurisdiction)
    return written


def _check_units_in_use(connection: Connection, jurisdiction: Jurisdiction) -> None:
    configured = {(unit.unit_code, unit.valid_from) for unit in jurisdiction.units}
    for code, valid_from in connection.execute(statement("core/unit_in_use.sql")):
        if (code, valid_from) not in configured:
            raise UnitInUseError(
                f"Unit {code}, valid from {valid_from}, has published figures but is no longer in units.csv. "
                f"Put the row back, and if the unit has ceased to be, give it a valid_to."
            )


def _take_over(connection: Connection, dimension: _Dimension, rows: Iterable[Mapping[str, Any]]) -> int:
    written = connection.scalar(
        text("select core.take_over(:target, :key_columns, :columns, cast(:incoming as jsonb))"),
        {
            "target": dimension.table,
            "key_columns": list(dimension.key),
            "columns": list(dimension.columns),
            "incoming": json.dumps(list(rows), default=_plain),
        },
    )
    return int(written or 0)


def _plain(value: object) -> object:
    """Give JSON what it has no form for: dates and moments, with date.max as the open end."""
    if isinstance(value, date | datetime):
        return "infinity" if value == date.max else value.isoformat()
    raise TypeError(f"{value!r} of the configuration has no form in JSON.")


def _rows(dimension: _Dimension, models: Sequence[object]) -> Iterator[Mapping[str, Any]]:
    for model in models:
        yield {column: getattr(model, column) for column in dimension.columns}


def _periods(jurisdiction: Jurisdiction) -> Iterator[Mapping[str, Any]]:
    for name in jurisdiction.calendars:
        calendar = jurisdiction.calendar(name)
        for year in PERIOD_YEARS:
            for month in range(1, 13):
                period = calendar.period(f"{year}-{month:02d}")
                row = {column: getattr(period, column) for column in _PERIOD.columns if column != "period"}
                yield {**row, "period": period.code}


def _expected_sources(jurisdiction: Jurisdiction) -> Iterator[Mapping[str, Any]]:
    """One row a source and unit it delivers for; a source without `expected_from` is expected since the unit began."""
    begins: dict[str, date] = {}
    for unit in jurisdiction.units:
        begins[unit.unit_code] = min(begins.get(unit.unit_code, date.max), unit.valid_from)
    for source in jurisdiction.sources:
        for unit_code in source.units:
            yield {
                "source_id": source.id,
                "dataset": source.dataset,
                "unit_code": unit_code,
                "valid_from": source.expected_from or begins[unit_code],
                "valid_to": source.expected_to or "infinity",
            }


def _record_configuration(connection: Connection, jurisdiction: Jurisdiction) -> None:
    known = text("select exists(select 1 from ops.configuration where configuration_hash = :hash)")
    if connection.scalar(known, {"hash": jurisdiction.configuration_hash}):
        return
    connection.execute(
        text(
            "insert into ops.configuration (configuration_hash, jurisdiction, content) "
            "values (:hash, :name, cast(:content as jsonb)) on conflict do nothing"
        ),
        {
            "hash": jurisdiction.configuration_hash,
            "name": jurisdiction.name,
            "content": jurisdiction.model_dump_json(),
        },
    )
