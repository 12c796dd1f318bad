"""What is said about a single record: a failure here means that agencies get a wrong answer, or wrong figures."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

CHANNELS = "1 = direct, 2 = online, 3 = post, direct, online, post"
FORMATS = "dd/MM/yyyy HH:mm, dd/MM/yyyy"


def test_a_record_without_fault_becomes_a_version_of_its_dossier(judged):
    reasons, version = judged()
    assert reasons == []
    assert version.owner_unit_code == "so_y_te"
    assert version.dossier_code == "000.00.12.H02-190405-0001"
    assert (version.procedure_code, version.service_level, version.channel) == ("1.000045", 4, "online")
    assert (version.status_code, version.status_group) == (10, "resolved")
    assert (version.applicant_type, version.payment_method) == ("citizen", "national_gateway")
    assert version.fee_amount == Decimal("150000.00")
    assert version.received_at == datetime(2019, 4, 5, 1, 0, tzinfo=UTC)
    assert version.due_at == datetime(2019, 4, 11, 17, 0, tzinfo=UTC)
    assert len(bytes(version.applicant_key)) == 32


@pytest.mark.parametrize(
    ("changes", "rule", "field", "value", "expected", "remedy"),
    [
        pytest.param(
            {"channel": "9"}, "channel_unknown", "channel", "9", f"Một trong các mã kênh: {CHANNELS}",
            "Sửa mã kênh, hoặc báo mã mới để bổ sung bảng quy đổi.", id="unknown channel",
        ),
        pytest.param(
            {"status": "11"}, "status_unknown", "status", "11",
            "Một trong các mã trạng thái: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
            "Sửa mã trạng thái, hoặc báo mã mới để bổ sung bảng quy đổi.", id="unknown status",
        ),
        pytest.param(
            {"status": ""}, "status_missing", "status", None, "Có trạng thái hồ sơ", "Bổ sung trạng thái hồ sơ.",
            id="no status",
        ),
        pytest.param(
            {"received_at": "31/04/2019 08:00"}, "date_unreadable", "received_at", "31/04/2019 08:00",
            f"Ngày có thật, dạng {FORMATS}", "Sửa lại ngày theo đúng dạng đã đăng ký.", id="a date that does not exist",
        ),
        pytest.param(
            {"due_at": "2019-04-12"}, "date_unreadable", "due_at", "2019-04-12", f"Ngày có thật, dạng {FORMATS}",
            "Sửa lại ngày theo đúng dạng đã đăng ký.", id="a format that was not declared",
        ),
        pytest.param(
            {"received_at": ""}, "receipt_date_missing", "received_at", None, "Có ngày tiếp nhận",
            "Bổ sung ngày tiếp nhận.", id="no receipt date",
        ),
        pytest.param(
            {"finished_at": ""}, "finish_date_missing", "finished_at", "10",
            "Hồ sơ đã xong hoặc đã trả phải có ngày kết thúc xử lý",
            "Bổ sung ngày kết thúc xử lý, hoặc sửa trạng thái.", id="finished without finish date",
        ),
        pytest.param(
            {"finished_at": "04/04/2019 16:30"}, "finished_before_received", "finished_at", "04/04/2019 16:30",
            "Ngày kết thúc không trước ngày tiếp nhận", "Sửa ngày tiếp nhận hoặc ngày kết thúc xử lý.",
            id="finished before received",
        ),
        pytest.param(
            {"received_at": "05/06/2019 08:00", "submitted_at": "", "status": "2", "finished_at": "", "due_at": ""},
            "received_in_future", "received_at", "05/06/2019 08:00", "Ngày tiếp nhận không sau 02/05/2019 00:00",
            "Sửa ngày tiếp nhận (kiểm tra ngày/tháng và đồng hồ máy chủ).", id="received in the future",
        ),
        pytest.param(
            {"finished_at": "05/06/2019 08:00"}, "finished_in_future", "finished_at", "05/06/2019 08:00",
            "Ngày kết thúc không sau 02/05/2019 00:00",
            "Sửa ngày kết thúc xử lý (kiểm tra ngày/tháng và đồng hồ máy chủ).", id="finished in the future",
        ),
        pytest.param(
            {"received_at": "05/04/1919 08:00", "submitted_at": ""}, "received_too_early", "received_at",
            "05/04/1919 08:00", "Ngày tiếp nhận từ 01/01/2010", "Sửa ngày tiếp nhận.", id="a clock a century off",
        ),
        pytest.param(
            {"procedure_code": "1.000010"}, "level_2_filed_online", "channel", "2",
            "Thủ tục mức độ 2 không nộp trực tuyến",
            "Sửa kênh nộp, hoặc báo mức độ mới của thủ tục để cập nhật danh mục.", id="level 2 filed online",
        ),
        pytest.param(
            {"fee_amount": "150.000"}, "fee_unreadable", "fee_amount", "150.000",
            "Số tiền không âm, viết liền, ví dụ 150000 hoặc 150000.50", "Sửa số tiền lệ phí.", id="an ambiguous amount",
        ),
        pytest.param(
            {"fee_amount": "-1"}, "fee_unreadable", "fee_amount", "-1",
            "Số tiền không âm, viết liền, ví dụ 150000 hoặc 150000.50", "Sửa số tiền lệ phí.", id="a negative amount",
        ),
        pytest.param(
            {"dossier_code": "  "}, "dossier_code_missing", "dossier_code", None, "Có mã hồ sơ", "Bổ sung mã hồ sơ.",
            id="no dossier code",
        ),
        pytest.param(
            {"dossier_code": "A-190405-1" * 25}, "dossier_code_too_long", "dossier_code",
            "A-190405-1" * 6 + "… (250)", "Mã hồ sơ không quá 200 byte (chữ có dấu tính 2–3 byte)",
            "Kiểm tra cột này: nội dung khác đã được xuất vào cột mã.", id="a code that no index takes",
        ),
        pytest.param(
            {"procedure_code": "1.000045/ư" * 200}, "procedure_code_too_long", "procedure_code",
            "1.000045/ư" * 6 + "… (2200)", "Mã thủ tục không quá 2000 byte (chữ có dấu tính 2–3 byte)",
            "Kiểm tra cột này: nội dung khác đã được xuất vào cột mã.", id="a procedure that no index takes",
        ),
        pytest.param(
            {"unit": "Sở Tài chính"}, "unit_of_another_source", "unit", "Sở Tài chính",
            "Đơn vị do nguồn này báo cáo: so_y_te, lang_giang",
            "Hồ sơ của đơn vị khác: bỏ khỏi tệp này, đơn vị đó tự gửi.", id="another agency's unit",
        ),
        pytest.param(
            {"applicant_type": "7"}, "applicant_type_unknown", "applicant_type", "7",
            "Một trong các mã loại đối tượng: 1 = citizen, 2 = business, 3 = state_body, 4 = other, citizen, business, "
            "state_body, other",
            "Sửa mã loại đối tượng, hoặc báo mã mới để bổ sung bảng quy đổi.", id="unknown applicant type",
        ),
        pytest.param(
            {"payment_method": "ví"}, "payment_method_unknown", "payment_method", "ví",
            "Một trong các mã hình thức thanh toán: 1 = national_gateway, 2 = local_gateway, none, counter, "
            "national_gateway, local_gateway",
            "Sửa mã hình thức thanh toán, hoặc báo mã mới để bổ sung bảng quy đổi.", id="unknown payment method",
        ),
    ],
)  # fmt: skip
def test_a_faulty_record_is_refused_with_what_was_seen_expected_and_to_be_done(  # noqa: PLR0917
    judged, changes, rule, field, value, expected, remedy
):
    reasons, version = judged(**changes)
    assert version is None
    assert reasons == [{"rule": rule, "field": field, "value": value, "expected": expected, "remedy": remedy}]


def test_an_unknown_unit_is_refused_by_name_with_the_roster(judged):
    (reason,), version = judged(unit="Sở Y Tế cũ")
    assert version is None
    assert (reason["rule"], reason["value"]) == ("unit_unknown", "Sở Y Tế cũ")
    assert "Huyện Lạng Giang = lang_giang" in reason["expected"]


def test_a_record_with_several_faults_is_refused_once_with_all_of_them(judged):
    reasons, _ = judged(channel="9", status="", fee_amount="nhiều")
    assert [reason["rule"] for reason in reasons] == ["channel_unknown", "status_missing", "fee_unreadable"]


def test_a_dossier_with_no_channel_counts_as_direct(judged):
    reasons, version = judged(channel="")
    assert (reasons, version.channel) == ([], "direct")


def test_a_dossier_has_the_level_of_its_procedure_at_receipt_not_the_stated_one(agency):
    from tests.contracts.conftest import row

    raised = {"procedure_code": "1.000005", "channel": "1", "service_level": "4", "finished_at": "10/04/2019 16:30"}
    agency.take(
        [
            row(dossier_code="A-190228-1", submitted_at="", received_at="28/02/2019 23:59", **raised),
            row(dossier_code="A-190301-1", submitted_at="", received_at="01/03/2019 00:00", **raised),
        ]
    )
    levels = agency.rows("select dossier_code, service_level from core.dossier_version order by 1")
    assert levels == [("A-190228-1", 2), ("A-190301-1", 3)]


def test_a_procedure_as_an_agency_s_system_extends_it_is_the_catalogue_s(judged):
    _, version = judged(procedure_code="1.000045.000.00.00.H35", service_level="2")
    assert (version.procedure_code, version.service_level) == ("1.000045", 4)


@pytest.mark.parametrize(
    ("changes", "warning", "kept"),
    [
        ({"procedure_code": "9.999999", "service_level": "Mức độ 3"}, "procedure_unknown", {"service_level": 3}),
        ({"unit": "lang_giang", "commune": "Xã Không Có"}, "commune_unknown", {"commune_code": None}),
        ({"dossier_code": "HS 17/2019"}, "dossier_code_shape", {"dossier_code": "HS 17/2019"}),
        ({"dossier_code": "ồ" * 66}, "dossier_code_shape", {"dossier_code": "ồ" * 66}),
        ({"procedure_code": "Cấp phép " * 150}, "procedure_unknown", {"procedure_code": ("Cấp phép " * 150).strip()}),
        ({"submitted_at": "06/04/2019 08:00"}, "submitted_after_received", {"channel": "online"}),
    ],
)
def test_an_odd_record_is_taken_and_warned_of(agency, judged, changes, warning, kept):
    reasons, version = judged(**changes)
    assert reasons == []
    assert {name: getattr(version, name) for name in kept} == kept
    warned = agency.rows("select expectation, failing_count from ops.expectation_result where not is_met")
    assert warned == [(warning, 1)]


@pytest.mark.parametrize("commune", ["07378", "Xã Nghĩa Hòa"])
def test_a_commune_is_known_by_its_code_or_by_its_name_in_the_unit_s_district(judged, commune):
    _, version = judged(unit="Huyện Lạng Giang", commune=commune)
    assert (version.owner_unit_code, version.commune_code) == ("lang_giang", "07378")


def test_a_finish_by_day_only_on_the_day_of_receipt_is_not_before_it(judged):
    reasons, version = judged(received_at="05/04/2019 08:00", finished_at="05/04/2019", returned_at="")
    assert reasons == []
    assert version is not None


def test_a_wall_clock_time_belongs_to_the_month_of_the_source_s_timezone(judged):
    _, version = judged(
        submitted_at="", received_at="01/05/2019 00:30", status="2", finished_at="", returned_at="", due_at=""
    )
    assert version.received_at == datetime(2019, 4, 30, 17, 30, tzinfo=UTC)


def test_a_source_s_own_codes_are_translated_and_an_empty_one_means_what_its_map_says(agency):
    from tests.contracts.conftest import row

    agency.settings = {
        "value_maps": {
            "channel": {"MC": "direct", "": "post", "DVC": "online", "App": "online"},
            "status": {"DA_TRA": "10", "DANG_XL": "4"},
            "unit": {"SYT": "so_y_te"},
            "procedure": {"CAP-PHEP": "1.000045"},
        }
    }
    own = {"unit": "SYT", "status": "DA_TRA", "procedure_code": "CAP-PHEP"}
    agency.take(
        [row(dossier_code=f"A-190405-{n}", channel=channel, **own) for n, channel in enumerate(["App", "", "MC"])]
    )
    seen = agency.rows("select channel, status_code, procedure_code from core.dossier_version order by dossier_code")
    assert seen == [("online", 10, "1.000045"), ("post", 10, "1.000045"), ("direct", 10, "1.000045")]
    agency.take([row(dossier_code="A-190405-9", channel="2", **own)])
    (reason,) = agency.one("select reasons from quarantine.row").reasons
    assert (reason["rule"], reason["value"]) == ("channel_unknown", "2")
    assert reason["expected"] == "Một trong các mã kênh: MC = direct,  = post, DVC = online, App = online"
