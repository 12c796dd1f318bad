"""The roster and the catalogues: units and what became of them, communes, procedures, targets, metrics.

Validity: `valid_from` is inclusive, `valid_to` exclusive, `date.max` open-ended.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
)

from onestop.jurisdiction.models.values import LARGEST_NUMBER, Day, End, OptionalName, OptionalText
from onestop.jurisdiction.shape import Code, Model, Name, Text

Scope = Literal["total", "own", "communes"]


class Validity(Model):
    """Something that holds for a time: from `valid_from` on, until before `valid_to`."""

    valid_from: Day
    valid_to: End = date.max

    def is_valid(self, on: date) -> bool:
        """Whether it holds on this day."""
        return self.valid_from <= on < self.valid_to


class Unit(Validity):
    """A department, vertical agency or district, for the time it exists under this name."""

    unit_code: Name
    name_vi: Text
    name_en: Text
    unit_type: Name
    """Of `unit_types` in jurisdiction.yaml."""
    unit_group: Name
    """Of `unit_groups`, that of the unit's type."""
    parent_unit_code: OptionalName = None
    gso_code: OptionalText = None
    roster_order: Annotated[int, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
    note: OptionalText = None


class Succession(Model):
    """What became of a unit; `effective_on` is the first day of the new order.

    A unit that keeps its code under another name is no succession, but another row of units.csv.
    """

    from_unit_code: Name
    to_unit_code: OptionalName = None
    """Empty for an abolition."""
    effective_on: Day
    kind: Literal["merge", "split", "rename", "abolition"]
    """merge: goes whole into `to_unit_code`. rename: the same unit under another code. split: a part of it goes to
    `to_unit_code`, one row a part, whether or not the unit goes on. abolition: ends, and nobody here succeeds it."""


class Commune(Validity):
    """A commune, ward or township within a district."""

    commune_code: Code
    """As `commune_code_pattern` in jurisdiction.yaml says."""
    name_vi: Text
    name_en: OptionalText = None
    district_unit_code: Name


class Alias(Validity):
    """Another way of writing: of a unit, a commune, a procedure (`code` names it), or of words anywhere in a name."""

    kind: Literal["unit", "commune", "procedure", "words"]
    alias: Text
    """Compared without regard to case, punctuation and where a tone mark stands. In the time it is valid sources write
    so; which dossiers they write of makes no difference."""
    code: Text
    """Code of units.csv, communes.csv or procedures.csv; of words, what they stand for."""


NO_LEVEL = 0
"""The service level of a dossier whose procedure has none, or is not known."""


ALL_LEVELS = (NO_LEVEL, 1, 2, 3, 4)


def _all_levels(value: object) -> object:
    return ALL_LEVELS if value == "all" else value


def _no_level_when_empty(value: object) -> object:
    return NO_LEVEL if value in (None, "") else value


ServiceLevel = Annotated[int, Field(ge=0, le=4), BeforeValidator(_no_level_when_empty)]
OnlineLevels = Annotated[
    tuple[Annotated[int, Field(ge=0, le=4)], ...], Field(min_length=1), BeforeValidator(_all_levels)
]


class Procedure(Validity):
    """An administrative procedure at one service level; another level is another row."""

    procedure_code: Code
    name_vi: Text
    name_en: OptionalText = None
    field_vi: OptionalText = None
    field_en: OptionalText = None
    administrative_level: OptionalText = None
    service_level: ServiceLevel = 0
    """1 to 4; empty where procedures have no levels."""


class Target(Validity):
    """What a unit, or every unit of a type, must reach: numerator * target_den <operator> target_num * denominator."""

    metric_id: Name
    unit_code: OptionalName = None
    unit_type: OptionalName = None
    operator: Literal[">=", ">"]
    target_num: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)]
    target_den: Annotated[int, Field(gt=0, le=LARGEST_NUMBER)]
    legal_basis: Text


class Metric(Validity):
    """A share of dossiers: those filed online at `online_levels`, over all or over the eligible ones."""

    metric_id: Name
    metric_version: Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
    name_vi: Text
    name_en: Text
    event: Literal["resolved", "received"]
    denominator_scope: Literal["all", "eligible"]
    online_levels: OnlineLevels
    """Levels at which a dossier filed online counts, 0 for one of no or unknown level; or `all`."""
    is_official: bool
    definition_vi: Text
    definition_en: Text | None = None
    legal_basis: Text | None = None
