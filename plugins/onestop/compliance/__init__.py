"""What the dossiers say about a period: who reported, which share was handled online, against which target."""

from onestop.compliance.counting import verify_counts
from onestop.compliance.coverage import UnitCoverage, coverage
from onestop.compliance.earlier import CountsDifferError, counted_months
from onestop.compliance.marts import COUNTS, MARTS, Mart
from onestop.compliance.measure import affected_periods, measure, rules_hash
from onestop.compliance.window import MonthGapError, PeriodUnknownError, Window, window

__all__ = [
    "COUNTS",
    "MARTS",
    "CountsDifferError",
    "Mart",
    "MonthGapError",
    "PeriodUnknownError",
    "UnitCoverage",
    "Window",
    "affected_periods",
    "counted_months",
    "coverage",
    "measure",
    "rules_hash",
    "verify_counts",
    "window",
]
