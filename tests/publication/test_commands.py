"""`onestop publication …` and `onestop explain`. A failure here leaves engineers unable to answer for a figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from onestop import settings as settings_module
from onestop.cli import app
from tests.province import Province, direct, load, online
from tests.publication.test_golden import deliver_april

Run = Callable[..., Any]


@pytest.fixture
def run(open_province: Province, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Run]:
    """Run a command on the province's warehouse; give its output, or its answer where it is JSON."""
    assert isinstance(open_province.engine, Engine)
    load(tmp_path / "configuration")
    monkeypatch.setenv("ONESTOP_WAREHOUSE_URL", open_province.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ONESTOP_JURISDICTION", str(tmp_path / "configuration"))
    settings_module.get_settings.cache_clear()

    def run(*arguments: str, exit_code: int = 0) -> Any:
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout) if "--json" in arguments else result.output

    yield run
    settings_module.get_settings.cache_clear()


@pytest.fixture
def restated(open_province: Province) -> Province:
    """April, published twice, provisional once, built once more."""
    deliver_april(open_province)
    open_province.publish("2019-04")
    open_province.deliver("tu_phap", "2019-04", online(1000, name="late"))
    open_province.publish("2019-04")
    open_province.publish("2019-04", "provisional")
    open_province.deliver("y_te", "2019-04", direct(3, name="later"))
    open_province.check(open_province.build("2019-04"))
    return open_province


def test_publications_are_listed_and_shown_as_officials_read_them(run: Run, restated: Province) -> None:
    listed = run("publication", "list")
    assert [line.split()[2] for line in listed.splitlines() if "2019-04" in line] == ["—", "tạm", "2", "1"]
    assert "đã công bố (mới nhất)" in listed
    assert "the head of the office" in listed
    machine = run("publication", "list", "--period", "2019-04", "--json")
    assert [(one["revision"], one["kind"], one["state"]) for one in machine] == [
        (None, "official", "built"),
        (None, "provisional", "published"),
        (2, "official", "published"),
        (1, "official", "published"),
    ]
    assert run("publication", "list", "--period", "2019-03", "--json") == []
    shown = run("publication", "show", "2019-04")
    for told in ("Toàn tỉnh", "1.014", "Kết quả kiểm tra", "nay đạt chỉ tiêu", machine[2]["content_hash"]):
        assert told in shown
    assert run("publication", "show", "2019-04/1", "--json")["publication"]["revision"] == 1
    assert restated.stored(machine[2]["publication_id"])["revision"] == 2


def test_a_difference_says_who_crossed_the_target(run: Run, restated: Province) -> None:
    told = run("publication", "diff", "2019-04", "--scope", "total")
    assert "Nay đạt chỉ tiêu: Sở Tư pháp" in told
    assert "1.002/1.010" in told
    assert "Chưa đạt → Đạt" in told
    machine = run("publication", "diff", "2019-04", "2019-04/1", "--json")
    assert {d["crossed"] for d in machine["differences"]} == {None, "now_met"}
    before_publishing = run("publication", "diff", "2019-04/built", "--metric", "resolved_all", "--json")
    assert (before_publishing["old"]["revision"], before_publishing["new"]["state"]) == (2, "built")
    assert [(d["unit_code"], d["crossed"]) for d in before_publishing["differences"] if d["span"] == "month"] == [
        ("so_y_te", "no_longer_met")
    ]
    assert "Không có khác biệt" in run("publication", "diff", "2019-04", "2019-04")
    assert restated.rows("select count(*) from ops.publication")[0]["count"] == 4


