"""Which column is which field, what its values mean, how its dates are written: by names first, then by values.

The words are those of include/proposals/<dataset>.yaml. What is not certain is left as TODO, which `jurisdiction check`
refuses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from onestop.jurisdiction import Jurisdiction
from onestop.jurisdiction.datasets import DATASETS, Dataset, DatasetName
from onestop.jurisdiction.models import TYPED_FORMATS
from onestop.proposing.fits import MOST_VALUES, Roster, fit
from onestop.proposing.meanings import TODO, Meanings, meanings_of
from onestop.proposing.moments import Forms, forms_of
from onestop.proposing.numbers import NumberForm, number_form_of
from onestop.proposing.words import Words, key_of, words
from onestop.reading.sampling import Sample

__all__ = ["TODO", "Proposal", "propose"]

_NEAR_ENOUGH = 88
_BY_VALUES = 70.0
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Proposal:
    """What a source's YAML would say of `fields`, `value_maps`, dates and numbers, and what is left to decide."""

    dataset: Dataset
    sample: Sample
    fields: Mapping[str, str]
    meanings: Meanings
    forms: Forms
    numbers: NumberForm
    unknown_fields: tuple[str, ...]
    """Needed, and no column is one of them; of fields of which one is enough, the first."""
    other_columns: tuple[str, ...]
    """Columns that are no field."""
    doubts: tuple[str, ...] = field(default=())
    """What to look at before the file is trusted."""

    @property
    def value_maps(self) -> Mapping[str, Mapping[str, str]]:
        """What values mean, by field."""
        return self.meanings.maps

    @property
    def has_dates(self) -> bool:
        """Whether a field of the source holds dates, or has to: otherwise it does not matter how they are written."""
        return bool(words(self.dataset.name).of_kind("moment") & {*self.fields, *self.unknown_fields})


def propose(
    sample: Sample, jurisdiction: Jurisdiction, units: Sequence[str], dataset_name: DatasetName = "dossier"
) -> Proposal:
    """Return what the sample seems to say; `units` are those that the source delivers for."""
    dataset, known, roster = DATASETS[dataset_name], words(dataset_name), Roster(jurisdiction)
    columns = {name: [value for value in values if value] for name, values in sample.columns.items()}
    scores = sorted(_scores(columns, known, roster), key=lambda found: (-found[0], found[1], found[2]))
    fields: dict[str, str] = {}
    for _, name, column in scores:
        if name not in fields and column not in fields.values():
            fields[name] = column
    typed = sample.format["kind"] in TYPED_FORMATS
    forms = forms_of(
        _of(known.of_kind("moment"), fields, columns), day_first="vi" in jurisdiction.shape.languages, typed=typed
    )
    numbers = number_form_of(_of(known.of_kind("amount", "count"), fields, columns), typed=typed)
    values = {name: sample.columns[column] for name, column in fields.items()}
    meanings = meanings_of(values, dataset, jurisdiction, roster)
    doubts = [*sample.notes, *forms.doubts, *numbers.doubts, *_rivals(scores, fields), *meanings.doubts]
    doubts += [f"fields.{name}: {look}" for name, look in known.look.items() if name in fields]
    if "unit" in fields and len(units) == 1 and dataset.is_of_its_units:
        doubts.append("fields.unit: the source has one unit: the column may be left out, or tells when it is another's")
    return Proposal(
        dataset,
        sample,
        {name: fields[name] for name in known.fields if name in fields},
        meanings,
        forms,
        numbers,
        tuple(_unknown(dataset, fields, units)),
        tuple(column for column in columns if column not in fields.values()),
        tuple(doubts),
    )


def _of(names: Collection[str], fields: Mapping[str, str], columns: Mapping[str, Sequence[str]]) -> list[Sequence[str]]:
    return [columns[column] for name, column in fields.items() if name in names]


def _unknown(dataset: Dataset, fields: Mapping[str, str], units: Sequence[str]) -> Iterator[str]:
    yield from (names[0] for names in dataset.required if not set(names) & set(fields))
    if len(units) > 1 and "unit" in dataset.fields and "unit" not in fields:
        yield "unit"


def _scores(columns: Mapping[str, Sequence[str]], known: Words, roster: Roster) -> Iterator[tuple[float, str, str]]:
    for column, values in columns.items():
        whole = key_of(column)
        last = key_of(column.rpartition(".")[2])
        left_out = max(_likeness(whole, known.left_out), _likeness(last, known.left_out))
        for name, likely in known.fields.items():
            score = max(_likeness(whole, likely), _likeness(last, likely) - (4 if last != whole else 0))
            if left_out >= max(score, _NEAR_ENOUGH):
                continue
            if score < _NEAR_ENOUGH:
                score = _by_values(name, values, known)
            if score and (fitting := fit(known.kind(name), values, roster)) >= 0:
                yield score + fitting, name, column


def _likeness(key: str, known: frozenset[str]) -> float:
    if key in known:
        return 100.0
    together = key.replace(" ", "")
    if any(together == word.replace(" ", "") for word in known):
        return 99.0
    if _contradicts(key, known):
        return 0.0
    return max((fuzz.token_sort_ratio(key, word) for word in known), default=0.0)


def _contradicts(key: str, known: frozenset[str]) -> bool:
    """Whether a name has a number, and the words of the field others only: (13) is not (10), nor level 2 level 3."""
    numbers, theirs = set(_NUMBER.findall(key)), set(_NUMBER.findall(" ".join(known)))
    return bool(numbers and theirs) and numbers.isdisjoint(theirs)


def _by_values(name: str, values: Sequence[str], known: Words) -> float:
    """Score a column whose name says nothing: one of known words only, of which there are several, is that field."""
    different = {key_of(value) for value in values}
    if name in known.known_by_values and 1 < len(different) <= MOST_VALUES:
        meanings = known.meanings(name)
        meant = {meanings[value] for value in different if value in meanings}
        if len(meant) > 1 and sum(value in meanings for value in different) >= 0.8 * len(different):
            return _BY_VALUES
    return 0.0


def _rivals(scores: Sequence[tuple[float, str, str]], fields: Mapping[str, str]) -> Iterator[str]:
    taken = set(fields.values())
    for name, column in fields.items():
        best = next(score for score, own, place in scores if (own, place) == (name, column))
        rivals = [place for score, own, place in scores if own == name and place not in taken and score > best - 3]
        if rivals:
            yield f"fields.{name}: {column!r} was chosen, and {' or '.join(map(repr, rivals))} may be meant"
