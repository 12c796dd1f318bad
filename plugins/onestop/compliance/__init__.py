"""What the dossiers say about a period: who reported, which share was handled online, against which target."""

from onestop.compliance.coverage import UnitCoverage, coverage
from onestop.compliance.marts import COUNTS, MARTS, Mart
from onestop.compliance.measure import affected_periods, measure
from onestop.compliance.window import MonthGapError, PeriodUnknownError, Window, window

__all__ = [
    "COUNTS",
    "MARTS",
    "Mart",
    "MonthGapError",
    "PeriodUnknownError",
    "UnitCoverage",
    "Window",
    "affected_periods",
    "coverage",
    "measure",
    "window",
]
