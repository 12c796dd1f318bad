"""A calendar with a gap. A failure publishes a month that misses days, or counts them twice."""

import pytest
from sqlalchemy import text

from onestop import publication
from onestop.compliance import MonthGapError, PeriodUnknownError, coverage, window
from tests.province import Province, direct

FEBRUARY = "delete from core.period where calendar = 'calendar' and period = '2019-02'"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (FEBRUARY, "gap or an overlap: 2019-01 ends at 2019-01-31 17:00:00.*, 2019-03 starts at 2019-02-28 17:00:00"),
        (
            "update core.period set ends_at = ends_at + interval '1 second'"
            " where calendar = 'calendar' and period = '2019-02'",
            "gap or an overlap: 2019-02 ends at 2019-02-28 17:00:01.*, 2019-03 starts at 2019-02-28 17:00:00",
        ),
    ],
)
def test_months_that_do_not_meet_are_not_measured_and_the_remedy_is_named(
    province: Province, change: str, told: str
) -> None:
    province.execute(change)
    with province.engine.begin() as connection, pytest.raises(MonthGapError, match=told) as caught:
        window(connection, "calendar", "2019-04")
    assert "Correct calendar.yaml and synchronise again" in str(caught.value)


def test_a_warehouse_whose_calendar_has_a_gap_builds_nothing_until_it_is_synchronised(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(4))
    province.execute(FEBRUARY)
    with pytest.raises(publication.ConfigurationNotRecordedError, match=r"Run warehouse\.synchronise"):
        province.build("2019-04")
    assert province.rows("select 1 from ops.publication") == []
    province.synchronise(province.jurisdiction)
    province.publish("2019-04")
    assert province.figures("compliance_month", "2019-04")["so_y_te"].denominator == 4


def test_a_period_that_no_calendar_has_is_named(province: Province) -> None:
    province.execute("delete from core.period where calendar = 'administrative' and period = '2019-04'")
    period = province.jurisdiction.period("2019-04", "administrative")
    with (
        province.engine.begin() as connection,
        pytest.raises(PeriodUnknownError, match="no period '2019-04' of the calendar 'administrative'"),
    ):
        coverage(connection, period)


def test_years_before_a_calendar_begins_are_no_gap(province: Province) -> None:
    """The first months of a calendar have fewer than twelve months behind them."""
    with province.engine.begin() as connection:
        first = connection.scalars(text("select min(period) from core.period where calendar = 'calendar'")).one()
        measured = window(connection, "calendar", first)
    assert measured.period == first
