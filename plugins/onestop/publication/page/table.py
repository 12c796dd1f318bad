"""The month's table as CSV: opens in a spreadsheet with its Vietnamese intact and without running anything."""

import csv
import io
from collections.abc import Callable, Sequence

from onestop.publication.page.figures import UnitFigures
from onestop.publication.page.texts import Wording

_BEFORE = ("column_number", "column_unit_code", "column_unit", "column_group", "column_total")
_COUNTS = {
    "numerator": "column_online",
    "online_level_3_count": "column_level_3_csv",
    "online_level_4_count": "column_level_4_csv",
    "online_other_count": "column_other",
    "direct_count": "column_direct",
    "post_count": "column_post",
}
COUNTS = tuple(_COUNTS)[1:]
"""The counts of a jurisdiction whose procedures have levels."""
_AFTER = ("column_rate", "column_target", "column_gap", "column_status", "column_rank", "column_reporting")
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def safe_text(value: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) or value.startswith(_FORMULA_STARTS) else value


def compliance_csv(
    units: Sequence[UnitFigures],
    words: Wording,
    *,
    counts: Sequence[str] = COUNTS,
    group_title: Callable[[str], str] = str,
) -> bytes:
    """Write the units as UTF-8 with a byte-order mark; numbers with a decimal point, no value as an empty cell.

    `counts` are the columns of figures between all dossiers and the rate.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    columns = (*_BEFORE, *(_COUNTS[count] for count in counts), *_AFTER)
    writer.writerow([words.text(column) for column in columns])
    for number, unit in enumerate(units, start=1):
        writer.writerow(
            [
                number,
                safe_text(unit.unit_code),
                safe_text(unit.name(words.language)),
                safe_text(group_title(unit.unit_group)),
                unit.denominator,
                *(getattr(unit, count) for count in counts),
                None if unit.rate_percent is None else f"{unit.rate_percent:.4f}",
                None if unit.target_percent is None else f"{unit.target_operator}{unit.target_percent.normalize():f}",
                None if unit.gap_pp is None else f"{unit.gap_pp:.4f}",
                words.text(unit.status),
                unit.rank,
                words.text(unit.reporting_status),
            ]
        )
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8")
