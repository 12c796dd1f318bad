"""How two configurations of a jurisdiction differ, part by part and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from onestop.jurisdiction.lifetimes import last_day

_KEYS: Mapping[str, tuple[str, ...]] = {
    "units": ("unit_code", "valid_from"),
    "successions": ("from_unit_code", "to_unit_code", "effective_on"),
    "communes": ("commune_code", "valid_from"),
    "procedures": ("procedure_code", "valid_from"),
    "metrics": ("metric_id", "metric_version"),
    "targets": ("metric_id", "unit_code", "unit_type", "valid_from"),
    "sources": ("id",),
    "alert_rules": ("id",),
    "routes": ("id",),
}
"""What tells the entries of a list from each other; other lists are compared as a whole."""
_FILES: Mapping[str, str] = {
    "units": "units.csv",
    "successions": "unit_successions.csv",
    "communes": "communes.csv",
    "procedures": "procedures.csv",
    "metrics": "metrics.yaml",
    "targets": "targets.csv",
    "sources": "sources",
    "alert_rules": "alerts.yaml",
    "routes": "routes.yaml",
    "calendars": "calendar.yaml",
    "timezone": "calendar.yaml",
    "holidays": "calendar.yaml",
    "contracts": "contracts.yaml",
}


@dataclass(frozen=True)
class Change:
    """One thing that another configuration says differently; `before` or `after` is None for what is not there."""

    part: str
    """The file, or `sources`."""
    name: str
    """Which entry of it, such as "viet_yen 2016-01-01"; "" for a value that stands alone."""
    change: Literal["added", "removed", "changed"]
    field: str
    """Dotted path of what changed within the entry; "" where the whole entry came or went."""
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        where = " ".join(word for word in (f"{self.part}:", self.name, self.field) if word)
        if self.change == "changed":
            return f"{where}: {_told(self.field, self.before)} -> {_told(self.field, self.after)}"
        return f"{where} {self.change}"


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what `after` says differently, both as Jurisdiction.model_dump(mode="json") gives them."""
    found: list[Change] = []
    for key in dict.fromkeys((*before, *after)):
        if key != "configuration_hash":
            part = _FILES.get(key, "jurisdiction.yaml")
            if key in _KEYS:
                found += _entries(part, _keyed(key, before.get(key)), _keyed(key, after.get(key)))
            else:
                found += _fields(part, "", key, before.get(key), after.get(key))
    return found


def _keyed(key: str, entries: Any) -> dict[str, Mapping[str, Any]]:
    return {" ".join(str(entry[name]) for name in _KEYS[key] if entry[name]): entry for entry in entries or ()}


def _entries(
    part: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield Change(part, name, "removed", "", before=before[name])
        elif name not in before:
            yield Change(part, name, "added", "", after=after[name])
        else:
            for field in dict.fromkeys((*before[name], *after[name])):
                yield from _fields(part, name, field, before[name].get(field), after[name].get(field))


def _fields(part: str, name: str, field: str, before: Any, after: Any) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _fields(part, name, f"{field}.{key}", before.get(key), after.get(key))
    elif before != after:
        yield Change(part, name, "changed", field, before=before, after=after)


def _told(field: str, value: Any) -> str:
    """Write a value as it stands in the files: there a validity's end is its last day."""
    if field == "valid_to" and isinstance(value, str):
        return last_day(date.fromisoformat(value))
    return "nothing" if value is None or value == "" else str(value)
