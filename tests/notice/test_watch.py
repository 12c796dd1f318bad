"""Who has not delivered, day by day. A failure means that an agency is blamed wrongly, or is not reminded."""

from __future__ import annotations

from sqlalchemy import text

from onestop.notice import AlertChange, Notice
from onestop.pipeline import Pipeline
from onestop.settings import Settings
from tests.notice.office import Office
from tests.province import local

MISSING = "missing_delivery:{}:2019-04"
DUE = "2019-05-06 00:00:00"  # the 5th was a Sunday, so the 6th is the due day
OVERDUE = "2019-05-07 02:00:00"


def test_a_month_is_watched_once_its_due_day_is_over(office: Office) -> None:
    office.month("2019-04", y_te=None)
    office.month("2019-03")
    office.ask("y_te", "2019-04", "2019-05-01 02:00:00")
    assert office.watch(DUE) == AlertChange()
    assert office.watch(OVERDUE).opened == (MISSING.format("so_y_te"),)


def test_each_missing_delivery_is_told_once_and_so_is_its_coming(office: Office) -> None:
    office.month("2019-04", y_te=None)
    office.ask("y_te", "2019-04", "2019-05-05", "https://host.example: HTTP 503", "unavailable")
    for day in ("2019-05-07", "2019-05-08"):
        office.watch(day)
    office.month("2019-04", default=None, y_te=(5, 10))
    for day in ("2019-05-09", "2019-05-10"):
        office.watch(day)
    assert [letter.subject for letter in office.letters if letter.route == "van_phong_ubnd"] == [
        "Số liệu dịch vụ công trực tuyến tháng 4/2019: 1 đơn vị chưa có số liệu",
        "Số liệu dịch vụ công trực tuyến tháng 4/2019: 1 cảnh báo kết thúc",
    ]
    assert "Hệ thống của cơ quan không trả lời hoặc quá tải." in office.letters[0].body_text
    assert "host.example" not in office.letters[0].body_text
    assert office.states() == {MISSING.format("so_y_te"): "resolved"}


def test_a_refused_delivery_is_missing_with_its_reason(office: Office) -> None:
    office.month("2019-04", y_te=None)
    office.province.deliver("y_te", "2019-04", decision="rejected")
    assert office.watch(OVERDUE).opened == (MISSING.format("so_y_te"),)
    assert "bị từ chối khi kiểm tra" in office.letters[0].body_text
    assert "cơ quan cần sửa và gửi lại" in office.letters[0].body_text


def test_nobody_is_blamed_while_their_sources_have_not_been_asked_since_the_month_ended(office: Office) -> None:
    office.month("2019-04", y_te=None, tu_phap=None)
    office.ask("y_te", "2019-04", "2019-04-30 23:59:59")
    office.ask("tu_phap", "2019-04", "2019-05-01 00:00:00")
    assert office.watch(OVERDUE).opened == (MISSING.format("so_tu_phap"),)


def test_a_month_that_comes_late_is_resolved_when_newer_months_are_due(office: Office) -> None:
    office.month("2019-04", y_te=None)
    office.month("2019-05")
    office.ask("y_te", "2019-04", "2019-05-05")
    office.watch(OVERDUE)
    assert office.watch("2019-06-20") == AlertChange(updated=(MISSING.format("so_y_te"),))
    office.month("2019-04", default=None, y_te=(5, 10))
    assert office.watch("2019-06-21").resolved == (MISSING.format("so_y_te"),)


def test_what_the_watch_has_seen_come_is_not_undone_by_what_was_known_before(office: Office) -> None:
    office.month("2019-04", y_te=None)
    office.ask("y_te", "2019-04", "2019-05-05")
    publication_id = office.province.publish("2019-04").publication_id
    assert office.notify(publication_id).opened == (MISSING.format("so_y_te"),)
    office.month("2019-04", default=None, y_te=(5, 10))
    assert office.watch("2019-05-20").resolved == (MISSING.format("so_y_te"),)
    told = len(office.letters)
    assert office.notify(publication_id) == AlertChange()
    assert office.watch("2019-05-21") == AlertChange()
    assert len(office.letters) == told


def test_what_the_watch_has_found_missing_is_not_closed_by_what_was_known_before(office: Office) -> None:
    office.month("2019-04")
    publication_id = office.province.publish("2019-04").publication_id
    with office.province.engine.begin() as connection:
        connection.execute(
            text("""
                update ops.delivery set state = 'rejected', decided_at = clock_timestamp() where source_id = 'y_te'
            """)
        )
    assert office.watch(OVERDUE).opened == (MISSING.format("so_y_te"),)
    assert office.notify(publication_id) == AlertChange()


def test_publication_and_watch_speak_of_the_same_alert(office: Office) -> None:
    office.month("2019-04", y_te=None)
    office.ask("y_te", "2019-04", "2019-05-05")
    office.watch(OVERDUE)
    told = len(office.letters)
    assert office.notify(office.province.publish("2019-04").publication_id).opened == ()
    assert len(office.letters) == told


def test_an_alert_whose_silence_is_over_is_told_again_the_next_day_without_a_publication(office: Office) -> None:
    office.publish("2019-04", y_te=(2, 10))
    office.silence("below_target_ytd:so_y_te:total:2019", "2019-06-10")
    assert office.watch("2019-06-10 23:59:59").reopened == ()
    assert office.watch("2019-06-11 00:00:00").reopened == ("below_target_ytd:so_y_te:total:2019",)
    letter = office.letters[-1]
    assert letter.subject == "Nhắc lại về dịch vụ công trực tuyến, tháng 4/2019: 1 đơn vị chưa đạt chỉ tiêu"
    assert "hết thời hạn tạm ngừng nhắc (10/06/2019)" in letter.body_text


def test_the_pipeline_watches_a_warehouse_that_was_never_prepared(
    unprepared_office: Office, settings: Settings
) -> None:
    unprepared_office.ask("y_te", "2019-04", "2019-05-05")
    sent: list[Notice] = []
    pipeline = Pipeline(unprepared_office.jurisdiction, settings)
    assert pipeline.watch(local(OVERDUE), sent.append).opened == (MISSING.format("so_y_te"),)
    assert [notice.route for notice in sent] == ["van_phong_ubnd", "so_thong_tin_truyen_thong"]


def test_the_pipeline_tells_of_a_publication_once(unprepared_office: Office, settings: Settings) -> None:
    pipeline = Pipeline(unprepared_office.jurisdiction, settings)
    pipeline.prepare()
    unprepared_office.month("2019-04", y_te=(2, 10))
    publication_id = unprepared_office.province.publish("2019-04").publication_id
    sent: list[Notice] = []
    assert len(pipeline.notify(publication_id, sent.append).opened) == 1
    assert pipeline.notify(publication_id, sent.append) == AlertChange()
    assert len(sent) == 1
