"""What a source's own values mean, where the words leave no doubt; and which of them may stand in a file at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from onestop.jurisdiction import Jurisdiction
from onestop.jurisdiction.datasets import Dataset
from onestop.proposing.fits import ENOUGH_VALUES, MOST_VALUES, Roster, is_of_many
from onestop.proposing.words import key_of, words
from onestop.reading.refusal import catalogue

TODO = "TODO"
"""Stands where a person has to decide; no model accepts it."""


@dataclass(frozen=True)
class Meanings:
    """`value_maps` of a source, what is asked beside each TODO in them, and what to look at."""

    maps: Mapping[str, Mapping[str, str]]
    questions: Mapping[str, str]
    doubts: tuple[str, ...] = field(default=())


def meanings_of(
    columns: Mapping[str, Sequence[str]], dataset: Dataset, jurisdiction: Jurisdiction, roster: Roster
) -> Meanings:
    """Return the maps of the fields that have codes, and of units. `columns` are the values of each known field."""
    maps: dict[str, dict[str, str]] = {}
    questions: dict[str, str] = {}
    doubts: list[str] = []
    for name in dataset.fields:
        codes = _codes(name, dataset, jurisdiction)
        if name in columns and (codes or name in words(dataset.name).of_kind("unit")):
            values = columns[name]
            found = _coded(name, values, codes, dataset) if codes else _unknown_units(values, roster)
            written = {
                value: meaning for value, meaning in found.items() if meaning != TODO or _may_stand(value, values)
            }
            if hidden := len(found) - len(written):
                doubts.append(
                    f"value_maps.{name}: of the values that nobody knows {hidden} are not written here, "
                    "since they could be names of people; `onestop sources preview` tells what is refused for them"
                )
            maps[name] = written
        elif name in dataset.stated and name not in columns:
            maps[name] = {"": TODO}
        questions[name] = words(dataset.name).questions.get(name) or ", ".join(dict.fromkeys(codes.values()))
    return Meanings({name: found for name, found in maps.items() if found}, questions, tuple(doubts))


def _codes(name: str, dataset: Dataset, jurisdiction: Jurisdiction) -> dict[str, str]:
    """Return the codes that a source may give without a map, as Subject.code_map has them."""
    channels = jurisdiction.shape.channels
    codes = catalogue(dataset.name).codes.get(name, {})
    return {code: meaning for code, meaning in codes.items() if name != "channel" or meaning in channels}


def _coded(name: str, values: Sequence[str], codes: Mapping[str, str], dataset: Dataset) -> dict[str, str]:
    filled = [value for value in values if value]
    different = [value for value, _ in Counter(filled).most_common(MOST_VALUES)]
    if set(different) <= codes.keys():
        return {}
    known = words(dataset.name).meanings(name)
    meant = frozenset(codes.values())
    found = {value: known.get(key_of(value), TODO) for value in different}
    found = {value: meaning if meaning in meant else TODO for value, meaning in found.items()}
    if "" in codes and len(filled) < len(values):
        found[""] = codes[""]  # a source's own map stands for all of the contract's codes, that of nothing among them
    return found


def _unknown_units(values: Sequence[str], roster: Roster) -> dict[str, str]:
    """Return the names of units that the roster does not know by code, name or alias, for a person to say."""
    filled = Counter(value for value in values if value)
    return {value: TODO for value, _ in filled.most_common(MOST_VALUES) if not roster.knows(value)}


def _may_stand(value: str, values: Sequence[str]) -> bool:
    """Whether a value that nobody knows is a code, and no name of a person: it repeats, or is one word in a few."""
    filled = [one for one in values if one]
    if is_of_many(filled):
        return False
    return len(filled) >= ENOUGH_VALUES or len(value.split()) == 1
