"""A source's configuration, proposed from a sample of what it delivers: people correct it, and nothing is guessed."""

from onestop.proposing.fields import Proposal, propose
from onestop.proposing.writing import source_yaml

__all__ = ["Proposal", "propose", "source_yaml"]
