"""Marts by the calendar whose months run from the 15th to the 14th, counted by hand.

A failure means that the administrative report says what happened in other days than its own, or could not be rebuilt.
"""

import pytest

from onestop import publication
from onestop.compliance import MARTS, Mart
from onestop.publication.export import VIEWS
from tests.marts.conftest import Office, lines
from tests.marts.test_form_06a import FORM, TIMELINESS
from tests.province import UNITS, direct, online

ADMINISTRATIVE = "administrative"


def deliver(province: Office) -> None:
    """Health's dossiers around the administrative April, to the second; every count is another number."""
    for source_id in ("y_te", "tan_yen"):
        for period in ("2019-02", "2019-03", "2019-05"):
            province.deliver(source_id, period)
    province.deliver("tan_yen", "2019-04")
    province.deliver(
        "y_te", "2019-04",
        # received before it
        direct(1, "2019-03-14 23:59:59", received="2019-03-01"),                          # and resolved before it
        online(2, "2019-03-15 00:00:00", received="2019-03-14 23:59:59", due="2019-03-15", level=4),
        direct(3, None, received="2019-03-14 23:59:59", status="in_process", due="2019-04-14"),
        direct(4, "2019-04-14 23:59:59", received="2019-02-01", due="2019-04-13"),
        direct(5, "2019-04-14 12:00:00", received="2019-03-02", status="withdrawn"),
        # received in it
        online(6, "2019-04-14 23:59:59", received="2019-03-15 00:00:00", due="2019-04-15"),
        direct(7, "2019-04-15 00:00:00", received="2019-03-15 00:00:00", due="2019-04-15"),  # open at its end, in time
        direct(8, None, received="2019-04-14 23:59:59", status="paused"),
        direct(9, None, received="2019-03-20", status="in_process", due="2019-04-10"),     # overdue by five days
        online(10, "2019-03-31 23:59:59", received="2019-03-31 23:59:58", procedure="1.000003", level=2),
        online(11, "2019-04-01 00:00:02", received="2019-04-01 00:00:00", procedure="1.000003", level=3),
        direct(12, None, received="2019-04-01", status="withdrawn"),
        # received after it
        online(13, "2019-04-20", received="2019-04-15 00:00:00"),
    )  # fmt: skip


def test_form_06a_is_that_of_the_days_from_the_15th_to_the_14th_and_carries_over(province: Office) -> None:
    deliver(province)
    months = {period: province.build(period, calendar=ADMINISTRATIVE) for period in ("2019-03", "2019-04", "2019-05")}
    of_health = "unit_code = 'so_y_te'"
    # 3: received online, directly, carried over | 7: early, on time, late | 11: in time, overdue | withdrawn: new, old
    assert [province.table("form_06a", FORM, of_health, period) for period in months] == [
        # February's four are open, one of March was resolved on its last day, and all others go over
        lines("15 2 9 4   1 0 1 0   14 14 0   0 0"),
        # 6 + 10 + 11 online, 7 + 8 + 9 directly, 9 carried over: 14 were pending before, five of which were withdrawn
        lines("60 27 24 9   33 6 23 4   27 15 12   12 5"),
        lines("40 13 0 27   20 0 20 0   20 8 12   0 0"),
    ]
    assert [
        {finding for severity, finding, _ in province.findings(number) if severity == "block"}
        for number in months.values()
    ] == [set()] * 3


def test_timeliness_is_measured_at_the_end_of_the_14th(province: Office) -> None:
    deliver(province)
    province.build("2019-04", calendar=ADMINISTRATIVE)
    assert province.table("timeliness_month", TIMELINESS, "unit_code = 'so_y_te'") == ["33 6 2 4 21 27 7 12 8 8 5"]
    assert province.table("timeliness_month", TIMELINESS, "unit_code = 'tan_yen'") == ["0 0 0 0 0 0 0 0 0 0 -"]


def test_procedures_communes_and_services_are_those_of_the_days_of_the_month(province: Office) -> None:
    """The level changes on 1 April, within the month: each dossier has that of its receipt."""
    deliver(province)
    province.build("2019-04", calendar=ADMINISTRATIVE)
    counted = (
        "received_count received_online_level_3_count received_online_level_4_count received_online_other_count"
        " received_direct_count resolved_count resolved_online_level_3_count resolved_online_level_4_count"
        " resolved_online_other_count resolved_direct_count"
    )
    assert province.table("procedure_month", f"procedure_code {counted}", "unit_code = 'so_y_te'") == lines(
        """
        ''       0 0 0 0 0     0 0 0 0 0
        1.000003 21 11 0 10 0  21 11 0 10 0
        1.000178 42 6 0 0 36   12 6 2 0 4
        """
    )
    assert province.table("commune_month", f"commune_code {counted}", "unit_code = 'so_y_te'") == [
        "'' 63 17 0 10 36 33 17 2 10 4"
    ]
    assert province.table("missed_online_month", "procedure_code eligible_count online_count direct_count",
                          "unit_code = 'so_y_te'") == lines(
        """
        ''       0 0 0
        1.000003 11 11 0
        1.000178 42 6 36
        """
    )  # fmt: skip
    # the catalogue is that of the 14th: 1.000999 ends the day after
    assert province.table(
        "service_level_month", "service_level service_count with_dossier_count procedures_without_dossier"
    ) == ["2 1 0 1.000001", "3 4 2 1.000005,1.000999", "4 1 0 1.000004"]


