"""The shape of a jurisdiction: its languages, the kinds and groups of its units, the channels of its dossiers.

What is not declared in jurisdiction.yaml is as in a Vietnamese province.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, model_validator

NAME = r"^[a-z][a-z0-9_]*$"
Name = Annotated[str, StringConstraints(pattern=NAME, max_length=63)]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
LONGEST_CODE = 200
"""Bytes. Codes stand in indexes, no row of which may have more than 2,704: a longer one would stop all who write."""
LONGEST_NAME = 2000
"""Bytes of a name that stands in an index beside codes: of a procedure that no catalogue has, of a body."""


def _code(value: str) -> str:
    if (count := len(value.encode())) > LONGEST_CODE:
        raise ValueError(f"a code of {count:,} bytes; at most {LONGEST_CODE}")
    return value


Code = Annotated[Text, AfterValidator(_code)]

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = ("vi", "en")
"""What page, mails and notices can be written in."""
Channel = Literal["direct", "online", "post", "internal"]
"""`internal`: opened by the authority for itself; kept, counted in the quality of the delivery, and in no share."""
ALL_GROUPS = "all"
"""All units together, where groups are pooled; no group is named so."""


def text_of(model: Any, name: str, language: str) -> str:
    """Return a text of a model in a language (`title` -> title_en), in Vietnamese where there is no other."""
    return str(getattr(model, f"{name}_{language}", None) or getattr(model, f"{name}_vi"))


def read_with(languages: tuple[Language, ...]) -> dict[str, Any]:
    """Return the validation context for what stands in a file: there `valid_to` is the last day, and only texts in the
    declared languages are needed.
    """
    return {"last_day": "inclusive", "languages": languages}


class Model(BaseModel):
    """Unchangeable, and no key that is not declared.

    Texts are pairs such as title_vi and title_en. In a file of a jurisdiction that does not declare a language, the
    text of that language is not needed: it is then the other one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _texts_of_declared_languages(cls, values: Any, info: ValidationInfo) -> Any:
        languages = (info.context or {}).get("languages", LANGUAGES)
        if not isinstance(values, Mapping) or len(languages) == len(LANGUAGES):
            return values
        filled = dict(values)
        for name, other in text_pairs(cls, languages):
            if filled.get(name) in (None, "") and filled.get(other) not in (None, ""):
                filled[name] = filled[other]
        return filled


def text_pairs(model: type[BaseModel], languages: tuple[Language, ...]) -> list[tuple[str, str]]:
    """Return the texts of a model in languages that are not declared, each with its text in the one that is."""
    own = languages[0]
    pairs = []
    for name in model.model_fields:
        stem, _, language = name.rpartition("_")
        if language in LANGUAGES and language not in languages and f"{stem}_{own}" in model.model_fields:
            pairs.append((name, f"{stem}_{own}"))
    return pairs


class UnitGroup(Model):
    """Units that are reported together, and pooled."""

    title_vi: Text
    """Of tables."""
    title_en: Text
    within_vi: Text
    """As it stands inside a sentence: các sở, ngành."""
    within_en: Text


class UnitType(Model):
    """A kind of unit: targets may be set for it."""

    group: Name
    """Of `unit_groups`."""
    has_communes: bool = False
    """Whether communes.csv may name units of this kind as the district of a commune."""


DEPARTMENTS = UnitGroup(
    title_vi="Sở, ngành", title_en="Departments", within_vi="các sở, ngành", within_en="the departments"
)
DISTRICTS = UnitGroup(
    title_vi="Huyện, thành phố",
    title_en="Districts and city",
    within_vi="các huyện, thành phố",
    within_en="the districts and the city",
)


def _expression(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return value


class Shape(Model):
    """What jurisdiction.yaml may declare beside names and texts."""

    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = LANGUAGES
    """Languages that people are written in; the first is what they see when they choose none."""
    unit_groups: Annotated[dict[Name, UnitGroup], Field(min_length=1)] = Field(
        default_factory=lambda: {"departments": DEPARTMENTS, "districts": DISTRICTS}
    )
    """Groups of `units.csv`, in the order in which they are reported."""
    unit_types: Annotated[dict[Name, UnitType], Field(min_length=1)] = Field(
        default_factory=lambda: {
            "department": UnitType(group="departments"),
            "vertical": UnitType(group="departments"),
            "district": UnitType(group="districts", has_communes=True),
        }
    )
    """Kinds of units of `units.csv`, each with its group."""
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = ("online", "direct", "post")
    """Channels that sources' value maps may lead to; only these are shown. `internal` ones are in no share."""
    absent_channel: Channel | None = "direct"
    """What a dossier without a channel counts as; null: such a row is refused."""
    commune_code_pattern: Annotated[str, AfterValidator(_expression)] = r"^\d{5}$"
    """What codes of communes.csv look like."""
    dossier_code_pattern: Annotated[str, AfterValidator(_expression)] | None = None
    """What codes of dossiers look like, for a warning; by default the national shape of contracts/dossier.yaml."""

    @model_validator(mode="after")
    def _agrees(self) -> Shape:
        if len(set(self.languages)) < len(self.languages) or len(set(self.channels)) < len(self.channels):
            raise ValueError("languages and channels are named once each")
        if ALL_GROUPS in self.unit_groups:
            raise ValueError("`all` is all groups together: name the group otherwise")
        for name, kind in self.unit_types.items():
            if kind.group not in self.unit_groups:
                raise ValueError(f"unit_types.{name}: '{kind.group}' is none of {', '.join(self.unit_groups)}")
        if "online" not in self.channels:
            raise ValueError("channels: `online` is what is measured, and missing")
        if self.absent_channel is not None and self.absent_channel not in self.channels:
            raise ValueError(f"absent_channel: '{self.absent_channel}' is none of {', '.join(self.channels)}")
        return self
