"""A longer history of the province: its configuration as if every source had been expected, and every target had
applied, for as many months as are asked for.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from example_province.months import month_code, month_number
from onestop.settings import REPOSITORY_ROOT

if TYPE_CHECKING:
    from collections.abc import Collection

_BAC_GIANG = REPOSITORY_ROOT / "include" / "jurisdictions" / "bac_giang"


def months_until(last: str, count: int) -> tuple[str, ...]:
    """Return `count` months, the last of which is `last`."""
    end = month_number(last)
    return tuple(month_code(month) for month in range(end - count + 1, end + 1))


def write_history(folder: Path, first: str, sources: Collection[str] = ()) -> Path:
    """Write Bắc Giang's configuration into `folder`, its sources and targets valid since the month `first`.

    With `sources`, only those: no other unit of the roster is expected to report.
    """
    shutil.copytree(_BAC_GIANG, folder)
    for path in (folder / "sources").glob("*.yaml"):
        if sources and path.stem not in sources:
            path.unlink()
            continue
        written, changes = re.subn(r"(?m)^expected_from: .*$", f"expected_from: {first}-01", path.read_text("utf-8"))
        assert changes == 1, path  # noqa: S101 - a line of our own configuration
        path.write_text(written, encoding="utf-8")
    targets = folder / "targets.csv"
    targets.write_text(targets.read_text("utf-8").replace(",2019-01-01,", f",{first}-01,"), encoding="utf-8")
    return folder
