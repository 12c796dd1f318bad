"""What the province's agencies handle: procedures with their levels, and communes, from the jurisdiction's files."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from example_province.months import month_number
from example_province.units import EVERYWHERE, Unit

JURISDICTION_DIR = Path(__file__).resolve().parent.parent / "include" / "jurisdictions" / "bac_giang"
ONLINE_LEVELS = (3, 4)
_MOST_PROCEDURES, _FEWEST_PROCEDURES = 48, 6
_FEES = (0, 0, 0, 0, 3_000, 8_000, 20_000, 50_000, 100_000, 150_000, 200_000, 500_000)
"""In đồng; invented."""


class CatalogueUnsuitable(Exception):  # noqa: N818 - named by what is wrong
    """The jurisdiction's procedures leave a unit without any that can be filed online; the message names it."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure at one level."""

    code: str
    name: str
    field: str
    level: int
    fee: int


@dataclass(frozen=True)
class Offer:
    """What a unit offers to who comes in one month; a procedure stands in a list as often as it is asked for."""

    all: tuple[Procedure, ...]
    online: tuple[Procedure, ...]
    """Those at level 3 or 4."""


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of a district."""

    code: str
    name: str


def number_of(*parts: object) -> int:
    """Return a 64-bit number that depends on the parts and on nothing else."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


@lru_cache
def communes_of(unit_code: str) -> tuple[Commune, ...]:
    """Return the communes of a district in 2019, none for a department."""
    with (JURISDICTION_DIR / "communes.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [
            Commune(row["commune_code"], row["name_vi"])
            for row in csv.DictReader(stream)
            if row["district_unit_code"] == unit_code and row["valid_from"] <= "2018-09-01"
        ]
    return tuple(sorted(rows, key=lambda commune: commune.code))


@lru_cache
def _procedure_rows() -> dict[str, list[dict[str, str]]]:
    rows: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with (JURISDICTION_DIR / "procedures.csv").open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            if not row["valid_from"].endswith("-01"):
                raise CatalogueUnsuitable(
                    f"procedures.csv: {row['procedure_code']} changes on {row['valid_from']}; the example province "
                    "expects levels to change on the first of a month"
                )
            rows[row["procedure_code"]].append(row)
    return dict(rows)


@lru_cache(maxsize=1024)
def offer(unit: Unit, month: int) -> Offer:
    """Return what a unit offers in a month, at the levels of that month. Raises CatalogueUnsuitable."""
    level = "Cấp xã" if unit.is_district else "Cấp tỉnh"
    own = _valid_in(month, _chosen(unit, unit.fields, level))
    if len(own) < _FEWEST_PROCEDURES or not any(procedure.level in ONLINE_LEVELS for procedure in own):
        own += [more for more in _valid_in(month, _chosen(unit, EVERYWHERE, level)) if more not in own]
    online = [procedure for procedure in own if procedure.level in ONLINE_LEVELS]
    if not online:
        raise CatalogueUnsuitable(f"procedures.csv: nothing of level 3 or 4 for {unit.code}; choose other fields")
    return Offer(_by_demand(own), _by_demand(online))


@lru_cache
def _chosen(unit: Unit, fields: tuple[str, ...], level: str) -> tuple[str, ...]:
    """Choose the codes of a unit's procedures, the most asked for first; those of its own level come before others."""
    codes = [
        (level not in rows[0]["administrative_level"], number_of(unit.code, code), code)
        for code, rows in _procedure_rows().items()
        if rows[0]["field_vi"] in fields
    ]
    return tuple(code for _, _, code in sorted(codes)[:_MOST_PROCEDURES])


def _valid_in(month: int, codes: Iterable[str]) -> list[Procedure]:
    valid = []
    for code in codes:
        for row in _procedure_rows()[code]:
            first = month_number(row["valid_from"][:7])
            last = month_number(row["valid_to"][:7]) if row["valid_to"] else month
            if first <= month <= last:
                fee = _FEES[number_of("fee", code) % len(_FEES)]
                valid.append(Procedure(code, row["name_vi"], row["field_vi"], int(row["service_level"]), fee))
    return valid


def _by_demand(procedures: list[Procedure]) -> tuple[Procedure, ...]:
    """Repeat each as often as its rank says: the first is asked for most, the last now and then."""
    return tuple(
        procedure for rank, procedure in enumerate(procedures) for _ in range(1 + len(procedures) * 2 // (rank + 2))
    )
