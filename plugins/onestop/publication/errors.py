"""What a check finds, and why a publication is not made."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """What a check found in a built publication: `block` forbids publishing, `warn` must be known to who approves."""

    finding: str
    severity: Literal["block", "warn"]
    unit_code: str
    """Empty where it concerns no single unit."""
    message_vi: str


class PublicationUnknownError(LookupError):
    """There is no publication of this number."""


class ConfigurationNotRecordedError(LookupError):
    """The warehouse does not hold the configuration to publish with: it never did, or it holds another one now."""


class AsOfError(ValueError):
    """Figures as known at this moment could change: it has no offset, or is not over yet."""


class PublicationNotCheckedError(ValueError):
    """The publication has not been checked, or not been approved, yet."""


class PublicationReplacedError(ValueError):
    """A newer build or provisional publication of the period took this one's place."""


class PublicationNotShownError(ValueError):
    """Readers do not see this publication now, so that there is nothing to export."""


class RestatementOutdatedError(ValueError):
    """What a person approved can no longer be published as it was shown."""


class FigureUnknownError(LookupError):
    """The publication has no figure of this unit, metric and scope."""


class PublicationRefused(ValueError):  # noqa: N818 - named by what happened
    """Findings block the publication. They are stored in ops.publication_finding and stand in `findings`."""

    def __init__(self, publication_id: int, period: str, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        told = "; ".join(f"{f.finding} ({f.unit_code or 'all units'}): {f.message_vi}" for f in self.findings)
        super().__init__(
            f"Publication {publication_id} of {period} is refused by {len(self.findings)} finding(s): {told} "
            "Correct what they name and build again."
        )
