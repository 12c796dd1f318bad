"""The datasets beside dossiers: a failure here means figures that nobody checked, or an agency's statement lost."""

from __future__ import annotations

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from onestop import warehouse
from onestop.jurisdiction import Source
from onestop.reading.refusal import catalogue
from tests.contracts.conftest import Agency, letters

FORM = {
    "unit": "DonVi",
    "received_total": "C3",
    "received_online": "C4",
    "received_direct": "C5",
    "carried_over": "C6",
    "resolved_total": "C7",
    "resolved_early": "C8",
    "resolved_on_time": "C9",
    "resolved_late": "C10",
    "pending_total": "C11",
    "pending_in_time": "C12",
    "pending_overdue": "C13",
}
PAYMENTS = {
    "payment_code": "MaGD",
    "unit": "DonVi",
    "dossier_code": "MaHoSo",
    "payment_method": "HinhThuc",
    "payment_status": "TinhTrang",
    "amount": "SoTien",
    "paid_at": "ThoiDiem",
}
ENTRIES = {
    "entry_code": "So",
    "unit": "DonVi",
    "body_name": "CoQuan",
    "title": "NoiDung",
    "due_on": "Han",
    "done_on": "Xong",
    "quantity": "SoLuong",
    "reference": "VanBan",
}
PROCEDURES = {
    "procedure_code": "Ma",
    "procedure_name": "Ten",
    "service_level": "MucDo",
    "valid_from": "TuNgay",
    "valid_to": "DenNgay",
}


def delivering(agency: Agency, dataset: str, fields: dict[str, str], **more: object) -> Agency:
    agency.settings = {"dataset": dataset, "fields": fields, **more}
    agency.source_id = f"nguon_{dataset}"
    return agency


def table(fields: dict[str, str], *rows: str) -> str:
    return "".join(f"{line}\n" for line in (";".join(fields.values()), *rows))


def reasons(agency: Agency) -> list[tuple[int, str]]:
    return [
        (number, item["rule"])
        for number, items in agency.rows("select row_number, reasons from quarantine.row order by 1")
        for item in items
    ]


def warned(agency: Agency) -> dict[str, int]:
    return dict(
        agency.rows(
            "select expectation, failing_count from ops.expectation_result where severity = 'warn' and not is_met"
        )
    )


@pytest.fixture
def forms(agency):
    return delivering(agency, "reported_total", FORM)


def test_a_form_06a_that_adds_up_is_known_and_one_that_does_not_is_refused_by_its_identity(forms):
    result = forms.take(
        table(
            FORM,
            "Sở Y tế;100;20;50;30;70;40;20;10;30;25;5",
            "Huyện Lạng Giang;100;20;50;31;70;40;20;11;30;25;6",
            "Sở Y tế;100;20;50;30;70;40;20;10;31;25;6",
            "Tổng cộng;200;40;100;61;140;80;40;21;60;50;11",
        )
    )
    assert (result.record_count, result.accepted_count, result.merge.inserted) == (3, 1, 1)
    assert reasons(forms) == [
        (2, "received_not_sum"),
        (2, "resolved_not_sum"),
        (2, "pending_not_sum"),
        (3, "balance_broken"),
    ]
    known = forms.one(
        "select owner_unit_code, period, received_total, pending_overdue from core.reported_total_version"
    )
    assert known == ("so_y_te", "2019-04", 100, 5)


def test_an_absent_number_is_not_zero_and_an_unreadable_one_is_refused(forms):
    forms.take(table(FORM, "Sở Y tế;30;;;;10;;;;20;;", "Huyện Lạng Giang;x;;;;-1;;;;;;"))
    assert forms.one("select received_total, received_online from core.reported_total_version") == (30, None)
    assert reasons(forms) == [(2, "count_unreadable"), (2, "count_unreadable")]


def test_what_was_pending_is_what_is_carried_over(forms):
    forms.take(table(FORM, "Sở Y tế;10;0;10;0;4;4;0;0;6;6;0"), "2019-03")
    forms.take(table(FORM, "Sở Y tế;10;0;5;5;4;4;0;0;6;6;0"), "2019-04")
    assert warned(forms) == {"carried_over_differs": 1}


