"""What stands in a mail, and who gets it. A failure means that an office reads something wrong, or not its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from onestop.jurisdiction import Route
from onestop.notice import Notice
from tests.notice.office import Office

ALL_RULES = ("below_target_ytd", "zero_online", "missing_delivery")


def route(name: str, recipients: Sequence[str] = (), **more: object) -> Route:
    values = {"title_vi": f"Phòng {name}", "rules": ALL_RULES, **more}
    return Route(id=name, recipients=tuple(recipients or [f"{name}@example.vn"]), **values)


def units_of(letter: Notice) -> set[str]:
    return set(re.findall(r"^\d+\. ([^:]+):", letter.body_text, re.MULTILINE))


def test_each_route_is_told_of_its_rules_groups_and_units(office: Office) -> None:
    office.set_routes(
        route("everything"),
        route("zero", rules=("zero_online",)),
        route("districts", unit_groups=("districts",)),
        route("own", units=("so_noi_vu", "yen_the")),
        route("nothing", rules=("missing_delivery",)),
    )
    office.publish("2019-04", y_te=(2, 10), noi_vu=(0, 10), yen_the=(1, 10))
    assert {letter.route: units_of(letter) for letter in office.letters} == {
        "everything": {"Sở Y tế", "Sở Nội vụ", "Huyện Yên Thế"},
        "zero": {"Sở Nội vụ"},
        "districts": {"Huyện Yên Thế"},
        "own": {"Sở Nội vụ", "Huyện Yên Thế"},
    }


def test_every_recipient_of_a_route_gets_a_mail_and_a_mailbox_of_two_routes_reads_nothing_twice(office: Office) -> None:
    office.set_routes(
        route("first", ["a@example.vn", "b@example.vn"], unit_groups=("districts",)),
        route("second", ["a@example.vn"]),
        route("third", ["a@example.vn"], language="en", unit_groups=("districts",)),
    )
    office.publish("2019-04", y_te=(2, 10), yen_the=(1, 10))
    assert [(letter.route, letter.recipient, units_of(letter)) for letter in office.letters] == [
        ("first", "a@example.vn", {"Huyện Yên Thế"}),
        ("first", "b@example.vn", {"Huyện Yên Thế"}),
        ("second", "a@example.vn", {"Sở Y tế"}),
        ("third", "a@example.vn", {"Yen The District"}),
    ]


@pytest.fixture
def letter(office: Office) -> Notice:
    """April, with a little of everything; Sở Tư pháp has met its target since March."""
    office.set(
        texts={"data_label_vi": "Dữ liệu tổng hợp", "authority_vi": "UBND tỉnh", "page_url": "https://a.example/"}
    )
    office.publish("2019-03", tu_phap=(0, 10))
    office.month("2019-04", y_te=(729, 2490), tu_phap=(90, 100), yen_the=(0, 1730), noi_vu=None)
    office.notify(office.province.publish("2019-04").publication_id)
    return next(letter for letter in reversed(office.letters) if letter.route == "van_phong_ubnd")


def test_the_text_says_what_changed_in_vietnamese_numbers(letter: Notice) -> None:
    body = letter.body_text.replace("\N{NO-BREAK SPACE}", " ")
    assert letter.subject == (
        "Dịch vụ công trực tuyến tháng 4/2019: 2 đơn vị chưa đạt chỉ tiêu, 1 đơn vị chưa có số liệu, "
        "1 cảnh báo kết thúc"
    )
    assert (
        "Sở Y tế: 29,4 % (734 trên 2.500 hồ sơ); chỉ tiêu ít nhất 30 %; chênh lệch −0,6 điểm %; "
        "cần 377 hồ sơ trực tuyến mỗi tháng còn lại" in body
    )
    assert "Sở Tư pháp: đã phát sinh hồ sơ trực tuyến" not in body
    assert "Sở Tư pháp: đã đạt chỉ tiêu: 81,8 % (90 trên 110 hồ sơ), chỉ tiêu ít nhất 30 %" in body
    assert "Sở Nội vụ: Chưa nhận được số liệu." in body
    assert "Sở, ngành: 31,6 % (829 trên 2.620 hồ sơ);" in body
    assert "Nguồn số liệu: noi_vu." in body
    assert "Công bố số 2, lần 1 của kỳ" in body
    assert body.count("Dữ liệu tổng hợp") == 2
    assert "https://a.example/" in body


def test_both_forms_name_the_same_units_and_figures(letter: Notice) -> None:
    assert letter.body_html is not None
    seen = re.sub(r"<[^>]+>", " ", letter.body_html)
    for figure in (
        "29,4",
        "734 trên 2.500",
        "−0,6",
        "377",
        "Huyện Yên Thế",
        "Sở Tư pháp",
        "Sở Nội vụ",
    ):
        assert figure in seen
        assert figure in letter.body_text


def test_the_html_needs_nothing_from_elsewhere(letter: Notice) -> None:
    assert letter.body_html is not None
    assert re.findall(r"<(?:img|link|script|style|iframe)\b|url\(|@import", letter.body_html) == []
    assert re.findall(r'(?:href|src)="([^"]*)"', letter.body_html) == ["https://a.example/"]


def test_no_person_is_named(letter: Notice) -> None:
    for approver in ("the head of the office", "a test"):
        assert approver not in letter.body_text + str(letter.body_html)


def test_what_a_source_said_stays_text_in_the_html_and_no_name_breaks_the_subject(office: Office) -> None:
    office.set_routes(route("office", title_vi="Phòng\r\nBcc: x@example.vn", language="en"))
    office.month("2019-04", y_te=None)
    office.ask("y_te", "2019-04", "2019-05-05", "<script>alert(1)</script> " + "no answer " * 60)
    office.notify(office.province.publish("2019-04").publication_id)
    (letter,) = office.letters
    assert "<script>" not in str(letter.body_html)
    assert "&lt;script&gt;" in str(letter.body_html)
    assert letter.body_text.count("no answer") < 30
    assert "\n" not in letter.subject


def test_english_is_written_for_a_route_that_asks_for_it(office: Office) -> None:
    office.set_routes(route("office", language="en"))
    office.publish("2019-04", y_te=(520, 2500), noi_vu=None)
    (letter,) = office.letters
    assert letter.subject == "Online public services, April 2019: 1 below target, 1 without figures"
    assert "Department of Health: 20.8% (520 of 2,500 dossiers); target at least 30%; gap −9.2 pp" in letter.body_text
    assert (
        re.search(r"[ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữự]", letter.body_text.partition("\n\n")[2][200:])
        is not None
    )


def test_a_unit_without_a_single_dossier_is_said_to_have_none(office: Office) -> None:
    office.publish("2019-12", y_te=(0, 0))
    assert (
        "Sở Y tế: không có hồ sơ nào trong kỳ; chỉ tiêu ít nhất 30\N{NO-BREAK SPACE}%\n" in office.letters[0].body_text
    )


def test_a_year_without_a_dossier_is_not_a_year_without_figures(office: Office) -> None:
    office.publish("2019-04", default=(0, 0))
    body = office.letters[0].body_text
    assert "Từ đầu năm đến hết tháng 4/2019 không có hồ sơ nào để tính tỷ lệ." in body
    assert "- Sở, ngành: — (không có hồ sơ nào trong kỳ);" in body
