"""Whether a column's values can be those of a field, by the kind of the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from onestop.jurisdiction import Jurisdiction
from onestop.jurisdiction.aliases import matching_key
from onestop.proposing.moments import is_moment
from onestop.proposing.numbers import is_amount, is_count
from onestop.proposing.words import Kind

MOST_VALUES = 40
"""A column of codes has few different values."""
ENOUGH_VALUES = 10
"""Of fewer it is not clear whether they repeat."""
_JUDGED = 200
"""So many values show whether a column holds dates or numbers."""
_MOST = 0.8
_MONTH = re.compile(r"\d{4}[-/.]\d{1,2}|(tháng |t)?\d{1,2}[-/.]\d{4}", re.IGNORECASE | re.ASCII)
"""As staging/reported_total_typed.sql reads a period."""
_LEVEL = re.compile(r"[^0-9]*[1-4][^0-9]*")
"""As staging/procedure_typed.sql reads a level."""


class Roster:
    """The units of a jurisdiction by code, name and alias."""

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        aliases = jurisdiction.aliases
        self._words = {matching_key(one.alias): matching_key(one.code) for one in aliases if one.kind == "words"}
        names = [name for unit in jurisdiction.units for name in (unit.unit_code, unit.name_vi, unit.name_en)]
        names += [alias.alias for alias in aliases if alias.kind == "unit"]
        self._known = frozenset(matching_key(name, self._words) for name in names)

    def knows(self, name: str) -> bool:
        """Whether a name is that of a unit."""
        return matching_key(name, self._words) in self._known


def fit(kind: Kind | None, values: Sequence[str], roster: Roster) -> float:
    """Return 0 to 2 for values that can be those of a field of the kind, -1 for others. `values` are not empty ones."""
    return 0.0 if kind is None or not values else _FITS[kind](values, roster)


def is_of_many(values: Sequence[str]) -> bool:
    """Whether a column says nearly always something else: names, of people for one, and no codes.

    The values of codes and units go into the file that is proposed; people must not.
    """
    return len(values) >= ENOUGH_VALUES and len(set(values)) > 0.5 * len(values)


def _mostly(is_one: Callable[[str], bool], score: float) -> Callable[[Sequence[str], Roster], float]:
    def judged(values: Sequence[str], _roster: Roster) -> float:
        some = values[:_JUDGED]
        return score if sum(map(is_one, some)) >= _MOST * len(some) else -1.0

    return judged


def _few(values: Sequence[str], _roster: Roster) -> float:
    is_few = len(set(values)) <= MOST_VALUES and not is_of_many(values)
    return 1.0 if is_few and not is_moment(values[0]) else -1.0


def _different(values: Sequence[str], _roster: Roster) -> float:
    return 2.0 if len(set(values)) >= _MOST * len(values) and not is_moment(values[0]) else -1.0


def _unit(values: Sequence[str], roster: Roster) -> float:
    """Units that stand once each, as in a form 06a, look like names of people; the roster knows them."""
    if not is_of_many(values):
        return 0.0
    return 1.0 if sum(map(roster.knows, values)) >= 0.5 * len(values) else -1.0


_FITS: Mapping[Kind, Callable[[Sequence[str], Roster], float]] = {
    "moment": _mostly(is_moment, 2.0),
    "month": _mostly(lambda value: _MONTH.fullmatch(value) is not None, 2.0),
    "amount": _mostly(is_amount, 1.0),
    "count": _mostly(is_count, 1.0),
    "level": _mostly(lambda value: _LEVEL.fullmatch(value) is not None, 1.0),
    "unit": _unit,
    "few": _few,
    "different": _different,
}
