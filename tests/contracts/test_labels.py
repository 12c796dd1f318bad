"""Names are known however they are written, and one that fits nothing is refused with the nearest: never guessed."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onestop.contracts.labels import Names
from onestop.jurisdiction.aliases import matching_key
from tests.contracts.conftest import row

WRITTEN_ON = date(2019, 4, 30)


@pytest.fixture(scope="module")
def names(jurisdiction):
    return Names(jurisdiction, WRITTEN_ON, {"Phòng khám": "so_y_te"})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"), ("Thuỷ", "THỦY"), ("khoẻ", "khỏe"), ("Hoà Bình", "Hòa  Bình"), ("quý", "qúy"),
        (unicodedata.normalize("NFD", "Nghĩa Hoà"), "Nghĩa Hòa"), ("Sở A &amp; B", "Sở A & B"), ("a_b-c", "A B C"),
        ("Đ", "đ"),
    ],
)  # fmt: skip
def test_what_people_write_alike_is_one_key(one, other):
    assert matching_key(one) == matching_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Đông Sơn", "Đồng Sơn"), ("hoàn", "hòan"), ("quý", "quy"), ("Sở A", "Sở B"), ("loắt", "lòat")]
)
def test_what_means_something_else_is_another_key(one, other):
    assert matching_key(one) != matching_key(other)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_a_key_is_the_same_for_every_normal_form_and_for_itself(text):
    keys = {matching_key(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert len(keys) == 1
    assert matching_key(keys.copy().pop()) in keys


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("UYBND huyện Hiệp Hoà", "hiep_hoa"), ("Uỷ ban nhân dân huyện Lạng Giang", "lang_giang"),
        ("SỞ Y TẾ", "so_y_te"), ("Sở KH &amp; ĐT", "so_ke_hoach_dau_tu"), ("&", None), ("", None), ("Sở", None),
        ("Sở Kế hoạch & Đầu tư", "so_ke_hoach_dau_tu"), ("Sở TT&TT", "so_thong_tin_truyen_thong"),
        ("Sở Lao động-Thương binh và Xã hội", "so_lao_dong_tbxh"),
        ("H. Yên Dũng", "yen_dung"), ("phòng KHÁM", "so_y_te"), ("Sở Y tê", None),
    ],
)  # fmt: skip
def test_a_unit_is_known_by_its_key_by_an_alias_or_not_at_all(names, label, code):
    assert names.unit(label) == code


def test_an_alias_holds_for_its_time(jurisdiction):
    assert Names(jurisdiction, date(2025, 6, 1), {}).unit("Sở KHĐT") is None


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("TT Vôi", "07375"),
        ("X. Nghĩa Hoà", "07378"),
        ("xã NGHĨA HÒA", "07378"),
        ("Nghĩa Hoà", None),
        ("Xã Nghĩa Hoa", None),
    ],
)
def test_a_commune_is_known_in_its_district(names, label, code):
    assert names.commune("lang_giang", label) == code
    assert names.commune("yen_the", label) is None


def test_an_unknown_unit_is_refused_by_name_with_the_nearest_and_another_spelling_is_taken(agency):
    agency.take(
        [
            row(dossier_code="A-190405-1", unit="SỞ Y TẾ"),
            row(dossier_code="A-190405-2", unit="Sở Y tê"),
            row(dossier_code="A-190405-3", unit="UYBND huyện Lạng Giang", commune="TT Vôi"),
            row(dossier_code="A-190405-4", unit="lang_giang", commune="Xã Nghĩa Hoa"),
        ]
    )
    taken = agency.rows("select dossier_code, owner_unit_code, commune_code from core.dossier_version order by 1")
    assert taken == [
        ("A-190405-1", "so_y_te", None), ("A-190405-3", "lang_giang", "07375"), ("A-190405-4", "lang_giang", None),
    ]  # fmt: skip
    (reason,) = agency.one("select reasons from quarantine.row").reasons
    assert (reason["rule"], reason["value"]) == ("unit_unknown", "Sở Y tê")
    assert reason["remedy"].startswith("Gần nhất: Sở Y tế")
    remedy = agency.one("select remedy_vi from ops.expectation_result where expectation = 'commune_unknown'").remedy_vi
    assert "Chưa khớp: “Xã Nghĩa Hoa” (1; gần nhất: Xã Nghĩa Hòa" in remedy


def test_ten_thousand_unknown_names_are_refused_without_more_ado(agency):
    agency.take([row(dossier_code=f"A-190405-{n}", unit=f"Sở số {n}") for n in range(10_000)])
    assert agency.one("select count(*) as n from quarantine.row").n == 10_000
    told = agency.one("select count(*) as n from quarantine.row where reasons -> 0 ->> 'remedy' like 'Gần nhất%'").n
    assert told <= 200