def test_rebuilding_says_whether_it_matches_and_ends_with_1_when_not(run: Run, restated: Province) -> None:
    assert run("publication", "rebuild", "--all").count("khớp") == 3
    assert run("publication", "rebuild", "2019-04/1", "2019-04/built").count("khớp") == 2
    restated.execute(
        "update mart.compliance_month set numerator = 1 where unit_code = 'cuc_thue' and metric_id = 'resolved_all'"
        " and publication_id = (select publication_id from ops.publication where revision = 1)"
    )
    told = run("publication", "rebuild", "--all", exit_code=1)
    assert "KHÁC   2019-04/1" in told
    assert "compliance_month unit_code=cuc_thue scope=total metric_id=resolved_all: " in told
    assert "công bố numerator=1; tính lại numerator=5" in told
    assert "quy tắc" not in told, "by the same rules, it is no rule that differs"
    restated.execute("update ops.publication set rules_hash = 'of another version' where revision = 1")
    told = run("publication", "rebuild", "2019-04/1", exit_code=1)
    assert "lập bằng phiên bản chương trình có quy tắc đếm khác" in told
    restated.execute("update ops.publication set rules_hash = null where revision = 1")
    told = run("publication", "rebuild", "2019-04/1", exit_code=1)
    assert "lập khi chưa ghi quy tắc đếm" in told
    machine = run("publication", "rebuild", "2019-04/1", "--json", exit_code=1)
    assert [one["matches"] for one in machine] == [False]
    run("publication", "rebuild", exit_code=2)


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("April", "names no publication"),
        ("2019-03", "There is no publication 2019-03. The period has: none"),
        ("2019-04/9", "The period has: 5, 2019-04/provisional, 2019-04/2, 2019-04/1"),
        ("1730", "There is no publication 1730"),
    ],
)
def test_what_there_is_not_is_answered_with_what_there_is(
    run: Run, restated: Province, reference: str, told: str
) -> None:
    assert restated
    for command in ("show", "rebuild", "diff"):
        output = run("publication", command, reference, exit_code=1)
        assert told.replace("5, ", "") in output.replace("4, ", "").replace("5, ", "")
    assert "Traceback" not in output


def test_a_figure_is_explained_with_definition_comparison_and_dossiers(run: Run, restated: Province) -> None:
    told = run("explain", "so_y_te", "2019-04", "resolved_all", "--limit", "4")
    for expected in (
        "Sở Y tế, toàn đơn vị. Tháng 4 năm 2019",
        "3 × 100 = 300 ≥ 30 × 10 = 300: đạt",
        "3/10: đúng bằng số công bố",
        "Công văn 1730/UBND-KSTT",
        "Hồ sơ (4 trên 12",
        "online-3-2019-04-01",
        "Đã rút hồ sơ: không tính.",
    ):
        assert expected in told
    assert "lần 1;" in run("explain", "so_tu_phap", "2019-04", "--revision", "1")
    machine = run("explain", "yen_the", "2019-04", "--ytd", "--scope", "communes", "--json")
    assert (machine["is_equal"], machine["comparison"]) == (True, "3 × 100 = 300 > 30 × 7 = 210")
    assert len(machine["figure"]["dossiers"]) == 7
    assert "has no unit 'so_moi'" in run("explain", "so_moi", "2019-04", exit_code=1)
    restated.execute("delete from core.dossier_version where dossier_code like 'online-4-%'")
    assert "KHÁC số công bố" in run("explain", "so_y_te", "2019-04", exit_code=1)


def test_where_nothing_was_delivered_no_zero_is_found_equal_to_it(run: Run, open_province: Province) -> None:
    open_province.deliver("noi_vu", "2019-04", direct(1))
    open_province.publish("2019-04")
    told = run("explain", "so_y_te", "2019-04")
    assert "chưa có số liệu công bố, không phải là 0" in told
    assert "0/0" not in told


def test_a_month_of_another_calendar_is_named_with_its_calendar(run: Run, open_province: Province) -> None:
    """15 March to 14 April has two dossiers, the calendar's April a third."""
    for period in ("2019-03", "2019-04"):
        open_province.deliver("y_te", period)
    open_province.deliver("y_te", "2019-04", direct(2, "2019-04-14 23:59:59"), direct(1, "2019-04-15 00:00:00"))
    for calendar in ("calendar", "administrative"):
        open_province.publish("2019-04", calendar=calendar)
    assert "0/3: đúng bằng số công bố" in run("explain", "so_y_te", "2019-04")
    for named in ("administrative/2019-04", "administrative/2019-04/1"):
        assert "0/2: đúng bằng số công bố" in run("explain", "so_y_te", named)
        assert run("publication", "show", named, "--json")["publication"]["calendar"] == "administrative"
    assert "khớp" in run("publication", "rebuild", "administrative/2019-04")
    told = run("publication", "show", "lunar/2019-04", exit_code=1)
    assert "The period has: administrative/2019-04/1, 2019-04/1" in told


