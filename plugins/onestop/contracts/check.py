"""The decision on a delivery: judge its rows, hold it against its contract, take it into the warehouse or refuse it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from onestop import warehouse
from onestop.contracts.decision import AnswerWriter, CheckResult, settle
from onestop.contracts.expectations import ContractError, imported_meanwhile
from onestop.contracts.judging import Subject, Tables, judge
from onestop.jurisdiction.datasets import DATASETS
from onestop.reading.copy_lines import column_count
from onestop.reading.load import StoredDelivery, held_delivery, stored_delivery
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction, Period, Source

__all__ = ["CheckResult", "ContractError", "StagingLost", "check"]

_NOTHING_MERGED = (0, 0, 0, 0)


class StagingLost(Exception):  # noqa: N818 - named by what happened
    """The delivery's staging table is not what was loaded: a server that crashed empties unlogged tables.

    Or it was loaded by a version of the program that keeps other columns, which was replaced before the check.
    """

    def __init__(self, where: str, message: str) -> None:
        """`where` names the delivery."""
        self.where = where
        super().__init__(f"{where}: {message}")


def check(
    connection: Connection,
    source: Source,
    jurisdiction: Jurisdiction,
    delivery_id: int,
    period: Period,
    *,
    data_docs_root: Path | None = None,
    answer: AnswerWriter | None = None,
) -> CheckResult:
    """Judge a loaded delivery, and accept it into the warehouse or refuse it.

    Commits its own transactions, so `connection` must not stand in a `begin()` block. Two checks of one delivery wait
    for each other; a delivery that was decided is returned as decided. Killed at any moment, it can be run again:
    quarantine, versions, the delivery's state and what `answer` writes are written in one transaction.

    Raises DeliveryRefused (state and reasons are stored), StagingLost (load again), ContractError (it could not be
    judged, or an expectation not be evaluated; nothing is decided). With `data_docs_root` the delivery's results are
    kept as a page there.
    """
    with held_delivery(connection, delivery_id):
        delivery = stored_delivery(connection, delivery_id)
        delivery.require_not_rejected()
        tables = Tables(delivery.staging)
        if delivery.state == "accepted":
            tables.drop(connection)
            connection.commit()
            return _decided(delivery)
        _require_staging(connection, delivery, tables)
        subject = Subject(
            source, jurisdiction, period.code, delivery.observed_at, delivery_id, is_full=delivery.is_full
        )
        with imported_meanwhile():
            judge(connection, subject, tables, delivery.record_count or 0)
            connection.commit()
        if delivery.dataset == "dossier":
            warehouse.prepare_month(connection, period.starts_at)
        settled = settle(
            connection, subject, tables, delivery.record_count or 0, data_docs_root=data_docs_root, answer=answer
        )
        if settled.refusal is not None:
            raise settled.refusal
        return settled.result


def _decided(delivery: StoredDelivery) -> CheckResult:
    return CheckResult(
        delivery.record_count or 0,
        delivery.accepted_count or 0,
        delivery.quarantined_count or 0,
        warehouse.MergeResult(*_NOTHING_MERGED),
    )


def _require_staging(connection: Connection, delivery: StoredDelivery, tables: Tables) -> None:
    """Raise StagingLost unless the delivery stands in its table as it was loaded: of a crashed server, or of a program
    of another version, it is empty, not there or has other columns.
    """
    exists = connection.scalar(text("select to_regclass(:name) is not null"), {"name": tables.staging})
    is_empty = not exists or not connection.scalar(statement("staging/has_records.sql", staging=tables.staging))
    columns = connection.scalar(statement("staging/column_count.sql"), {"staging": tables.staging})
    is_of_this_program = columns == column_count(DATASETS[delivery.dataset])
    if delivery.state != "loaded" or not exists or (is_empty and delivery.record_count) or not is_of_this_program:
        held = "is not there" if not exists else "is empty" if is_empty else "holds records"
        held += "" if not exists or is_of_this_program else " in the columns of another version of the program"
        raise StagingLost(
            delivery.where,
            f"{tables.staging} {held}, {delivery.record_count or 0:,} were loaded (state {delivery.state}). "
            "Run its load again: clear the task `load` of this source.",
        )
