"""What each view answers. A failure means that readers would take a draft, a mean or an old month for the figure."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from onestop.publication.export import VIEWS
from tests.province import UNIT_TABLE, UNITS, Province, direct, load, online

ROWS_OF_A_PUBLICATION = 4 * (len(UNITS) + 2 * 2)
FIGURES = ("compliance_month", "compliance_ytd")


def publication_ids(province: Province, view: str) -> set[int]:
    return {row["publication_id"] for row in province.rows(f"select publication_id from bi.{view}")}  # noqa: S608


def test_latest_revision_every_revision_and_provisional_are_told_apart(province: Province) -> None:
    ids = []
    for count in (1, 2):
        province.deliver("y_te", "2019-04", direct(count))
        ids.append(province.publish("2019-04").publication_id)
    province.deliver("y_te", "2019-04", direct(3))
    provisional = province.publish("2019-04", "provisional").publication_id
    for kind in ("official", "provisional"):
        unpublished = province.build("2019-04", kind)
        province.check(unpublished)
        province.approve(unpublished)
    for view in FIGURES:
        assert publication_ids(province, view) == publication_ids(province, f"{view}_group") == {ids[1]}
        assert publication_ids(province, f"{view}_revision") == set(ids)
        assert publication_ids(province, f"{view}_provisional") == {provisional}
    assert publication_ids(province, "reporting_status_month") == {ids[1]}


def test_provisional_figures_go_when_official_ones_are_published_after_them(province: Province) -> None:
    """Of the same period: another month, or the month of another calendar, stays in flux."""
    views = [view for view in VIEWS["provisional"] if view.endswith("_provisional")]
    province.deliver("y_te", "2019-03", direct(1, "2019-03-10", received="2019-03-01"))
    province.deliver("y_te", "2019-04", direct(1))
    march = province.publish("2019-03", "provisional").publication_id
    april = province.publish("2019-04", "provisional").publication_id
    administrative = province.publish("2019-04", "provisional", calendar="administrative").publication_id
    for view in views:
        assert publication_ids(province, view) == {march, april, administrative}
        assert province.rows(f"select 1 from bi.{view} where revision is not null") == []  # noqa: S608
    province.publish("2019-04")
    assert len(views) == 5
    for view in views:
        assert publication_ids(province, view) == {march, administrative}
    assert province.stored(april)["state"] == "published"  # it keeps its figures, and can be computed again
    province.deliver("y_te", "2019-04", direct(2))
    again = province.publish("2019-04", "provisional").publication_id
    for view in views:
        assert publication_ids(province, view) == {march, administrative, again}


def test_every_month_shows_its_own_latest_revision(province: Province) -> None:
    for period in ("2019-03", "2019-04"):
        province.deliver("y_te", period, direct(1, f"{period}-10", received="2019-03-01"))
        province.publish(period)
    province.deliver("y_te", "2019-04", direct(2))
    province.publish("2019-04")
    for view in (*FIGURES, "reporting_status_month"):
        counted = f"select period, revision, count(distinct unit_code) as units from bi.{view} group by 1, 2"  # noqa: S608
        rows = province.rows(counted)
        assert sorted((row.period, row.revision, row.units) for row in rows) == [
            ("2019-03", 1, len(UNITS)),
            ("2019-04", 2, len(UNITS)),
        ]


def test_the_list_of_publications_has_all_of_them_and_says_which_is_the_latest(province: Province) -> None:
    refused = province.build("2019-04")
    province.check(refused)
    for count in (1, 2):
        province.deliver("y_te", "2019-04", direct(count))
        province.publish("2019-04")
    province.publish("2019-04")
    province.publish("2019-04", "provisional")
    province.build("2019-04")
    rows = province.rows("select kind, revision, state, is_latest from bi.publication order by publication_id")
    assert [tuple(row.values()) for row in rows] == [
        ("official", None, "replaced", False),
        ("official", 1, "published", False),
        ("official", 2, "published", True),
        ("official", None, "unchanged", False),
        ("provisional", None, "published", False),
        ("official", None, "built", False),
    ]


def test_a_group_pools_its_units_and_never_averages_their_rates(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1))
    province.deliver("tu_phap", "2019-04", direct(9))
    province.deliver("yen_the", "2019-04", online(1), direct(2))
    province.deliver("noi_vu", "2019-04", decision="rejected")
    province.publish("2019-04")
    for view in FIGURES:
        groups = province.figures(f"{view}_group", "2019-04")
        told = {
            group: (row.numerator, row.denominator, row.rate_percent, row.target_operator, row.status)
            for group, row in groups.items()
        }
        assert told == {
            "departments": (1, 10, Decimal(10), ">=", "not_met"),  # the average rate would be 50 percent
            "districts": (1, 3, Decimal("33.3333"), ">", "met"),
            "all": (2, 13, Decimal("15.3846"), None, "no_target"),
        }
        departments = groups["departments"]
        assert (
            departments.unit_count,
            departments.unit_with_data_count,
            departments.unit_met_count,
            departments.unit_not_met_count,
            departments.unit_zero_online_count,
            departments.unit_no_data_count,
        ) == (5, 2, 1, 0, 1, 3)
        assert sum(groups[name].denominator for name in ("departments", "districts")) == groups["all"].denominator


@pytest.mark.parametrize(
    ("target_of_tax", "judged"),
    [
        (">=,30,100", (">=", Decimal(30), Decimal(0), "met")),
        (">,30,100", (None, None, None, "no_target")),
        (">=,31,100", (None, None, None, "no_target")),
        (">=,30,101", (None, None, None, "no_target")),
    ],
)
def test_a_group_is_judged_only_if_all_its_units_have_the_same_target(
    province: Province, tmp_path: Path, target_of_tax: str, judged: tuple[object, ...]
) -> None:
    targets = (
        "metric_id,unit_code,unit_type,operator,target_num,target_den,legal_basis,valid_from,valid_to\n"
        "resolved_all,,department,>=,30,100,Công văn 1730,2019-01-01,\n"
        "resolved_all,,district,>,30,100,Công văn 1730,2019-01-01,\n"
        f"resolved_all,,vertical,{target_of_tax},Công văn 1730,2019-01-01,\n"
    )
    province.synchronise(load(tmp_path / "targets", changed={"targets.csv": targets}))
    province.deliver("y_te", "2019-04", online(3), direct(7))
    province.publish("2019-04")
    row = province.figures("compliance_month_group", "2019-04")["departments"]
    assert (row.target_operator, row.target_percent, row.gap_pp, row.status) == judged


def test_a_group_without_a_target_or_without_data_says_so(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(3), direct(7))
    province.publish("2019-04")
    received = province.figures("compliance_month_group", "2019-04", "received_all")
    assert (received["departments"].status, received["departments"].target_percent) == ("no_target", None)
    districts = province.figures("compliance_month_group", "2019-04")["districts"]
    assert (districts.status, districts.numerator, districts.rate_percent, districts.unit_no_data_count) == (
        "no_data",
        None,
        None,
        2,
    )


def test_a_figure_keeps_the_name_that_the_unit_had_then(province: Province, tmp_path: Path) -> None:
    province.deliver("y_te", "2019-03", direct(1, "2019-03-10", received="2019-03-01"))
    province.publish("2019-03")
    health = next(line for line in UNIT_TABLE.splitlines() if line.startswith("so_y_te"))
    renamed = (
        health.replace("2016-01-01,,", "2016-01-01,2019-03-31,")
        + "\n"
        + health.replace("Sở Y tế", "Sở Y tế mới").replace("2016-01-01", "2019-04-01")
    )
    province.synchronise(load(tmp_path / "renamed", UNIT_TABLE.replace(health, renamed)))
    province.deliver("y_te", "2019-04", direct(1))
    province.publish("2019-04")
    for view in (*FIGURES, "reporting_status_month"):
        rows = province.rows(f"select distinct period, unit_name_vi from bi.{view} where unit_code = 'so_y_te'")  # noqa: S608
        assert {row.period: row.unit_name_vi for row in rows} == {"2019-03": "Sở Y tế", "2019-04": "Sở Y tế mới"}


def test_quarantined_rows_are_counted_once_a_rule_while_they_are_open(province: Province) -> None:
    province.deliver("y_te", "2019-04")
    twice = '[{"rule": "no_level", "remedy": "b"}, {"rule": "no_level", "remedy": "a"}, {"rule": "no_date"}]'
    for number, (reasons, state) in enumerate(
        [(twice, "open"), ('[{"rule": "no_level", "remedy": "c"}]', "open"), (twice, "replayed")]
    ):
        province.execute(
            "insert into quarantine.row (delivery_id, row_number, raw, reasons, state)"
            " select delivery_id, :number, '{}', cast(:reasons as jsonb), :state from ops.delivery",
            number=number,
            reasons=reasons,
            state=state,
        )
    rows = province.rows("select * from bi.quarantine_summary order by rule")
    assert [tuple(row.values()) for row in rows] == [
        ("2019-04", "y_te", "no_date", 1, None),
        ("2019-04", "y_te", "no_level", 2, "a"),
    ]


def test_asking_for_one_month_costs_the_same_however_long_the_history(province: Province) -> None:
    """What is the latest revision is decided for the month asked for, and once: not for every figure ever published."""
    province.deliver("y_te", "2019-04", direct(1))
    province.publish("2019-04")
    province.execute(
        """
        insert into ops.publication (period, kind, revision, state, reason, requested_by, as_of, configuration_hash)
        select month.period, kind, number, 'published', reason, requested_by, as_of, configuration_hash
        from ops.publication, core.period as month, generate_series(1, 3) as number
        where month.calendar = 'calendar' and month.period between '2016-01' and '2019-03'
        """
    )
    province.execute(
        """
        insert into mart.compliance_month
        select another_fact.*
        from mart.compliance_month as fact
        inner join ops.publication as another on another.publication_id <> fact.publication_id
        cross join lateral jsonb_populate_record(
            fact, jsonb_build_object('publication_id', another.publication_id, 'period', another.period)
        ) as another_fact
        """
    )
    province.execute("analyze mart.compliance_month, ops.publication")
    plan = province.rows("explain (analyze, format json) select * from bi.compliance_month where period = '2019-04'")[
        0
    ]["QUERY PLAN"]
    assert most_rows(plan[0]["Plan"]) <= 3 * ROWS_OF_A_PUBLICATION


def most_rows(node: dict[str, Any]) -> int:
    """The most rows that any step of the plan gave or threw away."""
    here = int(node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0))
    return max([here, *(most_rows(below) for below in node.get("Plans", []))])
