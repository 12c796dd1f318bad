"""The life of a publication: built → checked → approved → published.

Every function works in the caller's transaction and commits nothing: the caller commits after each, and a step that
died is run again. Readers see published figures only, so nothing half done is ever visible. One transaction at a time
works on a period (an advisory lock until it ends); a newer build replaces an unpublished older one.

A publication whose figures equal the last published ones becomes `unchanged`: it keeps its trace and loses its figures.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from onestop.compliance import measure
from onestop.jurisdiction import Jurisdiction
from onestop.jurisdiction.periods import Period
from onestop.publication.export import export
from onestop.warehouse.sql import statement

Kind = Literal["provisional", "official"]

_FIGURES = ("compliance_month", "compliance_ytd", "reporting_status_month", "dossier_count_month")


@dataclass(frozen=True)
class Finding:
    """What a check found in a built publication: `block` forbids publishing, `warn` must be known to who approves."""

    finding: str
    severity: Literal["block", "warn"]
    unit_code: str
    """Empty where it concerns no single unit."""
    message_vi: str


@dataclass(frozen=True)
class PublishResult:
    """What readers see for a period after publishing."""

    publication_id: int
    """The visible publication: the one asked for, or the earlier one that has the same figures."""
    period: str
    revision: int | None
    """None for provisional publications."""
    is_new: bool


@dataclass(frozen=True)
class Difference:
    """A unit, scope and metric whose figures differ between two publications.

    None: that publication has no such row, or no data for it.
    """

    span: Literal["month", "ytd"]
    unit_code: str
    scope: str
    metric_id: str
    old_metric_version: int | None
    new_metric_version: int | None
    old_numerator: int | None
    new_numerator: int | None
    old_denominator: int | None
    new_denominator: int | None
    old_status: str | None
    new_status: str | None
    crossed: Literal["now_met", "no_longer_met"] | None
    """Whether the unit passed its target, or fell below it, from the old to the new one."""


class PublicationUnknownError(LookupError):
    """There is no publication of this number."""


class ConfigurationNotRecordedError(LookupError):
    """The warehouse does not hold the configuration to publish with."""


class PublicationNotCheckedError(ValueError):
    """The publication has not been checked, or not been approved, yet."""


class PublicationReplacedError(ValueError):
    """A newer build or provisional publication of the period took this one's place."""


