"""A unit's sheet, deliveries, alerts, publications. A failure means that a unit cannot see why, or what to do."""

from collections.abc import Callable
from datetime import UTC, datetime

from onestop.jurisdiction import Jurisdiction
from onestop.landing import record_pull_attempt
from tests.page.conftest import Site
from tests.province import Province, direct, online

DASH = "—"


def test_a_units_sheet_shows_its_year_its_months_and_what_it_needs(site: Site) -> None:
    page = site.page("/units/so_y_te")
    assert page.one("h1").text == "Sở Y tế"
    assert page.one(class_="lead-rate").text == "13,6 %"
    facts = {fact.one("dt").text: fact.one("dd").text for fact in page.one("dl", "facts").every("div")}
    assert list(facts.values()) == ["3 / 5", "2 / 4", "2", "4"]
    months = next(table for table in page.every("table") if table.one("caption").text == "Số liệu từng tháng")
    assert months.rows() == [
        ["Tháng 3 năm 2019", "10", "2", "0", "8", "0", "20,0", "Chưa đạt", "Đã nộp"],
        ["Tháng 4 năm 2019", "12", "1", "0", "9", "2", "8,3", "Chưa đạt", "Đã nộp"],
    ]
    assert months.rows("tfoot") == [["Lũy kế", "22", "3", "0", "17", "2", "13,6", "Chưa đạt", ""]]


def test_the_trend_stands_in_the_months_of_the_year_beside_the_target(site: Site) -> None:
    chart = site.page("/units/so_y_te").one("svg", "trend")
    assert [text.text for text in chart.every("text", "value")] == ["20,0", "8,3"]
    march, april = chart.every("rect", "column")
    assert float(march.attributes["height"]) > 2 * float(april.attributes["height"])
    places = {text.text: float(text.attributes["x"]) for text in chart.every("text") if text.text.startswith("T")}
    assert list(places) == [f"T{month}" for month in range(1, 13)]
    for column, month in ((march, "T3"), (april, "T4")):
        middle = float(column.attributes["x"]) + float(column.attributes["width"]) / 2
        assert abs(middle - places[month]) < 0.2
    assert chart.one("text", "target-name").text == "Chỉ tiêu ít nhất 30 %"


def test_a_month_without_data_has_a_dash_and_no_column(site: Site) -> None:
    chart = site.page("/units/cuc_thue").one("svg", "trend")
    assert [text.text for text in chart.every("text", "value")] == ["30,0", DASH]
    assert len(chart.every("rect", "column")) == 1


def test_a_unit_without_any_data_has_no_rate_at_all(site: Site) -> None:
    page = site.page("/units/ban_dan_toc")
    assert page.one(class_="lead-rate").text == DASH
    assert page.one(class_="lead-sentence").text == "Chưa có số liệu để tính tỷ lệ."
    assert "0,0" not in page.one("main").text


def test_units_that_reported_no_dossiers_are_not_said_to_have_no_figures(
    province: Province, site_of: Callable[[Jurisdiction], Site]
) -> None:
    province.deliver("noi_vu", "2020-01")
    province.publish("2020-01")
    site = site_of(province.jurisdiction)
    for path, said in (
        ("/units/so_noi_vu", "Không có hồ sơ nào để tính tỷ lệ."),
        ("/", "Không có hồ sơ nào để tính tỷ lệ."),
        ("/units/so_y_te", "Chưa có số liệu để tính tỷ lệ."),
    ):
        assert site.page(path).one(class_="lead-sentence").text == said


def test_a_district_shows_its_own_desk_and_its_communes_apart(site: Site) -> None:
    scopes = site.page("/units/yen_the").one("table", "scopes")
    assert scopes.rows() == [
        ["Cơ quan đơn vị", "17", "3", "17,6"],
        ["Các xã, phường, thị trấn", "3", "1", "33,3"],
        ["Cộng", "20", "4", "20,0"],
    ]
    assert not site.page("/units/so_y_te").every("table", "scopes")


def test_a_sheet_shows_the_units_own_deliveries_faults_and_alerts_only(site: Site) -> None:
    health, justice = site.page("/units/so_y_te").text, site.page("/units/so_tu_phap").text
    for said in ("Thiếu ngày tiếp nhận", "Bổ sung ngày tiếp nhận.", "Dưới chỉ tiêu.", "Tạm ngừng nhắc"):
        assert said in health or said.lower() in health
        assert said not in justice
    assert "Đã xong." not in health  # resolved
    assert "Không có cảnh báo nào đang mở." in justice