def test_a_figure_from_a_form_names_the_form_and_its_delivery(run: Run, open_province: Province) -> None:
    sources = tuple(
        one.model_copy(update={"dataset": "reported_total"}) if one.id.startswith("thue") else one
        for one in open_province.jurisdiction.sources
    )
    open_province.synchronise(open_province.jurisdiction.model_copy(update={"sources": sources}))
    for source_id in ("thue_ho_so", "thue_hoa_don"):
        open_province.deliver(source_id, "2019-04")
    open_province.execute("update ops.delivery set dataset = 'reported_total'")
    open_province.execute("""
        insert into core.reported_total_version (
            owner_unit_code, period, source_id, received_total, resolved_total, resolved_online_level_3,
            resolved_online_level_4, row_hash, delivery_id, observed_at, known_from
        )
        select 'cuc_thue', period, source_id, 1730, 1730, 500, 19, 1, delivery_id, observed_at, clock_timestamp()
        from ops.delivery where source_id = 'thue_ho_so'
    """)
    open_province.publish("2019-04")
    told = run("explain", "cuc_thue", "2019-04")
    for expected in ("519/1.730: đúng bằng số công bố", "Cộng lại biểu 06a", "biểu 06a không nêu từng hồ sơ",
                     "7. Đã giải quyết", "thue_ho_so", "Theo biểu 06a: trực tuyến ở mức độ được tính"):  # fmt: skip
        assert expected in told, expected
    assert run("explain", "cuc_thue", "2019-04", "--json")["figure"]["stated"][0]["resolved_total"] == 1730


def test_a_plan_previews_what_another_target_would_change_and_leaves_nothing(
    run: Run, restated: Province, tmp_path: Path
) -> None:
    targets = tmp_path / "configuration" / "targets.csv"
    targets.write_text(targets.read_text().replace("vertical,>=,30", "vertical,>=,63"))
    before = restated.rows("select publication_id, state from ops.publication order by 1")
    asked = ("--periods", " 2019-03 .. 2019-04", "--reason", " Công văn 99 ")
    told = run("publication", "plan", *asked, "--scope", "total")
    march, april = told.split("Tháng 4 năm 2019")
    assert "Tháng 3 năm 2019 (chưa công bố lần nào): sẽ có lần công bố mới" in march
    assert "(hiện là 2019-04/2): sẽ có lần công bố mới" in april
    assert "Nay không đạt chỉ tiêu: Sở Y tế, Cục Thuế tỉnh" in april
    assert (
        """airflow dags trigger restate_compliance --conf '{"periods": "2019-03..2019-04", "reason": "Công văn 99"}'"""
        in told
    )
    assert restated.rows("select publication_id, state from ops.publication order by 1") == before
    assert restated.rows("select distinct target_num from core.target") == [{"target_num": 30}]
    machine = run("publication", "plan", "--periods", "2019-04", "--reason", "Công văn 99", "--json")
    assert machine["months"][0]["visible"]["revision"] == 2
    assert {d["unit_code"] for d in machine["months"][0]["differences"]} >= {"cuc_thue", "so_y_te"}


@pytest.mark.parametrize(
    ("periods", "reason", "exit_code", "told"),
    [
        ("2019-04..2019-01", "Công văn 99", 1, "ends before it begins"),
        ("April", "Công văn 99", 1, "is no month"),
        ("2010-01..2019-01", "Công văn 99", 1, "more than 60 months"),
        ("2019-04", " " * 10, 2, "a restatement needs a reason"),
        ("2019-04", " vì thế   ", 2, "a restatement needs a reason"),
        ("2019-05", "Công văn 99", 1, "cannot be published: 2019-05"),
    ],
)
@pytest.mark.usefixtures("restated")
def test_a_plan_that_cannot_be_says_why(run: Run, periods: str, reason: str, exit_code: int, told: str) -> None:
    output = run("publication", "plan", "--periods", periods, "--reason", reason, exit_code=exit_code)
    assert told in output


def test_every_span_of_a_difference_has_its_word() -> None:
    from onestop.cli_publication import _SPANS
    from onestop.publication import Difference

    assert set(_SPANS) == set(get_args(get_type_hints(Difference)["span"]))
