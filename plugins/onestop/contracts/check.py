"""The decision on a delivery: judge its rows, hold it against its contract, take it into the warehouse or refuse it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from onestop import warehouse
from onestop.contracts.expectations import ContractError, Outcome, evaluate, imported_meanwhile
from onestop.contracts.judging import Subject, Tables, expectations, judge
from onestop.reading.load import StoredDelivery, held_delivery, reject, staging_table, stored_delivery
from onestop.reading.refusal import DeliveryRefused, Reason
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction, Period, Source
    from onestop.warehouse import MergeResult

__all__ = ["CheckResult", "ContractError", "StagingLost", "check", "decide"]

_NOTHING_MERGED = (0, 0, 0, 0)


@dataclass(frozen=True)
class CheckResult:
    """What became of a delivery's records: `record_count = accepted_count + quarantined_count`."""

    record_count: int
    accepted_count: int
    quarantined_count: int
    merge: MergeResult


class StagingLost(Exception):  # noqa: N818 - named by what happened
    """The delivery's staging table is not what was loaded: a server that crashed empties unlogged tables."""


def check(
    connection: Connection,
    source: Source,
    jurisdiction: Jurisdiction,
    delivery_id: int,
    period: Period,
    *,
    data_docs_root: Path | None = None,
) -> CheckResult:
    """Judge a loaded delivery, and accept it into the warehouse or refuse it.

    Commits its own transactions, so `connection` must not stand in a `begin()` block. Two checks of one delivery wait
    for each other; a delivery that was decided is returned as decided. Killed at any moment, it can be run again:
    quarantine, versions and the delivery's state are written in one transaction.

    Raises DeliveryRefused (state and reasons are stored), StagingLost (load again), ContractError (an expectation could
    not be evaluated; nothing is decided). With `data_docs_root` a refused delivery's results are kept as a page there.
    """
    with held_delivery(connection, delivery_id):
        delivery = stored_delivery(connection, delivery_id)
        delivery.require_not_rejected()
        tables = Tables(staging_table(delivery_id))
        if delivery.state == "accepted":
            tables.drop(connection)
            connection.commit()
            return _decided(delivery)
        _require_staging(connection, delivery, tables)
        subject = Subject(source, jurisdiction, period.code, delivery.observed_at, delivery_id)
        with imported_meanwhile():
            judge(connection, subject, tables)
            connection.commit()
        outcomes, refusal = decide(connection, subject, tables)
        _store_outcomes(connection, delivery_id, outcomes, delivery.record_count or 0)
        quarantined = connection.execute(
            statement("quarantine/row.sql", staging=tables.staging, typed=tables.typed), {"delivery_id": delivery_id}
        ).rowcount
        if refusal is not None:
            if data_docs_root is not None:
                page = data_docs_root / source.id / period.code / f"delivery-{delivery_id}.html"
                evaluate(
                    connection.engine.url, tables.summary, expectations(subject), where=subject.where, data_docs=page
                )
            connection.execute(
                text("update ops.delivery set accepted_count = 0, quarantined_count = :count where delivery_id = :id"),
                {"count": quarantined, "id": delivery_id},
            )
            for table in (tables.typed, tables.summary):
                connection.execute(statement("staging/drop_table.sql", table=table))
            reject(connection, delivery_id, refusal)
            raise refusal
        merge = warehouse.merge_dossiers(connection, delivery_id, tables.typed)
        accepted = (delivery.record_count or 0) - quarantined
        connection.execute(
            text(
                "update ops.delivery set state = 'accepted', accepted_count = :accepted,"
                " quarantined_count = :quarantined, reasons = null, decided_at = clock_timestamp(),"
                " decided_by = 'contract', decision_note = null"
                " where delivery_id = :id"
            ),
            {"accepted": accepted, "quarantined": quarantined, "id": delivery_id},
        )
        tables.drop(connection)
        connection.commit()
        return CheckResult(delivery.record_count or 0, accepted, quarantined, merge)


def decide(connection: Connection, subject: Subject, tables: Tables) -> tuple[list[Outcome], DeliveryRefused | None]:
    """Hold the summary (committed before) against the contract; return every outcome, and the refusal, if any."""
    outcomes = evaluate(connection.engine.url, tables.summary, expectations(subject), where=subject.where)
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
        if not outcome.is_met and outcome.expectation.rule.severity == "refuse_delivery"
    ]
    return outcomes, DeliveryRefused(reasons) if reasons else None


def _shown(outcome: Outcome) -> str:
    return "nothing" if outcome.observed is None else f"{float(outcome.observed):g}"


def _decided(delivery: StoredDelivery) -> CheckResult:
    return CheckResult(
        delivery.record_count or 0,
        delivery.accepted_count or 0,
        delivery.quarantined_count or 0,
        warehouse.MergeResult(*_NOTHING_MERGED),
    )


def _require_staging(connection: Connection, delivery: StoredDelivery, tables: Tables) -> None:
    exists = connection.scalar(text("select to_regclass(:name) is not null"), {"name": tables.staging})
    count = connection.scalar(statement("staging/row_count.sql", staging=tables.staging)) if exists else None
    if delivery.state != "loaded" or count != delivery.record_count:
        held = "is not there" if count is None else f"holds {count:,} records"
        raise StagingLost(
            f"{delivery.where}: {tables.staging} {held}, {delivery.record_count or 0:,} were loaded "
            f"(state {delivery.state}). Run its load again: clear the task `load` of this source."
        )


def _store_outcomes(connection: Connection, delivery_id: int, outcomes: list[Outcome], record_count: int) -> None:
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
