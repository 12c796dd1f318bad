"""Series over the months when units change. A failure compares a successor with a part of what came before it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import RowMapping

from tests.province import COMMUNE_TABLE, SUCCESSION_HEADER, UNIT_TABLE, Province, direct, living, load, online

UNITS = living(UNIT_TABLE, "so_tu_phap", ends="2019-01-31")  # merged into so_y_te
UNITS = living(UNITS, "so_noi_vu", ends="2019-01-31") + (  # renamed, under the same code
    "so_noi_vu,Sở Nội vụ và Lao động,Department of Home Affairs and Labour,department,departments,,,30,2019-02-01,,\n"
)
UNITS = living(UNITS, "cuc_thue", ends="2019-02-28") + (  # renamed, under another code
    "chi_cuc_thue,Chi cục Thuế,Tax Branch,vertical,departments,,,45,2019-03-01,,\n"
)
UNITS = living(UNITS, "tan_yen", begins="2019-03-01")  # a part of yen_the before
UNITS = living(UNITS, "ban_dan_toc", ends="2019-02-28")  # abolished
SUCCESSIONS = (
    SUCCESSION_HEADER
    + "so_tu_phap,so_y_te,2019-02-01,merge\n"
    + "cuc_thue,chi_cuc_thue,2019-03-01,rename\n"
    + "yen_the,tan_yen,2019-03-01,split\n"
    + "ban_dan_toc,,2019-03-01,abolition\n"
)
MONTHS = ("2019-01", "2019-02", "2019-03")


@pytest.fixture
def changing(province: Province, tmp_path: Path) -> Province:
    """A province whose departments merge and are renamed, and whose district is split, in the first months of 2019."""
    folder = tmp_path / "changing"
    changed = {
        "units.csv": UNITS,
        "unit_successions.csv": SUCCESSIONS,
        "communes.csv": COMMUNE_TABLE.replace("tan_yen,2016-01-01", "tan_yen,2019-03-01"),
    }
    jurisdiction = load(folder, changed=changed)
    province.synchronise(jurisdiction)
    return province


def publish(province: Province, *months: str) -> None:
    """One online dossier and one to three others of each unit in each month."""
    counts = {"y_te": 1, "tu_phap": 2, "noi_vu": 3, "thue_ho_so": 1, "thue_hoa_don": 1, "yen_the": 2, "tan_yen": 1}
    for month in months:
        day = {"finished": f"{month}-10", "received": "2019-01-01"}
        for source_id, count in counts.items():
            province.deliver(source_id, month, online(1, **day), direct(count, **day))
        province.publish(month)


def series(province: Province, name: str, month: str, scope: str = "total") -> dict[str, RowMapping]:
    rows = province.rows(
        "select * from bi.compliance_series where series = :name and period = :month and scope = :scope "
        "and metric_id = 'resolved_all' and calendar = 'calendar'",
        name=name,
        month=month,
        scope=scope,
    )
    by_unit = {row["unit_code"]: row for row in rows}
    assert len(by_unit) == len(rows)
    return by_unit


def shares(rows: dict[str, RowMapping]) -> dict[str, tuple[int | None, int | None]]:
    return {unit: (row["numerator"], row["denominator"]) for unit, row in rows.items()}


def test_as_reported_each_month_has_its_own_units_and_names(changing: Province) -> None:
    publish(changing, *MONTHS)
    reported = {month: series(changing, "as_reported", month) for month in MONTHS}
    before = {"so_y_te", "so_tu_phap", "so_noi_vu", "cuc_thue", "yen_the", "ban_dan_toc"}
    assert set(reported["2019-01"]) == before
    assert set(reported["2019-02"]) == before - {"so_tu_phap"}
    assert set(reported["2019-03"]) == {"so_y_te", "so_noi_vu", "chi_cuc_thue", "yen_the", "tan_yen"}
    names = [reported[month]["so_noi_vu"]["unit_name_vi"] for month in MONTHS]
    assert names == ["Sở Nội vụ", "Sở Nội vụ và Lao động", "Sở Nội vụ và Lao động"]
    for month in MONTHS:
        assert shares(reported[month]) == shares(changing.figures("compliance_month", month))


def test_a_merged_unit_is_added_to_its_successor_in_earlier_months(changing: Province) -> None:
    """In later ones its dossiers are the successor's: justice's system goes on with those of January."""
    publish(changing, *MONTHS)
    months = {month: series(changing, "comparable", month)["so_y_te"] for month in MONTHS}
    assert {month: (row["numerator"], row["denominator"]) for month, row in months.items()} == {
        "2019-01": (2, 5),
        "2019-02": (2, 5),
        "2019-03": (2, 5),
    }
    january = months["2019-01"]
    assert january["reported_unit_codes"] == ["so_tu_phap", "so_y_te"]
    assert (january["unit_count"], january["unit_with_data_count"], january["comparability"]) == (2, 2, "comparable")
    assert (january["rate_percent"], january["reference_period"]) == (40, "2019-03")
    assert "so_tu_phap" not in series(changing, "comparable", "2019-01")


def test_a_renamed_unit_is_one_row_under_its_last_name_whether_its_code_changed_or_not(changing: Province) -> None:
    publish(changing, *MONTHS[:2])
    assert series(changing, "comparable", "2019-01")["so_noi_vu"]["unit_name_vi"] == "Sở Nội vụ và Lao động"
    assert series(changing, "comparable", "2019-01")["cuc_thue"]["reported_unit_codes"] == ["cuc_thue"]
    publish(changing, "2019-03")
    rows = series(changing, "comparable", "2019-01")
    assert "cuc_thue" not in rows
    branch = rows["chi_cuc_thue"]
    assert (branch["unit_name_vi"], branch["reported_unit_codes"]) == ("Chi cục Thuế", ["cuc_thue"])
    assert (branch["denominator"], branch["comparability"]) == (2, "comparable")


def test_a_split_unit_keeps_its_earlier_figures_marked_and_nothing_is_apportioned_to_its_parts(
    changing: Province,
) -> None:
    publish(changing, *MONTHS)
    before, after = (series(changing, "comparable", month) for month in ("2019-02", "2019-03"))
    assert {unit: (before[unit]["denominator"], before[unit]["comparability"]) for unit in ("yen_the", "tan_yen")} == {
        "yen_the": (3, "split"),
        "tan_yen": (None, "split"),
    }
    assert (before["tan_yen"]["unit_count"], before["tan_yen"]["reporting_status"]) == (0, None)
    assert {after[unit]["comparability"] for unit in ("yen_the", "tan_yen")} == {"comparable"}


def test_an_abolished_unit_keeps_its_rows_until_it_ended(changing: Province) -> None:
    publish(changing, *MONTHS)
    assert series(changing, "comparable", "2019-02")["ban_dan_toc"]["comparability"] == "ceased"
    assert "ban_dan_toc" not in series(changing, "comparable", "2019-03")


def test_both_series_have_the_same_totals(changing: Province) -> None:
    publish(changing, *MONTHS)
    totals = changing.rows(
        "select period, metric_id, count(distinct (numerator, denominator)) as totals from ("
        "select series, period, metric_id, sum(numerator) as numerator, sum(denominator) as denominator "
        "from bi.compliance_series where scope = 'total' group by series, period, metric_id"
        ") as total group by period, metric_id having count(*) = 2"
    )
    assert len(totals) == len(MONTHS) * 4
    assert {row["totals"] for row in totals} == {1}


def test_a_part_of_the_units_without_data_is_told_beside_the_figure(changing: Province) -> None:
    day = {"finished": "2019-01-10", "received": "2019-01-01"}
    changing.deliver("y_te", "2019-01", online(1, **day), direct(1, **day))
    changing.publish("2019-01")
    publish(changing, "2019-02")
    row = series(changing, "comparable", "2019-01")["so_y_te"]
    assert (row["unit_count"], row["unit_with_data_count"], row["denominator"]) == (2, 1, 2)
    assert row["reporting_status"] == "missing"


def test_the_desks_of_a_successor_stand_only_where_all_its_units_have_them(province: Province, tmp_path: Path) -> None:
    units = living(UNIT_TABLE, "yen_the", ends="2019-01-31")
    communes = COMMUNE_TABLE.replace("yen_the,2016-01-01,", "tan_yen,2019-02-01,")
    changed = {
        "unit_successions.csv": SUCCESSION_HEADER + "yen_the,tan_yen,2019-02-01,merge\n",
        "communes.csv": communes,
    }
    province.synchronise(load(tmp_path / "merged", units, changed))
    publish(province, "2019-01", "2019-02")
    assert series(province, "comparable", "2019-01")["tan_yen"]["denominator"] == 5
    assert series(province, "comparable", "2019-01", "communes") == {}
    assert set(series(province, "comparable", "2019-02", "communes")) == {"tan_yen"}


def test_mergers_after_one_another_lead_to_the_last_successor_and_a_split_on_the_way_stays_marked(
    province: Province, tmp_path: Path
) -> None:
    units = UNIT_TABLE
    for code, begins, ends in (
        ("so_y_te", "2016-01-01", "2019-01-31"),
        ("so_tu_phap", "2016-01-01", "2019-02-28"),
        ("tan_yen", "2019-02-01", "2019-02-28"),
    ):
        units = living(units, code, begins, ends)
    successions = (
        SUCCESSION_HEADER
        + "so_y_te,so_tu_phap,2019-02-01,merge\n"
        + "so_tu_phap,so_noi_vu,2019-03-01,merge\n"
        + "yen_the,tan_yen,2019-02-01,split\n"
        + "tan_yen,cuc_thue,2019-03-01,merge\n"
    )
    communes = COMMUNE_TABLE.replace("tan_yen,2016-01-01,", "tan_yen,2019-02-01,2019-02-28")
    province.synchronise(
        load(tmp_path / "twice", units, {"unit_successions.csv": successions, "communes.csv": communes})
    )
    publish(province, *MONTHS)
    january, february = (series(province, "comparable", month) for month in MONTHS[:2])
    assert january["so_noi_vu"]["reported_unit_codes"] == ["so_noi_vu", "so_tu_phap", "so_y_te"]
    assert february["so_noi_vu"]["reported_unit_codes"] == ["so_noi_vu", "so_tu_phap"]
    assert february["cuc_thue"]["reported_unit_codes"] == ["cuc_thue", "tan_yen"]
    assert {unit: january[unit]["comparability"] for unit in ("so_noi_vu", "yen_the", "cuc_thue")} == {
        "so_noi_vu": "comparable",
        "yen_the": "split",
        "cuc_thue": "split",
    }
    assert january["cuc_thue"]["reported_unit_codes"] == ["cuc_thue"]
    assert {unit: february[unit]["comparability"] for unit in ("yen_the", "cuc_thue")} == {
        "yen_the": "comparable",
        "cuc_thue": "comparable",
    }
