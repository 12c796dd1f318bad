"""The month's table as CSV: opens in a spreadsheet with its Vietnamese intact and without running anything."""

import csv
import io
from collections.abc import Sequence

from onestop.publication.page.figures import UnitFigures
from onestop.publication.page.texts import Wording

COLUMNS = (
    "column_number",
    "column_unit_code",
    "column_unit",
    "column_group",
    "column_total",
    "column_level_3_csv",
    "column_level_4_csv",
    "column_other",
    "column_direct",
    "column_post",
    "column_rate",
    "column_target",
    "column_gap",
    "column_status",
    "column_rank",
    "column_reporting",
)
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def safe_text(value: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA_STARTS) or value.startswith(_FORMULA_STARTS) else value


def compliance_csv(units: Sequence[UnitFigures], words: Wording) -> bytes:
    """Write the units as UTF-8 with a byte-order mark; numbers with a decimal point, no value as an empty cell."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([words.text(column) for column in COLUMNS])
    for number, unit in enumerate(units, start=1):
        writer.writerow(
            [
                number,
                safe_text(unit.unit_code),
                safe_text(unit.name(words.language)),
                words.text(unit.unit_group),
                unit.denominator,
                unit.online_level_3_count,
                unit.online_level_4_count,
                unit.online_other_count,
                unit.direct_count,
                unit.post_count,
                None if unit.rate_percent is None else f"{unit.rate_percent:.4f}",
                None if unit.target_percent is None else f"{unit.target_operator}{unit.target_percent.normalize():f}",
                None if unit.gap_pp is None else f"{unit.gap_pp:.4f}",
                words.text(unit.status),
                unit.rank,
                words.text(unit.reporting_status),
            ]
        )
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8")
