"""A planned restatement: what would change if months were published again now, and the plan that a person approves.

A preview builds the months as publishing would, with the configuration as it is now, and takes everything back. It
fixes a moment (`as_of`) and each month's digest: what is approved is what is published, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from onestop.publication.difference import Difference, difference
from onestop.publication.errors import Finding, PublicationUnknownError
from onestop.publication.listing import Listed, find
from onestop.publication.rebuild import taken_back
from onestop.publication.revision import build, check
from onestop.warehouse import synchronise

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from onestop.jurisdiction import Jurisdiction, Period

_RANGE = re.compile(r"(\d{4}-\d\d)(?:\.\.(\d{4}-\d\d))?")
MOST_MONTHS = 60


@dataclass(frozen=True)
class PlannedMonth:
    """What publishing a month now would change."""

    period: str
    visible: Listed | None
    """The revision that readers see; None: the month has none yet."""
    as_of: datetime
    content_hash: str
    differences: tuple[Difference, ...]
    """To the visible revision; none where there is none."""
    findings: tuple[Finding, ...]

    @property
    def is_changed(self) -> bool:
        """Whether publishing would make a new revision."""
        return self.visible is None or self.visible.content_hash != self.content_hash

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What forbids publishing it."""
        return tuple(finding for finding in self.findings if finding.severity == "block")


def periods_of(jurisdiction: Jurisdiction, written: str) -> list[Period]:
    """Return the months of "2019-01..2019-04", "2019-04" or several of both with commas between, each once, in order.

    Raises ValueError.
    """
    codes: set[str] = set()
    for part in written.split(","):
        named = _RANGE.fullmatch(part.strip())
        if named is None:
            raise ValueError(f"{part.strip()!r} is no month and no range of months: write 2019-01..2019-04 or 2019-04.")
        first, last = jurisdiction.period(named[1]), jurisdiction.period(named[2] or named[1])
        if last.starts_on < first.starts_on:
            raise ValueError(f"{part.strip()!r} ends before it begins.")
        while last.starts_on >= first.starts_on:
            codes.add(last.code)
            if len(codes) > MOST_MONTHS:
                raise ValueError(f"{written!r} are more than {MOST_MONTHS} months: plan them in parts.")
            last = last.previous()
    return [jurisdiction.period(code) for code in sorted(codes)]


def preview(
    connection: Connection, jurisdiction: Jurisdiction, periods: Sequence[Period], *, as_of: datetime | None = None
) -> list[PlannedMonth]:
    """Say what publishing these months would change, with this configuration and what is known at one moment.

    In the caller's transaction, of which nothing is left. `as_of`: by default now, for all months alike. Raises
    warehouse.UnitInUseError where the configuration lacks a unit with published figures.
    """
    planned = []
    for period in periods:
        month = _planned(connection, jurisdiction, period, as_of)
        as_of = month.as_of
        planned.append(month)
    return planned


def _planned(
    connection: Connection, jurisdiction: Jurisdiction, period: Period, as_of: datetime | None
) -> PlannedMonth:
    try:
        visible = find(connection, period.code)
    except PublicationUnknownError:
        visible = None
    with taken_back(connection):
        synchronise(connection, jurisdiction)
        publication_id = build(
            connection, jurisdiction, period, kind="official", reason="preview", requested_by="preview", as_of=as_of
        )
        found = tuple(check(connection, publication_id))
        built = find(connection, str(publication_id))
        changed = () if visible is None else tuple(difference(connection, visible.publication_id, publication_id))
    return PlannedMonth(
        period=period.code,
        visible=visible,
        as_of=built.as_of,
        content_hash=str(built.content_hash),
        differences=changed,
        findings=found,
    )
