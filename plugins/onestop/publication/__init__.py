"""Publications: immutable, numbered, approved revisions of a period's figures, and what readers take away."""

from onestop.publication.dictionary import data_dictionary
from onestop.publication.export import export
from onestop.publication.revision import (
    ConfigurationNotRecordedError,
    Difference,
    Finding,
    PublicationNotCheckedError,
    PublicationRefused,
    PublicationReplacedError,
    PublicationUnknownError,
    PublishResult,
    approve,
    build,
    check,
    difference,
    publish,
)

__all__ = [
    "ConfigurationNotRecordedError",
    "Difference",
    "Finding",
    "PublicationNotCheckedError",
    "PublicationRefused",
    "PublicationReplacedError",
    "PublicationUnknownError",
    "PublishResult",
    "approve",
    "build",
    "check",
    "data_dictionary",
    "difference",
    "export",
    "publish",
]
