"""What an agency is told: a failure here means an officer who cannot find the fault, or a person's data in a mail."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from onestop.answers import Answers, answer_file
from onestop.contracts import DeliveryRefused
from tests.contracts.conftest import agency, numbered, row  # noqa: F401 - the fixture
from tests.contracts.test_reconsidering import again

CONTACT = {"role_vi": "Bộ phận Một cửa", "email": "motcua@so-y-te.example"}


@pytest.fixture
def office(agency, tmp_path):  # noqa: F811
    agency.settings["contact"] = CONTACT
    agency.answers = Answers(agency.jurisdiction, tmp_path / "answers", tmp_path / "data_docs")
    return agency


def take(office, rows, tmp_path):
    delivery_id = office.deliver(rows)
    office.load(delivery_id)
    return delivery_id, lambda: office.check(delivery_id, answer=office.answers, data_docs_root=tmp_path / "data_docs")


def lines(office, delivery_id, source_id="so_y_te"):
    path = answer_file(office.answers.root, source_id, "2019-04", delivery_id, "csv")
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def sheets(office, delivery_id):
    path = answer_file(office.answers.root, "so_y_te", "2019-04", delivery_id, "xlsx")
    return openpyxl.load_workbook(io.BytesIO(path.read_bytes()))


def test_every_refused_row_is_told_with_field_value_rule_and_remedy(office, tmp_path):
    faulty = row(dossier_code="A-190405-1", channel="9", received_at="31/04/2019 08:00")
    delivery_id, check = take(office, [*numbered(3), faulty], tmp_path)
    check()
    told = [
        (line["Bản ghi số"], line["Mã"], line["Trường"], line["Giá trị nhận được"])
        for line in lines(office, delivery_id)
    ]
    assert told[:2] == [
        ("4", "A-190405-1", "Ngày tiếp nhận", "31/04/2019 08:00"),
        ("4", "A-190405-1", "Hình thức nộp", "9"),
    ]
    first = lines(office, delivery_id)[0]
    assert first["Yêu cầu"].startswith("Ngày có thật")
    assert first["Cần làm"].startswith("Sửa lại ngày")
    sheet = sheets(office, delivery_id)["Lỗi"]
    assert [cell.value for cell in sheet[2]][:5] == [
        4,
        "A-190405-1",
        "Không nhận dòng này",
        "Ngày tiếp nhận",
        "31/04/2019 08:00",
    ]
    assert sheet.max_row == 1 + len(lines(office, delivery_id))


def test_odd_rows_that_were_taken_are_told_apart(office, tmp_path):
    delivery_id, check = take(office, [row(dossier_code="không theo mẫu")], tmp_path)
    check()
    (line,) = lines(office, delivery_id)
    assert (line["Mức độ"], line["Giá trị nhận được"]) == ("Đã nhận, cần xem lại", "không theo mẫu")
    assert office.rows("select 1 from ops.notice") == [], "nothing must be done: nobody is written to"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_value_runs_as_a_formula(office, tmp_path, start):
    delivery_id, check = take(
        office, [*numbered(3), row(dossier_code=f"x{start}", channel=f"{start}cmd|' /C calc'!A0")], tmp_path
    )
    check()
    (seen,) = [line["Giá trị nhận được"] for line in lines(office, delivery_id) if line["Trường"] == "Hình thức nộp"]
    assert not seen.startswith(("=", "+", "-", "@", "\t"))
    cells = [cell for line in sheets(office, delivery_id)["Lỗi"].iter_rows() for cell in line]
    assert {cell.data_type for cell in cells if cell.value is not None} <= {"s", "n"}, "no formula"


def test_nothing_of_a_person_is_in_an_answer(office, tmp_path):
    secret = {"applicant_name": "Nguyễn Văn Thử", "applicant_id_number": "000000001", "applicant_phone": "0912 345 678"}
    delivery_id, check = take(office, [row(channel="9", **secret), row(dossier_code="A-190405-2", **secret)], tmp_path)
    check()
    csv_bytes = answer_file(office.answers.root, "so_y_te", "2019-04", delivery_id, "csv").read_text(
        encoding="utf-8-sig"
    )
    book = "\n".join(str(c.value) for s in sheets(office, delivery_id) for line in s.iter_rows() for c in line)
    mail = office.one("select subject || body_text || body_html from ops.notice")[0]
    page = next((tmp_path / "data_docs").rglob("*.html")).read_text(encoding="utf-8")
    assert "giữ chỗ" in csv_bytes, "the placeholder is warned of"
    for value in ("Nguyễn Văn Thử", "0912", "thu@example.vn"):
        for told in (csv_bytes, book, mail, page):
            assert value not in told
    assert "000.00.12.H02-190405-0001" not in mail, "a mail has no values at all"


def test_a_refused_delivery_is_answered_by_one_mail_however_often_it_is_judged(office, tmp_path):
    office.with_limits(max_refused_row_share=0.1)
    delivery_id, check = take(office, [*numbered(1), row(channel="9")], tmp_path)
    with pytest.raises(DeliveryRefused):
        check()
    mail = office.one("select recipient, subject, body_text, state from ops.notice")
    assert (mail.recipient, mail.state) == (CONTACT["email"], "pending")
    assert mail.subject == "Số liệu tháng 04/2019 của Sở Y tế: bị từ chối, cần gửi lại"
    assert "Tỷ lệ dòng bị từ chối không quá 0.1" in mail.body_text
    assert "1 × Hình thức nộp" in mail.body_text
    assert lines(office, delivery_id)[0]["Mức độ"] == "Từ chối cả lần gửi"
    office.jurisdiction = office.jurisdiction.model_copy(update={"sources": (office.source,)})
    with office.engine.connect() as connection:
        again(office).__class__(
            office.jurisdiction, office.landing, b"a key for tests", "ai đó", answer=office.answers
        ).replay(connection, delivery_id)
    assert office.one("select count(*) from ops.notice") == (1,)
    answer = office.one("select told_count, notice_id, files from ops.delivery_answer")
    assert answer.notice_id is not None
    assert {one["name"] for one in answer.files} == {
        f"delivery-{delivery_id}.csv",
        f"delivery-{delivery_id}.xlsx",
    }


def test_a_correction_takes_the_old_file_away(office, tmp_path):
    office.settings["value_maps"] = {"channel": {"2": "online"}}
    delivery_id, check = take(
        office, [*numbered(1), row(dossier_code="000.00.12.H02-190405-0009", channel="TN")], tmp_path
    )
    check()
    assert lines(office, delivery_id)
    office.settings["value_maps"] = {"channel": {"2": "online", "TN": "online"}}
    office.jurisdiction = office.jurisdiction.model_copy(update={"sources": (office.source,)})
    with office.engine.connect() as connection:
        again(office).__class__(
            office.jurisdiction, office.landing, b"a key for tests", "ai đó", answer=office.answers
        ).replay(connection, delivery_id)
    assert not answer_file(office.answers.root, "so_y_te", "2019-04", delivery_id, "csv").exists()
    assert office.one("select told_count, files from ops.delivery_answer") == (0, [])


def test_an_answer_to_bytes_that_cannot_be_read_names_what_is_missing(office):
    delivery_id = office.deliver("MaHoSo;khac\r\n1;2\r\n")
    with pytest.raises(DeliveryRefused) as refused:
        office.load(delivery_id)
    with office.engine.begin() as connection:
        office.answers.unreadable(connection, office.source, delivery_id, refused.value)
    (line,) = lines(office, delivery_id)
    assert line["Mức độ"] == "Từ chối cả lần gửi"
    assert "Đủ các cột" in line["Yêu cầu"]
    assert "bị từ chối" in office.one("select subject from ops.notice")[0]