def test_the_catalogue_is_that_of_the_last_day_in_each_calendar(province: Office) -> None:
    """1.000999 is abolished after 15 April: by the administrative April it is offered, by the calendar's it is not."""
    deliver(province)
    offered = []
    for calendar in ("calendar", ADMINISTRATIVE):
        province.publish("2019-04", calendar=calendar)
        offered.append({
            row.procedure_code
            for row in province.rows(
                "select procedure_code from bi.service_unused_month where calendar = :calendar and period = '2019-04'",
                calendar=calendar,
            )
        })  # fmt: skip
    assert offered[1] - offered[0] == {"1.000999"}


def test_forms_are_by_calendar_months_and_no_data_for_another_month(province: Office) -> None:
    """The 15th cuts through an agency's totals: they are not those of the month, and nothing is made up from them."""
    province.only_totals_from("thue_ho_so", "thue_hoa_don")
    form = {
        "received_total": 5, "received_online": 5, "received_direct": 0, "carried_over": 0, "resolved_total": 5,
        "resolved_online_level_3": 5, "resolved_online_level_4": 0,
    }  # fmt: skip
    for period in ("2019-03", "2019-04"):
        province.state("thue_ho_so", "cuc_thue", period, **form)
        province.deliver("thue_hoa_don", period)
        province.deliver("y_te", period)
    province.build("2019-04", calendar=ADMINISTRATIVE)
    of_tax = "unit_code = 'cuc_thue'"
    assert province.table("form_06a", "figures_from received_total", of_tax) == ["- -"]
    assert province.table("compliance_month", "denominator status", f"{of_tax} and metric_id = 'resolved_all'") == [
        "- no_data"
    ]


def test_the_quality_of_both_deliveries_that_the_month_stands_on_is_told(province: Office) -> None:
    """Health's April is here and its March was refused, so the month has no data: both rows say why."""
    province.deliver("y_te", "2019-02")
    province.deliver("y_te", "2019-03", decision="rejected")
    province.deliver("y_te", "2019-04", direct(1))
    for period in ("2019-03", "2019-04"):
        province.deliver("tan_yen", period)
    told = "reporting_status source_id delivery_period state delivery_count"
    for calendar, health in (
        (ADMINISTRATIVE, ["rejected y_te 2019-03 rejected 1", "rejected y_te 2019-04 accepted 1"]),
        ("calendar", ["reported y_te 2019-04 accepted 1"]),
    ):
        province.publish("2019-04", calendar=calendar)
        rows = province.rows(
            f"select unit_code, {', '.join(told.split())} from bi.quality_month"  # noqa: S608
            " where calendar = :calendar order by unit_code, source_id, delivery_period",
            calendar=calendar,
        )
        shown = [" ".join(map(str, tuple(row.values())[1:])) for row in rows if row["unit_code"] == "so_y_te"]
        assert shown == health
        assert {row["unit_code"] for row in rows} == set(UNITS)


@pytest.mark.parametrize("calendar", ["calendar", ADMINISTRATIVE])
def test_every_mart_of_every_revision_is_rebuilt_to_the_row(province: Office, calendar: str) -> None:
    """March, a quarter's last month, and April; then more becomes known, and other rules are configured."""
    deliver(province)
    province.pay("so_y_te", "gateway", "P1", 50, "2019-04-14 23:59:59")
    province.enter("accountability_review", "R1", "so_y_te", due_on="2019-04-14", done_on="2019-04-14")
    published = [province.publish(period, calendar=calendar).publication_id for period in ("2019-03", "2019-04")]
    province.deliver("y_te", "2019-04", online(20, "2019-04-10", received="2019-04-02", name="late", due="2019-04-09"))
    province.pay("so_y_te", "gateway", "P2", 70, "2019-03-20")
    published.append(province.publish("2019-04", calendar=calendar).publication_id)
    procedures = tuple(
        one.model_copy(update={"service_level": 4}) if one.procedure_code == "1.000005" else one
        for one in province.jurisdiction.procedures
    )
    province.synchronise(
        province.jurisdiction.model_copy(update={"procedures": procedures, "configuration_hash": "f" * 64})
    )
    for number in published:
        with province.engine.begin() as connection:
            result = publication.rebuild(connection, number)
        assert result.matches, result.differing
        for mart in ("procedure_month", "timeliness_month", "form_06a", "payment_month", "directive_month"):
            assert result.row_counts[mart] >= len(UNITS)


@pytest.mark.parametrize("calendar", ["calendar", ADMINISTRATIVE])
def test_every_view_shows_each_calendar_its_own_publication(province: Office, calendar: str) -> None:
    """Of both calendars' March, a quarter's last month; nothing of one is shown as the other's."""
    deliver(province)
    numbers = {name: province.publish("2019-03", calendar=name).publication_id for name in ("calendar", ADMINISTRATIVE)}
    for view in VIEWS["official"]:
        rows = province.rows(
            f"select distinct calendar, publication_id from bi.{view} where publication_id = :id",  # noqa: S608
            id=numbers[calendar],
        )
        empty = view in {"service_unused_month"} and not rows
        assert empty or [(row.calendar, row.publication_id) for row in rows] == [(calendar, numbers[calendar])], view
    folder = province.exports_root / calendar / "2019-03" / "revision-1"
    assert {path.stem for path in folder.glob("*.csv")} == set(VIEWS["official"])


@pytest.mark.parametrize("mart", [mart for mart in MARTS if "unit_code" in mart.key], ids=lambda mart: mart.name)
def test_every_unit_of_the_roster_is_in_every_mart_of_the_administrative_month(province: Office, mart: Mart) -> None:
    deliver(province)
    province.build("2019-03", calendar=ADMINISTRATIVE)
    assert province.table(mart.name, "unit_code", "true group by unit_code", "2019-03") == sorted(UNITS)
