"""Handing in on the drop page. A failure here means an officer is told the wrong thing, or a file counts that nobody
handed in.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from onestop.landing import Landing, NoSuchDraft
from onestop.sources import SourceAccess, SourceNotReady, pull, try_source
from tests.contracts.conftest import csv_text, numbered, row
from tests.intake.conftest import ADDRESS, NOW, Desk, good, uploaded_source


def pulled(desk: Desk, landing: Landing) -> bytes:
    access = SourceAccess(extra={"root": str(desk.office.uploads.root)})
    manifest = pull(uploaded_source(), _april(desk), access, landing, pulled_at=desk.office.now())
    return b"".join(stream.read() for _, stream in landing.open_parts(manifest))


def _april(desk: Desk) -> Any:
    return desk.office.jurisdiction().period("2019-04")


@pytest.fixture
def landing(tmp_path: Any) -> Landing:
    return Landing(tmp_path / "landing")


def test_what_lies_in_the_landing_zone_and_the_uploads_is_for_our_own_user_alone(desk: Desk, landing: Landing) -> None:
    before = os.umask(0o022)
    try:
        desk.post(desk.confirm_path(desk.send(good())))
        pulled(desk, landing)
    finally:
        os.umask(before)
    for root in (landing.root, desk.office.uploads.root):
        folders = [root, *(path for path in root.rglob("*") if path.is_dir())]
        assert len(folders) >= 3
        assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_a_good_file_is_seen_handed_in_and_pulled_as_it_was_uploaded(desk: Desk, landing: Landing) -> None:
    seen = desk.send(good())
    assert seen.status_code == 200
    assert "Tất cả 4 hồ sơ đều hợp lệ." in seen.text
    with pytest.raises(SourceNotReady, match=r"an upload of 2019-04 that an officer confirmed; saw none"):
        pulled(desk, landing)
    answer = desk.post(desk.confirm_path(seen))
    assert answer.status_code == 303
    page = desk.get(answer.headers["location"])
    assert "Tệp hoso.csv đã được nộp lúc 09:00 ngày 03/05/2019: 4 trên 4 hồ sơ hợp lệ." in page.text
    assert "Hệ thống tự lấy tệp này khi khóa sổ kỳ, ngay sau ngày 15/05/2019." in page.text
    assert "Kết quả được công bố ngày 16/05/2019" in page.text
    assert pulled(desk, landing) == good().encode()


def test_rows_that_would_be_sent_back_are_shown_with_the_officer_s_own_column_value_and_remedy(desk: Desk) -> None:
    rows = [*numbered(3), row(dossier_code="X<b>1", received_at="31/02/2019"), row(dossier_code="X2", status="77")]
    seen = desk.send(csv_text(rows))
    assert "3 hồ sơ được nhận; 2 dòng bị trả lại" in seen.text
    assert "X&lt;b&gt;1" in seen.text
    assert ">NgayTiepNhan</td>" in seen.text
    assert "<code>31/02/2019</code>" in seen.text
    assert ">TrangThai</td>" in seen.text
    assert "<code>77</code>" in seen.text
    assert "Nguyễn Văn Thử" not in seen.text
    assert desk.confirm_path(seen)


def test_a_refused_file_says_why_and_cannot_be_handed_in(desk: Desk) -> None:
    seen = desk.send(good().replace("TrangThai", "Trạng thái"))
    assert "Chưa nộp được tệp này" in seen.text
    assert "Bổ sung cột còn thiếu, đúng tên cột đã đăng ký, rồi gửi lại." in seen.text
    assert "/confirm" not in seen.text
    assert not [path for path in desk.office.uploads.root.rglob("*") if path.is_file()]


def test_nothing_of_a_preview_stays_in_the_warehouse(desk: Desk) -> None:
    desk.send(good())
    with desk.office.engine.connect() as connection:
        tables = "select count(*) from pg_tables where schemaname = 'staging'"
        assert connection.scalar(text(tables)) == 0
        assert connection.scalar(text("select count(*) from ops.delivery")) == 0
        assert connection.scalar(text("select count(*) from core.dossier_version")) == 0


def test_the_last_one_handed_in_counts(desk: Desk, landing: Landing, now: list[datetime]) -> None:
    for count in (2, 3):
        now[0] += timedelta(hours=1)
        assert desk.post(desk.confirm_path(desk.send(good(count)))).status_code == 303
    desk.send(good(4))  # only looked at
    assert pulled(desk, landing) == good(3).encode()
    listed = desk.get(ADDRESS).text
    assert listed.index("3 / 3") < listed.index("2 / 2")
    assert listed.count("có hiệu lực") == 1


def test_an_upload_is_a_delivery_with_its_officer_and_moment(desk: Desk, landing: Landing) -> None:
    desk.post(desk.confirm_path(desk.send(good(), name="Báo cáo T4.CSV")))
    access = SourceAccess(extra={"root": str(desk.office.uploads.root)})
    manifest = pull(uploaded_source(), _april(desk), access, landing, pulled_at=NOW + timedelta(hours=1))
    assert manifest.parts[0].name == "upload.csv"
    assert manifest.delivered_at == NOW
    assert manifest.notes[0].startswith("Uploaded by lan as Báo cáo T4.CSV, upload ")
    assert "Báo cáo T4.CSV of 2019-04 waits" in try_source(uploaded_source(), access, _april(desk))


def test_a_draft_is_confirmed_once_and_only_by_who_uploaded_it(desk: Desk) -> None:
    path = desk.confirm_path(desk.send(good()))
    desk.who = "minh"  # may hand in for the same source
    assert desk.post(path).status_code == 410
    desk.who = "lan"
    assert desk.post(path).status_code == 303
    again = desk.post(path)
    assert again.status_code == 410
    assert "Không còn tệp kiểm tra thử" in again.text
    assert len(desk.office.uploads.confirmed("so_y_te_nop", "2019-04")) == 1


def test_a_draft_that_nobody_confirmed_is_removed_after_a_day(desk: Desk) -> None:
    import os

    desk.send(good())
    drafts = list((desk.office.uploads.root / "drafts").iterdir())
    assert len(drafts) == 2
    for path in drafts:
        os.utime(path, (1, 1))
    desk.send(good())
    assert not [path for path in drafts if path.exists()]
    with pytest.raises(NoSuchDraft):
        desk.office.uploads.draft(drafts[0].stem)


def test_who_is_not_named_for_a_source_sees_and_sends_nothing(desk: Desk) -> None:
    desk.who = "stranger"
    assert "Tài khoản stranger chưa được phân công" in desk.get("/").text
    assert desk.get(ADDRESS).status_code == 404
    assert desk.send(good()).status_code == 404
    desk.who = "lan"
    assert desk.get("/sources/yen_the_nop/2019-04").status_code == 404
    assert desk.send(good(), address="/sources/yen_the_nop/2019-04").status_code == 404
    assert "yen_the_nop" not in desk.get("/").text


def test_a_role_may_be_named_instead_of_a_user(desk: Desk) -> None:
    desk.who = "minh"
    assert desk.get(ADDRESS).status_code == 200


def test_without_a_login_every_route_is_closed(desk: Desk) -> None:
    desk.who = "nobody"
    token = "0" * 32
    assert desk.get("/").status_code == 401
    assert desk.get(ADDRESS).status_code == 401
    assert desk.send(good()).status_code == 401
    assert desk.post(f"/drafts/{token}/confirm").status_code == 401
    assert desk.get("/docs").status_code == 404
    assert desk.get("/openapi.json").status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://attacker.example"}, 403),
        ({"Origin": "http://testserver.attacker.example"}, 403),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://testserver"}, 200),
    ],
)
def test_a_form_of_another_site_is_refused(desk: Desk, headers: dict[str, str], status: int) -> None:
    desk.headers = headers
    assert desk.send(good()).status_code == status
    desk.headers = {"Origin": "http://testserver"}
    path = desk.confirm_path(desk.send(good()))
    desk.headers = headers
    assert desk.post(path).status_code == (303 if status == 200 else 403)


def test_months_are_offered_from_the_newest_with_what_is_missing(desk: Desk) -> None:
    desk.post(desk.confirm_path(desk.send(good())))
    page = desk.get("/").text
    places = [page.index(f"Tháng {month}/2019") for month in (5, 4, 3, 2, 1)]
    assert places == sorted(places)
    assert "Tháng 12/2018" not in page  # nothing was expected yet
    assert page.count("Quá hạn, chưa nộp") == 3
    assert "Đã nộp 09:00 ngày 03/05/2019" in page


@pytest.mark.parametrize("code", ["2019-06", "2018-12", "2019-13", "abc", "2019-4", "..", "9999-01"])
def test_a_month_that_is_not_to_be_handed_in_is_no_page(desk: Desk, code: str) -> None:
    assert desk.get(f"/sources/so_y_te_nop/{code}").status_code in {404, 307}
    assert desk.send(good(), address=f"/sources/so_y_te_nop/{code}").status_code in {404, 307, 405}


def test_after_the_month_is_closed_the_page_says_that_it_restates(desk: Desk, now: list[datetime]) -> None:
    assert "đã khóa sổ" not in desk.get(ADDRESS).text
    now[0] = datetime(2019, 7, 1, tzinfo=UTC)
    assert "đã khóa sổ" in desk.get(ADDRESS).text
    done = desk.get(desk.post(desk.confirm_path(desk.send(good()))).headers["location"])
    assert "Kết quả mới được công bố thành lần điều chỉnh" in done.text


def test_the_page_runs_nothing_and_is_kept_nowhere(desk: Desk) -> None:
    response = desk.get(ADDRESS)
    assert "script" not in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_links_stay_inside_wherever_the_page_is_mounted(desk: Desk) -> None:
    outside = FastAPI()
    outside.mount("/onestop-intake", desk.client.app)
    with TestClient(outside) as client:
        mounted = Desk(desk.office, client)
        assert 'href="/onestop-intake/sources/so_y_te_nop/2019-04"' in mounted.get("/onestop-intake/").text
        seen = mounted.send(good(), address=f"/onestop-intake{ADDRESS}")
        path = re.search(r'action="(/onestop-intake/drafts/[0-9a-f]{32}/confirm)"', seen.text)
        assert path
        answer = mounted.post(path[1])
        assert answer.headers["location"].startswith(f"/onestop-intake{ADDRESS}?confirmed=")


def test_months_after_those_that_schedules_collect_are_not_offered(desk: Desk, now: list[datetime]) -> None:
    """The example province lives in 2019: its officers are offered its months, not those of today."""
    now[0] = datetime(2026, 11, 25, tzinfo=UTC)
    desk.office = replace(desk.office, until=date(2019, 5, 31))
    offered = [period.code for period in desk.office.periods(uploaded_source())]
    assert offered == ["2019-05", "2019-04", "2019-03", "2019-02", "2019-01"]


def test_what_was_uploaded_is_kept_as_long_as_somebody_needs_it(desk: Desk, now: list[datetime]) -> None:
    uploads = desk.office.uploads
    for days in (0, 10):
        now[0] = NOW + timedelta(days=days)
        desk.post(desk.confirm_path(desk.send(good(4 + days))))
    old_draft, left_behind = desk.confirm_path(desk.send(good(6))), uploads.root / "so_y_te_nop" / "2019-04" / "x.bin"
    left_behind.write_bytes(b"a process died before it described this")
    replaced, newest = sorted(uploads.confirmed("so_y_te_nop", "2019-04"), key=lambda one: one.confirmed_at or NOW)
    kept = timedelta(days=400)

    assert uploads.remove_old(NOW + timedelta(days=29), kept) == []
    assert left_behind.exists()
    for path in (left_behind, *uploads.root.glob("drafts/*")):
        os.utime(path, (0, 0))
    assert uploads.remove_old(NOW + timedelta(days=31), kept) == [replaced]
    assert uploads.confirmed("so_y_te_nop", "2019-04") == [newest]
    assert len([path for path in uploads.root.rglob("*") if path.is_file()]) == 2
    assert desk.post(old_draft).status_code == 410
    assert uploads.remove_old(NOW + timedelta(days=411), kept) == [newest]
    assert [path for path in uploads.root.rglob("*") if path.is_file()] == []
    assert uploads.remove_old(NOW + timedelta(days=411), kept) == []
