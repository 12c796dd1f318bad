"""Marts as parts of a publication.

A failure means that a figure could change silently, or contradict the one beside it.
"""

import pytest

from onestop import publication
from onestop.compliance import MARTS, Mart
from onestop.publication.revision import content_hash
from tests.marts.conftest import Office
from tests.province import UNITS, direct, online


def mart_difference(province: Office, old_id: int, new_id: int) -> list[publication.MartDifference]:
    with province.engine.begin() as connection:
        return publication.mart_difference(connection, old_id, new_id)


def deliver(province: Office, period: str = "2019-04") -> None:
    province.deliver(
        "y_te", period, online(2, fee=10, paid_by="local_gateway", due="2019-04-11"), direct(3, due="2019-04-01")
    )
    province.deliver("yen_the", period, online(1), direct(4, commune="07243"), direct(2, None, status="in_process"))
    province.deliver("tan_yen", period)


OF_UNITS = [mart for mart in MARTS if "unit_code" in mart.key]
FORMULA = {"emulation_score"}  # a jurisdiction may have none


def shown_in(mart: Mart) -> str:
    """The month to look at: quarters and years are those of their last month."""
    return "2019-03" if mart.name == "compliance_rollup" else "2019-04"


@pytest.mark.parametrize("mart", OF_UNITS, ids=lambda mart: mart.name)
def test_every_unit_of_the_roster_is_in_every_mart_whatever_it_reported(province: Office, mart: Mart) -> None:
    period = shown_in(mart)
    deliver(province, period)
    province.deliver("noi_vu", period, decision="rejected")
    publication_id = province.build(period)
    assert province.table(mart.name, "unit_code", "true group by unit_code", period) == sorted(UNITS)
    assert not {f for f in province.findings(publication_id) if f[0] == "block"}
    province.execute(f"delete from mart.{mart.name} where unit_code = 'so_noi_vu'")  # noqa: S608
    blocking = {(finding, unit) for severity, finding, unit in province.findings(publication_id) if severity == "block"}
    expected = "roster_incomplete" if mart.name.startswith("compliance") else "mart_incomplete"
    assert ((expected, "so_noi_vu") in blocking) == (mart.name not in FORMULA)


@pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.name)
def test_a_row_that_differs_in_any_mart_of_figures_makes_another_digest(province: Office, mart: Mart) -> None:
    """How good the deliveries were is no figure: the same data, delivered once more, publishes nothing new."""
    deliver(province, shown_in(mart))
    publication_id = province.build(shown_in(mart))
    province.execute(f"delete from mart.{mart.name} where ctid in (select min(ctid) from mart.{mart.name})")  # noqa: S608
    with province.engine.begin() as connection:
        after = content_hash(connection, publication_id)
    assert (after != province.stored(publication_id)["content_hash"]) == mart.is_figure


def test_the_same_data_has_the_same_figures_in_every_mart(province: Office) -> None:
    deliver(province)
    first = province.publish("2019-04").publication_id
    second = province.build("2019-04")
    assert mart_difference(province, first, second) == []
    assert province.stored(first)["content_hash"] == province.stored(second)["content_hash"]


def test_a_changed_due_date_alone_makes_a_new_revision_that_says_what_changed(province: Office) -> None:
    province.deliver("y_te", "2019-04", direct(3, due="2019-04-10", name="same"))
    first = province.publish("2019-04").publication_id
    province.deliver("y_te", "2019-04", direct(2, due="2019-04-01", name="same"))
    second = province.publish("2019-04")
    assert (second.revision, second.is_new) == (2, True)
    changed = {
        (row.mart, tuple(row.key.values()), row.changed_columns)
        for row in mart_difference(province, first, second.publication_id)
        if row.key.get("unit_code") == "so_y_te" and row.mart != "quality_month"
    }
    assert changed == {
        ("timeliness_month", ("so_y_te",), ("resolved_late_count", "resolved_on_time_count")),
        ("form_06a", ("so_y_te",), ("resolved_late", "resolved_on_time")),
        ("reconciliation_month", ("resolved_late", "so_y_te", "form_06a"), ("first_value",)),
        ("reconciliation_month", ("resolved_on_time", "so_y_te", "form_06a"), ("first_value",)),
        ("emulation_score", ("on_time", "so_y_te"), ("numerator", "points")),
        ("emulation_score", ("total", "so_y_te"), ("points",)),
    }


