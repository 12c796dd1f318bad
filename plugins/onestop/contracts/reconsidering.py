"""Deliveries judged again from the bytes received: after a correction, or because a person vouches for one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT

from onestop import warehouse
from onestop.contracts.decision import data_docs_path, decide, store_outcomes, take_in
from onestop.contracts.judging import Subject, Tables, judge
from onestop.contracts.marks import begin_marks
from onestop.jurisdiction.datasets import DATASETS
from onestop.reading.known import beside_fields
from onestop.reading.load import StoredDelivery, held_delivery, stage, stored_delivery
from onestop.reading.refusal import DeliveryRefused, catalogue
from onestop.warehouse.merge import hold_units
from onestop.warehouse.merge_versions import hold_decisions, hold_merges, version_columns
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.contracts.decision import AnswerWriter
    from onestop.jurisdiction import Jurisdiction, Source
    from onestop.landing import Landing
    from onestop.warehouse import MergeResult


class NotAcceptable(Exception):  # noqa: N818 - named by what happened
    """A delivery that no person can accept: it was not refused, or was refused for what it is."""


class Undecided(Exception):  # noqa: N818 - named by what happened
    """A delivery that was never decided: it is loaded and checked first."""


@dataclass(frozen=True)
class Reconsidered:
    """What a second judgement changed. `refusal` is why the delivery would be, or stays, refused as a whole."""

    delivery_id: int
    state_before: str
    state: str
    record_count: int
    accepted_count: int
    quarantined_count: int
    replayed_count: int
    """Rows that were refused before and are taken now."""
    withdrawn_count: int
    """Records that had been taken and are not any more."""
    merge: MergeResult
    refusal: DeliveryRefused | None
    beside: tuple[Reconsidered, ...] = ()
    """Earlier deliveries that were judged again too: what this one withdrew may be theirs, and they had left no row."""


@dataclass(frozen=True)
class Reconsideration:
    """What a second judgement needs. `person` is who asked for it."""

    jurisdiction: Jurisdiction
    landing: Landing
    identity_key: bytes
    person: str
    data_docs_root: Path | None = None
    answer: AnswerWriter | None = None

    def replay(self, connection: Connection, delivery_id: int) -> Reconsidered:
        """Judge a delivery again with today's maps, aliases, rules and catalogue, from the bytes that were received.

        It stays the same delivery, and each of its records is counted once. Refused rows that are taken now are marked
        so; a record that is refused now, or turns out to be another's, is withdrawn, and the latest state that another
        delivery stands for holds again. A rejected delivery may be accepted; an accepted one is never taken back as a
        whole: then nothing is changed and the result says why it would be refused. Replaying again changes nothing.

        A delivery that came late has left no row of what a later one had told already. Where that one withdraws
        records, those of its month that came late are judged again after it, the earliest first, so that each leaves
        one.

        Commits its own transactions. Raises Undecided, ContractError as `check` does, and LandingDamaged or LookupError
        when its bytes or its source are gone.
        """
        seen = self._replayed(connection, delivery_id)
        late = statement("ops/delivery_came_late.sql")
        beside = list(connection.scalars(late, {"delivery_id": delivery_id})) if seen.refusal is None else []
        connection.commit()
        return replace(seen, beside=tuple(self._replayed(connection, one) for one in beside))

    def _replayed(self, connection: Connection, delivery_id: int) -> Reconsidered:
        with held_delivery(connection, delivery_id):
            return self._judge_again(connection, stored_delivery(connection, delivery_id))

    def accept(self, connection: Connection, delivery_id: int, reason: str) -> Reconsidered:
        """Accept a delivery that was refused only because it differs from those before; who, when and why are stored.

        Its rows are judged as ever. Raises NotAcceptable for any other refusal.
        """
        if not reason.strip():
            raise NotAcceptable("Say why the delivery is accepted: the reason is published with it.")
        with held_delivery(connection, delivery_id):
            delivery = stored_delivery(connection, delivery_id)
            rules = _overridable(delivery)
            return self._judge_again(connection, delivery, accepted_because=reason.strip(), overridden=rules)

    def _judge_again(
        self,
        connection: Connection,
        delivery: StoredDelivery,
        *,
        accepted_because: str | None = None,
        overridden: Collection[str] = (),
    ) -> Reconsidered:
        if delivery.state not in {"accepted", "rejected"}:
            raise Undecided(f"{delivery.where} is {delivery.state}: run its load and check first.")
        source = self.jurisdiction.source(delivery.source_id)
        vouched_for = _vouched_for(connection, delivery.delivery_id) | set(overridden)
        tables = Tables(delivery.staging)
        staged = self._staged(connection, source, delivery)
        if isinstance(staged, DeliveryRefused):
            connection.rollback()
            return self._refused(connection, delivery, staged, delivery.record_count or 0)
        record_count = staged
        subject = Subject(
            source,
            self.jurisdiction,
            delivery.period,
            delivery.observed_at,
            delivery.delivery_id,
            is_full=delivery.is_full,
        )
        connection.commit()
        judge(connection, subject, tables, record_count)
        # Great Expectations looks from a session of its own: what it looks at must be committed.
        connection.commit()
        page = None if self.data_docs_root is None else data_docs_path(self.data_docs_root, subject)
        outcomes, refusal = decide(connection, subject, tables, overridden=vouched_for, data_docs=page)
        hold_decisions(connection, source.dataset)
        if refusal is not None:
            if delivery.state == "rejected":
                self._quarantine(connection, delivery, tables)
                store_outcomes(connection, delivery.delivery_id, outcomes, record_count)
                self._answer(connection, subject, tables, refusal, page)
            return self._refused(connection, delivery, refusal, record_count, tables)
        if accepted_because is not None:
            connection.execute(
                text(
                    "insert into ops.delivery_override (delivery_id, rules, reason, accepted_by)"
                    " values (:delivery_id, :rules, :reason, :person)"
                ).bindparams(bindparam("rules", type_=ARRAY(TEXT))),
                {
                    "delivery_id": delivery.delivery_id,
                    "rules": list(overridden),
                    "reason": accepted_because,
                    "person": self.person,
                },
            )
        store_outcomes(connection, delivery.delivery_id, outcomes, record_count)
        refused = self._quarantine(connection, delivery, tables)
        withdrawn = _withdraw(connection, subject, tables) if delivery.state == "accepted" else 0
        merge = take_in(connection, subject, tables)
        replayed = self._mark_replayed(connection, delivery, tables)
        self._answer(connection, subject, tables, None, page)
        accepted = record_count - refused
        self._store_decision(
            connection,
            delivery.delivery_id,
            (record_count, accepted, refused),
            note=accepted_because or "replayed",
            keeps_person=bool(vouched_for) and accepted_because is None,
        )
        tables.drop(connection)
        connection.commit()
        return Reconsidered(
            delivery.delivery_id,
            delivery.state,
            "accepted",
            record_count,
            accepted,
            refused,
            replayed,
            withdrawn,
            merge,
            None,
        )

    def _staged(self, connection: Connection, source: Source, delivery: StoredDelivery) -> int | DeliveryRefused:
        """Stage the delivery's records and return how many there are, or why they cannot be read."""
        try:
            progress = stage(
                connection,
                source,
                self.landing,
                delivery,
                identity_key=self.identity_key,
                placeholders=self.jurisdiction.contracts.placeholder_identities,
            )
        except DeliveryRefused as refusal:
            return refusal
        return progress.row_number

    def _store_decision(
        self,
        connection: Connection,
        delivery_id: int,
        counts: tuple[int, int, int],
        *,
        note: str,
        keeps_person: bool,
    ) -> None:
        """Store that the delivery is accepted, and by whom; nothing when it was already, with the same counts.

        Who had reported has reported all along: the moment of an accepted delivery stays, and ops.delivery_decision
        says when the counts changed. A person's acceptance stays theirs when the delivery is replayed.
        """
        record_count, accepted, quarantined = counts
        connection.execute(
            text(
                "update ops.delivery set state = 'accepted', reasons = null, record_count = :record_count,"
                " accepted_count = :accepted, quarantined_count = :quarantined,"
                " decided_at = case when state = 'accepted' then decided_at else clock_timestamp() end,"
                " decided_by = case when :keeps_person then decided_by else :by end,"
                " decision_note = case when :keeps_person then decision_note else :note end"
                " where delivery_id = :id and (state, record_count, accepted_count, quarantined_count)"
                " is distinct from ('accepted', :record_count, :accepted, :quarantined)"
            ),
            {
                "id": delivery_id,
                "record_count": record_count,
                "accepted": accepted,
                "quarantined": quarantined,
                "keeps_person": keeps_person,
                "by": self.person,
                "note": note,
            },
        )

    def _quarantine(self, connection: Connection, delivery: StoredDelivery, tables: Tables) -> int:
        connection.execute(
            statement("quarantine/row_reconsidered.sql", staging=tables.staging, typed=tables.typed),
            {"delivery_id": delivery.delivery_id, "beside_fields": beside_fields(DATASETS[delivery.dataset])},
        )
        count: int = connection.execute(statement("staging/refused_count.sql", typed=tables.typed)).scalar_one()
        return count

    def _mark_replayed(self, connection: Connection, delivery: StoredDelivery, tables: Tables) -> int:
        was_compared = connection.scalar(text("select to_regclass('pg_temp.merge_row') is not null"))
        names = {"typed": tables.typed, **({"chosen": "merge_row"} if was_compared else {})}
        marked = connection.execute(
            statement("quarantine/row_replayed.sql", **names),
            {"delivery_id": delivery.delivery_id, "replayed_by": self.person},
        )
        return int(marked.rowcount)

    def _answer(
        self,
        connection: Connection,
        subject: Subject,
        tables: Tables,
        refusal: DeliveryRefused | None,
        page: Path | None,
    ) -> None:
        if self.answer is not None:
            self.answer(connection, subject, tables, refusal.reasons if refusal else (), page)

    def _refused(
        self,
        connection: Connection,
        delivery: StoredDelivery,
        refusal: DeliveryRefused,
        record_count: int,
        tables: Tables | None = None,
    ) -> Reconsidered:
        """Leave an accepted delivery as it is; tell of a rejected one why it is now."""
        reasons = [item.as_json() for item in refusal.reasons]
        if delivery.state == "rejected" and reasons != delivery.reasons:
            connection.execute(
                text(
                    "update ops.delivery set reasons = :reasons, decided_at = clock_timestamp(), decided_by = :by,"
                    " decision_note = 'replayed' where delivery_id = :id"
                ).bindparams(bindparam("reasons", type_=JSONB)),
                {"id": delivery.delivery_id, "reasons": reasons, "by": self.person},
            )
        if tables is not None:
            tables.drop(connection)
        connection.commit()
        return Reconsidered(
            delivery.delivery_id,
            delivery.state,
            delivery.state,
            record_count,
            delivery.accepted_count or 0,
            delivery.quarantined_count or 0,
            0,
            0,
            warehouse.MergeResult(0, 0, 0, 0),
            refusal,
        )


