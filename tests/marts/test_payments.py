"""Payments, counted and reconciled by hand.

A failure means that money is called paid that was not, or missing that is there.
"""

from tests.marts.conftest import Office, lines
from tests.province import direct, online

COUNTS = (
    "resolved_count with_fee_count without_fee_count fee_unknown_count paid_online_count national_gateway_count"
    " local_gateway_count counter_count unpaid_count method_unknown_count fee_amount paid_online_amount"
)
PAIRS = (
    "unit_code status first_value second_value matched_count only_first_count only_second_count differing_count"
    " first_amount second_amount"
)


def test_fees_of_the_dossiers_resolved_in_the_month_by_how_they_were_paid(province: Office) -> None:
    province.deliver(
        "y_te", "2019-04",
        online(1, fee=100, paid_by="national_gateway"),
        online(2, fee=50, paid_by="local_gateway"),
        direct(3, fee=10, paid_by="counter"),
        direct(4, fee=20, paid_by="none"),
        direct(5, fee=30),
        direct(6, fee=0, paid_by="local_gateway"),
        direct(7, paid_by="local_gateway"),
        direct(8, None, fee=1000, paid_by="local_gateway", status="in_process"),
    )  # fmt: skip
    province.deliver("tu_phap", "2019-04", direct(2))
    province.deliver("tan_yen", "2019-04")
    province.deliver("noi_vu", "2019-04", decision="rejected")
    province.publish("2019-04")
    assert province.table("payment_month", f"unit_code {COUNTS}") == lines(
        """
        so_y_te      28 15 6 7   3 1 2 3 4 5   460.00 200.00
        so_tu_phap   2 0 0 2     0 0 0 0 0 0   - -
        tan_yen      0 0 0 0     0 0 0 0 0 0   0.00 0.00
        so_noi_vu    - - - -     - - - - - -   - -
        cuc_thue     - - - -     - - - - - -   - -
        yen_the      - - - -     - - - - - -   - -
        ban_dan_toc  - - - -     - - - - - -   - -
        """
    )


def test_the_agency_the_gateway_and_the_bank_are_held_against_each_other(province: Office) -> None:
    """By payment code. What is paid at the counter is no matter of the gateway's, and a failed payment is none."""
    province.deliver("y_te", "2019-04")
    for statement in ("agency", "gateway", "bank"):
        province.pay("so_y_te", statement, "equal", 100, "2019-04-10")
    province.pay("so_y_te", "agency", "amount", 100, "2019-04-10")
    province.pay("so_y_te", "gateway", "amount", 90, "2019-04-10")
    province.pay("so_y_te", "agency", "refund", 7, "2019-04-10")
    province.pay("so_y_te", "gateway", "refund", 7, "2019-04-10", status="refunded")
    province.pay("so_y_te", "agency", "counter", 1000, "2019-04-10", method="counter")
    province.pay("so_y_te", "agency", "transfer", 500, "2019-04-10", method="bank_transfer")
    province.pay("so_y_te", "bank", "transfer", 500, "2019-04-11", method="bank_transfer")
    province.pay("so_y_te", "gateway", "only", 30, "2019-04-10", method="national_gateway")
    province.pay("so_y_te", "agency", "failed", 5, "2019-04-10", status="failed")
    province.pay("tan_yen", "gateway", "only", 40, "2019-04-10")
    publication_id = province.build("2019-04")
    units = "and unit_code in ('so_y_te', 'tan_yen')"
    assert province.table("reconciliation_month", PAIRS, f"comparison = 'payment_agency_gateway' {units}") == lines(
        """
        so_y_te  different   3 4   1 0 1 2   207.00 227.00
        tan_yen  not_stated  - 1   - - - -   - 40.00
        """
    )
    assert province.table("reconciliation_month", PAIRS, f"comparison = 'payment_agency_bank' {units}") == lines(
        """
        so_y_te  different   4 2   2 2 0 0   707.00 600.00
        tan_yen  not_stated  - 0   - - - -   - 0.00
        """
    )
    assert province.table("reconciliation_month", PAIRS, f"comparison = 'payment_gateway_bank' {units}") == lines(
        """
        so_y_te  different   4 1   1 3 0 0   227.00 100.00
        tan_yen  different   1 0   0 1 0 0   40.00 0.00
        """
    )  # the transfer went past the gateway, as the agency says: it is not missing there
    assert ("warn", "payments_differ", "so_y_te") in province.findings(publication_id)


def test_a_bank_that_calls_everything_a_transfer_is_believed_where_the_agency_says_so(province: Office) -> None:
    """A bank sees transfers only; what went through a gateway is known from the gateway and the agency."""
    province.deliver("y_te", "2019-04")
    for statement, method in (("agency", "local_gateway"), ("gateway", "local_gateway"), ("bank", "bank_transfer")):
        province.pay("so_y_te", statement, "gateway", 100, "2019-04-10", method=method)
    for statement in ("agency", "bank"):
        province.pay("so_y_te", statement, "transfer", 500, "2019-04-10", method="bank_transfer")
        province.pay("so_y_te", statement, "said otherwise", 40, "2019-04-10", method="bank_transfer")
    province.pay("so_y_te", "gateway", "said otherwise", 40, "2019-04-10")
    province.pay("so_y_te", "agency", "lost", 7, "2019-04-10")
    province.pay("so_y_te", "bank", "lost", 7, "2019-04-11", method="bank_transfer")
    province.pay("so_y_te", "bank", "unknown", 3, "2019-04-12", method="bank_transfer")
    province.pay("tan_yen", "bank", "transfer", 9, "2019-04-12", method="bank_transfer")  # another unit's code
    province.build("2019-04")
    condition = "item = 'payments' and unit_code in ('so_y_te', 'tan_yen')"
    assert province.table("reconciliation_month", f"comparison {PAIRS}", condition) == lines(
        """
        payment_agency_gateway so_y_te  different   2 2   1 1 1 0   107.00 140.00
        payment_agency_gateway tan_yen  not_stated  - 0   - - - -   - 0.00
        payment_agency_bank    so_y_te  different   4 5   4 0 1 0   647.00 650.00
        payment_agency_bank    tan_yen  not_stated  - 1   - - - -   - 9.00
        payment_gateway_bank   so_y_te  different   2 4   2 0 2 0   140.00 150.00
        payment_gateway_bank   tan_yen  different   0 1   0 0 1 0   0.00 9.00
        """
    )