def test_a_month_of_zeros_after_a_full_one_is_refused(forms):
    forms.take(table(FORM, "Sở Y tế;100;0;100;0;100;100;0;0;0;0;0"), "2019-03")
    with pytest.raises(Exception, match="dossiers in the month"):
        forms.take(table(FORM, "Sở Y tế;0;0;0;0;0;0;0;0;0;0;0"), "2019-04")


@pytest.mark.parametrize(
    ("dataset", "fields", "more", "lines", "expected"),
    [
        (
            "payment", PAYMENTS, {"statement": {"": "agency"}},
            ["{code};Sở Y tế;000.00.12.H02-190405-0001;1;;150000;05/04/2019 08:00"],
            [("payment_code_too_long", "payment_code", "3000")],
        ),
        (
            "register", ENTRIES, {"register": {"": "publicity_activity"}},
            ["{code};;Báo Bắc Giang;Đưa tin;05/04/2019;05/04/2019;1;x", "2;;{code};Đưa tin;05/04/2019;05/04/2019;1;x"],
            [("entry_code_too_long", "entry_code", "3000"), ("body_name_too_long", "body_name", "3000")],
        ),
        (
            "procedure", PROCEDURES, {}, ["{code};Cấp phép;4;01/01/2019;"],
            [("procedure_code_too_long", "procedure_code", "3000")],
        ),
    ],
)  # fmt: skip
def test_a_key_that_no_index_takes_is_refused_and_not_the_delivery(agency, dataset, fields, more, lines, expected):  # noqa: PLR0917
    code = letters(3000)
    source = delivering(agency, dataset, fields, value_maps=more)
    source.take(table(fields, *(line.format(code=code) for line in lines)))
    told = [
        item for row in source.rows("select reasons from quarantine.row order by row_number") for item in row.reasons
    ]
    assert [(item["rule"], item["field"], item["value"][62:-1]) for item in told] == [
        (rule, field, f"({length}") for rule, field, length in expected
    ]
    assert all(item["value"].startswith(f"{code[:60]}… ") for item in told)


def test_a_bank_statement_is_known_by_the_payer_s_transaction(agency):
    bank = delivering(agency, "payment", PAYMENTS, value_maps={"statement": {"": "bank"}, "payment_method": {"": "bank_transfer", "QG": "national_gateway"}})  # fmt: skip  # noqa: E501
    result = bank.take(
        table(
            PAYMENTS,
            "GD1;Sở Y tế;000.00.12.H02-190405-0001;QG;;150000;05/04/2019 08:00",
            "GD2;Sở Y tế;;;refunded;20000;05/04/2019 08:01",
            "GD3;Sở Y tế;;??;;1.5.0;31/04/2019 08:01",
            "GD1;Sở Y tế;000.00.12.H02-190405-0001;QG;;150000;05/04/2019 08:00",
        )
    )
    assert (result.accepted_count, result.quarantined_count) == (2, 2)
    assert reasons(bank) == [
        (1, "duplicate_identical"),
        (3, "payment_method_unknown"),
        (3, "amount_unreadable"),
        (3, "date_unreadable"),
    ]
    assert bank.rows(
        "select statement, payment_code, payment_method, status, amount from core.payment_version order by 2"
    ) == [
        ("bank", "GD1", "national_gateway", "paid", 150000),
        ("bank", "GD2", "bank_transfer", "refunded", 20000),
    ]
    assert warned(bank) == {"payment_dossier_unknown": 1}


def test_a_register_names_units_and_bodies_that_are_none(agency):
    register = delivering(agency, "register", ENTRIES, value_maps={"register": {"": "publicity_activity"}})
    register.take(
        table(
            ENTRIES,
            "1;;Báo Bắc Giang;Chuyên mục dịch vụ công;30/04/2019;12/04/2019;4;12/KH",
            "2;Sở Y tế;;Hội nghị;15/04/2019;;;",
            "3;;;Không ai làm;;;;",
            "4;Sở Không Có;;Việc;;;x;",
        )
    )
    assert reasons(register) == [(3, "actor_missing"), (4, "unit_unknown"), (4, "quantity_unreadable")]
    entries = register.rows(
        "select entry_code, owner_unit_code, body_name, done_on is null, quantity"
        " from core.register_entry_version order by 1"
    )
    assert entries == [("1", None, "Báo Bắc Giang", False, 4), ("2", "so_y_te", None, True, None)]


