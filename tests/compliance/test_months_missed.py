"""Months missed in a row. A failure means that a unit would be called to account for months it did not miss."""

import random

from tests.compliance.counted import CountedUnit, judge
from tests.province import Province

MONTHS = [f"2018-{month:02d}" for month in range(5, 13)] + [f"2019-{month:02d}" for month in range(1, 5)]
OUTCOMES = {"x": (1, 10), "0": (0, 10), "o": (3, 10), "-": (0, 0), " ": None}  # missed, zero online, met, none, no data


def counted(pattern: str) -> CountedUnit:
    """A unit whose last months, up to April 2019, went as the pattern says."""
    outcomes = {month: OUTCOMES[sign] for month, sign in zip(reversed(MONTHS), reversed(pattern), strict=False)}
    return CountedUnit(f"unit {pattern!r}", {month: pair for month, pair in outcomes.items() if pair is not None})


def missed(province: Province, patterns: list[str]) -> dict[str, int | None]:
    rows = judge(province, "2019-04", [counted(pattern) for pattern in patterns], "compliance_month")
    return {pattern: rows[f"unit {pattern!r}"].months_missed_in_a_row for pattern in patterns}


def in_a_row(pattern: str) -> int | None:
    """The definition: back from the last month, over those without dossiers or data, until one that is no miss."""
    if pattern.endswith(" "):
        return None
    # 2018 had no target: a month of it was neither met nor missed, and ends the row if it had dossiers.
    this_year = pattern[-4:]
    row = 0
    for sign in reversed(this_year):
        if sign == "o":
            break
        row += sign in "x0"
    return row


def test_misses_are_counted_back_from_the_month_until_one_that_is_none(province: Province) -> None:
    expected: dict[str, int | None] = {
        "o": 0,
        "x": 1,
        "0": 1,  # no online dossier is a miss as well
        "xxxx": 4,
        "oxxx": 3,
        "xoxx": 2,
        "xxxo": 0,
        "x-xx": 3,  # passed over: no dossier
        "x xx": 3,  # passed over: no data
        "xxx-": 3,
        "xxx ": None,  # nothing is known of the month itself
        "o-x": 1,
        "-": 0,
        "xxxxxx": 4,  # in 2018 there was no target to miss
        "x----": 0,
    }
    assert missed(province, list(expected)) == expected


def test_any_row_of_months_is_counted_as_defined(province: Province) -> None:
    chance = random.Random(1730)  # noqa: S311 - the same months in every run
    patterns = sorted({"".join(chance.choices("x0o- ", k=chance.randint(1, 12))) for _ in range(300)})
    assert missed(province, patterns) == {pattern: in_a_row(pattern) for pattern in patterns}
