"""What is wrong with a delivery, finding by finding, as an agency's officer reads it."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from onestop.contracts.judging import expectations
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.contracts.judging import Subject, Tables
    from onestop.jurisdiction.shape import Language
    from onestop.reading.refusal import Catalogue, Reason

MOST_WARNED = 1000
"""Warned records told a rule: refused ones are told completely."""
_LONGEST_VALUE = 500
_LONGEST_EXPECTED = 300
"""A roster of forty units in every line would hide what the line says."""
_BATCH = 2000

REFUSED_DELIVERY = "delivery"
REFUSED_ROW = "row"
WARNED = "warned"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `record_number` counts records from 1, headers left out; None: the delivery as a whole.

    `value` is what was seen. Personal fields are never staged, so that none can be here.
    """

    record_number: int | None
    code: str
    rule: str
    severity: str
    field: str
    value: str
    expected: str
    remedy: str


def of_delivery(reasons: Collection[Reason], contract: Catalogue, language: Language) -> Iterator[Finding]:
    """Give why a delivery was refused as a whole."""
    for reason in reasons:
        yield _finding(None, "", REFUSED_DELIVERY, reason.as_json(), contract, language)


def of_rows(connection: Connection, subject: Subject, tables: Tables) -> Iterator[Finding]:
    """Give every reason of every refused record, in the order of the file, and then the warned ones by rule.

    Streamed: memory does not grow with the delivery. The connection is busy until all are taken.
    """
    contract, code, language = subject.contract, subject.dataset.code, subject.jurisdiction.language
    names = {"typed": tables.typed, "staging": tables.staging, "code": code}
    streaming = {"stream_results": True, "yield_per": _BATCH}
    rows = connection.execute(statement("staging/finding_refused.sql", **names), execution_options=streaming)
    for row in rows:
        for reason in row.reasons:
            yield _finding(row.row_number, row.code or "", REFUSED_ROW, reason, contract, language)
    counts = connection.execute(statement("staging/summary_read.sql", summary=tables.summary)).mappings().one()
    for expectation in expectations(subject):
        rule = expectation.rule
        if rule.severity != "warn" or rule.column is not None or not counts.get(rule.id):
            continue
        told = {"rule": rule.id, "field": rule.field, "expected": expectation.expected_vi}
        told["remedy"] = expectation.remedy_vi
        warned = connection.execute(
            statement("staging/finding_warned.sql", **names),
            {"rule": rule.id, "field": rule.field, "most": MOST_WARNED},
        )
        for row in warned.all():
            yield _finding(row.row_number, row.code or "", WARNED, {**told, "value": row.seen}, contract, language)


def _finding(  # noqa: PLR0917 - as `Finding` has it
    number: int | None,
    code: str,
    severity: str,
    reason: Mapping[str, Any],
    contract: Catalogue,
    language: Language,
) -> Finding:
    field, expected, remedy = (str(reason.get(name) or "") for name in ("field", "expected", "remedy"))
    shown = contract.fields_vi.get(field, field)
    if language == "en":
        shown = field.replace("_", " ")
        # What reading finds is stored as it is told in Vietnamese.
        rule = next((one for one in contract.reading if one.id == reason["rule"]), None)
        if rule is not None:
            expected, remedy = str(reason.get("message") or rule.expected_en), rule.remedy_en
    return Finding(
        number,
        code[:_LONGEST_VALUE],
        str(reason["rule"]),
        severity,
        shown,
        str(reason.get("value") or "")[:_LONGEST_VALUE],
        textwrap.shorten(expected, _LONGEST_EXPECTED, placeholder=" …"),
        remedy,
    )
