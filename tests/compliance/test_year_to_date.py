"""The year to date decides compliance. A failure means that a unit would be judged by another year than its own."""

import itertools
import math
from fractions import Fraction
from pathlib import Path

import pytest

from tests.compliance.counted import CountedUnit, judge
from tests.province import SUCCESSION_HEADER, UNIT_TABLE, UNITS, Province, direct, load, online

TARGET = Fraction(30, 100)


def months_until(last: int) -> list[str]:
    return [f"2019-{month:02d}" for month in range(1, last + 1)]


def test_months_are_pooled_and_never_averaged(province: Province) -> None:
    units = [CountedUnit("a", {"2019-01": (1, 1), "2019-02": (1, 9)})]
    row = judge(province, "2019-02", units, "compliance_ytd")["a"]
    assert (row.numerator, row.denominator, row.status) == (2, 10, "not_met")  # the average rate would be 55 percent


def test_the_year_begins_in_january(province: Province) -> None:
    units = [CountedUnit("a", {"2018-12": (9, 9), "2019-01": (0, 4), "2019-02": (1, 1)})]
    row = judge(province, "2019-02", units, "compliance_ytd")["a"]
    assert (row.numerator, row.denominator, row.months_reported, row.months_expected) == (1, 5, 2, 2)


def test_months_without_data_are_left_out_and_counted_as_expected(province: Province) -> None:
    units = [CountedUnit("a", {"2019-01": (1, 2), "2019-04": (0, 0)}), CountedUnit("b", {})]
    rows = judge(province, "2019-04", units, "compliance_ytd")
    assert [(row.numerator, row.denominator, row.months_reported, row.months_expected) for row in rows.values()] == [
        (1, 2, 2, 4),
        (None, None, 0, 4),
    ]
    assert rows["b"].status == "no_data"


def test_equal_rates_share_a_rank_and_the_smallest_difference_parts_them(province: Province) -> None:
    counts = {
        "third": (1, 3),
        "third_again": (333_333_333, 999_999_999),
        "a_hair_more": (333_333_334, 1_000_000_000),
        "a_hair_less": (333_333_333, 1_000_000_000),
        "nothing_online": (0, 5),
        "no_dossier": (0, 0),
    }
    units = [CountedUnit(code, {"2019-01": pair}) for code, pair in counts.items()]
    for mart in ("compliance_month", "compliance_ytd"):
        rows = judge(province, "2019-01", [CountedUnit(f"{u.code}_{mart}", u.months) for u in units], mart)
        assert {code.removesuffix(f"_{mart}"): row["rank"] for code, row in rows.items()} == {
            "a_hair_more": 1,
            "third": 2,
            "third_again": 2,
            "a_hair_less": 4,
            "nothing_online": 5,
            "no_dossier": None,
        }


def test_the_province_of_a_century_does_not_overflow(province: Province) -> None:
    units = [CountedUnit("a", dict.fromkeys(months_until(6), (3 * 10**14, 10**15)))]
    row = judge(province, "2019-06", units, "compliance_ytd")["a"]
    assert (row.numerator, row.status) == (18 * 10**14, "met")
    assert row.online_needed_per_month == 3 * 10**14


def fewest(online_count: int, all_count: int, months: int, remaining: int, *, over: bool) -> int:
    """The definition, by trying one number after the other."""
    at_year_end = Fraction(all_count, months) * (months + remaining)
    for needed in itertools.count():
        reached = online_count + needed * remaining
        if reached > TARGET * at_year_end or (not over and reached == TARGET * at_year_end):
            return needed
    raise AssertionError


@pytest.mark.parametrize("last_month", [1, 4, 9, 11])
def test_the_dossiers_needed_each_month_are_the_fewest_that_reach_the_target(
    province: Province, last_month: int
) -> None:
    months, remaining = months_until(last_month), 12 - last_month
    cases = [
        (online_count, all_count, reported, unit_type)
        for all_count in (1, 2, 3, 10, 20, 97)
        for online_count in sorted({*range(min(all_count, 8)), math.ceil(all_count * 0.3), all_count})
        for reported in {1, last_month, max(1, last_month - 1)}
        for unit_type in ("department", "district")
    ]
    units = [
        CountedUnit(f"unit_{number}", dict.fromkeys(months[:reported], (0, 0)) | {months[0]: (some, every)}, unit_type)
        for number, (some, every, reported, unit_type) in enumerate(cases)
    ]
    rows = judge(province, f"2019-{last_month:02d}", units, "compliance_ytd")
    assert [rows[unit.code].online_needed_per_month for unit in units] == [
        fewest(some, every, reported, remaining, over=unit_type == "district")
        for some, every, reported, unit_type in cases
    ]


def test_nothing_is_said_of_what_is_needed_where_nothing_can_be_said(province: Province) -> None:
    units = [
        CountedUnit("missing", {}),
        CountedUnit("no_dossier", {"2019-04": (0, 0)}),
        CountedUnit("enough", dict.fromkeys(months_until(4), (10, 10))),
        CountedUnit("december", {"2019-12": (1, 10)}),
    ]
    rows = judge(province, "2019-04", units[:3], "compliance_ytd")
    assert {code: row.online_needed_per_month for code, row in rows.items()} == {
        "missing": None,
        "no_dossier": None,
        "enough": 0,
    }
    assert judge(province, "2019-12", units[3:], "compliance_ytd")["december"].online_needed_per_month is None


