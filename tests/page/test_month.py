"""The month at a glance. A failure means that the Chairman reads a wrong figure, or reads a right one wrongly."""

from collections.abc import Callable

from onestop.jurisdiction import Jurisdiction
from tests.page.conftest import Site
from tests.page.document import Element
from tests.province import Province, direct

DASH = "—"
COLUMNS = [
    "STT", "Đơn vị", "Tổng hồ sơ", "Trực tuyến", "Trực tiếp", "BCCI", "Tỷ lệ %", "Chỉ tiêu %", "Chênh lệch",
    "Cần mỗi tháng", "Đánh giá", "Hạng", "Ghi chú",
]  # fmt: skip


def table(page: Element, group: int) -> Element:
    return page.every("table", "compliance")[group]


def test_the_newest_month_opens_with_the_year_to_date_against_the_target(site: Site) -> None:
    page = site.page()
    assert page.one("h1").text == "Tháng 4 năm 2019"
    assert "Lũy kế từ đầu năm đến hết tháng 4/2019" in page.one(class_="lead-label").text
    assert page.one(class_="lead-rate").text == "24,6 %"  # 15 of 61, not the mean of the rates
    assert page.one(class_="lead-sentence").text == (
        "15 trên 61 hồ sơ được xử lý trực tuyến mức độ 3, 4. Còn thiếu 5,4 điểm phần trăm so với chỉ tiêu ít nhất 30 %."
    )
    assert [row.text for row in page.every(class_="lead-row")] == ["Huyện, thành phố 18,2 %", "Toàn tỉnh 22,9 %"]


def test_every_unit_of_the_roster_is_counted_in_one_of_the_four_results(site: Site) -> None:
    for path in ("/", "/?basis=month"):  # the year to date decides, whatever the table shows
        tiles = [
            (tile.one(class_="tile-name").text, tile.one(class_="tile-count").text, tile.one(class_="tile-split").text)
            for tile in site.page(path).every("li", "tile")
        ]
        assert tiles == [
            ("Đạt", "2", "Sở, ngành: 2"),
            ("Chưa đạt", "2", "Sở, ngành: 1 · Huyện, thành phố: 1"),
            ("Chưa phát sinh", "2", "Sở, ngành: 1 · Huyện, thành phố: 1"),
            ("Chưa có số liệu", "1", "Sở, ngành: 1"),
        ]


def test_the_table_shows_every_unit_with_its_figures_by_group(site: Site) -> None:
    page = site.page()
    assert [header.text for header in table(page, 0).every("tr")[0].every("th")] == COLUMNS
    assert [table(page, group).one("caption").text for group in (0, 1)] == [
        "Sở, ngành · Lũy kế từ đầu năm đến hết tháng 4/2019 Chỉ tiêu: ít nhất 30 %",
        "Huyện, thành phố · Lũy kế từ đầu năm đến hết tháng 4/2019 Chỉ tiêu: trên 30 %",
    ]
    months = "có số liệu 2/4 tháng"
    assert table(page, 0).rows() == [
        ["1", "Sở Y tế 3 / 22", "22", "3", "0", "17", "2", "13,6", "≥ 30", "−16,4", "4", "Chưa đạt", "3", months],
        ["2", "Sở Tư pháp 9 / 20", "20", "0", "9", "11", "0", "45,0", "≥ 30", "+15,0", DASH, "Đạt", "1", months],
        ["3", "Sở Nội vụ 0 / 9", "9", "0", "0", "9", "0", "0,0", "≥ 30", "−30,0", "2", "Chưa phát sinh", "4", months],
        ["4", "Cục Thuế tỉnh 3 / 10", "10", "3", "0", "7", "0", "30,0", "≥ 30", "0,0", DASH, "Đạt", "2",
         "Bị từ chối; có số liệu 1/4 tháng"],
        ["5", "Ban Dân tộc", *[DASH] * 6, "≥ 30", DASH, DASH, "Chưa có số liệu", DASH, ""],
    ]  # fmt: skip
    assert table(page, 0).rows("tfoot")[0][1:8] == ["Cộng 15 / 61", "61", "6", "9", "44", "2", "24,6"]
    districts = table(page, 1).rows()
    assert [row[1] for row in districts] == ["Huyện Yên Thế 4 / 20", "Huyện Tân Yên 0 / 2"]
    assert districts[0][-1] == f"Nộp muộn; {months}"


def test_a_month_alone_shows_no_rate_where_there_was_nothing_to_count(site: Site) -> None:
    page = site.page("/?basis=month")
    assert "Cần mỗi tháng" not in table(page, 0).text
    rows = {row[1]: row for group in (0, 1) for row in table(page, group).rows()}
    assert rows["Huyện Tân Yên 0 / 0"][2:8] == ["0", "0", "0", "0", "0", DASH]
    assert rows["Cục Thuế tỉnh"][2:8] == [DASH] * 6  # its delivery of April was refused
    assert rows["Sở Y tế 1 / 12"][2:8] == ["12", "1", "0", "9", "2", "8,3"]
    assert rows["Sở Y tế 1 / 12"][-1] == "2 tháng liền dưới chỉ tiêu"


