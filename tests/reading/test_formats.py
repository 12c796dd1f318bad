"""Every format gives the same records, and none of them crashes on what it is given."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import datetime

import orjson
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from onestop.reading import csv_format, hostile, json_format, workbook_format
from onestop.reading.rows import LONGEST_CELL, Declared, Layout, Unacceptable, Unreadable
from onestop.reading.text import WrongEncoding

COLUMNS = ("MaHoSo", None, "NgayTiepNhan")


def layout(kind, **changes):
    required = frozenset(filter(None, COLUMNS))
    return Layout(
        **{"format_kind": kind, "columns": COLUMNS, "required_columns": required, "delimiter": ";", **changes}
    )


def read(reader, data, declared=None, **changes):
    stream = io.BufferedReader(io.BytesIO(data))
    return list(reader(layout("any", **changes), stream, declared or Declared()))


def read_csv(text, declared=None, **changes):
    data = text if isinstance(text, bytes) else text.encode()
    return read(csv_format.read, data, declared, **changes)


# -- CSV ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_csv_gives_the_wanted_cells_in_the_wanted_order(start):
    text = start + 'Khac;NgayTiepNhan;MaHoSo\r\n1;05/04/2019;"A;1"\r\n2;;"B ""hai""\r\ndòng"\r\n'
    assert read_csv(text) == [("A;1", "", "05/04/2019"), ('B "hai"\r\ndòng', "", "")]


def test_titles_above_the_header_and_empty_rows_are_no_records():
    text = "SỞ Y TẾ;\nDanh sách hồ sơ;\n\nMaHoSo;NgayTiepNhan\nA;1\n;\n\nB;2"
    assert read_csv(text) == [("A", "", "1"), ("B", "", "2")]


def test_a_header_in_another_normal_form_with_double_spaces_is_the_same():
    text = "Ma\u0303  hồ sơ;x\nA;1\n"
    assert read_csv(text, columns=("Mã hồ sơ",), required_columns=frozenset({"Mã hồ sơ"})) == [("A",)]


def test_a_row_with_another_number_of_cells_is_an_error_record_and_the_rest_is_read():
    rows = read_csv("MaHoSo;NgayTiepNhan\nA;1\nB\nC;3;4\nD;4\n")
    assert rows == [
        ("A", "", "1"),
        Unreadable("cell_count", "1", "2"),
        Unreadable("cell_count", "3", "2"),
        ("D", "", "4"),
    ]


def test_a_quote_inside_a_quoted_cell_spoils_its_record_only():
    rows = read_csv('MaHoSo;NgayTiepNhan\n"A "x" ";1\nB;2\n')
    assert [type(row) for row in rows] == [Unreadable, tuple]
    assert rows[0].rule == "record_malformed"
    assert rows[1] == ("B", "", "2")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "file_empty"),
        ("MaHoSo;Khac\nA;1\n", "column_missing"),
        ("MaHoSo;NgayTiepNhan;MaHoSo\nA;1;B\n", "column_repeated"),
        ("MaHoSo;NgayTiepNhan\nA;1\nB", "file_truncated"),
        ('MaHoSo;NgayTiepNhan\nA;1\n"B;2\n', "quote_unclosed"),
        ('MaHoSo;NgayTiepNhan\nA;1\n"B;2\n' + "C;3\n" * LONGEST_CELL, "quote_unclosed"),
    ],
)
def test_a_file_that_is_doubtful_as_a_whole_is_refused(text, rule):
    with pytest.raises(Unacceptable) as refusal:
        read_csv(text)
    assert refusal.value.rule == rule


@pytest.mark.parametrize("rows_before", [0, 5000])
def test_a_byte_that_does_not_decode_is_named_by_line_and_offset(rows_before):
    before = b"MaHoSo;NgayTiepNhan\n" + b"A;1\n" * rows_before
    with pytest.raises(WrongEncoding) as refusal:
        read_csv(before + b"B\xff;2\n")
    assert (refusal.value.line, refusal.value.offset) == (rows_before + 2, len(before) + 1)


@pytest.mark.parametrize("gives_tables", [False, True])
@pytest.mark.parametrize("rows_before", [0, 200_000])
def test_a_file_cut_in_the_middle_of_a_character_is_told_to_be_cut_not_in_another_encoding(rows_before, gives_tables):
    """Half of the letters of Vietnamese take several bytes: so does the place where a copy stops."""
    data = b"MaHoSo;NgayTiepNhan\n" + b"A;1\n" * rows_before + "B;Huyện Lục Đ".encode()
    with pytest.raises(WrongEncoding) as refusal:
        read_csv(data[:-1], gives_tables=gives_tables)
    assert (refusal.value.rule, refusal.value.line) == ("file_truncated", rows_before + 2)


def test_a_footer_declares_the_count_and_is_no_record():
    declared = Declared()
    rows = read_csv(
        "MaHoSo;NgayTiepNhan\nA;1\nTổng số hồ sơ: 1.234\n", declared, declared_count_footer=r"^Tổng số hồ sơ: ([\d.]+)"
    )
    assert (rows, declared.count) == ([("A", "", "1")], 1234)


# -- JSON -----------------------------------------------------------------------------------------------


def test_json_follows_dotted_paths_and_keeps_digits_as_written():
    records = b'[{"MaHoSo": 12, "NgayTiepNhan": {"gio": "1"}}, {"MaHoSo": 1.001190, "NgayTiepNhan": null}]'
    page = b'{"data": {"items": ' + records + b"}}"
    rows = read(
        json_format.read_pages, page, records_path="data.items", columns=("MaHoSo", "NgayTiepNhan"),
    )  # fmt: skip
    assert rows == [Unreadable("record_malformed", "NgayTiepNhan: dict"), ("1.001190", "")]
    nested = read(
        json_format.read_pages, b'[{"MaHoSo": true, "NgayTiepNhan": {"gio": "1"}}]',
        columns=("MaHoSo", "NgayTiepNhan.gio"),
        required_columns=frozenset({"MaHoSo", "NgayTiepNhan.gio"}),
    )  # fmt: skip
    assert nested == [("true", "1")]


@pytest.mark.parametrize(
    ("page", "rule"),
    [
        (b'{"data": []}', "records_missing"),
        (b'{"items": {}}', "records_missing"),
        (b'{"items": [{"MaHoSo": "A"', "file_truncated"),
        (b"<html>503</html>", "page_malformed"),
        (b'{"items": [{"MaHoSo": "A"}]}', "column_missing"),
        (b"", "file_truncated"),
    ],
)
def test_a_page_that_is_not_what_was_agreed_is_refused(page, rule):
    with pytest.raises(Unacceptable) as refusal:
        read(json_format.read_pages, page, records_path="items")
    assert refusal.value.rule == rule


def test_ndjson_reads_line_by_line_and_a_broken_line_is_an_error_record():
    data = (
        '\ufeff{"MaHoSo": "A", "NgayTiepNhan": "1"}\n\nnot json\n[1]\n{"MaHoSo": "B", "NgayTiepNhan": 2.50}\n'.encode()
    )
    rows = read(json_format.read_lines, data)
    assert rows[0] == ("A", "", "1")
    assert [row.rule for row in rows[1:3]] == ["record_malformed"] * 2
    assert rows[3] == ("B", "", "2.50")


def test_ndjson_that_ends_in_the_middle_of_a_record_is_refused():
    with pytest.raises(Unacceptable) as refusal:
        read(json_format.read_lines, b'{"MaHoSo": "A", "NgayTiepNhan": "1"}\n{"MaHoSo": "B')
    assert refusal.value.rule == "file_truncated"


@pytest.mark.parametrize("reader", [json_format.read_pages, json_format.read_lines])
def test_json_in_another_encoding_is_refused(reader):
    with pytest.raises(WrongEncoding):
        read(reader, '[{"MaHoSo": "Sở"}]'.encode("utf-16"))


# -- XLSX -----------------------------------------------------------------------------------------------


def workbook(rows, dates=(), sheet="Sheet1"):
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = book.add_worksheet(sheet)
    for index, row in enumerate(rows):
        page.write_row(index, 0, row)
    for (row, column), value in dates:
        page.write_datetime(row, column, value, book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
    book.close()
    return buffer.getvalue()


def test_a_workbook_with_titles_dates_and_codes_as_numbers():
    data = workbook(
        [
            ["DANH SÁCH HỒ SƠ"],
            [],
            ["MaHoSo", "NgayTiepNhan", "Khac"],
            ["A"],
            [17, 43586.5, "x"],
            ["", "", ""],
            ["B", "05/04/2019"],
        ],
        dates=[((3, 1), datetime(2019, 4, 5, 8, 30))],  # noqa: DTZ001 - a workbook has no timezone
    )
    assert read(workbook_format.read, data) == [
        ("A", "", "2019-04-05T08:30:00"),
        ("17", "", "43586.5"),
        ("B", "", "05/04/2019"),
    ]


def test_a_sheet_is_found_by_name_and_a_missing_one_is_named():
    data = workbook([["MaHoSo", "NgayTiepNhan"], ["A", "1"]], sheet="Tháng 4")
    assert read(workbook_format.read, data, sheet="Tháng 4") == [("A", "", "1")]
    with pytest.raises(Unacceptable, match="the sheets Tháng 4"):
        read(workbook_format.read, data, sheet="Tháng 5")


def test_half_a_workbook_and_no_workbook_are_refused():
    whole = workbook([["MaHoSo", "NgayTiepNhan"]])
    for data in (whole[: len(whole) // 2], b"MaHoSo;NgayTiepNhan\n", b""):
        with pytest.raises(Unacceptable) as refusal:
            read(workbook_format.read, data)
        assert refusal.value.rule == "workbook_damaged"


def test_a_workbook_that_unpacks_to_gigabytes_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(hostile, "MOST_UNPACKED_BYTES", 1 << 20)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (2 << 20))
    with pytest.raises(Unacceptable) as refusal:
        read(workbook_format.read, buffer.getvalue())
    assert refusal.value.rule == "file_too_large"


# -- whatever comes -------------------------------------------------------------------------------------

OUTCOMES = (Unacceptable, WrongEncoding)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400) | st.text(alphabet='MaHoSo;NgayTiepNhan"\r\n\0é{}[]:,1', max_size=400).map(str.encode))
def test_no_bytes_crash_a_reader(data):
    for reader in (csv_format.read, json_format.read_pages, json_format.read_lines, workbook_format.read):
        for prefix in (b"", b"MaHoSo;NgayTiepNhan\n"):
            try:
                rows = read(reader, prefix + data)
            except OUTCOMES:
                continue
            assert all(isinstance(row, Unreadable) or len(row) == len(COLUMNS) for row in rows)


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20).map(
    lambda text: "x" + text.replace("\r", " ")
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), max_size=20))
def test_the_same_records_come_out_of_every_format(records):
    wanted = [(code, "", date) for code, date in records]
    objects = [{"MaHoSo": code, "NgayTiepNhan": date} for code, date in records]
    quoted = "".join('"' + '";"'.join(cell.replace('"', '""') for cell in record) + '"\n' for record in records)
    assert read_csv("MaHoSo;NgayTiepNhan\n" + quoted) == wanted
    assert read(json_format.read_pages, orjson.dumps(objects)) == wanted
    assert read(json_format.read_lines, b"".join(orjson.dumps(record) + b"\n" for record in objects)) == wanted
    assert read(json_format.read_pages, json.dumps(objects).encode()) == wanted
