"""The steps of a month, in their order: what the DAGs call task by task, and `onestop run` one after the other.

prepare → for each source: pull → load → check → coverage → measure → inspect → publish → notify. Each step may be run
again at any time with the same result, and opens and commits its own transactions.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import text

from onestop import answers, compliance, contracts, notice, publication, reading, sources, warehouse
from onestop.jurisdiction.periods import DECIDING_CALENDAR
from onestop.landing import Landing, Uploads, is_overtaken, last_cursor, record_pull_attempt, register_delivery
from onestop.reading import DeliveryRefused
from onestop.warehouse.connection import engine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Engine

    from onestop.compliance import UnitCoverage
    from onestop.contracts import CheckResult
    from onestop.jurisdiction import Jurisdiction
    from onestop.notice import AlertChange, Notice
    from onestop.publication import Finding, PublishResult
    from onestop.reading import LoadResult
    from onestop.settings import Settings
    from onestop.sources import SourceAccess

log = logging.getLogger(__name__)


class PublicationBlocked(Exception):  # noqa: N818 - named by what happened
    """A built publication has findings that block it. They are stored with it in ops.publication_finding."""

    def __init__(self, publication_id: int, period: str, findings: list[Finding]) -> None:
        """Name the findings, each with its unit."""
        told = "\n".join(f"- {finding.unit_code or 'all units'}: {finding.message_vi}" for finding in findings)
        super().__init__(
            f"publication {publication_id} of {period} is blocked by {len(findings)} finding(s); "
            f"correct what they name, then measure it again:\n{told}"
        )


@dataclass(frozen=True)
class Pipeline:
    """The steps for one jurisdiction on one warehouse. `run_id` marks everything that is stored with the run that
    stored it.
    """

    jurisdiction: Jurisdiction
    settings: Settings
    run_id: str | None = None

    @cached_property
    def engine(self) -> Engine:
        """The warehouse, as the role onestop_loader."""
        return engine(self.settings.warehouse_url)

    @cached_property
    def landing(self) -> Landing:
        """The landing zone."""
        return Landing(self.settings.landing_root)

    def prepare(self) -> str:
        """Bring the warehouse's dimensions, periods and expected sources up to the configuration, and return its
        hash.
        """
        with self.engine.begin() as connection:
            warehouse.synchronise(connection, self.jurisdiction)
        return self.jurisdiction.configuration_hash

    def pull(
        self, source_id: str, period: str, access: SourceAccess, *, pulled_at: datetime, full: bool = False
    ) -> int:
        """Take the source's delivery for the period into the landing zone and return its id in ops.delivery.

        A source that is pulled incrementally is asked for what has changed since its last accepted delivery of the
        period, unless there is none or `full` is wanted.
        The same bytes again are the same delivery, as long as merges take it for the last. Raises
        `sources.SourceError`; the attempt and its error are stored.
        """
        source = self.jurisdiction.source(source_id)
        attempt = (source.id, period, self.run_id)
        with self.engine.connect() as connection:
            cursor = None if full else last_cursor(connection, source.id, period)
        try:
            manifest = sources.pull(
                source,
                self.jurisdiction.period(period),
                access,
                self.landing,
                pulled_at=pulled_at,
                cursor=cursor,
            )
        except sources.SourceError as error:
            with self.engine.begin() as connection:
                record_pull_attempt(
                    connection,
                    *attempt,
                    "failed",
                    None,
                    str(error),
                    attempted_at=pulled_at,
                    failure_kind=error.kind,
                )
            raise
        with self.engine.connect() as connection:
            overtaken = manifest.pulled_at != pulled_at and is_overtaken(connection, manifest)
        if overtaken:
            manifest = self.landing.again(source, self.jurisdiction.period(period), manifest, pulled_at=pulled_at)
        outcome: Literal["landed", "unchanged"] = "landed" if manifest.pulled_at == pulled_at else "unchanged"
        with self.engine.begin() as connection:
            delivery_id = register_delivery(connection, manifest, self.run_id)
            record_pull_attempt(connection, *attempt, outcome, delivery_id, attempted_at=pulled_at)
        log.info("%s for %s: %s delivery %s, %s bytes", source.id, period, outcome, delivery_id, manifest.byte_count)
        return delivery_id

    def load(self, source_id: str, delivery_id: int) -> LoadResult:
        """Copy the delivery's records into its staging table. Raises `DeliveryRefused`; the reasons are stored."""
        source = self.jurisdiction.source(source_id)
        with self.engine.connect() as connection:
            try:
                return reading.load(
                    connection,
                    source,
                    self.landing,
                    delivery_id,
                    identity_key=self._identity_key,
                    placeholders=self.jurisdiction.contracts.placeholder_identities,
                )
            except DeliveryRefused as refusal:
                if not self._is_answered(connection, delivery_id):
                    self._answers.unreadable(connection, source, delivery_id, refusal)
                raise
            finally:
                connection.commit()

    def check(self, source_id: str, delivery_id: int, period: str) -> CheckResult:
        """Judge the staged delivery and merge what is accepted. Raises `DeliveryRefused`; the reasons are stored.

        A staging table that a crash of the server has emptied is loaded once more.
        """
        try:
            return self._checked(source_id, delivery_id, period)
        except contracts.StagingLost as lost:
            log.warning("%s: loading it again", lost.where)
            self.load(source_id, delivery_id)
            return self._checked(source_id, delivery_id, period)

    def _checked(self, source_id: str, delivery_id: int, period: str) -> CheckResult:
        source = self.jurisdiction.source(source_id)
        with self.engine.connect() as connection:
            result = contracts.check(
                connection,
                source,
                self.jurisdiction,
                delivery_id,
                self.jurisdiction.period(period),
                data_docs_root=self.settings.data_docs_root,
                answer=self._answers,
            )
            connection.commit()
        return result

    def replay(self, delivery_id: int, person: str) -> contracts.Reconsidered:
        """Judge a decided delivery again, with today's configuration; `person` asked for it."""
        with self.engine.connect() as connection:
            return self._reconsideration(person).replay(connection, delivery_id)

    def accept(self, delivery_id: int, person: str, reason: str) -> contracts.Reconsidered:
        """Accept a delivery that a comparison with earlier ones had refused. Raises `contracts.NotAcceptable`."""
        with self.engine.connect() as connection:
            return self._reconsideration(person).accept(connection, delivery_id, reason)

    def _reconsideration(self, person: str) -> contracts.Reconsideration:
        return contracts.Reconsideration(
            self.jurisdiction,
            self.landing,
            self._identity_key,
            person,
            data_docs_root=self.settings.data_docs_root,
            answer=self._answers,
        )

    @cached_property
    def _answers(self) -> answers.Answers:
        return answers.Answers(self.jurisdiction, self.settings.answers_root, self.settings.data_docs_root)

    @property
    def _identity_key(self) -> bytes:
        return self.settings.identity_key.get_secret_value().encode()

    @staticmethod
    def _is_answered(connection: Connection, delivery_id: int) -> bool:
        question = text("select exists (select 1 from ops.delivery_answer where delivery_id = :id)")
        return bool(connection.execute(question, {"id": delivery_id}).scalar_one())

    def coverage(self, period: str, calendar: str = DECIDING_CALENDAR) -> list[UnitCoverage]:
        """Say, for every unit of the roster, whether it has reported the period. Computed from the warehouse alone."""
        with self.engine.connect() as connection:
            return compliance.coverage(connection, self.jurisdiction.period(period, calendar))

    def affected_periods(self, period: str) -> list[str]:
        """List the months whose publication may change with this period's data: itself, and published later ones of
        the year.
        """
        with self.engine.connect() as connection:
            return compliance.affected_periods(connection, self.jurisdiction.period(period))

    def is_published(self, period: str) -> bool:
        """Say whether the month has an official revision in the deciding calendar."""
        question = text(
            "select exists (select 1 from ops.publication "
            "where calendar = :calendar and period = :period and kind = 'official' and state = 'published')"
        )
        with self.engine.connect() as connection:
            return bool(connection.execute(question, {"calendar": DECIDING_CALENDAR, "period": period}).scalar_one())

    def awaits_publication(self, period: str, ordered_at: datetime) -> bool:
        """Say whether the period has not been measured for an official publication since `ordered_at`."""
        question = text(
            "select not exists (select 1 from ops.publication "
            "where calendar = :calendar and period = :period and kind = 'official' and as_of >= :ordered_at)"
        )
        values = {"calendar": DECIDING_CALENDAR, "period": period, "ordered_at": ordered_at}
        with self.engine.connect() as connection:
            return bool(connection.execute(question, values).scalar_one())

    def measure(
        self,
        period: str,
        *,
        kind: Literal["official", "provisional"],
        reason: str,
        requested_by: str,
        calendar: str = DECIDING_CALENDAR,
        planned: Mapping[str, Any] | None = None,
    ) -> int:
        """Build a publication of the period from what the warehouse knows now, and return its id.

        `planned`: the month's entry in an approved `plan_restatement`: built from what was known then, and only if its
        figures are those approved. Raises `publication.RestatementOutdatedError`.
        """
        with self.engine.connect() as connection:
            if planned is not None:
                publication.require_unmoved(connection, planned)
            publication_id = publication.build(
                connection,
                self.jurisdiction,
                self.jurisdiction.period(period, calendar),
                kind=kind,
                reason=reason,
                requested_by=requested_by,
                as_of=None if planned is None else datetime.fromisoformat(planned["as_of"]),
                run_id=self.run_id,
            )
            if planned is not None:
                publication.require_approved(connection, planned, publication_id)
            connection.commit()
        return publication_id

    def plan_restatement(self, periods: str, reason: str) -> dict[str, Any]:
        """Preview months published again now with the present configuration, for a reason; leave nothing behind.

        Returns plain values: `text`, for the person who approves, `months` with what is approved of each, and the
        `reason`. Raises ValueError when there is no such month, or no reason.
        """
        reason = publication.reason_of(reason)
        self.prepare()
        with self.engine.connect() as connection:
            months = publication.preview(
                connection, self.jurisdiction, publication.periods_of(self.jurisdiction, periods)
            )
            connection.rollback()
        return {**publication.plan_of(months, self.jurisdiction), "reason": reason}

    def inspect(self, publication_id: int, period: str) -> list[Finding]:
        """Check a built publication and return its warnings. Raises `PublicationBlocked`."""
        with self.engine.connect() as connection:
            findings = publication.check(connection, publication_id)
            connection.commit()
        blocking = [finding for finding in findings if finding.severity == "block"]
        if blocking:
            raise PublicationBlocked(publication_id, period, blocking)
        return findings

    def publish(self, publication_id: int, *, approver: str, evidence: Mapping[str, Any]) -> PublishResult:
        """Approve a publication and make it visible with its exports. Figures equal to the last revision's make no
        new one.
        """
        with self.engine.connect() as connection:
            publication.approve(connection, publication_id, approver, dict(evidence))
            result = publication.publish(connection, publication_id, self.settings.exports_root)
            connection.commit()
            publication.reveal(connection, result.publication_id, self.settings.exports_root)
            connection.commit()
        self.index_months()  # nobody waits for it: the publication can be seen
        return result

    def index_months(self) -> None:
        """Index the months of dossiers that have no indexes so far."""
        with self.engine.begin() as connection:
            warehouse.index_months(connection)

    def verify_counts(self) -> int:
        """Hold the counts that publications keep of earlier months against their dossiers; return of how many months.

        Raises `compliance.CountsDifferError` after all are verified, until those that differ have been counted anew.
        """
        differing: dict[tuple[str, str], int] = {}
        with self.engine.begin() as connection:
            months = compliance.counted_months(connection)
        for calendar, period in months:
            with self.engine.begin() as connection:  # who builds meanwhile waits for one month
                if count := compliance.verify_counts(connection, calendar, period):
                    differing[calendar, period] = count
        if differing:
            raise compliance.CountsDifferError(differing)
        return len(months)

    def notify(self, publication_id: int, send: Callable[[Notice], None] | None) -> AlertChange:
        """Open and resolve the alerts that the publication calls for, and send what is waiting in the outbox.

        Without `send` nobody is told yet: the next publication or `watch` tells what is left of the changes then.
        Raises `notice.NoticesNotSent` after all others have gone out; run again, only the waiting ones are sent.
        """
        with self.engine.connect() as connection:
            change = notice.evaluate(connection, self.jurisdiction, publication_id)
            if send is not None:
                notice.queue(connection, self.jurisdiction, publication_id)
            connection.commit()
            if send is not None:
                notice.deliver(connection, send)
        return change

    def remove_old_uploads(self, moment: datetime) -> int:
        """Remove what officers uploaded and nobody needs any more (`Uploads.remove_old`); return how many files."""
        removed = Uploads(self.settings.uploads_root).remove_old(
            moment, timedelta(days=self.settings.uploads_kept_days)
        )
        for upload in removed:
            log.info("upload %s of %s for %s is removed by age", upload.token, upload.source_id, upload.period)
        return len(removed)

    def watch(self, moment: datetime, send: Callable[[Notice], None]) -> AlertChange:
        """Open and resolve the alerts on missing deliveries of the months due at `moment`, and send what is waiting in
        the outbox.
        """
        self.prepare()
        with self.engine.connect() as connection:
            change = notice.watch(connection, self.jurisdiction, moment)
            notice.queue(connection, self.jurisdiction, publication_id=None)
            connection.commit()
            notice.deliver(connection, send)
        return change