def test_a_statement_that_nobody_delivered_is_not_stated_and_no_difference(province: Office) -> None:
    province.deliver("y_te", "2019-04")
    province.pay("so_y_te", "agency", "one", 100, "2019-04-10")
    publication_id = province.build("2019-04")
    rows = province.table("reconciliation_month", "comparison status count(*)", "item = 'payments' group by 1, 2")
    assert rows == lines(
        """
        payment_agency_bank    not_stated 7
        payment_agency_gateway not_stated 7
        payment_gateway_bank   not_stated 7
        """
    )
    assert "payments_differ" not in {finding for _, finding, _ in province.findings(publication_id)}


def test_a_payment_over_the_months_end_is_one_payment_of_the_first_month(province: Office) -> None:
    for period in ("2019-04", "2019-05"):
        province.deliver("y_te", period)
    province.pay("so_y_te", "agency", "night", 100, "2019-04-30 23:59:59")
    province.pay("so_y_te", "gateway", "night", 100, "2019-05-01 00:00:00")
    province.pay("so_y_te", "agency", "morning", 3, "2019-05-01 00:00:00")
    province.pay("so_y_te", "gateway", "morning", 3, "2019-04-30 23:59:59")
    province.pay("so_y_te", "agency", "may", 20, "2019-05-10")
    province.pay("so_y_te", "gateway", "may", 20, "2019-05-10")
    province.pay("so_y_te", "gateway", "april", 1, "2019-04-10")
    for period in ("2019-04", "2019-05"):
        province.build(period)
    condition = "comparison = 'payment_agency_gateway' and unit_code = 'so_y_te'"
    assert province.table("reconciliation_month", PAIRS, condition) == ["so_y_te different 2 3 2 0 1 0 103.00 104.00"]
    assert province.table("reconciliation_month", PAIRS, condition, "2019-05") == [
        "so_y_te equal 1 1 1 0 0 0 20.00 20.00"
    ]


def test_a_payment_is_looked_for_in_the_month_before_and_after_by_the_days_of_the_province(province: Office) -> None:
    """A month after 28 February 17:00 UTC, where March begins, is 28 March in UTC: its last days would be left out."""
    for period in ("2019-02", "2019-03"):
        province.deliver("y_te", period)
    for code, agency, gateway in (
        ("after", "2019-02-28", "2019-03-31 23:59:59"),
        ("too late", "2019-02-27", "2019-04-01 00:00:00"),
        ("before", "2019-03-01 00:00:00", "2019-02-01 00:00:00"),
        ("too early", "2019-03-30", "2019-01-31 23:59:59"),
    ):
        province.pay("so_y_te", "agency", code, 100, agency)
        province.pay("so_y_te", "gateway", code, 100, gateway)
    condition = "comparison = 'payment_agency_gateway' and unit_code = 'so_y_te'"
    for period in ("2019-02", "2019-03"):
        province.build(period)
    assert province.table("reconciliation_month", PAIRS, condition, "2019-02") == [
        "so_y_te different 3 2 2 1 0 0 300.00 200.00"
    ]
    assert province.table("reconciliation_month", PAIRS, condition, "2019-03") == [
        "so_y_te different 1 0 0 1 0 0 100.00 0.00"
    ]


def test_our_count_is_held_against_the_form_that_the_agency_sent_beside_its_dossiers(province: Office) -> None:
    province.deliver("y_te", "2019-04", online(2), direct(3, due="2019-04-01"))
    province.deliver("tu_phap", "2019-04", direct(1))
    stated = {"received_total": 6, "received_online": 2, "received_direct": 4, "carried_over": 0, "resolved_total": 5}
    province.insert("core.reported_total_version", owner_unit_code="so_y_te", period="2019-04", source_id="x", **stated)
    province.insert(
        "core.reported_total_version", owner_unit_code="so_noi_vu", period="2019-04", source_id="x", **stated
    )
    publication_id = province.build("2019-04")
    columns = "unit_code item status first_value second_value"
    assert province.table(
        "reconciliation_month", columns, "unit_code = 'so_y_te' and comparison = 'form_06a'"
    ) == lines(
        """
        so_y_te received_total   different  5 6
        so_y_te received_online  equal      2 2
        so_y_te received_direct  different  3 4
        so_y_te carried_over     equal      0 0
        so_y_te resolved_total   equal      5 5
        so_y_te resolved_early   not_stated 0 -
        so_y_te resolved_on_time not_stated 2 -
        so_y_te resolved_late    not_stated 3 -
        so_y_te pending_total    not_stated 0 -
        so_y_te pending_in_time  not_stated 0 -
        so_y_te pending_overdue  not_stated 0 -
        """
    )
    statuses = province.table("reconciliation_month", "unit_code status", "item = 'received_total'")
    assert {"so_noi_vu no_data", "so_tu_phap not_stated", "ban_dan_toc not_stated"} < set(statuses)
    (told,) = [f for f in province.check(publication_id) if f.finding == "stated_differs"]
    assert told.unit_code == "so_y_te"
    assert "received_direct 4 (đếm được 3), received_total 6 (đếm được 5)" in told.message_vi
