"""Form 06a and timeliness, counted by hand.

A failure means that a signed form does not add up, or calls a late unit punctual.
"""

from datetime import timedelta

import pytest

from tests.marts.conftest import Office, lines
from tests.province import direct, local, online

FORM = (
    "received_total received_online received_direct carried_over resolved_total resolved_early resolved_on_time"
    " resolved_late pending_total pending_in_time pending_overdue withdrawn_received withdrawn_carried_over"
)
TIMELINESS = (
    "resolved_count resolved_early_count resolved_on_time_count resolved_late_count resolved_no_due_date_count"
    " pending_count pending_in_time_count pending_overdue_count pending_no_due_date_count pending_paused_count"
    " longest_overdue_days"
)
DUE = "2019-04-20 17:00:00"


def deliver(province: Office) -> None:
    """Health has one of each kind; every count is another number, so that no two can be mixed up."""
    province.deliver(
        "y_te", "2019-04",
        online(1, "2019-04-19 23:59:59", due=DUE),                            # early, by a day
        direct(2, "2019-04-20 23:59:59", due=DUE),                            # on time: the day counts, not the hour
        direct(3, "2019-04-21 00:00:00", due=DUE),                            # late, by a second
        direct(4, "2019-04-10"),                                              # no due date
        online(5, None, status="in_process", due="2019-05-01 08:00:00"),      # in time
        direct(6, None, status="in_process", due="2019-04-30 08:00:00"),      # overdue since the month's last day
        direct(7, None, status="paused"),                                     # waits, without a due date
        online(8, None, status="withdrawn"),                                  # no form has them
        direct(9, None, status="not_accepted"),                               # were never received
        direct(10, "2019-05-02", due="2019-04-01 09:00:00"),                  # finished later: overdue by 30 days
        direct(11, "2019-04-05", received="2019-03-01", due=DUE),             # carried over, early
        direct(12, None, received="2018-11-01", status="in_process", due="2019-05-01 08:00:00"),
        direct(13, "2019-04-02", received="2019-03-01", status="withdrawn"),  # carried over, then withdrawn
        direct(14, "2019-03-31 23:59:59", received="2019-03-01"),             # resolved before
        direct(15, "2019-04-30 23:59:59", received="2019-04-30 23:59:58"),    # the month's last second
        direct(16, None, received="2019-05-01 00:00:00", status="in_process"),
    )  # fmt: skip
    province.deliver("tan_yen", "2019-04")
    province.deliver("noi_vu", "2019-04", decision="rejected")


def test_the_form_of_the_month_and_what_stands_beside_it(province: Office) -> None:
    deliver(province)
    province.publish("2019-04")
    # 3: 4 + 5 + 6 | 7: 8 + 9 + 10 | 11: 12 + 13 | withdrawn: received, carried over
    assert province.table("form_06a", f"unit_code figures_from {FORM}") == lines(
        """
        so_y_te     dossiers  76 6 47 23   36 12 21 3   40 24 16   8 13
        tan_yen     dossiers  0 0 0 0      0 0 0 0      0 0 0      0 0
        so_tu_phap  -         - - - -      - - - -      - - -      - -
        so_noi_vu   -         - - - -      - - - -      - - -      - -
        cuc_thue    -         - - - -      - - - -      - - -      - -
        yen_the     -         - - - -      - - - -      - - -      - -
        ban_dan_toc -         - - - -      - - - -      - - -      - -
        """
    )


def test_what_has_no_due_date_is_neither_on_time_nor_in_time(province: Office) -> None:
    deliver(province)
    province.publish("2019-04")
    assert province.table(
        "timeliness_month", f"unit_code {TIMELINESS}", "unit_code in ('so_y_te', 'tan_yen')"
    ) == lines(
        """
        so_y_te  36 12 2 3 19   40 17 16 7 7   30
        tan_yen  0 0 0 0 0      0 0 0 0 0      -
        """
    )


def test_the_form_is_the_same_however_long_ago_a_dossier_was_received(province: Office) -> None:
    province.deliver("y_te", "2019-04", direct(2, None, received="2016-02-01", status="in_process"))
    province.publish("2019-04")
    assert province.table("form_06a", "carried_over pending_total", "unit_code = 'so_y_te'") == ["2 2"]


def test_a_dossier_that_is_open_has_no_end_whatever_date_it_carries(province: Office) -> None:
    """A finish date on an open dossier is a mistake of the source: it must not make the dossier disappear."""
    province.deliver(
        "y_te", "2019-04",
        direct(1, "2019-03-10", received="2019-03-01", status="in_process"),
        direct(2, "2019-04-10", status="paused"),
    )  # fmt: skip
    province.publish("2019-04")
    assert province.table(
        "form_06a", "received_total carried_over resolved_total pending_total", "unit_code = 'so_y_te'"
    ) == ["3 1 0 3"]


