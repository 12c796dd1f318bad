"""How a source writes dates: patterns of yyyy yy MM M dd d HH H hh h mm ss SSS a, as the warehouse reads them.

Frequent patterns are read by include/sql/staging/timestamp_of.sql itself; any other becomes a regular expression and a
rewriting into ISO 8601 for timestamp_by_pattern.sql.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

BUILT_IN = frozenset(
    {
        "yyyyMMddHHmmss", "yyyyMMdd", "dd/MM/yyyy", "dd/MM/yyyy HH:mm", "dd/MM/yyyy HH:mm:ss",
        "MM/dd/yyyy", "MM/dd/yyyy HH:mm", "MM/dd/yyyy HH:mm:ss", "iso", "excel", "excel_1904",
    }
)  # fmt: skip
"""What timestamp_of.sql reads. Of those with slashes a source declares day or month first, never both."""
SERIALS = frozenset({"iso", "excel", "excel_1904"})

_TOKEN = re.compile(r"yyyy|yy|MM?|dd?|HH?|hh?|mm|ss|SSS|a|'[^']*'|.", re.DOTALL)
_EXPRESSIONS = {
    "yyyy": r"([12]\d{3})", "MM": r"(0[1-9]|1[0-2])", "M": r"(0?[1-9]|1[0-2])", "dd": r"(0[1-9]|[12]\d|3[01])",
    "d": r"(0?[1-9]|[12]\d|3[01])", "HH": r"([01]\d|2[0-3])", "H": r"([01]?\d|2[0-3])", "hh": r"(0[1-9]|1[0-2])",
    "h": r"(0?[1-9]|1[0-2])", "mm": r"([0-5]\d)", "ss": r"([0-5]\d)", "SSS": r"(\d{1,6})",
}  # fmt: skip
_HALVES = {"AM": "([Aa][.]?[Mm][.]?|[Ss][Aa])", "PM": "([Pp][.]?[Mm][.]?|[Cc][Hh])"}
"""Before noon and after it: AM and PM, and as Vietnamese Windows writes them, SA (sáng) and CH (chiều)."""
_LOOSE = frozenset({"M", "d", "H", "h"})
_SAMPLES = tuple(
    datetime(year, month, day, 11, 12, 10)  # noqa: DTZ001 - only to see what is read
    for year, month, day in ((2010, 11, 12), (2011, 12, 10), (2012, 10, 11), (2001, 2, 3), (2019, 12, 11))
)


def problem(form: str) -> str | None:
    """Return what is wrong with a pattern, or None."""
    if form in BUILT_IN:
        return None
    parts = _TOKEN.findall(form)
    kinds = [_kind(part) for part in parts]
    fields = [kind for kind in kinds if kind]
    between = [part for part, kind in zip(parts, kinds, strict=True) if not kind]
    loose = [
        f"{part} directly before {after} can be read in several ways: write it with two letters"
        for part, after in pairwise(parts) if part in _LOOSE and _kind(after) not in {"", "a"}
    ]  # fmt: skip
    found = None
    if sorted(set(fields) & set("yMd")) != ["M", "d", "y"] or len(set(fields)) < len(fields):
        found = "expected `iso`, `excel`, `excel_1904`, or a pattern of yyyy MM dd HH mm ss such as dd/MM/yyyy HH:mm"
    elif any(part.isalpha() and part != "T" for part in between):
        found = "letters other than yyyy yy MM M dd d HH H hh h mm ss SSS a stand in quotes"
    elif ("h" in fields) != ("a" in fields):
        found = "hh goes with a (AM or PM), and HH without"
    elif "m" in fields and not {"H", "h"} & set(fields):
        found = "mm are minutes; months are MM"
    elif loose:
        found = loose[0]
    return found


def compiled(forms: Sequence[str], two_digit_years_from: int | None) -> list[list[str]]:
    """Return (regular expression, ISO 8601 with references to its groups) for every pattern that is not built in.

    Both in PostgreSQL's words. A year of two digits is the one in the hundred years from `two_digit_years_from` on.
    """
    return [list(pair) for form in forms if form not in BUILT_IN for pair in _variants(form, two_digit_years_from)]


def contradiction(forms: Sequence[str], two_digit_years_from: int | None) -> tuple[str, str] | None:
    """Return two patterns that read one text as different moments, if there are: no text of that kind is certain."""
    for one, other in combinations([form for form in forms if form not in SERIALS], 2):
        for sample in _SAMPLES:
            for writing, reading in ((one, other), (other, one)):
                text = _written(sample, writing)
                own, others = _read(text, writing, two_digit_years_from), _read(text, reading, two_digit_years_from)
                if own is not None and others is not None and own != others:
                    return one, other
    return None


def written_as(text: str, form: str) -> str | None:
    """Return a text that is written in a pattern as ISO 8601 (a day may not exist), None for any other text."""
    return _read(text, form, None)


@cache
def skips_times(timezone: str) -> bool:
    """Whether clocks of a timezone were or are put forward, since dossiers are kept: then some times do not exist."""
    zone = ZoneInfo(timezone)
    days = (datetime(1990, 1, 1, tzinfo=zone) + timedelta(days=10 * step) for step in range(365 * 5))
    return len({day.utcoffset() for day in days}) > 1


def _kind(part: str) -> str:
    """Return y, M, d, H, h, m, s, S or a; "" for what stands between."""
    return part[0] if part in _EXPRESSIONS or part in {"yy", "a"} else ""


def _variants(form: str, two_digit_years_from: int | None) -> Iterator[tuple[str, str]]:
    parts = _TOKEN.findall(form)
    start = two_digit_years_from if two_digit_years_from is not None else 1970
    century, pivot = divmod(start, 100)
    years = {"": ""} if "yy" not in parts else {
        f"{century:02}": "|".join(f"{number:02}" for number in range(pivot, 100)),
        f"{century + 1:02}": "|".join(f"{number:02}" for number in range(pivot)),
    }  # fmt: skip
    for hundreds, choices in years.items():
        if "yy" in parts and not choices:
            continue
        for half in _HALVES if "a" in parts else ("",):
            groups: dict[str, int] = {}
            expression = "^"
            for part in parts:
                kind = _kind(part)
                if not kind:
                    expression += re.escape(part.strip("'") if len(part) > 1 else part).replace(r"\ ", " ")
                    continue
                groups[kind] = len(groups) + 1
                expression += f"({choices})" if part == "yy" else _HALVES[half] if part == "a" else _EXPRESSIONS[part]
            hour = groups.get("H") or groups.get("h")
            time = ":".join(
                [rf"\{hour}" if hour else "00", *(rf"\{groups[k]}" if k in groups else "00" for k in ("m", "s"))]
            )
            fraction = rf".\{groups['S']}" if "S" in groups else ""
            rewritten = rf"{hundreds}\{groups['y']}-\{groups['M']}-\{groups['d']} {time}{fraction}"
            yield f"{expression}$", f"{rewritten} {half}".rstrip()


@cache
def _all_variants(form: str, two_digit_years_from: int | None) -> tuple[tuple[str, str], ...]:
    return tuple(_variants(form, two_digit_years_from))


def _written(at: datetime, form: str) -> str:
    values = {
        "yyyy": f"{at:%Y}", "yy": f"{at:%y}", "MM": f"{at:%m}", "M": str(at.month), "dd": f"{at:%d}", "d": str(at.day),
        "HH": f"{at:%H}", "H": str(at.hour), "hh": f"{at:%I}", "h": str(at.hour), "mm": f"{at:%M}", "ss": f"{at:%S}",
        "SSS": "000", "a": "AM",
    }  # fmt: skip
    return "".join(values.get(part, part.strip("'") if len(part) > 1 else part) for part in _TOKEN.findall(form))


def _read(text: str, form: str, two_digit_years_from: int | None) -> str | None:
    for expression, rewritten in _all_variants(form, two_digit_years_from):
        if found := re.match(expression, text):
            return found.expand(rewritten)
    return None
