"""What the names in a delivery mean: units, communes and procedures by code, name, alias or the source's own map.

A name that is not known exactly is compared by its key (`onestop.jurisdiction.aliases`). One that fits nothing, or more
than one thing, means nothing: it is told with the nearest names, and never guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from onestop.cleaning import cleaned
from onestop.jurisdiction.aliases import matching_key, plain_key
from onestop.reading.refusal import catalogue
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.contracts.judging import Subject, Tables
    from onestop.jurisdiction import Jurisdiction

MOST_LABELS = 20_000
"""Different names of one delivery that are looked at, the frequent ones first; the rest are known exactly or not."""
MOST_TOLD = 200
"""Unknown names for which the nearest ones are looked for; a delivery with more has another fault than spelling."""
_NEAREST = 3
_NEAR_ENOUGH = 60
_LONGEST_LABEL = 200
_SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Labels:
    """What names mean, as the judging statement looks them up; and what to say of those that mean nothing."""

    units: Mapping[str, str]
    """Name -> unit code."""
    communes: Mapping[str, str] = field(default_factory=dict)
    """Unit's name, U+001F, commune's name -> commune code; without those that are a code or a name already."""
    procedures: Mapping[str, str] = field(default_factory=dict)
    """What a source calls a procedure -> its code."""
    unit_remedies: Mapping[str, str] = field(default_factory=dict)
    """Name that is no unit -> what to do, with the nearest ones."""
    unknown_communes: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Name that is no commune of its district -> how many records have it, and the nearest ones."""


def labels_of(connection: Connection, subject: Subject, tables: Tables) -> Labels:
    """Return what the names in a delivery's staging table mean. Aliases count as of the day the delivery shows."""
    source, jurisdiction = subject.source, subject.jurisdiction
    written_on = subject.observed_at.astimezone(ZoneInfo(source.timezone)).date()
    known = Names(jurisdiction, written_on, source.value_maps.get("unit") or {})
    if "unit" not in subject.dataset.fields:
        return Labels({})
    # Only dossiers name communes.
    path = "staging/dossier_labels.sql" if "commune" in subject.dataset.fields else "staging/unit_labels.sql"
    seen = connection.execute(
        statement(path, staging=tables.staging),
        {"only_unit": source.units[0] if len(source.units) == 1 else None, "most": MOST_LABELS},
    ).all()
    units = dict(known.exact)
    remedies: dict[str, str] = {}
    communes: dict[str, str] = {}
    unknown: dict[str, tuple[int, str]] = {}
    for commune, unit, count in seen:
        if unit is None:
            continue
        if unit not in units and unit not in remedies:
            code = known.unit(unit)
            if code is None:
                if len(remedies) < MOST_TOLD:
                    remedies[unit] = known.nearest_units(unit)
            else:
                units[unit] = code
        if commune is not None and (code := units.get(unit)) is not None and not known.is_commune(code, commune):
            found = known.commune(code, commune)
            if found is not None:
                communes[f"{unit}{_SEPARATOR}{commune}"] = found
            elif known.has_communes(code):
                before, nearest = unknown.get(commune, (0, None))
                if nearest is None and len(unknown) < MOST_TOLD:
                    nearest = known.nearest_communes(code, commune)
                if nearest is not None:
                    unknown[commune] = (before + count, nearest)
    own = {cleaned(str(label)): str(code) for label, code in (source.value_maps.get("procedure") or {}).items()}
    procedures = {**known.procedure_aliases, **own}
    return Labels(units, communes, procedures, remedies, unknown)


class Names:
    """The names of a jurisdiction as of a day, and how to find one."""

    def __init__(self, jurisdiction: Jurisdiction, written_on: date, own_units: Mapping[str, str]) -> None:
        self._language = jurisdiction.language
        aliases = [alias for alias in jurisdiction.aliases if alias.is_valid(written_on)]
        self._words = {matching_key(a.alias): matching_key(a.code) for a in aliases if a.kind == "words"}
        self.exact = {unit.unit_code: unit.unit_code for unit in jurisdiction.units}
        self.exact |= {cleaned(unit.name_vi): unit.unit_code for unit in jurisdiction.units}
        self.exact |= {cleaned(alias.alias): alias.code for alias in aliases if alias.kind == "unit"}
        own = {cleaned(str(label)): str(code) for label, code in own_units.items()}
        self.exact |= own
        self._unit_names = {unit.unit_code: unit.name_vi for unit in jurisdiction.units}
        self._units = self._keyed(self.exact.items())
        self._units |= self._keyed(own.items())  # what the source says it means comes before what others do
        self.procedure_aliases = {cleaned(alias.alias): alias.code for alias in aliases if alias.kind == "procedure"}
        self._commune_names: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for commune in jurisdiction.communes:
            self._commune_names[commune.district_unit_code][commune.commune_code] = commune.name_vi
        self._commune_codes = {commune.commune_code for commune in jurisdiction.communes}
        self._commune_aliases = [(a.alias, a.code) for a in aliases if a.kind == "commune"]
        self._communes: dict[str, dict[str, str]] = {}

    def unit(self, label: str) -> str | None:
        """Return the unit that a name means."""
        return self._units.get(matching_key(label[:_LONGEST_LABEL], self._words))

    def nearest_units(self, label: str) -> str:
        """Return what to do about a name that is no unit, in the jurisdiction's main language."""
        nearest = _nearest(label, self._unit_names.values())
        remedy = catalogue().rule("unit_unknown").remedy(self._language)
        near = "Nearest" if self._language == "en" else "Gần nhất"
        return f"{near}: {', '.join(nearest)}. {remedy}" if nearest else remedy

    def is_commune(self, unit_code: str, label: str) -> bool:
        """Whether a text is a commune's code, or exactly its name: the warehouse knows those by itself."""
        return label in self._commune_codes or label in self._commune_names.get(unit_code, {}).values()

    def has_communes(self, unit_code: str) -> bool:
        """Whether a unit is a district."""
        return unit_code in self._commune_names

    def commune(self, unit_code: str, label: str) -> str | None:
        """Return the commune of a district that a name means."""
        if unit_code not in self._communes:
            names = self._commune_names.get(unit_code, {})
            labelled = [(name, code) for code, name in names.items()]
            labelled += [(alias, code) for alias, code in self._commune_aliases if code in names]
            self._communes[unit_code] = self._keyed(labelled)
        return self._communes[unit_code].get(matching_key(label[:_LONGEST_LABEL], self._words))

    def nearest_communes(self, unit_code: str, label: str) -> str:
        """Return the nearest names of communes of a district, or ""."""
        return ", ".join(_nearest(label, self._commune_names.get(unit_code, {}).values()))

    def _keyed(self, labelled: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return code by key, without keys that mean several."""
        codes: defaultdict[str, set[str]] = defaultdict(set)
        for label, code in labelled:
            codes[matching_key(label, self._words)].add(code)
        return {key: next(iter(several)) for key, several in codes.items() if key and len(several) == 1}


def _nearest(label: str, names: Iterable[str]) -> list[str]:
    from rapidfuzz import fuzz, process  # noqa: PLC0415 - needed only for what is not known

    keys = {name: plain_key(matching_key(name)) for name in names}
    wanted = plain_key(matching_key(label[:_LONGEST_LABEL]))
    found = process.extract(wanted, keys, scorer=fuzz.token_sort_ratio, limit=_NEAREST, score_cutoff=_NEAR_ENOUGH)
    return [name for _, _, name in found]
