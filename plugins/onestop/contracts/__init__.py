"""Contracts: what a delivery and its rows must be; what is refused goes to quarantine with its reasons."""

from onestop.contracts.check import CheckResult, ContractError, StagingLost, check
from onestop.contracts.preview import FailingRow, Preview, preview
from onestop.contracts.reconsidering import NotAcceptable, Reconsideration, Reconsidered, Undecided
from onestop.reading import DeliveryRefused, Reason

__all__ = [
    "CheckResult",
    "ContractError",
    "DeliveryRefused",
    "FailingRow",
    "NotAcceptable",
    "Preview",
    "Reason",
    "Reconsideration",
    "Reconsidered",
    "StagingLost",
    "Undecided",
    "check",
    "preview",
]