def test_a_unit_is_judged_by_the_months_in_which_it_existed(province: Province, tmp_path: Path) -> None:
    health, home = (line for line in UNIT_TABLE.splitlines() if line.startswith(("so_y_te", "so_noi_vu")))
    units = UNIT_TABLE.replace(health, health.replace("2016-01-01", "2019-03-01"))
    units = units.replace(home, home.replace("2016-01-01,,", "2016-01-01,2019-02-28,"))
    abolition = SUCCESSION_HEADER + "so_noi_vu,,2019-03-01,abolition\n"
    province.synchronise(load(tmp_path / "reformed", units, {"unit_successions.csv": abolition}))
    for period in ("2019-01", "2019-02", "2019-03", "2019-04"):
        province.deliver("y_te", period, online(1, f"{period}-10", received="2019-01-01"))
        province.deliver("noi_vu", period, direct(2, f"{period}-10", received="2019-01-01"))
    province.publish("2019-04")
    rows = province.figures("compliance_ytd", "2019-04")
    assert {
        unit: (
            rows[unit].denominator,
            rows[unit].months_reported,
            rows[unit].months_expected,
            rows[unit].reporting_status,
        )
        for unit in ("so_y_te", "so_noi_vu")
    } == {"so_y_te": (2, 2, 2, "reported"), "so_noi_vu": (4, 2, 2, "not_expected")}
    assert set(UNITS) - set(province.figures("compliance_month", "2019-04")) == {"so_noi_vu"}


def test_what_is_needed_is_spread_over_the_months_in_which_the_unit_still_exists(
    province: Province, tmp_path: Path
) -> None:
    """Justice ends with May; tax is renamed within July, in a month that counts once; health goes on as it is."""
    justice, tax = (line for line in UNIT_TABLE.splitlines() if line.startswith(("so_tu_phap", "cuc_thue")))
    renamed = [
        tax.replace("2016-01-01,,", "2016-01-01,2019-07-14,"),
        tax.replace("Cục Thuế tỉnh", "Thuế tỉnh").replace("2016-01-01", "2019-07-15"),
    ]
    units = UNIT_TABLE.replace(justice, justice.replace("2016-01-01,,", "2016-01-01,2019-05-31,"))
    units = units.replace(tax, "\n".join(renamed))
    abolition = SUCCESSION_HEADER + "so_tu_phap,,2019-06-01,abolition\n"
    province.synchronise(load(tmp_path / "reformed", units, {"unit_successions.csv": abolition}))
    for period in months_until(5):
        day = {"finished": f"{period}-20", "received": f"{period}-05"}
        for source_id in ("y_te", "tu_phap", "thue_ho_so"):
            online_count = 10 if period in {"2019-04", "2019-05"} and source_id != "thue_ho_so" else 0
            province.deliver(source_id, period, online(online_count, **day), direct(25 - online_count, **day))
        province.deliver("thue_hoa_don", period)
    needed = {}
    for period in ("2019-04", "2019-05"):
        province.publish(period)
        rows = province.figures("compliance_ytd", period)
        needed[period] = {
            unit: (rows[unit].numerator, rows[unit].denominator, rows[unit].online_needed_per_month)
            for unit in ("so_tu_phap", "so_y_te", "cuc_thue")
        }
    assert needed == {
        "2019-04": {"so_tu_phap": (10, 100, 28), "so_y_te": (10, 100, 10), "cuc_thue": (0, 100, 12)},
        "2019-05": {"so_tu_phap": (20, 125, None), "so_y_te": (20, 125, 10), "cuc_thue": (0, 125, 13)},
    }


def test_a_unit_that_changed_its_group_is_ranked_in_its_last_one(province: Province, tmp_path: Path) -> None:
    tax = next(line for line in UNIT_TABLE.splitlines() if line.startswith("cuc_thue"))
    moved = tax.replace("2016-01-01,,", "2016-01-01,2019-01-31,") + "\n" + tax.replace(
        "vertical,departments", "district,districts"
    ).replace("2016-01-01", "2019-02-01")  # fmt: skip
    province.synchronise(load(tmp_path / "moved", UNIT_TABLE.replace(tax, moved)))
    for period in ("2019-01", "2019-02"):
        for source_id in ("thue_ho_so", "thue_hoa_don", "yen_the"):
            share = 4 if source_id == "yen_the" else 3
            day = {"finished": f"{period}-10", "received": "2019-01-01"}
            province.deliver(source_id, period, online(share, **day), direct(10 - share, **day))
        province.publish(period)
    groups = [province.figures("compliance_ytd", period)["cuc_thue"] for period in ("2019-01", "2019-02")]
    assert [(row.unit_group, row.target_operator, row.status, row["rank"]) for row in groups] == [
        ("departments", ">=", "met", 1),
        ("districts", ">", "not_met", 2),
    ]


def test_a_unit_without_a_target_is_measured_and_not_judged(province: Province) -> None:
    units = [CountedUnit("a", {"2018-11": (1, 2), "2018-12": (1, 2)})]  # targets begin with 2019
    row = judge(province, "2018-12", units, "compliance_ytd")["a"]
    assert (row.numerator, row.denominator, row.status, row.target_num) == (2, 4, "no_target", None)
    assert row.online_needed_per_month is None
