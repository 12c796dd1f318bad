"""Metrics as data. A failure means that a new definition needs a programmer."""

from pathlib import Path

from onestop.warehouse.sql import REPOSITORY_ROOT
from tests.marts.conftest import FILES, PROCEDURES, Office
from tests.province import direct, load, online, redefined

METRICS = (REPOSITORY_ROOT / "include" / "jurisdictions" / "bac_giang" / "metrics.yaml").read_text(encoding="utf-8")
WHOLE_PROCESS = """\
  - metric_id: received_whole_process
    metric_version: 1
    name_vi: Tỷ lệ hồ sơ toàn trình
    name_en: Share filed online from beginning to end
    event: received
    denominator_scope: eligible
    online_levels: [4]
    is_official: false
    definition_vi: Hồ sơ trực tuyến mức độ 4 trên hồ sơ của thủ tục mức độ 4.
    valid_from: 2019-04-01
"""


def test_a_metric_is_added_by_a_few_lines_of_yaml(province: Office, tmp_path: Path) -> None:
    """It is measured, compared with its own target, shown and exported, from the month in which it begins."""
    targets = (REPOSITORY_ROOT / "include" / "jurisdictions" / "bac_giang" / "targets.csv").read_text(encoding="utf-8")
    changed = {
        **FILES,
        "metrics.yaml": METRICS + WHOLE_PROCESS,
        "targets.csv": targets
        + "".join(
            f"received_whole_process,,{kind},>=,50,100,Quyết định 1,2019-01-01,\n"
            for kind in ("department", "vertical", "district")
        ),
    }
    province.synchronise(load(tmp_path / "new", changed=changed))
    province.deliver("y_te", "2019-03", direct(1, received="2019-03-01", finished="2019-03-02"))
    province.deliver("y_te", "2019-04", online(2, level=4), direct(1, level=4), online(7, level=3), direct(9, level=2))
    for period in ("2019-03", "2019-04"):
        province.publish(period)
    row = province.figures("compliance_month", "2019-04", "received_whole_process")["so_y_te"]
    assert (row.numerator, row.denominator, row.status, row.rank) == (2, 3, "met", 1)
    assert row.metric_name_vi == "Tỷ lệ hồ sơ toàn trình"
    assert province.figures("compliance_month", "2019-03", "received_whole_process") == {}
    folder = province.exports_root / "calendar" / "2019-04" / "revision-1"
    assert "received_whole_process" in (folder / "compliance_month.csv").read_text(encoding="utf-8")


def test_a_changed_definition_is_a_new_version_that_the_figures_name(province: Office, tmp_path: Path) -> None:
    """From April on the official metric counts level 4 only; March keeps what it was measured by."""
    first, rest = METRICS.split("  - metric_id: received_all", 1)
    ended = first.rstrip() + "\n    valid_to: 2019-03-31\n"
    second = first[first.index("  - metric_id") :].replace("metric_version: 1", "metric_version: 2")
    second = second.replace("[3, 4]", "[4]").replace("valid_from: 2016-01-01", "valid_from: 2019-04-01")
    changed = {**FILES, "metrics.yaml": ended + second + "  - metric_id: received_all" + rest}
    province.synchronise(load(tmp_path / "changed", changed=changed))
    month = {"received": "2019-03-01", "finished": "2019-03-10"}
    province.deliver("y_te", "2019-03", online(3, **month), direct(7, **month))
    province.deliver("y_te", "2019-04", online(3), online(1, level=4), direct(6))
    for period in ("2019-03", "2019-04"):
        province.publish(period)
    march, april = (province.figures("compliance_month", period)["so_y_te"] for period in ("2019-03", "2019-04"))
    assert (march.metric_version, march.numerator, march.denominator) == (1, 3, 10)
    assert (april.metric_version, april.numerator, april.denominator) == (2, 1, 10)
    # what could have been filed online follows the official metric
    assert province.table("missed_online_month", "procedure_code eligible_count", "unit_code = 'so_y_te'") == [
        "'' 0",
        "1.000178 1",
    ]


def test_procedures_and_communes_keep_the_definition_that_they_were_published_with(
    province: Office, tmp_path: Path
) -> None:
    """A new version since January restates April openly, or not at all: never what is published already."""
    province.deliver("y_te", "2019-04", online(3), online(1, level=4), direct(6))
    first = province.publish("2019-04").publication_id
    columns = (
        "publication_id, metric_id, metric_version, received_online_count, received_count,"
        " received_online_rate_percent, resolved_online_count, resolved_count, resolved_online_rate_percent"
    )

    def shown() -> list[list[tuple[object, ...]]]:
        condition = "unit_code = 'so_y_te' and received_count > 0"
        return [
            [tuple(row.values()) for row in province.rows(f"select {columns} from bi.{view} where {condition}")]  # noqa: S608
            for view in ("procedure_month", "commune_month")
        ]

    as_published = [[(first, "resolved_all", 1, 4, 10, 40, 4, 10, 40)]] * 2
    assert shown() == as_published
    province.synchronise(load(tmp_path / "changed", changed={**FILES, "metrics.yaml": redefined(METRICS)}))
    assert shown() == as_published
    second = province.publish("2019-04").publication_id
    assert shown() == [[(second, "resolved_all", 2, 1, 10, 10, 1, 10, 10)]] * 2


def test_a_corrected_catalogue_changes_no_name_and_no_level_of_what_is_published(
    province: Office, tmp_path: Path
) -> None:
    province.deliver("y_te", "2019-04", direct(2, procedure="1.000003"))
    first = province.publish("2019-04").publication_id

    def shown() -> list[list[tuple[object, ...]]]:
        columns = "publication_id, procedure_name_vi, field_vi, service_level"
        return [
            [tuple(row.values()) for row in province.rows(f"select {columns} from bi.{view} where {condition}")]  # noqa: S608
            for view, condition in (
                ("procedure_month", "unit_code = 'so_y_te' and received_count > 0"),
                ("missed_online_procedure_month", "unit_code = 'so_y_te' and eligible_count > 0"),
                ("service_unused_month", "procedure_code = '1.000004'"),
            )
        ]

    as_published = [
        [(first, "Đăng ký", "Y tế", 3)],
        [(first, "Đăng ký", "Y tế", 3)],
        [(first, "Cấp thẻ", "Y tế", 4)],
    ]
    assert shown() == as_published
    corrected = PROCEDURES.replace("1.000003,Đăng ký,Y tế,Cấp tỉnh,3", "1.000003,Đăng ký mới,Dược,Cấp tỉnh,4")
    corrected = corrected.replace("1.000004,Cấp thẻ,Y tế,Cấp tỉnh,4", "1.000004,Cấp thẻ mới,Dược,Cấp tỉnh,3")
    province.synchronise(load(tmp_path / "corrected", changed={**FILES, "procedures.csv": corrected}))
    assert shown() == as_published
    province.deliver("y_te", "2019-04", direct(3, procedure="1.000003"))
    second = province.publish("2019-04").publication_id
    # What was received keeps the level of its receipt; the catalogue's own is that of the new revision.
    assert shown()[0] == [(second, "Đăng ký mới", "Dược", 4)]
    assert shown()[2] == [(second, "Cấp thẻ mới", "Dược", 3)]
