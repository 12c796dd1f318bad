"""Decisions on deliveries as history. A failure means that deciding anew changes what was known before."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import ProgrammingError

from onestop import compliance
from tests.province import Province, direct


def status(province: Province, moment: object = None) -> str:
    """The reporting status of Sở Y tế in April, as known at a moment."""
    with province.engine.begin() as connection:
        units = compliance.coverage(connection, province.jurisdiction.period("2019-04"), as_of=moment)  # type: ignore[arg-type]
    return next(unit.reporting_status for unit in units if unit.unit_code == "so_y_te")


def now(province: Province) -> object:
    return province.rows("select clock_timestamp() as moment")[0]["moment"]


def test_a_delivery_decided_anew_keeps_what_was_known_at_every_moment(province: Province) -> None:
    moments = [now(province)]
    province.deliver("y_te", "2019-04", direct(1), decision="rejected")
    moments.append(now(province))
    province.execute(
        "update ops.delivery set state = 'accepted', reasons = null, decided_at = clock_timestamp(),"
        " decided_by = 'steward', decision_note = 'công văn 12'"
    )
    moments.append(now(province))
    province.execute("update ops.delivery set state = 'rejected', reasons = '[]'")  # without a moment of its own
    assert [status(province, moment) for moment in moments] == ["missing", "rejected", "reported_zero"]
    assert status(province) == "rejected"
    decisions = province.rows("select state, decided_by, note from ops.delivery_decision order by delivery_decision_id")
    assert [tuple(row.values()) for row in decisions][:2] == [
        ("rejected", "contract", None),
        ("accepted", "steward", "công văn 12"),
    ]
    assert len(decisions) == 3


def test_a_decision_holds_while_the_delivery_is_loaded_and_judged_again(province: Province) -> None:
    province.deliver("y_te", "2019-04", decision="rejected")
    province.execute("update ops.delivery set state = 'loaded', reasons = null")
    assert status(province) == "rejected"


def test_what_does_not_decide_leaves_no_decision(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    province.execute("update ops.delivery set run_id = 'again'")
    assert province.rows("select count(*) from ops.delivery_decision")[0]["count"] == 1


@pytest.mark.parametrize(
    "statement", ["update ops.delivery_decision set state = 'accepted'", "delete from ops.delivery_decision"]
)
def test_the_pipeline_adds_decisions_and_never_rewrites_them(province: Province, statement: str) -> None:
    province.deliver("y_te", "2019-04", decision="rejected")
    with pytest.raises(ProgrammingError, match="permission denied"):
        province.execute(statement)
