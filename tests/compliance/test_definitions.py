"""Definitions that change: of a metric, of a unit's communes. A failure means that old and new would be mixed."""

from datetime import date
from pathlib import Path

from tests.province import COMMUNE_TABLE, Province, direct, load, online

VERSIONS = """\
metrics:
  - metric_id: resolved_all
    metric_version: 1
    name_vi: Mức 3, 4
    name_en: Levels 3 and 4
    event: resolved
    denominator_scope: all
    online_levels: [3, 4]
    is_official: true
    definition_vi: Mức 3, 4
    valid_from: 2016-01-01
    valid_to: 2019-03-30
  - metric_id: resolved_all
    metric_version: 2
    name_vi: Toàn trình
    name_en: Full online
    event: resolved
    denominator_scope: all
    online_levels: [4]
    is_official: true
    definition_vi: Toàn trình
    valid_from: 2019-03-31
"""


def test_a_month_is_measured_by_the_definition_in_force_on_its_last_day_and_so_is_its_year(
    province: Province, tmp_path: Path
) -> None:
    province.synchronise(load(tmp_path / "versions", changed={"metrics.yaml": VERSIONS}))
    for period in ("2019-02", "2019-03"):
        day = {"finished": f"{period}-10", "received": "2019-02-01"}
        province.deliver("y_te", period, online(3, **day), online(1, level=4, **day), direct(1, **day))
        province.publish(period)
    rows = {
        period: (
            province.figures("compliance_month", period)["so_y_te"],
            province.figures("compliance_ytd", period)["so_y_te"],
        )
        for period in ("2019-02", "2019-03")
    }
    assert {
        period: [(row.metric_version, row.metric_name_en, row.numerator, row.denominator) for row in both]
        for period, both in rows.items()
    } == {
        "2019-02": [(1, "Levels 3 and 4", 4, 5), (1, "Levels 3 and 4", 4, 5)],
        "2019-03": [(2, "Full online", 1, 5), (2, "Full online", 2, 10)],
    }


def test_a_metric_that_has_ended_keeps_its_published_figures(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(1))
    province.publish("2019-04")
    ended = tuple(
        metric.model_copy(update={"valid_to": date(2019, 5, 1)}) if metric.metric_id == "received_all" else metric
        for metric in province.jurisdiction.metrics
    )
    province.synchronise(province.jurisdiction.model_copy(update={"metrics": ended}))
    province.deliver("y_te", "2019-05", direct(1, "2019-05-10"))
    province.publish("2019-05")
    assert province.figures("compliance_month", "2019-05", "received_all") == {}
    row = province.figures("compliance_month", "2019-04", "received_all")["so_y_te"]
    assert (row.numerator, row.denominator, row.metric_name_en) == (1, 2, "Online share of received dossiers")


def test_own_and_communes_add_up_to_the_total_when_communes_began_within_the_year(
    province: Province, tmp_path: Path
) -> None:
    began = COMMUNE_TABLE.replace("yen_the,2016-01-01", "yen_the,2019-03-01")
    province.synchronise(load(tmp_path / "communes", changed={"communes.csv": began}))
    for period in ("2019-01", "2019-04"):
        day = {"finished": f"{period}-10", "received": "2019-01-01"}
        province.deliver("yen_the", period, online(1, **day), direct(2, **day, commune=None))
    province.deliver("yen_the", "2019-04", direct(4, commune="07243"))
    assert not [f for f in province.check(province.build("2019-04")) if f.severity == "block"]
    province.publish("2019-04")
    for view, expected in (("compliance_month", (7, 3, 4)), ("compliance_ytd", (10, 6, 4))):
        assert (
            tuple(
                province.figures(view, "2019-04", scope=scope)["yen_the"].denominator
                for scope in ("total", "own", "communes")
            )
            == expected
        )


def test_a_district_whose_communes_ended_within_the_year_has_their_row_until_its_end(
    province: Province, tmp_path: Path
) -> None:
    """A failure means that the parts of the year to date are less than the whole."""
    ended = COMMUNE_TABLE.replace("yen_the,2016-01-01,", "yen_the,2016-01-01,2019-02-28")
    province.synchronise(load(tmp_path / "communes", changed={"communes.csv": ended}))
    day = {"finished": "2019-01-10", "received": "2019-01-02"}
    province.deliver("yen_the", "2019-01", online(1, **day, commune="07243"), direct(2, **day, commune=None))
    province.deliver("yen_the", "2019-04", direct(4, commune=None))
    assert not [f for f in province.check(province.build("2019-04")) if f.severity == "block"]
    province.publish("2019-04")
    for view, expected in (("compliance_month", [4, 4, 0]), ("compliance_ytd", [7, 6, 1])):
        counted = [
            province.figures(view, "2019-04", scope=scope)["yen_the"].denominator
            for scope in ("total", "own", "communes")
        ]
        assert counted == expected


def test_a_district_whose_communes_ended_in_an_earlier_year_has_no_commune_row(
    province: Province, tmp_path: Path
) -> None:
    ended = COMMUNE_TABLE.replace("yen_the,2016-01-01,", "yen_the,2016-01-01,2018-12-31")
    province.synchronise(load(tmp_path / "communes", changed={"communes.csv": ended}))
    province.deliver("yen_the", "2019-01", direct(4, "2019-01-10", received="2019-01-01"))
    province.publish("2019-01")
    for view in ("compliance_month", "compliance_ytd"):
        assert set(province.figures(view, "2019-01", scope="communes")) == {"tan_yen"}
        assert province.figures(view, "2019-01")["yen_the"].denominator == 4