class PublicationRefused(ValueError):  # noqa: N818 - named by what happened
    """Findings block the publication. They are stored in ops.publication_finding and stand in `findings`."""

    def __init__(self, publication_id: int, period: str, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        told = "; ".join(f"{f.finding} ({f.unit_code or 'all units'}): {f.message_vi}" for f in self.findings)
        super().__init__(
            f"Publication {publication_id} of {period} is refused by {len(self.findings)} finding(s): {told} "
            "Correct what they name and build again."
        )


def build(
    connection: Connection,
    jurisdiction: Jurisdiction,
    period: Period,
    *,
    kind: Kind,
    reason: str,
    requested_by: str,
    as_of: datetime | None = None,
    run_id: str | None = None,
) -> int:
    """Build a publication of the period whole, invisible to readers, and return its number.

    The figures are those of the dossiers and deliveries as known at `as_of`; by default a moment at which no merge was
    under way, so that the same moment always gives the same figures. Raises ConfigurationNotRecordedError and
    PeriodUnknownError.
    """
    configuration_hash = jurisdiction.configuration_hash
    recorded = text("select exists (select 1 from ops.configuration where configuration_hash = :configuration_hash)")
    if not connection.scalars(recorded, {"configuration_hash": configuration_hash}).one():
        raise ConfigurationNotRecordedError(
            f"The warehouse does not hold configuration {configuration_hash[:12]} of {jurisdiction.name}: its roster, "
            "metrics and targets may be older. Run warehouse.synchronise, as every run does first, then build."
        )
    _lock(connection, period.calendar, period.code)
    moment = as_of or connection.scalars(text("select core.settled_moment()")).one()
    values = {
        "calendar": period.calendar,
        "period": period.code,
        "kind": kind,
        "reason": reason,
        "requested_by": requested_by,
        "as_of": moment,
        "configuration_hash": configuration_hash,
        "run_id": run_id,
    }
    superseded = connection.scalars(
        text("""
            update ops.publication set state = 'replaced'
            where
                calendar = :calendar and period = :period and kind = :kind
                and state in ('built', 'approved')
            returning publication_id
        """),
        values,
    ).all()
    _remove_figures(connection, superseded)
    publication_id: int = connection.scalars(
        text("""
            insert into ops.publication (
                calendar, period, kind, state, reason, requested_by, as_of, configuration_hash, run_id
            )
            values (:calendar, :period, :kind, 'built', :reason, :requested_by, :as_of, :configuration_hash, :run_id)
            returning publication_id
        """),
        values,
    ).one()
    measure(connection, publication_id)
    content_hash = connection.scalars(
        statement("ops/publication_content_hash.sql"), {"publication_id": publication_id}
    ).one()
    connection.execute(
        text("update ops.publication set content_hash = :content_hash where publication_id = :publication_id"),
        {"publication_id": publication_id, "content_hash": content_hash},
    )
    return publication_id


def check(connection: Connection, publication_id: int) -> list[Finding]:
    """Store and return what must be known of a built publication; a blocking finding makes its state `refused`.

    Rules: include/sql/ops/publication_finding.sql. A published one is not checked again: its findings are returned.
    Raises PublicationUnknownError and PublicationReplacedError.
    """
    publication = _publication(connection, publication_id)
    values = {"publication_id": publication_id}
    if publication.state in {"built", "approved", "refused"}:
        connection.execute(text("delete from ops.publication_finding where publication_id = :publication_id"), values)
        connection.execute(statement("ops/publication_finding.sql"), values)
        connection.execute(
            text("""
                update ops.publication
                set
                    checked_at = clock_timestamp(),
                    state = case
                        when exists (
                            select 1 from ops.publication_finding as finding
                            where finding.publication_id = :publication_id and finding.severity = 'block'
                        ) then 'refused'
                        when state = 'refused' then 'built'
                        else state
                    end
                where publication_id = :publication_id
            """),
            values,
        )
    return _findings(connection, publication_id)


def approve(connection: Connection, publication_id: int, approver: str, evidence: Mapping[str, Any]) -> None:
    """Store who approved a checked publication and on what evidence; approving a published one again changes nothing.

    Raises PublicationRefused, PublicationNotCheckedError, PublicationReplacedError and PublicationUnknownError.
    """
    publication = _publication(connection, publication_id)
    if publication.state in {"published", "unchanged"}:
        return
    _require_passed(connection, publication)
    connection.execute(
        text("""
            update ops.publication
            set
                state = 'approved',
                approver = :approver,
                approved_at = clock_timestamp(),
                evidence = cast(:evidence as jsonb)
            where publication_id = :publication_id
        """),
        {"publication_id": publication_id, "approver": approver, "evidence": json.dumps(evidence, default=str)},
    )


def publish(connection: Connection, publication_id: int, exports_root: str | Path) -> PublishResult:
    """Make a publication what readers see of its period, its exports written before; official ones need approval.

    Figures equal to those that readers see already make no new revision. Publishing a published one again says the same
    result and changes nothing. Raises PublicationRefused, PublicationNotCheckedError, PublicationReplacedError and
    PublicationUnknownError.
    """
    publication = _publication(connection, publication_id)
    if publication.state == "published":
        return PublishResult(publication_id, publication.period, publication.revision, is_new=True)
    if publication.state == "unchanged":
        equal = _publication(connection, publication.unchanged_from, may_be_replaced=True)
        return PublishResult(equal.publication_id, equal.period, equal.revision, is_new=False)
    _require_passed(connection, publication)
    if publication.kind == "official" and publication.state != "approved":
        raise PublicationNotCheckedError(
            f"Publication {publication_id} of {publication.period} is official and nobody has approved it: "
            "call publication.approve with who approves and the evidence."
        )
    visible = connection.execute(
        text("""
            select publication_id, period, revision, content_hash
            from ops.publication
            where
                calendar = :calendar and period = :period and kind = :kind
                and state = 'published'
            order by revision desc
            limit 1
        """),
        {"calendar": publication.calendar, "period": publication.period, "kind": publication.kind},
    ).one_or_none()
    if visible is not None and visible.content_hash == publication.content_hash:
        connection.execute(
            text("""
                update ops.publication
                set state = 'unchanged', unchanged_from = :visible_id
                where publication_id = :publication_id
            """),
            {"publication_id": publication_id, "visible_id": visible.publication_id},
        )
        _remove_figures(connection, [publication_id])
        return PublishResult(visible.publication_id, visible.period, visible.revision, is_new=False)
    revision = None
    if publication.kind == "official":
        revision = 1 if visible is None else visible.revision + 1
    elif visible is not None:
        connection.execute(
            text("update ops.publication set state = 'replaced' where publication_id = :publication_id"),
            {"publication_id": visible.publication_id},
        )
        _remove_figures(connection, [visible.publication_id])
    connection.execute(
        text("""
            update ops.publication
            set state = 'published', published_at = clock_timestamp(), revision = :revision
            where publication_id = :publication_id
        """),
        {"publication_id": publication_id, "revision": revision},
    )
    export(connection, publication_id, exports_root)
    return PublishResult(publication_id, publication.period, revision, is_new=True)


def difference(connection: Connection, old_id: int, new_id: int) -> list[Difference]:
    """Return every unit, scope and metric whose figures differ between two publications, year to date first.

    Raises PublicationUnknownError, and PublicationReplacedError for one that keeps no figures.
    """
    for publication_id in (old_id, new_id):
        if _publication(connection, publication_id).state == "unchanged":
            raise PublicationReplacedError(
                f"Publication {publication_id} keeps no figures: they equalled an earlier one's (unchanged_from)."
            )
    rows = connection.execute(statement("ops/publication_difference.sql"), {"old_id": old_id, "new_id": new_id})
    return [Difference(**row._mapping) for row in rows]


def _lock(connection: Connection, calendar: str, period: str) -> None:
    connection.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"publication:{calendar}:{period}"}
    )


