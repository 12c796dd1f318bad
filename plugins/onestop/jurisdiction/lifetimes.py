"""What must agree between the files of a folder over time: who exists when, and what became of whom.

A unit lives from its first row's `valid_from` until its last row's `valid_to`, without a gap: a rename is another row
of the same code. Every end is explained in unit_successions.csv: nobody leaves the roster by a slip of the pen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from typing import TypeVar

from onestop.cleaning import cleaned
from onestop.jurisdiction.documents import Located
from onestop.jurisdiction.models import Commune, Procedure, Succession, Target, Unit, Validity
from onestop.jurisdiction.problems import Problem

AnyValidity = TypeVar("AnyValidity", bound=Validity)


@dataclass(frozen=True)
class Lifetime:
    """When a unit exists, and the lines that say so. `ends_on` is exclusive."""

    begins_on: date
    ends_on: date
    first: Located[Unit]
    last: Located[Unit]

    def covers(self, begins_on: date, ends_on: date) -> bool:
        """Whether the unit exists on every day of a time."""
        return self.begins_on <= begins_on and ends_on <= self.ends_on

    def is_alive(self, on: date) -> bool:
        """Whether the unit exists on a day."""
        return self.begins_on <= on < self.ends_on

    def __str__(self) -> str:
        return f"exists from {self.begins_on} to {last_day(self.ends_on)} (units.csv:{self.last.line})"


def last_day(ends_on: date) -> str:
    """Return an exclusive end as files write it."""
    return "open" if ends_on == date.max else str(date.fromordinal(ends_on.toordinal() - 1))


def lifetimes(rows: Sequence[Located[Unit]]) -> dict[str, Lifetime]:
    """Return when each unit exists, by its code."""
    found: dict[str, Lifetime] = {}
    for row in sorted(rows, key=lambda row: row.model.valid_from):
        code, held = row.model.unit_code, found.get(row.model.unit_code)
        first = held.first if held else row
        last = held.last if held and held.ends_on > row.model.valid_to else row
        found[code] = Lifetime(first.model.valid_from, last.model.valid_to, first, last)
    return found


def units(rows: Sequence[Located[Unit]]) -> Iterator[Problem]:
    """No unit is away for a time; parents exist as long as their units; a name is that of one unit."""
    yield from gaps(rows, lambda unit: unit.unit_code, "unit")
    lives = lifetimes(rows)
    by_name: dict[str, Located[Unit]] = {}
    for row in rows:
        unit = row.model
        parent = lives.get(unit.parent_unit_code or "")
        if parent is not None and not parent.covers(unit.valid_from, unit.valid_to):
            yield row.problem(
                f"parent_unit_code: {unit.parent_unit_code} {parent}, {unit.unit_code} from {unit.valid_from} to "
                f"{last_day(unit.valid_to)}; end this row with its parent and go on in another one"
            )
        other = by_name.setdefault(cleaned(unit.name_vi), row)  # as deliveries' names are looked up
        if other.model.unit_code != unit.unit_code:
            yield row.problem(
                f"name_vi: '{unit.name_vi}' is the name of {other.model.unit_code}, line {other.line}: a delivery that "
                f"writes it could mean either; give both rows one code, or each its own name"
            )


def successions(rows: Sequence[Located[Succession]], lives: Mapping[str, Lifetime]) -> Iterator[Problem]:
    """Each succession meets the validity of its units, and every unit that ends has one."""
    by_event: defaultdict[tuple[str, date], list[Located[Succession]]] = defaultdict(list)
    for row in rows:
        one = row.model
        by_event[one.from_unit_code, one.effective_on].append(row)
        if (one.to_unit_code is None) != (one.kind == "abolition"):
            yield row.problem("to_unit_code: an abolition has none, and every other succession names one")
        elif one.to_unit_code == one.from_unit_code:
            yield row.problem(
                f"{one.from_unit_code} cannot succeed itself: a unit that keeps its code and is renamed is another row "
                f"of units.csv"
            )
        else:
            yield from _meets(row, lives)
    for (code, effective_on), same in by_event.items():
        if len(same) > 1 and any(row.model.kind != "split" for row in same):
            lines = " and ".join(str(row.line) for row in same)
            yield same[-1].problem(
                f"{code} has several successions on {effective_on} (lines {lines}): a unit that goes into several is "
                f"split, with a row of the kind split for each"
            )
    for code, life in lives.items():
        if life.ends_on != date.max and (code, life.ends_on) not in by_event:
            yield life.last.problem(
                f"{code} ends on {last_day(life.ends_on)} and unit_successions.csv does not say what became of it: add "
                f"a row effective {life.ends_on}, with its successor (merge, split, rename), or of the kind abolition"
            )


def _meets(row: Located[Succession], lives: Mapping[str, Lifetime]) -> Iterator[Problem]:
    one = row.model
    before, after = lives.get(one.from_unit_code), lives.get(one.to_unit_code or "")
    is_going_on = one.kind == "split" and before is not None and before.begins_on < one.effective_on < before.ends_on
    if before is not None and before.ends_on != one.effective_on and not is_going_on:
        expected = "on that day or later" if one.kind == "split" else "the day before"
        yield row.problem(
            f"effective_on: {one.from_unit_code} {before}, which does not meet its {one.kind} on {one.effective_on}; "
            f"expected that it ends {expected}"
        )
    if after is not None and not after.is_alive(one.effective_on):
        yield row.problem(
            f"effective_on: {one.to_unit_code} {after}, and cannot succeed {one.from_unit_code} on {one.effective_on}"
        )
    elif after is not None and one.kind == "rename" and after.begins_on != one.effective_on:
        yield row.problem(
            f"effective_on: {one.to_unit_code} {after}, and is no new name for {one.from_unit_code} on "
            f"{one.effective_on}; a unit that goes into an older one is merged"
        )


def communes(rows: Sequence[Located[Commune]], lives: Mapping[str, Lifetime]) -> Iterator[Problem]:
    """A commune's district exists as long as the commune lies in it; a code comes back only for another commune; a name
    is that of one commune of the district at a time.
    """
    yield from gaps(rows, lambda commune: commune.commune_code, "commune", lambda commune: commune.name_vi)
    for row in rows:
        commune = row.model
        district = lives.get(commune.district_unit_code)
        if district is not None and not district.covers(commune.valid_from, commune.valid_to):
            yield row.problem(
                f"district_unit_code: {commune.district_unit_code} {district}, commune {commune.commune_code} from "
                f"{commune.valid_from} to {last_day(commune.valid_to)}; end this row with its district, and go on in a "
                f"row of the district that it lies in afterwards"
            )
    yield from _namesakes(rows)


def _namesakes(rows: Sequence[Located[Commune]]) -> Iterator[Problem]:
    by_name: defaultdict[tuple[str, str], list[Located[Commune]]] = defaultdict(list)
    for row in rows:
        by_name[row.model.district_unit_code, cleaned(row.model.name_vi)].append(row)
    for same in by_name.values():
        for other, row in combinations(same, 2):
            one, commune = other.model, row.model
            meet = one.valid_from < commune.valid_to and commune.valid_from < one.valid_to
            if meet and one.commune_code != commune.commune_code:
                yield row.problem(
                    f"name_vi: '{commune.name_vi}' is the name of {one.commune_code} in {one.district_unit_code}, line "
                    f"{other.line}, from {one.valid_from} to {last_day(one.valid_to)}: a delivery that writes it could "
                    f"mean either; give each its own name, or end the earlier row the day before the later one begins"
                )


def procedures(rows: Sequence[Located[Procedure]]) -> Iterator[Problem]:
    """A procedure is not away for a time; a code comes back only for another procedure."""
    yield from gaps(rows, lambda procedure: procedure.procedure_code, "procedure", lambda procedure: procedure.name_vi)


def targets(rows: Sequence[Located[Target]], lives: Mapping[str, Lifetime]) -> Iterator[Problem]:
    """A unit's own target begins while the unit exists, and does not end after it; open means as long as the unit."""
    for row in rows:
        target, life = row.model, lives.get(row.model.unit_code or "")
        if life is None:
            continue
        ends_on = life.ends_on if target.valid_to == date.max else target.valid_to
        if not life.is_alive(target.valid_from) or not life.covers(target.valid_from, ends_on):
            yield row.problem(
                f"unit_code: {target.unit_code} {life}, and this target is for {target.valid_from} to "
                f"{last_day(target.valid_to)}; give it days on which the unit exists"
            )


def gaps(
    rows: Sequence[Located[AnyValidity]],
    key: Callable[[AnyValidity], Hashable],
    what: str,
    named: Callable[[AnyValidity], Hashable] = lambda _: None,
) -> Iterator[Problem]:
    """Rows of one key follow each other on the day; after a gap the key may stand for something of another name."""
    by_key: defaultdict[Hashable, list[Located[AnyValidity]]] = defaultdict(list)
    for row in rows:
        by_key[key(row.model)].append(row)
    for name, same in by_key.items():
        same.sort(key=lambda row: row.model.valid_from)
        for earlier, later in pairwise(same):
            is_gap = later.model.valid_from > earlier.model.valid_to
            if is_gap and named(earlier.model) == named(later.model):
                yield later.problem(
                    f"{what} {name} is valid from {later.model.valid_from} here, and to "
                    f"{last_day(earlier.model.valid_to)} in line {earlier.line}: it is missing in between; begin this "
                    f"row on {earlier.model.valid_to}"
                )
