"""The life of a publication: built → checked → approved → published.

Every function works in the caller's transaction and commits nothing: the caller commits after each, and a step that
died is run again. Readers see published figures only, so nothing half done is ever visible. One transaction at a time
works on a period (an advisory lock until it ends); a newer build replaces an unpublished older one.

A publication whose figures equal the last published ones becomes `unchanged`: it keeps its trace and loses its figures.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Row, text

from onestop.compliance import COUNTS, MARTS, measure, rules_hash
from onestop.jurisdiction import Jurisdiction
from onestop.jurisdiction.periods import Period
from onestop.publication.errors import (
    AsOfError,
    ConfigurationNotRecordedError,
    Finding,
    PublicationNotCheckedError,
    PublicationRefused,
)
from onestop.publication.export import stage
from onestop.publication.stored import held, lock_period, stored
from onestop.warehouse import ConfigurationInUseError, index_months, synchronise
from onestop.warehouse.sql import statement

Kind = Literal["provisional", "official"]

FIGURES = (*(mart.name for mart in MARTS), *COUNTS)
"""The tables of `mart` that a publication fills."""


@dataclass(frozen=True)
class PublishResult:
    """What readers see for a period after publishing."""

    publication_id: int
    """The visible publication: the one asked for, or the earlier one that has the same figures."""
    period: str
    revision: int | None
    """None for provisional publications."""
    is_new: bool


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

    The figures are those of the dossiers and deliveries as known at `as_of`, by default now; the same moment and
    configuration always give the same figures. An unpublished build of the period and kind, refused ones included, is
    replaced. Raises ConfigurationNotRecordedError, AsOfError, PeriodUnknownError and MonthGapError.
    """
    lock_period(connection, period.calendar, period.code)
    _require_configuration(connection, jurisdiction)
    moment = _settled(connection, as_of)
    index_months(connection, beside=period)
    values = {
        "calendar": period.calendar,
        "period": period.code,
        "kind": kind,
        "reason": reason,
        "requested_by": requested_by,
        "as_of": moment,
        "configuration_hash": jurisdiction.configuration_hash,
        "run_id": run_id,
        "marts": list(FIGURES),
        "rules_hash": rules_hash(),
    }
    superseded = connection.scalars(
        text("""
            update ops.publication set state = 'replaced'
            where
                calendar = :calendar and period = :period and kind = :kind
                and state in ('built', 'approved', 'refused')
            returning publication_id
        """),
        values,
    ).all()
    _remove_figures(connection, superseded)
    publication_id: int = connection.scalars(
        text("""
            insert into ops.publication (
                calendar, period, kind, state, reason, requested_by, as_of, configuration_hash, run_id, marts,
                dimension_hash, rules_hash
            )
            select
                :calendar, :period, :kind, 'built', :reason, :requested_by, :as_of, configuration_hash, :run_id, :marts,
                dimension_hash, :rules_hash
            from ops.configuration
            where configuration_hash = :configuration_hash
            returning publication_id
        """),
        values,
    ).one()
    measure(connection, publication_id, keeps_counts=True)
    digest = content_hash(connection, publication_id)
    connection.execute(
        text("update ops.publication set content_hash = :content_hash where publication_id = :publication_id"),
        {"publication_id": publication_id, "content_hash": digest},
    )
    return publication_id


def check(connection: Connection, publication_id: int) -> list[Finding]:
    """Store and return what must be known of a built publication; a blocking finding makes its state `refused`.

    Rules: include/sql/ops/publication_finding_*.sql. A published one is not checked again: its findings are returned.
    Raises PublicationUnknownError and PublicationReplacedError.
    """
    publication = held(connection, publication_id)
    values = {"publication_id": publication_id}
    if publication.state in {"built", "approved", "refused"}:
        connection.execute(text("delete from ops.publication_finding where publication_id = :publication_id"), values)
        for rules in ("roster", "compliance", "balance", "warn", "contradiction", "history"):
            connection.execute(statement(f"ops/publication_finding_{rules}.sql"), values)
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
    publication = held(connection, publication_id)
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
    """Make a publication what readers see of its period; official ones need approval.

    Its files are written into a hidden folder: call `reveal` once the transaction is committed.
    Figures equal to those that readers see already make no new revision. Publishing a published one again says the same
    result and changes nothing. Raises PublicationRefused, PublicationNotCheckedError, PublicationReplacedError and
    PublicationUnknownError.
    """
    publication = held(connection, publication_id)
    if publication.state == "published":
        return PublishResult(publication_id, publication.period, publication.revision, is_new=True)
    if publication.state == "unchanged":
        equal = stored(connection, publication.unchanged_from)
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
    stage(connection, publication_id, exports_root)
    return PublishResult(publication_id, publication.period, revision, is_new=True)


def _require_configuration(connection: Connection, jurisdiction: Jurisdiction) -> None:
    """Refuse unless the dimensions say what the jurisdiction says, and keep them so until the transaction ends."""
    trial = connection.begin_nested()
    try:
        is_held = synchronise(connection, jurisdiction) == 0
    except ConfigurationInUseError:
        is_held = False
    if not is_held:
        trial.rollback()
        raise ConfigurationNotRecordedError(
            f"The warehouse does not hold configuration {jurisdiction.configuration_hash[:12]} of {jurisdiction.name}: "
            "its roster, metrics or targets are another's. Run warehouse.synchronise, as every run does first, then "
            "build."
        )
    trial.commit()


def content_hash(connection: Connection, publication_id: int, marts: Collection[str] = FIGURES) -> str:
    """Return the digest of a publication's figures, over those of its marts in their order: equal figures have an equal
    one. `marts`: those that the program filled when the publication was built.
    """
    digest = hashlib.sha256()
    for mart in MARTS:
        if mart.is_figure and mart.name in marts:
            rows = connection.scalar(
                text("select mart.digest(cast(:mart as regclass), :publication_id)"),
                {"mart": f"mart.{mart.name}", "publication_id": publication_id},
            )
            digest.update(f"{mart.name} {rows}\n".encode())
    return digest.hexdigest()


def _settled(connection: Connection, as_of: datetime | None) -> datetime:
    """Return `as_of`, or now, once everything that was decided by then is committed or rolled back."""
    moment: datetime = connection.scalars(text("select core.settled_moment()")).one()
    if as_of is not None:
        if as_of.utcoffset() is None:
            raise AsOfError(f"as_of {as_of} has no offset: which moment it is depends on it.")
        if as_of > moment:
            raise AsOfError(f"as_of {as_of} is not over yet (it is {moment}): what becomes known by then is not known.")
    # Merges hold a lock that settled_moment waits for; deliveries that were refused, or accepted empty, hold none, nor
    # do attempts to pull. Each writes to one of these tables: it is waited for, and the lock given back at once.
    waiting = connection.begin_nested()
    connection.execute(text("lock table ops.delivery, ops.delivery_decision, ops.pull_attempt in share mode"))
    waiting.rollback()
    return as_of or moment


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
    for mart in FIGURES if ids else ():
        connection.execute(text(f"delete from mart.{mart} where publication_id = any(:ids)"), {"ids": ids})  # noqa: S608 - the names stand above
