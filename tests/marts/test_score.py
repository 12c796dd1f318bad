"""What the dispatch orders, and the score.

A failure means that a head of a unit is rated by something else than the formula.
"""

from pathlib import Path

from tests.marts.conftest import EMULATION, FILES, Office, lines
from tests.province import direct, load, online

REVIEW = "accountability_review"
COUNTS = "due_count done_count done_quantity open_count overdue_count done_in_year_count"


def test_registers_say_what_was_due_done_and_overdue_by_the_end_of_the_month(province: Office) -> None:
    province.deliver("y_te", "2019-04")
    province.enter(REVIEW, "1", "so_y_te", due_on="2019-04-10", done_on="2019-04-30")
    province.enter(REVIEW, "2", "so_y_te", due_on="2019-04-30")
    province.enter(REVIEW, "3", "so_y_te", due_on="2019-05-01", done_on="2019-05-02")
    province.enter(REVIEW, "4", "so_y_te", due_on="2019-02-10", done_on="2019-02-10")
    province.enter(REVIEW, "5", "so_y_te", due_on="2018-12-01", done_on="2018-12-31")
    province.enter(REVIEW, "6", "so_y_te", due_on=None)
    province.enter("publicity_activity", "1", None, body_name="Báo", done_on="2019-04-02", quantity=3)
    province.enter("publicity_activity", "2", None, body_name="Báo", done_on="2019-04-03", quantity=4)
    province.enter("publicity_activity", "3", None, body_name="Đoàn", done_on="2019-04-03")
    province.enter("publicity_activity", "4", "yen_the", done_on="2019-03-03", quantity=9)
    province.publish("2019-04")
    columns = f"unit_code body_name {COUNTS}"
    zeros = "'' 0 0 - 0 0 0"
    assert province.table("directive_month", columns, f"register = '{REVIEW}'") == lines(
        f"""
        so_y_te     '' 2 1 - 3 1 2
        so_tu_phap  {zeros}
        so_noi_vu   {zeros}
        cuc_thue    {zeros}
        yen_the     {zeros}
        tan_yen     {zeros}
        ban_dan_toc {zeros}
        """
    )
    assert province.table(
        "directive_month", columns, "register = 'publicity_activity' and unit_code in ('', 'yen_the')"
    ) == lines(
        """
        ''      Báo  0 2 7 0 0 2
        ''      Đoàn 0 1 - 0 0 1
        yen_the ''   0 0 - 0 0 1
        """
    )
    kept_by_nobody = province.table(
        "directive_month", columns, "register = 'portal_milestone' and unit_code = 'so_y_te'"
    )
    assert kept_by_nobody == ["so_y_te '' - - - - - -"]


def deliver(province: Office) -> None:
    late = {"due": "2019-04-09 08:00:00"}
    on_time = {"due": "2019-04-10 08:00:00"}
    province.deliver(
        "y_te", "2019-04",
        online(3, **on_time), direct(5, **on_time), direct(2, **late, name="late"),
        direct(9, None, status="in_process", due="2019-05-10"), direct(1, None, status="in_process", due="2019-04-20"),
    )  # fmt: skip
    province.deliver("tu_phap", "2019-04", online(1), direct(9))
    province.deliver("tan_yen", "2019-04", online(4), direct(2))
    province.deliver("noi_vu", "2019-04", decision="rejected")


def test_each_part_of_the_score_is_told_with_its_figure_and_their_sum_is_ranked(province: Office) -> None:
    deliver(province)
    province.publish("2019-04")
    # unit, part, the figure, points of at most; rank by points over maximum in the group
    assert province.table("emulation_score", "unit_code part_id numerator denominator points max_points rank") == lines(
        """
        so_y_te     online   3 10   50.0000 50.0000   -
        so_y_te     on_time  8 10   18.0000 30.0000   -
        so_y_te     overdue  1 10   10.0000 20.0000   -
        so_y_te     total    - -    78.0000 100.0000  1
        so_tu_phap  online   1 10   16.6667 50.0000   -
        so_tu_phap  on_time  0 0    - -               -
        so_tu_phap  overdue  0 0    - -               -
        so_tu_phap  total    - -    16.6667 50.0000   2
        tan_yen     online   4 6    50.0000 50.0000   -
        tan_yen     on_time  0 0    - -               -
        tan_yen     overdue  0 0    - -               -
        tan_yen     total    - -    50.0000 50.0000   1
        so_noi_vu   online   - -    0.0000 50.0000    -
        so_noi_vu   on_time  - -    - -               -
        so_noi_vu   overdue  - -    - -               -
        so_noi_vu   total    - -    0.0000 50.0000    3
        cuc_thue    online   - -    0.0000 50.0000    -
        cuc_thue    on_time  - -    - -               -
        cuc_thue    overdue  - -    - -               -
        cuc_thue    total    - -    0.0000 50.0000    3
        yen_the     online   - -    0.0000 50.0000    -
        yen_the     on_time  - -    - -               -
        yen_the     overdue  - -    - -               -
        yen_the     total    - -    0.0000 50.0000    2
        ban_dan_toc online   - -    0.0000 50.0000    -
        ban_dan_toc on_time  - -    - -               -
        ban_dan_toc overdue  - -    - -               -
        ban_dan_toc total    - -    0.0000 50.0000    3
        """
    )


def test_another_formula_is_another_file_and_no_program(province: Office, tmp_path: Path) -> None:
    part = """\
  - {id: share, title_vi: x, title_en: x, figure: online_rate_month, metric_id: received_all, max_points: 7,
     no_points_at: 10, full_points_at: 90, when_no_data: left_out}
"""
    formula = EMULATION.replace("formula_version: 3", "formula_version: 4").partition("  - {id: online")[0] + part
    deliver(province)
    province.synchronise(load(tmp_path / "another", changed={**FILES, "emulation.yaml": formula}))
    province.publish("2019-04")
    columns = "part_id formula_version numerator denominator points max_points"
    assert province.table("emulation_score", columns, "unit_code = 'tan_yen'") == lines(
        """
        share 4 4 6 4.9583 7.0000
        total 4 - - 4.9583 7.0000
        """
    )


def test_without_a_formula_nobody_is_scored(province: Office, tmp_path: Path) -> None:
    deliver(province)
    province.synchronise(load(tmp_path / "none", changed={"procedures.csv": FILES["procedures.csv"]}))
    province.publish("2019-04")
    assert province.table("emulation_score", "part_id") == []
