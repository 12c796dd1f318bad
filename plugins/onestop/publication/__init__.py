"""Publications: immutable, numbered, approved revisions of a period's figures, and what readers take away."""

from onestop.publication.dictionary import CommentMissingError, data_dictionary
from onestop.publication.difference import Difference, MartDifference, difference, mart_difference
from onestop.publication.errors import (
    AsOfError,
    ConfigurationNotRecordedError,
    FigureUnknownError,
    Finding,
    PublicationNotCheckedError,
    PublicationNotShownError,
    PublicationRefused,
    PublicationReplacedError,
    PublicationUnknownError,
    RestatementOutdatedError,
)
from onestop.publication.explanation import Explanation, explain
from onestop.publication.export import export, reveal
from onestop.publication.listing import (
    HeadFigure,
    Listed,
    before,
    find,
    findings,
    head_figures,
    publications,
    unit_names,
)
from onestop.publication.rebuild import DifferingRow, Rebuild, rebuild
from onestop.publication.restatement import (
    PlannedMonth,
    periods_of,
    plan_of,
    preview,
    require_approved,
    require_unmoved,
)
from onestop.publication.revision import PublishResult, approve, build, check, publish

__all__ = [
    "AsOfError",
    "CommentMissingError",
    "ConfigurationNotRecordedError",
    "Difference",
    "DifferingRow",
    "Explanation",
    "FigureUnknownError",
    "Finding",
    "HeadFigure",
    "Listed",
    "MartDifference",
    "PlannedMonth",
    "PublicationNotCheckedError",
    "PublicationNotShownError",
    "PublicationRefused",
    "PublicationReplacedError",
    "PublicationUnknownError",
    "PublishResult",
    "Rebuild",
    "RestatementOutdatedError",
    "approve",
    "before",
    "build",
    "check",
    "data_dictionary",
    "difference",
    "explain",
    "export",
    "find",
    "findings",
    "head_figures",
    "mart_difference",
    "periods_of",
    "plan_of",
    "preview",
    "publications",
    "publish",
    "rebuild",
    "require_approved",
    "require_unmoved",
    "reveal",
    "unit_names",
]
