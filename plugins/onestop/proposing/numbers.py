"""How a column's numbers are written, as staging.amount_of reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from onestop.jurisdiction.models.formats import NumberFormat

_FORMS: Mapping[NumberFormat, re.Pattern[str]] = {
    "plain": re.compile(r"\d{1,15}(\.\d{1,2})?", re.ASCII),
    "1.234,5": re.compile(r"(\d{1,3}(\.\d{3}){1,4}|\d{1,15})(,\d{1,2})?", re.ASCII),
    "1,234.5": re.compile(r"(\d{1,3}(,\d{3}){1,4}|\d{1,15})(\.\d{1,2})?", re.ASCII),
}
_WHOLE = re.compile(r"\d+([.,]\d{3})*([.,]0{1,2})?", re.ASCII)
_ENOUGH = 0.97


@dataclass(frozen=True)
class NumberForm:
    """`number_format` of a source."""

    name: NumberFormat = "plain"
    doubts: tuple[str, ...] = field(default=())


def is_amount(value: str) -> bool:
    """Whether a text is a number in any of the ways."""
    return any(form.fullmatch(value) for form in _FORMS.values())


def is_count(value: str) -> bool:
    """Whether a text is a whole number in any of the ways."""
    return is_amount(value) and _WHOLE.fullmatch(value) is not None


def number_form_of(columns: Sequence[Sequence[str]], *, typed: bool) -> NumberForm:
    """Return the way that reads most of the columns' values, the plain one of several. `typed`: as in a workbook's
    cells, whose numbers come plain anyway.
    """
    values = [value for column in columns for value in column]
    if typed:
        values = [value for value in values if not _FORMS["plain"].fullmatch(value)]
    if not values:
        return NumberForm()
    read = {name: sum(form.fullmatch(value) is not None for value in values) for name, form in _FORMS.items()}
    name = max(read, key=lambda one: read[one])
    share = read[name] / len(values)
    if share < _ENOUGH:
        return NumberForm(name, (f"number_format: {1 - share:.0%} of the numbers are written in another way",))
    return NumberForm(name)