def test_the_ranking_leaves_out_who_has_nothing_online_and_names_them(site: Site) -> None:
    page = site.page()
    assert [(row[0], row[2]) for row in page.one("table", "ranking").rows()] == [
        ("Sở Tư pháp", "45,0"), ("Cục Thuế tỉnh", "30,0"), ("Huyện Yên Thế", "20,0"), ("Sở Y tế", "13,6"),
    ]  # fmt: skip
    assert [listing.text for listing in page.every(class_="listing")] == [
        "Chưa phát sinh hồ sơ trực tuyến (2 đơn vị) Sở Nội vụ, Huyện Tân Yên.",
        "Chưa có số liệu (1 đơn vị) Ban Dân tộc.",
    ]


def test_the_heat_map_has_every_month_of_the_year_and_no_zero_where_there_is_no_data(site: Site) -> None:
    heat = site.page().one("table", "heat")
    assert [header.text for header in heat.one("thead").every("th")] == [
        "Đơn vị", "T1 Tháng 1 năm 2019", "T2 Tháng 2 năm 2019", "T3 Tháng 3 năm 2019", "T4 Tháng 4 năm 2019", "Lũy kế",
    ]  # fmt: skip
    unpublished = "— Chưa có số liệu"
    assert {row[0]: row[1:] for row in heat.rows() if len(row) > 1} == {
        "Sở Y tế": [unpublished, unpublished, "20,0", "8,3", "13,6"],
        "Sở Tư pháp": [unpublished, unpublished, "40,0", "50,0", "45,0"],
        "Sở Nội vụ": [unpublished, unpublished, "0", "0", "0,0"],
        "Cục Thuế tỉnh": [unpublished, unpublished, "30,0", "— Bị từ chối", "30,0"],
        "Ban Dân tộc": [unpublished, unpublished, "— Không phải nộp", "— Không phải nộp", DASH],
        "Huyện Yên Thế": [unpublished, unpublished, "30,0", "10,0", "20,0"],
        "Huyện Tân Yên": [unpublished, unpublished, "0", "— Không có hồ sơ", "0,0"],
    }
    of_health = next(row for row in heat.every("tr") if row.text.startswith("Sở Y tế"))
    assert [cell.classes for cell in of_health.every("td")][2:4] == [{"shade-2"}, {"shade-1"}]


def test_the_official_definition_stands_beside_the_others_and_is_named(site: Site) -> None:
    rows = site.page().one("table", "definitions").rows()
    assert len(rows) == 4
    official = "Tỷ lệ hồ sơ trực tuyến mức độ 3, 4 trên tổng số hồ sơ đã giải quyết (chính thức)"
    assert [row for row in rows if "(chính thức)" in row[0]] == [
        [official, "24,6 % 15 / 61", "18,2 % 4 / 22", "22,9 % 19 / 83"]
    ]


def test_an_earlier_month_is_shown_by_its_revision_in_force_and_says_that_it_was_revised(site: Site) -> None:
    page = site.page("/?period=2019-03")
    assert page.one("h1").text == "Tháng 3 năm 2019"
    assert "đã được công bố lại 1 lần; đang hiển thị lần 2" in page.one("p", "notice").text
    assert table(page, 1).rows()[1][1] == "Huyện Tân Yên 0 / 2"
    assert not site.page().every("p", "notice")


def test_the_choice_of_periods_offers_what_is_published_and_keeps_the_reader_where_he_is(site: Site) -> None:
    chosen = site.page("/units/so_y_te?lang=en").one("nav", "periods")
    assert [(a.text, a.attributes["href"], a.attributes.get("aria-current")) for a in chosen.every("a")] == [
        ("Mar March 2019", "../units/so_y_te?period=2019-03&lang=en", None),
        ("Apr April 2019", "../units/so_y_te?period=2019-04&lang=en", "true"),
    ]


def test_another_year_is_offered_by_its_newest_month(
    province: Province, site_of: Callable[[Jurisdiction], Site]
) -> None:
    for period in ("2019-11", "2019-12", "2020-01"):
        province.deliver("y_te", period, direct(1, finished=f"{period}-10", received=f"{period}-02"))
        province.publish(period)
    site = site_of(province.jurisdiction)
    assert [a.text for a in site.page().one("nav", "periods").every("a")] == ["2019", "T1 Tháng 1 năm 2020"]
    before = site.page("/?period=2019-11").one("nav", "periods").every("a")
    assert [(a.text, a.attributes["href"]) for a in before] == [
        ("T11 Tháng 11 năm 2019", "./?period=2019-11"),
        ("T12 Tháng 12 năm 2019", "./?period=2019-12"),
        ("2020", "./?period=2020-01"),
    ]


def test_the_footer_says_where_the_figures_come_from(site: Site) -> None:
    footer = site.page().one("footer").text
    for said in ("lần 1 · Tháng 4 năm 2019", "the head of the office", "monthly report", "resolved_all", "phiên bản 1"):
        assert said in footer


def test_english_is_english_to_the_decimal_point(site: Site) -> None:
    page = site.page("/?lang=en")
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("h1").text == "April 2019"
    assert page.one(class_="lead-rate").text == "24.6%"
    assert page.one(class_="lead-sentence").text == (
        "15 of 61 dossiers were handled online at levels 3 and 4. "
        "5.4 percentage points short of the target of at least 30%."
    )
    assert table(page, 0).rows()[0][1] == "Department of Health 3 / 22"
    assert table(page, 0).rows()[0][11] == "Not met"
    back = page.one("a", "language")
    assert (back.text, back.attributes["href"]) == ("Tiếng Việt", "./")


def test_an_unknown_language_or_basis_is_the_usual_one(site: Site) -> None:
    assert site.page("/?lang=xx&basis=yy").one("h1").text == "Tháng 4 năm 2019"