def test_nobody_is_first_where_nobody_has_an_online_dossier(
    province: Province, site_of: Callable[[Jurisdiction], Site]
) -> None:
    province.deliver("y_te", "2019-04", direct(2))
    province.deliver("noi_vu", "2019-04", direct(3))
    province.deliver("yen_the", "2019-04", online(1), direct(9))
    province.deliver("tan_yen", "2019-04", direct(9))
    province.publish("2019-04")
    site = site_of(province.jurisdiction)
    departments, districts = site.page().every("table", "compliance")
    assert {row[12] for row in departments.rows()} == {DASH}
    assert [row[12] for row in districts.rows()] == ["1", "2"]
    assert site.page("/units/so_y_te").one("dl", "facts").every("dd")[0].text == DASH
    assert "Chưa đơn vị nào" not in site.page().text


def test_deliveries_name_who_is_missing_late_or_refused_and_why(site: Site) -> None:
    page = site.page("/deliveries")
    assert page.one(class_="sub").text == "5 trên 6 đơn vị đã có số liệu tháng 4 năm 2019."
    gaps = page.every("table")[0]
    assert [row[:2] for row in gaps.rows()] == [
        ["Cục Thuế tỉnh", "Bị từ chối"],
        ["Huyện Yên Thế", "Nộp muộn"],
        ["Ban Dân tộc", "Không phải nộp"],
    ]
    faults = page.every("table")[1]
    assert faults.rows() == [["y_te", "Thiếu ngày tiếp nhận", "2", "Bổ sung ngày tiếp nhận."]]
    assert len(page.every("table")[2].rows()) == 7


def test_alerts_are_listed_the_gravest_first_until_they_are_resolved(site: Site) -> None:
    page = site.page("/alerts")
    assert page.one(class_="sub").text == "2 cảnh báo chưa được khắc phục."
    first, second = page.one("ul", "alerts").every("li")
    assert first.text.startswith("Sở Nội vụ · Chưa phát sinh hồ sơ trực tuyến Chưa có hồ sơ. Nghiêm trọng · đang mở từ")
    assert second.text.startswith("Sở Y tế · Chưa đạt chỉ tiêu lũy kế từ đầu năm Dưới chỉ tiêu. Cần lưu ý")


def test_publications_show_every_revision_with_reason_approver_and_what_changed(site: Site) -> None:
    page = site.page("/publications")
    listed, changed = page.every("table")
    assert [(row[0], row[1], row[4], row[5], row[6]) for row in listed.rows()] == [
        ("Tháng 4 năm 2019", "1", "monthly report", "the head of the office", "lần đầu"),
        ("Tháng 3 năm 2019", "2 (đang có hiệu lực)", "monthly report", "the head of the office", "1"),
        ("Tháng 3 năm 2019", "1", "monthly report", "the head of the office", "lần đầu"),
    ]
    assert changed.rows() == [
        ["Huyện Tân Yên", "— / —", DASH, "Chưa có số liệu", "0 / 2", "0,0", "Chưa phát sinh"],
    ]


def test_moments_are_told_in_the_provinces_time(site: Site) -> None:
    late = next(row for row in site.page("/deliveries").every("table")[2].rows() if row[0] == "yen_the")
    assert late[1] == "12:00 ngày 20/05/2019"


def test_a_missing_unit_is_told_in_vietnamese_with_what_the_engineers_need_below(
    province: Province, site_of: Callable[[Jurisdiction], Site]
) -> None:
    province.deliver("noi_vu", "2019-04", direct(3))
    with province.engine.begin() as connection:
        record_pull_attempt(
            connection, "y_te", "2019-04", None, "failed", None, "https://host.example: status 401",
            attempted_at=datetime(2019, 5, 2, tzinfo=UTC), failure_kind="unauthorised",
        )  # fmt: skip
    province.publish("2019-04")
    site = site_of(province.jurisdiction)
    said = {row[0]: row[2] for row in site.page("/deliveries").every("table")[0].rows()}["Sở Y tế"]
    assert said.startswith("Hệ thống của cơ quan không chấp nhận tài khoản truy cập")
    assert said.endswith("https://host.example: status 401")
    assert "Hệ thống" not in site.page("/deliveries?lang=en").every("table")[0].text