_PUBLICATION = text("""
select
    publication_id, calendar, period, kind, revision, state, content_hash, checked_at, unchanged_from,
    (
        select max(newer.publication_id) from ops.publication as newer
        where
            newer.calendar = publication.calendar and newer.period = publication.period
            and newer.kind = publication.kind
    ) as newest_id
from ops.publication
where publication_id = :publication_id
""")


def _publication(connection: Connection, publication_id: int, *, may_be_replaced: bool = False) -> Row[Any]:
    """Return the publication's row, read after the lock of its period was taken."""
    named = connection.execute(_PUBLICATION, {"publication_id": publication_id}).one_or_none()
    if named is None:
        raise PublicationUnknownError(f"There is no publication {publication_id}: ops.publication names them.")
    _lock(connection, named.calendar, named.period)
    publication = connection.execute(_PUBLICATION, {"publication_id": publication_id}).one()
    if publication.state == "replaced" and not may_be_replaced:
        raise PublicationReplacedError(
            f"Publication {publication_id} of {publication.period} was replaced by a newer one of the same kind "
            f"(the newest is {publication.newest_id}): go on with that one."
        )
    return publication


def _findings(connection: Connection, publication_id: int) -> list[Finding]:
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


def _require_passed(connection: Connection, publication: Row[Any]) -> None:
    if publication.state == "refused":
        blocking = [f for f in _findings(connection, publication.publication_id) if f.severity == "block"]
        raise PublicationRefused(publication.publication_id, publication.period, blocking)
    if publication.checked_at is None:
        raise PublicationNotCheckedError(
            f"Publication {publication.publication_id} of {publication.period} has not been checked: "
            "call publication.check first."
        )


def _remove_figures(connection: Connection, publication_ids: Iterable[int]) -> None:
    ids = list(publication_ids)
    for mart in _FIGURES if ids else ():
        connection.execute(text(f"delete from mart.{mart} where publication_id = any(:ids)"), {"ids": ids})  # noqa: S608 - the names stand above
