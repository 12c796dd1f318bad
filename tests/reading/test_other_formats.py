"""XML, Parquet, long JSON pages, CSV of a dialect that is not known: the same records, and a named reason where not."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import parquet

from onestop.reading import json_format
from onestop.reading.rows import Declared, Unacceptable, Unreadable
from tests.reading.tables import read, read_csv, read_pages, read_parquet, read_xml

RECORD = "<HoSo ma='7'><MaHoSo>A &amp; B</MaHoSo><NgayTiepNhan>1</NgayTiepNhan><Chu><Ten>An</Ten></Chu></HoSo>"
SOAP = (
    "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Header/><s:Body>"
    "<r:LayHoSo xmlns:r='urn:motcua' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><r:DanhSach>"
    "<r:HoSo><r:MaHoSo><![CDATA[A&B]]></r:MaHoSo><r:NgayTiepNhan xsi:nil='true'/></r:HoSo>"
    "<r:HoSo><r:MaHoSo>B<!-- x -->1</r:MaHoSo><r:NgayTiepNhan>2</r:NgayTiepNhan></r:HoSo>"
    "</r:DanhSach></r:LayHoSo></s:Body></s:Envelope>"
)


def test_xml_gives_elements_attributes_and_nested_elements_by_their_paths():
    columns = ("MaHoSo", "@ma", "Chu.Ten")
    assert read_xml(f"<DanhSach>{RECORD}</DanhSach>", columns=columns) == [("A & B", "7", "An")]


@pytest.mark.parametrize("path", ["HoSo", "DanhSach.HoSo", "Envelope.Body.LayHoSo.DanhSach.HoSo"])
def test_a_soap_answer_is_read_whatever_its_namespaces_are(path):
    assert read_xml(SOAP, records_path=path) == [("A&B", "", ""), ("B1", "", "2")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1258"])
def test_xml_says_itself_how_its_letters_are_encoded(encoding):
    record = "<HoSo><MaHoSo>Đà</MaHoSo><NgayTiepNhan/></HoSo>"
    text = f"<?xml version='1.0' encoding='{encoding}'?><DanhSach>{record}</DanhSach>"
    assert read_xml(text.encode(encoding)) == [("Đà", "", "")]


@pytest.mark.parametrize(
    ("text", "rule", "seen"),
    [
        ("", "file_truncated", "no element found"),
        (f"<DanhSach>{RECORD}<HoSo><MaHoSo>", "file_truncated", "ends in the middle"),
        ("<html><br></html>", "page_malformed", "no XML"),
        ("<KetQua/>", "records_missing", "no element at DanhSach.HoSo"),
        ("<DanhSach><HoSo><MaHoSo>A</MaHoSo></HoSo></DanhSach>", "column_missing", "without NgayTiepNhan"),
        (
            "<E><Body><Fault><faultstring>Sai mật khẩu</faultstring></Fault></Body></E>",
            "records_missing",
            "Sai mật khẩu",
        ),
    ],
)
def test_xml_that_is_not_what_was_agreed_is_refused(text, rule, seen):
    with pytest.raises(Unacceptable, match=seen) as refusal:
        read_xml(text)
    assert refusal.value.rule == rule


def test_an_empty_list_in_xml_is_no_record_and_a_repeated_element_is_refused():
    assert read_xml("<DanhSach/>") == []
    twice = "<DanhSach><HoSo><MaHoSo>A</MaHoSo><MaHoSo>B</MaHoSo><NgayTiepNhan/></HoSo></DanhSach>"
    assert read_xml(twice) == [Unreadable("record_malformed", "MaHoSo: 2")]


def test_parquet_keeps_moments_days_amounts_and_codes():
    at = datetime(2019, 4, 5, 8, 30)  # noqa: DTZ001
    table = pa.table(
        {
            "ma": pa.array(["001", None, "b"]).dictionary_encode(),
            "luc": pa.array([at, None, at], pa.timestamp("us")),
            "luc_utc": pa.array([at.replace(tzinfo=UTC)] * 3, pa.timestamp("ms", "UTC")),
            "ngay": pa.array([date(2019, 4, 5)] * 3),
            "phi": pa.array([Decimal("150000.50"), Decimal(0), None], pa.decimal128(12, 2)),
            "so": pa.array([150000.0, 1.5, None]),
            "dung": pa.array([True, False, None]),
        }
    )
    buffer = io.BytesIO()
    parquet.write_table(table, buffer, row_group_size=2)
    rows = read_parquet(buffer.getvalue(), columns=("ma", "luc", "luc_utc", "ngay", "phi", "so", "dung"))
    assert rows == [
        ("001", "2019-04-05 08:30:00.000000", "2019-04-05 08:30:00.000Z", "2019-04-05", "150000.50", "150000", "true"),
        ("", "", "2019-04-05 08:30:00.000Z", "2019-04-05", "0.00", "1.5", "false"),
        ("b", "2019-04-05 08:30:00.000000", "2019-04-05 08:30:00.000Z", "2019-04-05", "", "", ""),
    ]
    with pytest.raises(Unacceptable, match="no column MaHoSo, NgayTiepNhan among: dung, luc") as refusal:
        read_parquet(buffer.getvalue())
    assert refusal.value.rule == "column_missing"
    with pytest.raises(Unacceptable) as refusal:
        read_parquet(buffer.getvalue()[:-100], columns=("ma",))
    assert refusal.value.rule == "page_malformed"


def test_a_long_json_page_is_read_record_by_record_with_the_same_result(monkeypatch):
    page = (
        '\ufeff{"meta": {"n": 3}, "data": {"items": [{"MaHoSo": "A", "NgayTiepNhan": 1.50, "x": [1, {"y": null}]},'
        ' {"MaHoSo": true, "NgayTiepNhan": null}, [1], {"MaHoSo": "C", "MaHoSo": "D", "NgayTiepNhan": ""}]}}'
    ).encode()
    short = read_pages(page, records_path="data.items")
    monkeypatch.setattr(json_format, "HELD_PAGE_BYTES", 10)
    assert read_pages(page, records_path="data.items") == short
    assert short[:2] == [("A", "", "1.50"), ("true", "", "")]
    assert [row.value for row in short[2:]] == ["list", "hai lần MaHoSo"]
    with pytest.raises(Unacceptable) as refusal:
        read_pages(page[:-20], records_path="data.items")
    assert refusal.value.rule == "file_truncated"
    with pytest.raises(Unacceptable) as refusal:
        read_pages(page, records_path="data.rows")
    assert refusal.value.rule == "records_missing"


def test_a_key_that_is_there_twice_spoils_its_record_only():
    lines = '{"MaHoSo": "A", "NgayTiepNhan": "1", "NgayTiepNhan": "2"}\n{"MaHoSo": "\\":", "NgayTiepNhan": "2"}\n'
    rows = read(json_format.read_lines, lines)
    assert rows == [Unreadable("record_malformed", "hai lần NgayTiepNhan"), ('":', "", "2")]


@pytest.mark.parametrize("space", [" ", "\t", "\r\n", " \n  "])
def test_a_key_that_is_there_twice_is_seen_whatever_stands_before_its_colon(space):
    twice = f'{{"MaHoSo": "A", "NgayTiepNhan": "1", "NgayTiepNhan"{space}: "2"}}'
    once = f'{{"MaHoSo"{space}: "B : \\" :", "NgayTiepNhan"{space}: ""}}'
    expected = [Unreadable("record_malformed", "hai lần NgayTiepNhan"), ('B : " :', "", "")]
    assert read_pages(f"[{twice}]".encode()) == expected[:1]
    assert read_pages(f"[{twice}, {once}]".encode()) == expected
    if "\n" not in space:
        assert read(json_format.read_lines, f"{twice}\n{once}\n") == expected


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_that_with_which_the_columns_are_found(delimiter):
    lines = ['"MaHoSo"', "NgayTiepNhan", "Khac"], ["A", "1", f'"x{delimiter}"']
    text = "Danh sách, tháng 4; năm 2019\n" + "\n".join(map(delimiter.join, lines)) + "\n"
    declared = Declared()
    assert read_csv(text, declared, delimiter=None) == [("A", "", "1")]
    assert [note.rule for note in declared.notes] == ["dialect_detected"]


def test_a_delimiter_that_cannot_be_told_is_refused():
    with pytest.raises(Unacceptable) as refusal:
        read_csv("MaHoSo\nA\n", delimiter=None, columns=("MaHoSo",))
    assert refusal.value.rule == "dialect_ambiguous"
    with pytest.raises(Unacceptable) as refusal:
        read_csv("Ma;Ngay\nA;1\n", delimiter=None)
    assert refusal.value.rule == "column_missing"