def test_what_was_finished_before_it_was_received_is_resolved_in_the_month_of_its_receipt_by_every_mart(
    province: Office,
) -> None:
    """A failure means that one such dossier blocks the publication of the whole province."""
    province.deliver(
        "y_te", "2019-04",
        online(1, "2019-03-31 23:00:00", received="2019-04-01 00:00:00", due="2019-03-31 17:00:00", fee=10),
        online(2, "2019-02-28 23:00:00", received="2019-03-01 00:00:00"),  # the same, a month ago
        direct(4),
    )  # fmt: skip
    province.deliver("y_te", "2019-03")
    for period, resolved in (("2019-03", 2), ("2019-04", 5)):
        publication_id = province.build(period)
        assert not {f for f in province.findings(publication_id) if f[0] == "block"}
        unit = "unit_code = 'so_y_te'"
        for mart, columns in (
            ("compliance_month", "denominator"), ("procedure_month", "resolved_count"),
            ("commune_month", "resolved_count"), ("timeliness_month", "resolved_count"),
            ("payment_month", "resolved_count"), ("form_06a", "resolved_total"), ("form_06a", "received_total"),
        ):  # fmt: skip
            condition = unit
            if mart == "compliance_month":
                condition += " and metric_id = 'resolved_all'"
            if mart == "procedure_month":
                condition += " and procedure_code <> ''"
            assert province.table(mart, columns, condition, period) == [str(resolved)], (mart, columns)
    months = "event = 'resolved' and unit_code = 'so_y_te' group by 1"
    assert province.table("dossier_count_month", "period sum(dossier_count)", months) == ["2019-03 2", "2019-04 5"]
    assert province.table("timeliness_month", TIMELINESS, unit) == ["5 0 1 0 4 0 0 0 0 0 -"]


def test_before_the_month_is_over_nothing_is_overdue_that_is_due_later_in_it(province: Office) -> None:
    province.deliver("y_te", "2019-04", direct(1, None, status="in_process", due="2019-04-28 08:00:00"))
    moment = "2019-04-27 12:00:00"
    for table in ("core.dossier_version", "ops.delivery"):
        column = "known_from" if table == "core.dossier_version" else "decided_at"
        province.execute(f"update {table} set {column} = '2019-04-02 00:00:00+07'")  # noqa: S608
    overdue = []
    for days in (0, 1, 2):
        province.build("2019-04", "provisional", as_of=local(moment) + timedelta(days=days))
        overdue += province.table(
            "timeliness_month",
            "pending_in_time_count pending_overdue_count longest_overdue_days",
            "unit_code = 'so_y_te'",
        )
    assert overdue == ["1 0 -", "1 0 -", "0 1 1"]


def test_what_was_pending_at_the_end_of_a_month_is_carried_over_into_the_next(province: Office) -> None:
    province.deliver(
        "y_te", "2019-05",
        direct(1, "2019-05-10"), direct(2, None, status="in_process"), direct(4, "2019-05-20", status="withdrawn"),
        direct(8, "2019-04-20"), direct(16, None, received="2019-05-03", status="paused"),
    )  # fmt: skip
    province.deliver("y_te", "2019-04")
    province.publish("2019-04")
    later = province.build("2019-05")
    assert province.table("form_06a", "pending_total", "unit_code = 'so_y_te'") == ["7"]
    assert province.table("form_06a", "carried_over withdrawn_carried_over", "unit_code = 'so_y_te'", "2019-05") == [
        "3 4"
    ]
    assert "carry_over_differs" not in {finding for _, finding, _ in province.findings(later)}


def test_a_month_that_changed_since_it_was_published_is_told_by_the_next(province: Office) -> None:
    province.deliver("y_te", "2019-04", direct(2, None, status="in_process"))
    province.publish("2019-04")
    province.deliver("y_te", "2019-05", direct(1, None, name="late", status="in_process"))
    findings = [f for f in province.check(province.build("2019-05")) if f.finding == "carry_over_differs"]
    assert [(f.severity, f.unit_code) for f in findings] == [("warn", "so_y_te")]
    assert "2, kỳ trước chuyển sang 3 (kể cả 0" in findings[0].message_vi


@pytest.mark.parametrize(
    "tampering",
    [
        "received_total = received_total + 1",
        "carried_over = carried_over + 1",
        "resolved_late = resolved_late + 1",
        "pending_overdue = null",
        "pending_total = pending_total + 1, pending_overdue = pending_overdue + 1",
    ],
)
def test_a_form_that_does_not_add_up_is_not_published(province: Office, tampering: str) -> None:
    deliver(province)
    publication_id = province.build("2019-04")
    assert not {f for f in province.findings(publication_id) if f[0] == "block"}
    province.execute(f"update mart.form_06a set {tampering} where unit_code = 'so_y_te'")  # noqa: S608
    assert ("block", "form_06a_unbalanced", "so_y_te") in province.findings(publication_id)
