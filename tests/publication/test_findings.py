"""What a check finds in a built publication. A failure means that a table nobody should sign could be published."""

from datetime import timedelta
from pathlib import Path

import pytest

from onestop import publication
from tests.province import UNIT_TABLE, UNITS, Province, direct, load, online

ROW = "publication_id = :id and unit_code = 'yen_the' and metric_id = 'resolved_all'"
METRIC_OF_LATER = """\
metrics:
  - metric_id: resolved_all
    metric_version: 1
    name_vi: Tỷ lệ
    name_en: Share
    event: resolved
    denominator_scope: all
    online_levels: [3, 4]
    is_official: true
    definition_vi: Tỷ lệ
    valid_from: 2019-05-01
"""


def found(province: Province, publication_id: int) -> set[tuple[str, str, str]]:
    return {(f.severity, f.finding, f.unit_code) for f in province.check(publication_id)}


def assert_refused(province: Province, publication_id: int, finding: str, unit_code: str) -> None:
    """The check finds it, and nobody can approve or publish any more."""
    assert ("block", finding, unit_code) in found(province, publication_id)
    assert province.stored(publication_id)["state"] == "refused"
    for step in (province.approve, province.release):
        with pytest.raises(publication.PublicationRefused, match=finding) as refusal:
            step(publication_id)
        assert finding in {f.finding for f in refusal.value.findings}
    assert province.rows("select * from bi.compliance_month") == []


def test_a_whole_month_passes_without_a_finding_but_for_the_committee_that_nobody_reports_for(
    province: Province,
) -> None:
    province.deliver_nothing("2019-04", besides=["yen_the"])
    province.deliver("yen_the", "2019-04", online(3), direct(4, commune="07243"))
    assert found(province, province.build("2019-04")) == {("warn", "not_reported", "ban_dan_toc")}


def test_a_month_in_which_nobody_reported_is_not_published(province: Province) -> None:
    province.deliver("y_te", "2019-04", decision="rejected")
    assert_refused(province, province.build("2019-04"), "nobody_reported", "")


def test_a_month_without_a_metric_in_force_is_not_published(province: Province, tmp_path: Path) -> None:
    province.synchronise(load(tmp_path / "later", changed={"metrics.yaml": METRIC_OF_LATER}))
    province.deliver("y_te", "2019-04", direct(1))
    assert_refused(province, province.build("2019-04"), "no_metric", "")


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        ("update mart.compliance_month set denominator = denominator + 1", "parts_unbalanced"),
        ("update mart.compliance_ytd set direct_count = null", "parts_unbalanced"),
        ("update mart.compliance_month set numerator = denominator + 1", "parts_unbalanced"),
        ("update mart.compliance_month set numerator = null", "parts_unbalanced"),
        (
            "update mart.compliance_month"
            " set direct_count = direct_count + 1, denominator = denominator + 1 where scope = 'own'",
            "scopes_unbalanced",
        ),
        ("delete from mart.compliance_ytd where scope = 'communes'", "scopes_unbalanced"),
        (
            "update mart.compliance_ytd set direct_count = direct_count + 1, denominator = denominator + 1",
            "ytd_unbalanced",
        ),
        (
            "update mart.compliance_month"
            " set numerator = 0, online_level_3_count = 0, direct_count = direct_count + online_level_3_count",
            "month_unbalanced",
        ),
        ("delete from mart.compliance_month", "roster_incomplete"),
        ("delete from mart.compliance_ytd", "roster_incomplete"),
    ],
)
def test_figures_that_do_not_add_up_are_not_published(province: Province, tampering: str, finding: str) -> None:
    province.deliver("yen_the", "2019-04", online(3), direct(4, commune="07243"))
    publication_id = province.build("2019-04")
    condition = "and" if " where " in tampering else "where"
    province.execute(f"{tampering} {condition} {ROW}", id=publication_id)
    assert_refused(province, publication_id, finding, "yen_the")


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        ("delete from mart.compliance_rollup", "roster_incomplete"),
        ("delete from mart.compliance_rollup where scope = 'own'", "scopes_unbalanced"),
        ("update mart.compliance_rollup set post_count = -1", "parts_unbalanced"),
        (
            "update mart.compliance_rollup set direct_count = direct_count + 1, denominator = denominator + 1",
            "rollup_unbalanced",
        ),
    ],
)
@pytest.mark.parametrize("calendar", ["calendar", "administrative"])
def test_a_quarter_that_is_not_that_of_its_months_is_not_published(
    province: Province, calendar: str, tampering: str, finding: str
) -> None:
    march = {"received": "2019-03-01", "finished": "2019-03-02"}
    province.deliver("yen_the", "2019-03", online(3, **march), direct(4, commune="07243", **march))
    province.deliver_nothing("2019-02")
    publication_id = province.build("2019-03", calendar=calendar)
    assert not [f for f in province.check(publication_id) if f.severity == "block"]
    condition = "and" if " where " in tampering else "where"
    province.execute(f"{tampering} {condition} {ROW}", id=publication_id)
    assert_refused(province, publication_id, finding, "yen_the")