def test_a_row_that_only_one_publication_has_is_told(province: Office) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    first = province.publish("2019-04").publication_id
    province.deliver("y_te", "2019-04", direct(1, procedure="1.000003"))
    second = province.publish("2019-04").publication_id
    (new,) = [row for row in mart_difference(province, first, second) if row.mart == "procedure_month"]
    assert new.key == {"unit_code": "so_y_te", "procedure_code": "1.000003"}
    assert new.old is None
    assert new.new is not None
    assert new.new["received_direct_count"] == 1


def test_a_publication_that_is_replaced_keeps_no_row_in_any_mart(province: Office) -> None:
    deliver(province)
    first = province.build("2019-04")
    province.build("2019-04")
    for mart in MARTS:
        assert province.rows(f"select 1 from mart.{mart.name} where publication_id = :id", id=first) == []  # noqa: S608


@pytest.mark.parametrize(
    ("mart", "tampering", "finding"),
    [
        ("procedure_month", "received_count = 9, received_post_count = 9 - received_direct_count", "mart_unbalanced"),
        ("procedure_month", "resolved_count = null", "mart_unbalanced"),
        ("procedure_month", "received_direct_count = received_direct_count + 1", "mart_parts_unbalanced"),
        ("commune_month", "resolved_count = resolved_count - 1, resolved_post_count = -1", "mart_unbalanced"),
        ("commune_month", "received_online_other_count = 1", "mart_parts_unbalanced"),
        ("timeliness_month", "resolved_count = 6, resolved_late_count = 4", "mart_unbalanced"),
        ("timeliness_month", "pending_overdue_count = pending_overdue_count + 1", "mart_parts_unbalanced"),
        ("form_06a", "received_direct = received_direct + 1, carried_over = carried_over - 1", "mart_unbalanced"),
        ("form_06a", "resolved_total = resolved_total + 1", "mart_unbalanced"),
        ("payment_month", "resolved_count = 0, fee_unknown_count = fee_unknown_count - 5", "mart_unbalanced"),
        ("payment_month", "counter_count = 7", "mart_parts_unbalanced"),
        ("payment_month", "paid_online_count = 0", "mart_parts_unbalanced"),
        ("missed_online_month", "direct_count = 99", "mart_parts_unbalanced"),
        ("suspect_filing_month", "received_count = 99", "mart_unbalanced"),
    ],
)  # fmt: skip
def test_a_mart_that_contradicts_the_counts_is_not_published(
    province: Office, mart: str, tampering: str, finding: str
) -> None:
    deliver(province)
    publication_id = province.build("2019-04")
    assert not {f for f in province.findings(publication_id) if f[0] == "block"}
    province.execute(
        f"update mart.{mart} set {tampering} where ctid in (select max(ctid) from mart.{mart}"  # noqa: S608
        f" where unit_code = 'so_y_te')"
    )
    assert ("block", finding, "so_y_te") in province.findings(publication_id)


def test_communes_and_own_desk_are_not_mixed_up(province: Office) -> None:
    deliver(province)
    publication_id = province.build("2019-04")
    province.execute(
        "update mart.commune_month set"
        " received_count = received_count + case commune_code when '' then 1 else -1 end,"
        " received_direct_count = received_direct_count + case commune_code when '' then 1 else -1 end"
        " where unit_code = 'yen_the'"
    )
    assert ("block", "mart_unbalanced", "yen_the") in province.findings(publication_id)


def test_another_calendar_is_measured_by_its_own_month(province: Office) -> None:
    """15 March to 14 April: what was received and finished in it, and no other."""
    for period in ("2019-03", "2019-04"):
        province.deliver("y_te", period)
    province.deliver(
        "y_te", "2019-04", direct(2, "2019-04-14 23:59:59", received="2019-03-15 00:00:00"), direct(4, "2019-04-15")
    )
    with province.engine.begin() as connection:
        publication_id = publication.build(
            connection, province.jurisdiction, province.jurisdiction.period("2019-04", "administrative"),
            kind="official", reason="x", requested_by="x",
        )  # fmt: skip
    (row,) = province.rows(
        "select * from mart.form_06a where publication_id = :id and unit_code = 'so_y_te'", id=publication_id
    )
    assert (row.received_total, row.carried_over, row.resolved_total, row.pending_total) == (6, 0, 2, 4)
    assert not {finding for severity, finding, _ in province.findings(publication_id) if severity == "block"}
