"""Which publications there are, and how a person names one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from onestop.jurisdiction.periods import DECIDING_CALENDAR
from onestop.publication.errors import Finding, PublicationUnknownError
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from sqlalchemy import Connection

_REFERENCE = re.compile(
    r"(?P<id>\d{1,18})|(?:(?P<calendar>[a-z][a-z0-9_]*)/)?(?P<period>\d{4}-\d\d)"
    r"(?:/(?P<which>\d{1,9}|provisional|built))?"
)


@dataclass(frozen=True)
class Listed:
    """A publication, as ops.publication has it."""

    publication_id: int
    calendar: str
    period: str
    kind: str
    revision: int | None
    state: str
    is_latest: bool
    reason: str
    requested_by: str
    approver: str | None
    as_of: datetime
    configuration_hash: str
    content_hash: str | None
    unchanged_from: int | None
    run_id: str | None
    built_at: datetime
    published_at: datetime | None

    @property
    def reference(self) -> str:
        """How a person names it: 2019-04/2, 2019-04/provisional, administrative/2019-04/2 by another calendar, or its
        number where it has no place of its own.
        """
        month = self.period if self.calendar == DECIDING_CALENDAR else f"{self.calendar}/{self.period}"
        if self.revision is not None:
            return f"{month}/{self.revision}"
        if self.kind == "provisional" and self.state == "published":
            return f"{month}/provisional"
        return str(self.publication_id)


@dataclass(frozen=True)
class HeadFigure:
    """The official metric's year to date of a group of units (departments, districts, all), pooled."""

    unit_group: str
    met_count: int
    not_met_count: int
    zero_online_count: int
    no_data_count: int
    numerator: int | None
    denominator: int | None


def publications(connection: Connection, period: str | None = None, *, with_traces: bool = False) -> list[Listed]:
    """Return publications, newest period and newest publication first.

    `with_traces`: also those that were replaced, or equalled what was published: they keep no figures.
    """
    rows = connection.execute(
        statement("ops/publication_list.sql"), {"period": period, "with_traces": with_traces, "publication_id": None}
    )
    return [Listed(**row._mapping) for row in rows]


def find(connection: Connection, reference: str) -> Listed:
    """Return the publication that a person names: by its number; by its period, which is the latest revision; or by
    period and revision (2019-04/2), 2019-04/provisional, 2019-04/built (not published yet, refused ones included).
    Periods are calendar months; those of another calendar have its name before them: administrative/2019-04.

    Raises ValueError for another form, PublicationUnknownError that names what the period has.
    """
    named = _REFERENCE.fullmatch(reference)
    if named is None:
        raise ValueError(
            f"{reference!r} names no publication: write its number (17), a period (2019-04: the latest revision), "
            "2019-04/2, 2019-04/provisional or 2019-04/built; by another calendar administrative/2019-04."
        )
    if named["id"]:
        rows = connection.execute(
            statement("ops/publication_list.sql"),
            {"period": None, "with_traces": True, "publication_id": int(named["id"])},
        )
        found = [Listed(**row._mapping) for row in rows]
        if not found:
            raise PublicationUnknownError(f"There is no publication {reference}: `onestop publication list --all`.")
        return found[0]
    there = publications(connection, named["period"])
    calendar = named["calendar"] or DECIDING_CALENDAR
    found = [one for one in there if one.calendar == calendar and _is_meant(one, named["which"])]
    if not found:
        names = ", ".join(one.reference for one in there) or "none"
        raise PublicationUnknownError(f"There is no publication {reference}. The period has: {names}.")
    return found[0]


def before(connection: Connection, one: Listed) -> Listed:
    """Return what a publication is held against: the revision before it; for one that is not published, the revision
    that readers see. Raises PublicationUnknownError.
    """
    earlier = [
        other
        for other in publications(connection, one.period)
        if other.calendar == one.calendar
        and other.kind == "official"
        and other.revision is not None
        and (one.revision is None or other.revision < one.revision)
    ]
    if not earlier:
        raise PublicationUnknownError(
            f"There is no official revision of {one.period} before {one.reference}: nothing to compare it with."
        )
    return earlier[0]


def findings(connection: Connection, publication_id: int) -> list[Finding]:
    """Return what the check of a publication found, blocking findings first."""
    rows = connection.execute(
        text("""
            select finding, severity, unit_code, message_vi
            from ops.publication_finding
            where publication_id = :publication_id
            order by severity, finding, unit_code
        """),
        {"publication_id": publication_id},
    )
    return [Finding(**row._mapping) for row in rows]


def head_figures(connection: Connection, publication_id: int) -> list[HeadFigure]:
    """Return the pooled year to date by group of units, all of them last; none for one that keeps no figures."""
    rows = connection.execute(statement("ops/publication_head.sql"), {"publication_id": publication_id})
    return [HeadFigure(**row._mapping) for row in rows]


def unit_names(connection: Connection, publication_ids: Iterable[int]) -> dict[str, str]:
    """Return the Vietnamese names of the units of publications, by code, in the roster's order."""
    rows = connection.execute(
        text("""
            select fact.unit_code, min(unit.name_vi) as name_vi
            from mart.compliance_ytd as fact
            inner join core.unit on fact.unit_key = unit.unit_key
            where fact.publication_id = any(:ids)
            group by fact.unit_code
            order by min(unit.roster_order), fact.unit_code
        """),
        {"ids": list(publication_ids)},
    )
    return {row.unit_code: row.name_vi for row in rows}


def _is_meant(one: Listed, which: str | None) -> bool:
    if which is None:
        return one.is_latest
    if which == "built":
        return one.kind == "official" and one.state in {"built", "approved", "refused"}
    if which == "provisional":
        return one.kind == "provisional" and one.state == "published"
    return one.revision == int(which)
