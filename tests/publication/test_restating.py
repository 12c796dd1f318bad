"""What a restatement is asked for with, and when it is blocked: one answer for the command and for the DAG.

A failure here means that `publication plan` prints a command that Airflow refuses, or that figures change without a
reason.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from onestop import publication
from onestop.jurisdiction import Jurisdiction
from onestop.publication import Finding, PlannedMonth
from tests.province import Province, direct

BLOCKING = Finding("roster_incomplete", "block", "", "Thiếu đơn vị.")


@pytest.mark.parametrize(
    ("written", "normalised"),
    [
        ("2019-04", "2019-04"),
        (" 2019-01..2019-03 , 2019-06 ", "2019-01..2019-03,2019-06"),
        ("2019-01 .. 2019-04", "2019-01..2019-04"),
        ("2019-04..2019-04", "2019-04"),
    ],
)
def test_months_are_asked_for_in_the_one_form_that_the_dag_takes(
    jurisdiction: Jurisdiction, written: str, normalised: str
) -> None:
    assert publication.normalised_periods(jurisdiction, written) == normalised
    assert re.search(publication.PERIODS_PATTERN, normalised)
    assert publication.periods_of(jurisdiction, written) == publication.periods_of(jurisdiction, normalised)


@pytest.mark.parametrize(
    "written", ["", " " * 10, "because", "   because   ", "\u00a0" * 12, "a" + " " * 20, "123456789"]
)
def test_a_reason_that_says_nothing_is_refused_by_the_command_and_by_the_form(written: str) -> None:
    assert not re.search(publication.REASON_PATTERN, written)
    with pytest.raises(ValueError, match="at least 10 characters"):
        publication.reason_of(written)


@pytest.mark.parametrize("written", ["Công văn 99", "  Công văn 99\n", "1234567890", "Sở Y tế\ngửi bổ sung"])
def test_a_reason_is_kept_without_the_blanks_around_it(written: str) -> None:
    assert re.search(publication.REASON_PATTERN, written)
    assert publication.reason_of(written) == written.strip()


def test_a_finding_blocks_no_month_that_changes_nothing(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    publication_id = province.publish("2019-04").publication_id
    with province.engine.begin() as connection:
        visible = publication.find(connection, str(publication_id))
    same = PlannedMonth("2019-04", visible, datetime.now(UTC), str(visible.content_hash), (), (BLOCKING,))
    other = replace(same, content_hash="another")
    assert (same.blocking, other.blocking) == ((), (BLOCKING,))
    assert publication.plan_of([same], province.jurisdiction)["blocked"] == {}
    assert publication.plan_of([other], province.jurisdiction)["blocked"] == {"2019-04": ["Thiếu đơn vị."]}