def test_a_refused_build_passes_once_it_is_put_right_and_checked_again(province: Province) -> None:
    province.deliver("yen_the", "2019-04", online(3), direct(4))
    publication_id = province.build("2019-04")
    column = "update mart.compliance_month set direct_count = direct_count {} 1 where publication_id = :id"
    province.execute(column.format("+"), id=publication_id)
    assert_refused(province, publication_id, "parts_unbalanced", "yen_the")
    province.execute(column.format("-"), id=publication_id)
    assert not [f for f in province.check(publication_id) if f.severity == "block"]
    province.approve(publication_id)
    assert province.release(publication_id).revision == 1


def test_what_the_approver_must_know_is_told_with_unit_and_cause(province: Province) -> None:
    province.deliver_nothing("2019-04", besides=["y_te", "tu_phap"])
    province.deliver("y_te", "2019-04", decision="rejected")
    province.execute(
        "insert into ops.pull_attempt (source_id, period, outcome, error, failure_kind)"
        " values ('tu_phap', '2019-04', 'failed', 'connection refused', 'unavailable')"
    )
    told = {f.unit_code: f.message_vi for f in province.check(province.build("2019-04"))}
    assert told == {
        "so_y_te": "Chưa có số liệu (nguồn: y_te). Số liệu đã gửi bị từ chối khi kiểm tra; cơ quan cần sửa và gửi lại.",
        "so_tu_phap": "Chưa có số liệu (nguồn: tu_phap). Hệ thống của cơ quan không trả lời hoặc quá tải.",
        "ban_dan_toc": "Không có nguồn nào phải gửi số liệu cho đơn vị trong kỳ.",
    }


def test_dossiers_that_no_figure_counts_are_told(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(2))
    moved = "update core.dossier_version set owner_unit_code = :unit where dossier_code like '%-0'"
    province.execute(moved, unit="so_ngoai_vu")
    assert ("warn", "counted_off_roster", "so_ngoai_vu") in found(province, province.build("2019-04"))
    province.execute(moved, unit="ban_dan_toc")
    assert ("warn", "counted_not_expected", "ban_dan_toc") in found(province, province.build("2019-04"))


def test_units_without_a_target_in_force_are_told(province: Province) -> None:
    untargeted = [
        {unit for _, finding, unit in found(province, province.build(period)) if finding == "target_missing"}
        for period in ("2018-12", "2019-01")  # targets begin with the year
    ]
    assert untargeted == [set(UNITS), set()]


def test_a_restatement_is_told_before_it_is_approved_with_who_crossed_the_target(province: Province) -> None:
    province.deliver("y_te", "2019-04", online(2), direct(7))
    province.deliver("tu_phap", "2019-04", direct(5))
    province.publish("2019-04")
    province.deliver("y_te", "2019-04", online(2, name="late"))
    changed = [f for f in province.check(province.build("2019-04")) if f.finding == "changed"]
    assert [(f.severity, f.unit_code, f.message_vi) for f in changed] == [
        ("warn", "so_y_te", "Lũy kế chỉ số chính thức: 2/9 thành 4/11; nay đạt chỉ tiêu.")
    ]


def test_going_back_to_older_data_is_told(province: Province) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    first = province.stored(province.publish("2019-04").publication_id)
    province.deliver("y_te", "2019-04", direct(2))
    province.publish("2019-04")
    assert ("warn", "as_of_earlier", "") in found(province, province.build("2019-04", as_of=first.as_of))


