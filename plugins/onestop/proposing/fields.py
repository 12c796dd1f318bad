"""Which column is which field, what its values mean, how its dates are written: by names first, then by values.

The words are those of include/proposals/dossier.yaml. What is not certain is left as TODO, which `jurisdiction check`
refuses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from rapidfuzz import fuzz
from ruamel.yaml import YAML

from onestop.jurisdiction import Jurisdiction
from onestop.jurisdiction.aliases import matching_key, plain_key
from onestop.jurisdiction.models import TYPED_FORMATS
from onestop.proposing.moments import Forms, forms_of, is_moment
from onestop.reading.sampling import Sample
from onestop.settings import REPOSITORY_ROOT

TODO = "TODO"
"""Stands where a person has to decide; no model accepts it."""
NEEDED = ("dossier_code", "status", "received_at", "finished_at")
MAPPED = ("channel", "status", "applicant_type", "payment_method")
_NATIONAL = {
    "channel": {"1", "2", "3"},
    "status": {str(code) for code in range(1, 11)},
    "applicant_type": {"1", "2", "3", "4"},
}
_NEAR_ENOUGH = 88
_JUDGED = 200
"""So many values show whether a column holds dates."""
_MOST_VALUES = 40
"""A column of codes has few different values."""
_CASES = re.compile(r"(?<=[a-zà-ỹ0-9])(?=[A-ZĐ])|(?<=[A-ZĐ])(?=[A-ZĐ][a-zà-ỹ])")
_ENOUGH_VALUES = 10
"""Of fewer it is not clear whether they repeat."""
_MOMENTS = frozenset({"submitted_at", "received_at", "due_at", "finished_at", "returned_at"})


@dataclass(frozen=True)
class Proposal:
    """What a source's YAML would say of `fields`, `value_maps` and dates, and what is left to decide."""

    sample: Sample
    fields: Mapping[str, str]
    value_maps: Mapping[str, Mapping[str, str]]
    forms: Forms
    unknown_fields: tuple[str, ...]
    """Needed, and no column is one of them."""
    other_columns: tuple[str, ...]
    """Columns that are no field."""
    doubts: tuple[str, ...] = field(default=())
    """What to look at before the file is trusted."""


@dataclass(frozen=True)
class Words:
    """include/proposals/dossier.yaml."""

    fields: Mapping[str, frozenset[str]]
    values: Mapping[str, Mapping[str, str]]
    left_out: frozenset[str]


@cache
def words() -> Words:
    """Return the words by which columns and values are known."""
    path = REPOSITORY_ROOT / "include" / "proposals" / "dossier.yaml"
    said = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    values = {
        name: {written: meaning for meaning, several in meanings.items() for written in several}
        for name, meanings in said["values"].items()
    }
    return Words(
        {name: frozenset(known) for name, known in said["fields"].items()}, values, frozenset(said["left_out"])
    )


def propose(sample: Sample, jurisdiction: Jurisdiction, units: Sequence[str]) -> Proposal:
    """Return what the sample seems to say; `units` are those that the source delivers for."""
    columns = {name: [value for value in values if value] for name, values in sample.columns.items()}
    scores = sorted(_scores(columns), key=lambda found: (-found[0], found[1], found[2]))
    fields: dict[str, str] = {}
    for _, name, column in scores:
        if name not in fields and column not in fields.values():
            fields[name] = column
    typed = sample.format["kind"] in TYPED_FORMATS
    dated = [columns[column] for name, column in fields.items() if name in _MOMENTS]
    forms = forms_of(dated, day_first="vi" in jurisdiction.shape.languages, typed=typed)
    doubts = [*sample.notes, *forms.doubts, *_rivals(scores, fields)]
    maps = {name: _map(name, columns[fields[name]], jurisdiction) for name in MAPPED if name in fields}
    if "unit" in fields:
        maps["unit"] = _unit_map(columns[fields["unit"]], jurisdiction)
    if "unit" in fields and len(units) == 1:
        doubts.append("fields.unit: the source has one unit: the column may be left out, or tells when it is another's")
    return Proposal(
        sample,
        {name: fields[name] for name in words().fields if name in fields},
        {name: found for name, found in maps.items() if found},
        forms,
        tuple(name for name in NEEDED if name not in fields),
        tuple(column for column in columns if column not in fields.values()),
        tuple(doubts),
    )


def key_of(name: str) -> str:
    """Return a name as words are compared: MaHoSo, ma_ho_so and "Mã hồ sơ" are `ma ho so`."""
    apart = _CASES.sub(" ", name.replace(".", " ").replace("@", " "))
    return plain_key(matching_key(apart))


