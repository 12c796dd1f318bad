"""Publications: immutable, numbered, approved revisions of a period's figures, and what readers take away."""

from onestop.publication.dictionary import CommentMissingError, data_dictionary
from onestop.publication.difference import Difference, difference
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
)
from onestop.publication.explanation import Explanation, explain
from onestop.publication.export import export, reveal
from onestop.publication.rebuild import DifferingRow, Rebuild, rebuild
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
    "PublicationNotCheckedError",
    "PublicationNotShownError",
    "PublicationRefused",
    "PublicationReplacedError",
    "PublicationUnknownError",
    "PublishResult",
    "Rebuild",
    "approve",
    "build",
    "check",
    "data_dictionary",
    "difference",
    "explain",
    "export",
    "publish",
    "rebuild",
    "reveal",
]
