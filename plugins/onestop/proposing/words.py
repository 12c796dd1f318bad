"""The words by which columns and values are known: include/proposals/<dataset>.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from onestop.jurisdiction.aliases import matching_key, plain_key
from onestop.jurisdiction.datasets import DatasetName
from onestop.settings import REPOSITORY_ROOT

FOLDER = REPOSITORY_ROOT / "include" / "proposals"

Kind = Literal["moment", "month", "amount", "count", "level", "unit", "few", "different"]
"""What the values of a field look like, told in include/proposals/dossier.yaml."""

_CASES = re.compile(r"(?<=[a-zà-ỹ0-9])(?=[A-ZĐ])|(?<=[A-ZĐ])(?=[A-ZĐ][a-zà-ỹ])")


class Words(BaseModel):
    """What sources of a dataset call its fields and values, in plain keys (see `key_of`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: Mapping[str, frozenset[str]]
    """By field, in the order in which a file names them."""
    kinds: Mapping[Kind, tuple[str, ...]]
    """The fields of each kind; those of none may hold anything."""
    known_by_values: frozenset[str] = frozenset()
    """Fields of which a column is known by its values alone."""
    values: Mapping[str, Mapping[str, frozenset[str]]] = Field(default_factory=dict)
    """By field and meaning."""
    questions: Mapping[str, str] = Field(default_factory=dict)
    """By field: what is asked beside a value that nobody knows, where the codes alone say too little."""
    look: Mapping[str, str] = Field(default_factory=dict)
    """By field: what a person has to look at, since no sample shows it."""
    left_out: frozenset[str] = frozenset()
    """Columns that are no field, whatever they resemble."""

    def kind(self, field: str) -> Kind | None:
        """Return what the values of a field look like."""
        return next((kind for kind, fields in self.kinds.items() if field in fields), None)

    def of_kind(self, *kinds: Kind) -> frozenset[str]:
        """Return the fields of some kinds."""
        return frozenset(field for kind in kinds for field in self.kinds.get(kind, ()))

    def meanings(self, field: str) -> dict[str, str]:
        """Return what the known values of a field mean, by their keys."""
        return {key: meaning for meaning, keys in self.values.get(field, {}).items() for key in keys}


@cache
def words(dataset: DatasetName) -> Words:
    """Return the words of a dataset."""
    return Words.model_validate(YAML(typ="safe").load((FOLDER / f"{dataset}.yaml").read_text(encoding="utf-8")))


def key_of(name: str) -> str:
    """Return a name as words are compared: MaHoSo, ma_ho_so and "Mã hồ sơ" are `ma ho so`."""
    apart = _CASES.sub(" ", name.replace(".", " ").replace("@", " "))
    return plain_key(matching_key(apart))