def test_a_month_that_is_not_over_is_provisional_only(province: Province) -> None:
    period = province.jurisdiction.period("2019-04")
    province.deliver("y_te", "2019-04", direct(1))
    province.execute("update ops.delivery set decided_at = '2019-04-20'")
    province.execute("update core.dossier_version set known_from = '2019-04-20'")
    last_moment = period.ends_at - timedelta(microseconds=1)
    assert ("block", "period_not_over", "") not in found(province, province.build("2019-04", as_of=period.ends_at))
    assert found(province, province.build("2019-04", "provisional", as_of=last_moment)) >= {
        ("warn", "not_reported", "ban_dan_toc")
    }
    assert_refused(province, province.build("2019-04", as_of=last_moment), "period_not_over", "")


def test_figures_of_another_configuration_than_the_one_named_are_not_built(province: Province, tmp_path: Path) -> None:
    old = province.jurisdiction
    another = "so_cong_thuong,Sở Công Thương,Department of Industry,department,departments,,,80,2016-01-01,,\n"
    newer = load(tmp_path / "newer", UNIT_TABLE + another)
    province.deliver("y_te", "2019-04", direct(1))
    province.jurisdiction = newer
    with pytest.raises(publication.ConfigurationNotRecordedError, match="synchronise"):
        province.build("2019-04")
    province.synchronise(newer)
    province.publish("2019-04")
    province.jurisdiction = old  # recorded once, but the warehouse holds the newer one
    with pytest.raises(publication.ConfigurationNotRecordedError, match="synchronise"):
        province.build("2019-04")


def test_a_withdrawn_dossier_that_is_taken_up_again_counts_by_its_latest_state_and_is_told_once(
    province: Province,
) -> None:
    province.deliver("y_te", "2019-04", direct(3, "2019-04-05", status="withdrawn", name="back"), online(1))
    province.publish("2019-04")
    province.deliver("y_te", "2019-04", direct(2, "2019-04-20", name="back"))
    restated = province.build("2019-04")
    (told,) = [f for f in province.check(restated) if f.finding == "withdrawn_taken_up"]
    assert (told.severity, told.unit_code) == ("warn", "so_y_te")
    assert told.message_vi.startswith(
        "Có 2 hồ sơ đã rút nay được xử lý trở lại (trong đó back-0): tính theo trạng thái"
    )
    province.approve(restated)
    province.release(restated)
    row = province.figures("compliance_month", "2019-04")["so_y_te"]
    assert (row.numerator, row.denominator) == (1, 3)
    province.deliver("y_te", "2019-04", online(1, name="later"))
    assert "withdrawn_taken_up" not in {finding for _, finding, _ in found(province, province.build("2019-04"))}


def test_a_dossier_that_another_unit_counts_is_told_and_explained(province: Province) -> None:
    """Justice reports two of health's dossiers too: they count once."""
    province.deliver("y_te", "2019-04", online(2, name="shared"))
    province.deliver("tu_phap", "2019-04", online(2, name="shared"), direct(1))
    province.execute(
        "insert into core.dossier_elsewhere (owner_unit_code, dossier_code, counted_unit_code, known_from)"
        " select 'so_tu_phap', dossier_code, 'so_y_te', clock_timestamp() from core.dossier_version"
        " where owner_unit_code = 'so_y_te'"
    )
    number = province.publish("2019-04").publication_id
    told = {f.unit_code: f.message_vi for f in province.check(number) if f.finding == "counted_elsewhere"}
    assert told == {
        "so_tu_phap": "Có 2 hồ sơ (trong đó shared-0) đơn vị khác cũng báo cáo: tính một lần tại so_y_te; "
        "nếu sai, đề nghị nguồn sửa đơn vị của hồ sơ."
    }
    figures = province.figures("compliance_month", "2019-04")
    assert [figures[unit].denominator for unit in ("so_y_te", "so_tu_phap")] == [2, 1]
    with province.engine.begin() as connection:
        explained = publication.explain(connection, number, "so_tu_phap")
    assert explained.is_equal
    assert sorted(d.reason for d in explained.dossiers) == ["counted_elsewhere", "counted_elsewhere", "direct"]
