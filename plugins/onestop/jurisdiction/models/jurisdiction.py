"""The whole configuration of a jurisdiction, as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from onestop.jurisdiction.models.dimensions import NO_LEVEL, Alias, Commune, Metric, Procedure, Succession, Target, Unit
from onestop.jurisdiction.models.rules import AlertRule, CalendarRule, Contracts, Emulation, Route, SuspectFiling
from onestop.jurisdiction.models.source import Source
from onestop.jurisdiction.models.values import Timezone
from onestop.jurisdiction.periods import DECIDING_CALENDAR, Calendar, Period
from onestop.jurisdiction.shape import Language, Model, Name, Shape, Text, UnitGroup


class Jurisdiction(Model):
    """A province, as its folder says; loaded by `load_jurisdiction`."""

    name: Name
    title_vi: Text
    title_en: Text
    shape: Shape = Shape()
    timezone: Timezone
    holidays: str | None
    calendars: Mapping[str, CalendarRule]
    units: tuple[Unit, ...]
    successions: tuple[Succession, ...]
    communes: tuple[Commune, ...]
    procedures: tuple[Procedure, ...]
    aliases: tuple[Alias, ...] = ()
    metrics: tuple[Metric, ...]
    targets: tuple[Target, ...]
    sources: tuple[Source, ...]
    contracts: Contracts
    alert_rules: tuple[AlertRule, ...]
    routes: tuple[Route, ...]
    suspect_filing: SuspectFiling | None = None
    """None: nothing is suspected."""
    emulation: Emulation | None = None
    """None: nobody is scored."""
    texts: dict[str, str]
    configuration_hash: str
    """SHA-256 of every file of the folder, by name and content."""

    @property
    def language(self) -> Language:
        """The main language: what people see when they choose none, and what messages are stored in."""
        return self.shape.languages[0]

    @property
    def official_metric(self) -> Metric:
        """The official metric, in its latest version."""
        official = [metric for metric in self.metrics if metric.is_official]
        return max(official, key=lambda metric: metric.valid_from)

    @property
    def has_service_levels(self) -> bool:
        """Whether the official metric tells levels apart; where it does not, levels are not shown."""
        return NO_LEVEL not in self.official_metric.online_levels

    def group(self, name: str) -> UnitGroup | None:
        """Return a group of units; None for `all` of them, and for one that is not configured any more."""
        return self.shape.unit_groups.get(name)

    def calendar(self, name: str = DECIDING_CALENDAR) -> Calendar:
        """Return a calendar. Raises LookupError for one that calendar.yaml does not have."""
        rule = self.calendars.get(name)
        if rule is None:
            raise LookupError(f"{self.name} has no calendar {name!r}: calendar.yaml has {', '.join(self.calendars)}")
        values = rule.model_dump(exclude={"title_vi", "title_en"})
        return Calendar(name=name, timezone=self.timezone, holidays=self.holidays, **values)

    def period(self, code: str, calendar: str = DECIDING_CALENDAR) -> Period:
        """Return a month such as 2019-04. Raises ValueError for anything else, LookupError for an unknown calendar."""
        period = self.calendar(calendar).period(code)
        if period.kind != "month":
            raise ValueError(
                f"{code!r} is a {period.kind}: expected a year and a month, such as {period.months()[-1].code}: months "
                f"are delivered, measured and published, and the last month of a {period.kind} carries it"
            )
        return period

    def source(self, source_id: str) -> Source:
        """Return a source. Raises LookupError that names those there are."""
        for source in self.sources:
            if source.id == source_id:
                return source
        there = ", ".join(source.id for source in self.sources)
        raise LookupError(f"{self.name} has no source {source_id!r}: it has {there}")

    def roster(self, on: date) -> tuple[Unit, ...]:
        """Return the units that exist on this day, in the order in which they are reported."""
        return tuple(sorted((unit for unit in self.units if unit.is_valid(on)), key=lambda unit: unit.roster_order))
