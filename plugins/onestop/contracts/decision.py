"""A judged delivery is held against its contract, and what follows is written in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from onestop import warehouse
from onestop.contracts.expectations import Outcome, evaluate
from onestop.contracts.judging import Subject, Tables, expectations
from onestop.contracts.marks import mark_absences, mark_elsewhere
from onestop.reading.known import beside_fields
from onestop.reading.load import reject
from onestop.reading.refusal import DeliveryRefused, Reason
from onestop.warehouse.merge_versions import hold_decisions
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.warehouse import MergeResult

CONTRACT = "contract"
"""Who decides where no person does."""


@dataclass(frozen=True)
class CheckResult:
    """What became of a delivery's records: `record_count = accepted_count + quarantined_count`."""

    record_count: int
    accepted_count: int
    quarantined_count: int
    merge: MergeResult


@dataclass(frozen=True)
class Settled:
    """A decision: the result when the delivery is accepted, or its refusal."""

    result: CheckResult
    refusal: DeliveryRefused | None


AnswerWriter = Callable[[Connection, Subject, Tables, Collection[Reason], Path | None], None]
"""Writes what the agency is told, in the transaction of the decision: subject, tables, reasons, the page of results."""


def settle(
    connection: Connection,
    subject: Subject,
    tables: Tables,
    record_count: int,
    *,
    data_docs_root: Path | None = None,
    answer: AnswerWriter | None = None,
    decided_by: str = CONTRACT,
    note: str | None = None,
    overridden: Collection[str] = (),
) -> Settled:
    """Hold a judged delivery (committed before) against its contract; accept it into the warehouse or refuse it.

    One transaction: quarantine, versions, marks, state and answer, and the end of the staging tables. `overridden`:
    rules of comparison whose refusal a person has taken back.
    """
    delivery_id = subject.delivery_id or 0
    page = None if data_docs_root is None else data_docs_path(data_docs_root, subject)
    outcomes, refusal = decide(connection, subject, tables, overridden=overridden, data_docs=page)
    # Judged by a session of its own: of a server that crashed before that, it saw emptied tables, and ours is gone.
    connection.execute(text("select 1"))
    hold_decisions(connection, subject.dataset.name)
    store_outcomes(connection, delivery_id, outcomes, record_count)
    quarantined = connection.execute(
        statement("quarantine/row.sql", staging=tables.staging, typed=tables.typed),
        {"delivery_id": delivery_id, "beside_fields": beside_fields(subject.dataset)},
    ).rowcount
    if answer is not None:
        answer(connection, subject, tables, refusal.reasons if refusal else (), page)
    if refusal is not None:
        connection.execute(
            text("update ops.delivery set accepted_count = 0, quarantined_count = :count where delivery_id = :id"),
            {"count": quarantined, "id": delivery_id},
        )
        for table in (tables.typed, tables.summary):
            connection.execute(statement("staging/drop_table.sql", table=table))
        reject(connection, delivery_id, refusal)
        nothing = warehouse.MergeResult(0, 0, 0, 0)
        return Settled(CheckResult(record_count, 0, quarantined, nothing), refusal)
    merge = take_in(connection, subject, tables)
    accepted = record_count - quarantined
    connection.execute(
        text(
            "update ops.delivery set state = 'accepted', accepted_count = :accepted,"
            " quarantined_count = :quarantined, reasons = null, decided_at = clock_timestamp(),"
            " decided_by = :decided_by, decision_note = :note where delivery_id = :id"
        ),
        {
            "accepted": accepted,
            "quarantined": quarantined,
            "id": delivery_id,
            "decided_by": decided_by,
            "note": note,
        },
    )
    tables.drop(connection)
    connection.commit()
    return Settled(CheckResult(record_count, accepted, quarantined, merge), None)


def take_in(connection: Connection, subject: Subject, tables: Tables) -> MergeResult:
    """Merge the accepted rows, and write what follows from them: profile, marks, the catalogue in effect."""
    merge = warehouse.merge(connection, subject.dataset.name, subject.delivery_id or 0, tables.typed)
    connection.execute(
        statement("ops/delivery_profile.sql", summary=tables.summary), {"delivery_id": subject.delivery_id}
    )
    if subject.dataset.name == "dossier":
        mark_absences(connection, subject, tables)
        mark_elsewhere(connection, subject, tables)
    if subject.dataset.name == "procedure":
        warehouse.synchronise(connection, subject.jurisdiction)
    return merge


def decide(
    connection: Connection,
    subject: Subject,
    tables: Tables,
    *,
    overridden: Collection[str] = (),
    data_docs: Path | None = None,
) -> tuple[list[Outcome], DeliveryRefused | None]:
    """Hold the summary (committed before) against the contract; return every outcome, and the refusal, if any."""
    outcomes = evaluate(
        connection.engine.url, tables.summary, expectations(subject), where=subject.where, data_docs=data_docs
    )
    reasons = [
        Reason(
            rule=outcome.expectation.rule.id,
            field=outcome.expectation.rule.field,
            value=_shown(outcome),
            expected=outcome.expectation.expected_vi,
            remedy=outcome.expectation.remedy_vi,
            message=(
                f"{subject.where}: expected {outcome.expectation.expected_en}; seen: {_shown(outcome)}. "
                f"{outcome.expectation.remedy_en}"
            ),
        )
        for outcome in outcomes
        if not outcome.is_met
        and outcome.expectation.rule.severity == "refuse_delivery"
        and outcome.expectation.rule.id not in overridden
    ]
    return outcomes, DeliveryRefused(reasons) if reasons else None


def data_docs_path(root: Path, subject: Subject) -> Path:
    """Return where the page with a delivery's results is kept."""
    return root / subject.source.id / subject.period / f"delivery-{subject.delivery_id}.html"


def _shown(outcome: Outcome) -> str:
    return "nothing" if outcome.observed is None else f"{float(outcome.observed):g}"


def store_outcomes(connection: Connection, delivery_id: int, outcomes: list[Outcome], record_count: int) -> None:
    """Store what was seen of every expectation, in place of what an earlier judgement saw."""
    rows = [
        {
            "delivery_id": delivery_id,
            "expectation": outcome.expectation.rule.id,
            "severity": outcome.expectation.rule.severity,
            "is_met": outcome.is_met,
            "observed": outcome.observed,
            "expected": outcome.expectation.expected_vi,
            "checked_count": record_count,
            "failing_count": outcome.observed if outcome.expectation.column == outcome.expectation.rule.id else None,
            "message_vi": _message_vi(outcome),
            "remedy_vi": None if outcome.is_met else outcome.expectation.remedy_vi,
        }
        for outcome in outcomes
    ]
    connection.execute(statement("ops/expectation_result_write.sql"), rows)


def _message_vi(outcome: Outcome) -> str | None:
    if outcome.is_met:
        return None
    is_english, expected = outcome.expectation.language == "en", outcome.expectation.expected_vi
    if outcome.expectation.column == outcome.expectation.rule.id:
        return f"{outcome.observed:.0f} {'rows fail' if is_english else 'dòng không đạt'}: {expected}."
    return f"{expected}; {'seen' if is_english else 'thực tế'}: {_shown(outcome)}."
