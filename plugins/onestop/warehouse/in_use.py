"""What published figures stand on, and may not change under them.

A figure names its unit, its metric's version and its period; readers look up their group, definition and bounds. Were
one of these removed or edited, a published figure would silently mean something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row

from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction

_PERIOD_BOUNDS = ("year", "month", "starts_on", "ends_on", "starts_at", "ends_at")
_METRIC_DEFINITION = ("event", "denominator_scope", "online_levels", "is_official", "definition_vi")


class ConfigurationInUseError(Exception):
    """The configuration would change what published figures mean; `problems` says everything that it would."""

    def __init__(self, problems: list[str]) -> None:
        """List the problems, each with its remedy."""
        self.problems = problems
        super().__init__(
            f"{len(problems)} change(s) of the configuration would alter figures that stand:\n"
            + "\n".join(f"- {problem}" for problem in problems)
        )


def periods_in_use(connection: Connection) -> dict[tuple[str, str], Row[Any]]:
    """Return the months that published figures are about or read, by calendar and name."""
    rows = connection.execute(statement("core/period_in_use.sql"))
    return {(row.calendar, row.period): row for row in rows}


def refuse_changes_in_use(
    connection: Connection, jurisdiction: Jurisdiction, used_periods: dict[tuple[str, str], Row[Any]]
) -> None:
    """Raise ConfigurationInUseError where the configuration takes away or edits what figures refer to."""
    problems = [
        *_units(connection, jurisdiction),
        *_metrics(connection, jurisdiction),
        *_periods(jurisdiction, used_periods),
    ]
    if problems:
        raise ConfigurationInUseError(problems)


def _units(connection: Connection, jurisdiction: Jurisdiction) -> Iterator[str]:
    configured = {(unit.unit_code, unit.valid_from): unit for unit in jurisdiction.units}
    for used in connection.execute(statement("core/unit_in_use.sql")):
        unit = configured.get((used.unit_code, used.valid_from))
        if unit is None:
            yield (
                f"unit {used.unit_code}, valid from {used.valid_from}, has figures but is no longer in units.csv. Put "
                f"the row back, and if the unit has ceased to be, give it a valid_to"
            )
            continue
        for name in ("unit_group", "unit_type"):
            held, wanted = getattr(used, name), getattr(unit, name)
            if held != wanted and used.is_published:
                yield (
                    f"unit {used.unit_code}, valid from {used.valid_from}, has published figures in the {name} {held}, "
                    f"and would be moved to {wanted}. Leave this row as it was, end it (valid_to) on the last day of a "
                    f"month, and begin another row of {used.unit_code} with {name} {wanted} on the next"
                )


def _metrics(connection: Connection, jurisdiction: Jurisdiction) -> Iterator[str]:
    configured = {(metric.metric_id, metric.metric_version): metric for metric in jurisdiction.metrics}
    for used in connection.execute(statement("core/metric_in_use.sql")):
        version = f"version {used.metric_version} of metric {used.metric_id}"
        metric = configured.get((used.metric_id, used.metric_version))
        if metric is None:
            yield (
                f"{version} has published figures but is no longer in metrics.yaml. Put it back, and if it is no "
                f"longer in force, give it a valid_to"
            )
            continue
        for name in _METRIC_DEFINITION:
            held, wanted = getattr(used, name), getattr(metric, name)
            wanted = list(wanted) if isinstance(wanted, tuple) else wanted
            if held != wanted:
                yield (
                    f"{version} has published figures, and its {name} would change from {held!r} to {wanted!r}. A "
                    f"changed definition is a new version: leave this one as it was, end it (valid_to), and add "
                    f"metric_version {used.metric_version + 1} from the next day on; a day of the past restates the "
                    f"periods since, openly"
                )


def _periods(jurisdiction: Jurisdiction, used_periods: dict[tuple[str, str], Row[Any]]) -> Iterator[str]:
    for (name, code), used in sorted(used_periods.items()):
        if name not in jurisdiction.calendars:
            yield (
                f"period {code} of the calendar {name} has published figures, but calendar.yaml has no such calendar "
                f"any more. Put it back: a calendar that nobody publishes by costs nothing"
            )
            continue
        period = jurisdiction.period(code, name)
        for bound in _PERIOD_BOUNDS:
            held, wanted = getattr(used, bound), getattr(period, bound)
            if held != wanted:
                yield (
                    f"period {code} of the calendar {name} has published figures, and its {bound} would change from "
                    f"{_told(held)} to {_told(wanted)}. Leave timezone and calendar as they were, and add a calendar "
                    f"of another name for the new order"
                )
                break


def _told(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
