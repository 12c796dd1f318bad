"""What one month's dossiers say of each unit. A failure means that a signed figure would be wrong."""

from decimal import Decimal

import pytest

from tests.province import SOURCES, UNITS, Dossiers, Province, direct, online

COUNTS = (
    "numerator", "denominator", "online_level_3_count", "online_level_4_count", "online_other_count", "direct_count",
    "post_count",
)  # fmt: skip


def test_every_unit_of_the_roster_has_a_row_for_every_metric_whoever_delivered(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    province.publish("2019-04")
    for metric_id in ("resolved_all", "received_all", "received_eligible", "resolved_eligible"):
        for view in ("compliance_month", "compliance_ytd"):
            assert set(province.figures(view, "2019-04", metric_id)) == set(UNITS)


@pytest.mark.parametrize(
    ("source_id", "online_count", "all_count", "status"),
    [
        ("y_te", 749, 2500, "not_met"),  # 29.96 percent, shown as 30,0
        ("y_te", 3, 10, "met"),  # at least 30
        ("thue_ho_so", 3, 10, "met"),  # a vertical agency, as a department
        ("yen_the", 3, 10, "not_met"),  # districts: over 30
        ("yen_the", 301, 1000, "met"),
        ("y_te", 0, 10, "zero_online"),
    ],
)
def test_a_target_is_compared_exactly_with_its_operator(
    province: Province, source_id: str, online_count: int, all_count: int, status: str
) -> None:
    province.deliver_nothing("2019-04", besides=[source_id])
    province.deliver(source_id, "2019-04", online(online_count), direct(all_count - online_count))
    province.publish("2019-04")
    for view in ("compliance_month", "compliance_ytd"):
        row = province.figures(view, "2019-04")[SOURCES[source_id]]
        assert (row.numerator, row.denominator, row.status) == (online_count, all_count, status)


def test_zero_missing_rejected_late_and_not_expected_are_different_things(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(4))
    province.deliver("tu_phap", "2019-04")
    province.deliver("noi_vu", "2019-04", decision="rejected")
    province.deliver("yen_the", "2019-04", online(1), delivered_at="2019-05-20")
    province.publish("2019-04")
    rows = province.figures("compliance_month", "2019-04")
    assert {unit: (row.reporting_status, row.status, row.numerator, row.denominator) for unit, row in rows.items()} == {
        "so_y_te": ("reported", "zero_online", 0, 4),
        "so_tu_phap": ("reported_zero", "zero_online", 0, 0),
        "so_noi_vu": ("rejected", "no_data", None, None),
        "cuc_thue": ("missing", "no_data", None, None),
        "yen_the": ("late", "met", 1, 1),
        "tan_yen": ("missing", "no_data", None, None),
        "ban_dan_toc": ("not_expected", "no_data", None, None),
    }
    assert {unit: row.rate_percent for unit, row in rows.items() if row.rate_percent is not None} == {
        "so_y_te": 0,
        "yen_the": 100,
    }


def test_no_data_is_null_in_every_count(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    province.publish("2019-04")
    for view in ("compliance_month", "compliance_ytd"):
        row = province.figures(view, "2019-04")["tan_yen"]
        known = {name: row[name] for name in (*COUNTS, "rate_percent", "gap_pp", "rank") if row[name] is not None}
        assert known == {}


def test_a_month_begins_and_ends_on_the_second_in_local_time(province: Province) -> None:
    moments = ("2019-03-31 23:59:59", "2019-04-01 00:00:00", "2019-04-30 23:59:59", "2019-05-01 00:00:00")
    province.deliver("y_te", "2019-04", *(direct(1, moment, received="2019-03-01") for moment in moments))
    province.deliver("tu_phap", "2019-04", *(direct(1, None, received=m, status="in_process") for m in moments))
    province.publish("2019-04")
    assert province.figures("compliance_month", "2019-04")["so_y_te"].denominator == 2
    assert province.figures("compliance_month", "2019-04", "received_all")["so_tu_phap"].denominator == 2


def test_a_dossier_counts_as_received_in_one_month_and_as_resolved_in_another(province: Province) -> None:
    crossing = {"received": "2019-02-20", "name": "crossing"}
    province.deliver("y_te", "2019-02", online(5, None, status="in_process", **crossing))
    province.deliver("y_te", "2019-04", online(5, "2019-04-03", **crossing))
    province.deliver("y_te", "2019-03")
    province.deliver("y_te", "2019-01")
    for period in ("2019-02", "2019-03", "2019-04"):
        province.publish(period)
    resolved = [
        province.figures("compliance_month", p)["so_y_te"].denominator for p in ("2019-02", "2019-03", "2019-04")
    ]
    received = [
        province.figures("compliance_month", p, "received_all")["so_y_te"].denominator
        for p in ("2019-02", "2019-03", "2019-04")
    ]
    assert (resolved, received) == ([0, 0, 5], [5, 0, 0])


def test_a_dossier_received_more_than_a_year_ago_counts_when_it_is_resolved(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(2, received="2017-06-01"), direct(2))
    province.publish("2019-04")
    row = province.figures("compliance_month", "2019-04")["so_y_te"]
    assert (row.numerator, row.denominator) == (2, 4)


def test_a_dossier_resolved_later_is_not_resolved_in_the_month_however_late_it_is_published(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(3), online(7, None, status="in_process", name="later"))
    province.deliver("y_te", "2019-05", online(7, "2019-05-02", name="later"))
    province.publish("2019-04")
    assert province.figures("compliance_month", "2019-04")["so_y_te"].denominator == 3


@pytest.mark.parametrize(
    ("status", "resolved", "received"),
    [("resolved", 1, 1), ("withdrawn", 0, 1), ("paused", 0, 1), ("in_process", 0, 1), ("not_accepted", 0, 0)],
)
def test_what_a_status_counts_as(province: Province, status: str, resolved: int, received: int) -> None:
    province.deliver("y_te", "2019-04", direct(1, status=status), direct(1, name="another"))
    province.publish("2019-04")
    assert province.figures("compliance_month", "2019-04")["so_y_te"].denominator == 1 + resolved
    assert province.figures("compliance_month", "2019-04", "received_all")["so_y_te"].denominator == 1 + received


def test_level_and_channel_decide_numerator_and_eligible_denominator(province: Province) -> None:
    province.deliver(
        "y_te",
        "2019-04",
        online(1, level=4),
        online(2, level=3),
        online(4, level=2),
        online(8, level=None),
        direct(16, level=4),
        direct(32, level=2),
        Dossiers(64, "post", level=3),
    )
    province.publish("2019-04")
    every = province.figures("compliance_month", "2019-04")["so_y_te"]
    eligible = province.figures("compliance_month", "2019-04", "resolved_eligible")["so_y_te"]
    assert [every[name] for name in COUNTS] == [3, 127, 2, 1, 12, 48, 64]
    assert [eligible[name] for name in COUNTS] == [3, 83, 2, 1, 0, 16, 64]


def test_a_district_is_told_with_and_without_its_communes(province: Province) -> None:
    province.deliver("yen_the", "2019-04", online(1), direct(2), direct(4, commune="07243"), online(8, commune="07243"))
    province.deliver("y_te", "2019-04", direct(5, commune="07243"))
    province.publish("2019-04")
    scopes = {
        scope: province.figures("compliance_month", "2019-04", scope=scope) for scope in ("total", "own", "communes")
    }
    assert {scope: (rows["yen_the"].numerator, rows["yen_the"].denominator) for scope, rows in scopes.items()} == {
        "total": (9, 15),
        "own": (1, 3),
        "communes": (8, 12),
    }
    assert scopes["own"].keys() == scopes["communes"].keys() == {"yen_the", "tan_yen"}
    assert scopes["total"]["so_y_te"].denominator == 5


def test_equal_rates_share_a_rank_and_units_without_dossiers_have_none(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(2))
    province.deliver("tu_phap", "2019-04", online(30), direct(60))
    province.deliver("noi_vu", "2019-04", online(9), direct(1))
    province.deliver("thue_ho_so", "2019-04", direct(7))
    province.deliver("thue_hoa_don", "2019-04")
    province.deliver("yen_the", "2019-04", direct(1))
    province.deliver("tan_yen", "2019-04")
    province.publish("2019-04")
    for view in ("compliance_month", "compliance_ytd"):
        assert {unit: row["rank"] for unit, row in province.figures(view, "2019-04").items()} == {
            "so_noi_vu": 1,
            "so_y_te": 2,
            "so_tu_phap": 2,
            "cuc_thue": 4,
            "ban_dan_toc": None,
            "yen_the": 1,
            "tan_yen": None,
        }


def test_a_metric_without_a_target_is_not_judged(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(1))
    province.publish("2019-04")
    row = province.figures("compliance_month", "2019-04", "received_all")["so_y_te"]
    assert (row.status, row.target_percent, row.gap_pp, row.rate_percent) == ("no_target", None, None, Decimal(50))