def _scores(columns: Mapping[str, Sequence[str]]) -> Iterator[tuple[float, str, str]]:
    for column, values in columns.items():
        whole = key_of(column)
        last = key_of(column.rpartition(".")[2])
        if {whole, last} & words().left_out:
            continue
        for name, known in words().fields.items():
            score = max(_likeness(whole, known), _likeness(last, known) - (4 if last != whole else 0))
            if score < _NEAR_ENOUGH:
                score = _by_values(name, values)
            if score and (fit := _fit(name, values)) >= 0:
                yield score + fit, name, column


def _likeness(key: str, known: frozenset[str]) -> float:
    if key in known:
        return 100.0
    together = key.replace(" ", "")
    if any(together == word.replace(" ", "") for word in known):
        return 99.0
    return max((fuzz.token_sort_ratio(key, word) for word in known), default=0.0)


def _by_values(name: str, values: Sequence[str]) -> float:
    """Score a column whose name says nothing: one of known words only, of which there are several, is that field."""
    different = {key_of(value) for value in values}
    known = words().values.get(name, {})
    if name in {"channel", "status"} and 1 < len(different) <= _MOST_VALUES:
        meant = {known[value] for value in different if value in known}
        if len(meant) > 1 and sum(value in known for value in different) >= 0.8 * len(different):
            return 70.0
    return 0.0


def _fit(name: str, values: Sequence[str]) -> float:
    """Return 0 to 2 for values that can be those of the field, -1 for others."""
    if not values:
        return 0.0
    different = set(values)
    if name in _MOMENTS:
        some = values[:_JUDGED]
        return 2.0 if sum(map(is_moment, some)) >= 0.8 * len(some) else -1.0
    if name in {*MAPPED, "service_level"}:
        few = len(different) <= _MOST_VALUES and not _is_of_many(values)
        return 1.0 if few and not is_moment(values[0]) else -1.0
    if name == "dossier_code":
        return 2.0 if len(different) >= 0.8 * len(values) and not is_moment(values[0]) else -1.0
    if name == "fee_amount":
        return 1.0 if all(re.fullmatch(r"[\d.,]+", value) for value in different) else -1.0
    return -1.0 if name == "unit" and _is_of_many(values) else 0.0


def _is_of_many(values: Sequence[str]) -> bool:
    """Whether a column says nearly always something else: names, of people for one, and no codes.

    The values of codes and units go into the file that is proposed; people must not.
    """
    return len(values) >= _ENOUGH_VALUES and len(set(values)) > 0.5 * len(values)


def _rivals(scores: Sequence[tuple[float, str, str]], fields: Mapping[str, str]) -> Iterator[str]:
    taken = set(fields.values())
    for name, column in fields.items():
        best = next(score for score, own, place in scores if (own, place) == (name, column))
        rivals = [place for score, own, place in scores if own == name and place not in taken and score > best - 3]
        if rivals:
            yield f"fields.{name}: {column!r} was chosen, and {' or '.join(map(repr, rivals))} may be meant"


def _map(name: str, values: Sequence[str], jurisdiction: Jurisdiction) -> dict[str, str]:
    different = [value for value, _ in Counter(values).most_common(_MOST_VALUES)]
    if set(different) <= _NATIONAL.get(name, set()):
        return {}  # the national codes need no map
    known = words().values[name]
    found = {value: known.get(key_of(value), TODO) for value in different}
    if name == "channel":
        found = {value: meaning if meaning in jurisdiction.shape.channels else TODO for value, meaning in found.items()}
    return found


def _unit_map(values: Sequence[str], jurisdiction: Jurisdiction) -> dict[str, str]:
    """Return the names of units that the roster does not know by code, name or alias, for a person to say."""
    names: dict[str, str] = {}
    aliases = {matching_key(one.alias): matching_key(one.code) for one in jurisdiction.aliases if one.kind == "words"}
    for unit in jurisdiction.units:
        for written in (unit.unit_code, unit.name_vi, unit.name_en):
            names[matching_key(written, aliases)] = unit.unit_code
    for alias in jurisdiction.aliases:
        if alias.kind == "unit":
            names[matching_key(alias.alias, aliases)] = alias.code
    found: dict[str, str] = {}
    for value, _ in Counter(values).most_common(_MOST_VALUES):
        if matching_key(value, aliases) not in names:
            found[value] = TODO
    return found
