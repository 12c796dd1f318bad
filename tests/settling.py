"""Sources whose files nobody writes while a test runs: they are taken without waiting to see whether they grow."""

from __future__ import annotations

from onestop.jurisdiction import Jurisdiction, Source


def settled(source: Source) -> Source:
    """Return the source, its files taken at the first look. Waiting has its own tests, in tests/sources."""
    if not hasattr(source.access, "settle_seconds"):
        return source
    return source.model_copy(update={"access": source.access.model_copy(update={"settle_seconds": 0})})


def all_settled(jurisdiction: Jurisdiction) -> Jurisdiction:
    """Return the jurisdiction with all of its sources so."""
    return jurisdiction.model_copy(update={"sources": tuple(map(settled, jurisdiction.sources))})