def test_a_delivered_catalogue_holds_beside_the_configured_one_and_contradictions_are_named(agency):
    catalogue_source = delivering(agency, "procedure", PROCEDURES, units=["so_y_te"])
    catalogue_source.take(
        table(PROCEDURES, "9.000001;Thủ tục mới;Mức độ 2;;", "1.000045;Có trong cấu hình;Mức độ 2;01/01/2019;"),
        "2019-03",
    )
    assert reasons(catalogue_source) == [(2, "procedure_conflicts")]
    held = catalogue_source.one("select reasons -> 0 ->> 'value' from quarantine.row")[0]
    assert held.startswith("mức Mức độ 2; danh mục cấu hình: mức "), "the configured level is named"
    catalogue_source.take(table(PROCEDURES, "9.000001;Thủ tục mới;Mức độ 4;;"), "2019-04")
    levels = (
        "select service_level, valid_from::text, valid_to::text"
        " from core.procedure where procedure_code = '9.000001' order by 2"
    )
    expected = [(2, "2019-03-01", "2019-04-01"), (4, "2019-04-01", "infinity")]
    assert catalogue_source.rows(levels) == expected
    catalogue_source.take(table(PROCEDURES, "9.000001;Thủ tục mới;Mức độ 4;;", "9.000002;Khác;3;;"), "2019-05")
    assert catalogue_source.rows(levels) == expected, "the same level goes on"
    with catalogue_source.engine.begin() as connection:
        assert warehouse.synchronise(connection, catalogue_source.jurisdiction) == 0, (
            "the configuration leaves it there"
        )


def test_the_later_observed_delivery_wins_in_whatever_order_they_come(agency):
    bank = delivering(agency, "payment", PAYMENTS, state_as_of="pull", value_maps={"statement": {"": "bank"}, "payment_method": {"": "counter"}})  # fmt: skip  # noqa: E501
    line = "GD1;Sở Y tế;;;{};100;05/04/2019 08:00"
    first = bank.deliver(table(PAYMENTS, line.format("paid")))
    second = bank.deliver(table(PAYMENTS, line.format("refunded")))
    third = bank.deliver(table(PAYMENTS, line.format("refunded"), "GD2;Sở Y tế;;;;5;05/04/2019 08:00"))
    for number, delivery_id in enumerate((first, second, third)):
        with bank.engine.begin() as connection:
            connection.execute(
                text("update ops.delivery set observed_at = :moment where delivery_id = :id"),
                {"moment": f"2019-05-0{number + 1}", "id": delivery_id},
            )
    outcomes = []
    for delivery_id in (second, third, first):
        bank.load(delivery_id)
        outcomes.append(bank.check(delivery_id).merge)
    assert [(o.inserted, o.changed, o.unchanged, o.older) for o in outcomes] == [
        (1, 0, 0, 0),
        (1, 0, 1, 0),
        (0, 0, 0, 1),
    ]
    assert bank.rows(
        "select payment_code, status from core.payment_version where known_to = 'infinity' order by 1"
    ) == [
        ("GD1", "refunded"),
        ("GD2", "paid"),
    ]


def test_a_field_of_another_dataset_is_no_configuration(agency):
    with pytest.raises(ValidationError, match="a payment has no channel"):
        delivering(agency, "payment", {**PAYMENTS, "channel": "Kenh"}).source  # noqa: B018


@pytest.mark.parametrize("dataset", ["reported_total", "procedure", "payment", "register"])
def test_every_rule_of_a_contract_is_told_in_both_languages_and_names_a_field_that_officials_know(dataset):
    contract = catalogue(dataset)
    fields = set(Source.model_fields["fields"].annotation.__args__[0].__args__)
    for rule in (*contract.rows, *contract.limits):
        assert all((rule.expected_vi, rule.expected_en, rule.remedy_vi, rule.remedy_en))
        assert rule.field is None or (rule.field in fields and rule.field in contract.fields_vi) or rule.field == "unit"