def _overridable(delivery: StoredDelivery) -> list[str]:
    """Return the rules of a refusal that a person may take back; raises NotAcceptable."""
    if delivery.state != "rejected":
        raise NotAcceptable(f"{delivery.where} is {delivery.state}: only a rejected delivery can be accepted.")
    contract = catalogue(delivery.dataset)
    reasons = delivery.reasons or []
    known = {rule.id for rule in contract.limits if rule.is_comparison}
    others = [reason for reason in reasons if reason["rule"] not in known]
    if others or not reasons:
        told = "; ".join(f"{reason['rule']}: {reason['message']}" for reason in others) or "no reason is stored"
        raise NotAcceptable(
            f"{delivery.where} was refused for what it is, not for how it differs from earlier ones, and cannot be "
            f"accepted. Have it corrected and delivered again, or correct the configuration and replay it. {told}"
        )
    return [reason["rule"] for reason in reasons]


def _vouched_for(connection: Connection, delivery_id: int) -> set[str]:
    """Return the rules that persons have overridden for a delivery: an acceptance holds for every replay."""
    rules = text("select distinct unnest(rules) from ops.delivery_override where delivery_id = :id")
    return set(connection.scalars(rules, {"id": delivery_id}))


def _withdraw(connection: Connection, subject: Subject, tables: Tables) -> int:
    """End what the delivery had brought and brings no more; make current what others stand for. Return how many."""
    dataset = subject.dataset
    if dataset.name == "dossier":
        # A delivery confirms without leaving a version: what it confirms must not be ended before it has decided.
        touched = statement("core/dossier_touched.sql", typed=tables.typed)
        hold_units(connection, connection.scalars(touched, {"delivery_id": subject.delivery_id}))
    else:
        hold_merges(connection, dataset.name)
    columns = version_columns(dataset)
    names = {
        "versions": dataset.versions,
        "typed": tables.typed,
        "confirmed_by_unit": "core.dossier_confirmation" if dataset.name == "dossier" else "",
        **columns,
    }
    binds = {
        "delivery_id": subject.delivery_id,
        "dataset": dataset.name,
        "known_from": connection.scalar(text("select clock_timestamp()")),
    }

    def run(name: str) -> int:
        sql = statement(f"core/{name}.sql", **names)
        result = connection.execute(sql, {bind: binds[bind] for bind in sql.compile().params})
        return int(result.rowcount)  # type: ignore[attr-defined]

    run("withdrawn_record_end")
    run("withdrawn_record")
    run("confirmation_withdraw")
    ended = run("version_withdraw")
    if ended:
        run("version_reinstate")
    if ended and dataset.name == "dossier":
        begin_marks(connection)
        run("dossier_marked")
    return ended
