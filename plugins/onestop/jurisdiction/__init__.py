"""The configuration folder of a province: strict models, and loading that reports every problem at once."""

from onestop.jurisdiction.loading import (
    configuration_hash,
    jurisdiction_folder,
    load_about,
    load_jurisdiction,
    load_sources,
)
from onestop.jurisdiction.models import (
    AlertRule,
    Commune,
    Contracts,
    Jurisdiction,
    Metric,
    Procedure,
    Route,
    Source,
    Succession,
    Target,
    Unit,
)
from onestop.jurisdiction.periods import Calendar, Period
from onestop.jurisdiction.problems import JurisdictionError, Problem
from onestop.jurisdiction.shape import Shape

__all__ = [
    "AlertRule",
    "Calendar",
    "Commune",
    "Contracts",
    "Jurisdiction",
    "JurisdictionError",
    "Metric",
    "Period",
    "Problem",
    "Procedure",
    "Route",
    "Shape",
    "Source",
    "Succession",
    "Target",
    "Unit",
    "configuration_hash",
    "jurisdiction_folder",
    "load_about",
    "load_jurisdiction",
    "load_sources",
]
