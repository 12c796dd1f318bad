"""Workbooks as people make them give the records that are in them, and say what was left out."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onestop.reading.rows import Declared, Unacceptable, Unreadable
from tests.reading.tables import ods, read_csv, read_workbook, repacked, xls, xlsx

HEAD = ["MaHoSo", "NgayTiepNhan", "Khac"]
AT = datetime(2019, 4, 5, 8, 30)  # noqa: DTZ001 - a workbook has no timezone
WANTED = [("A", "", "2019-04-05T08:30:00"), ("17", "", "43586.5"), ("B", "", "05/04/2019")]
ROWS = [["DANH SÁCH HỒ SƠ"], [], HEAD, ["A"], [17, 43586.5, "x"], ["", "", ""], ["B", "05/04/2019"]]
ODS_DATE = b'<table:table-cell office:value-type="date" office:date-value="2019-04-05T08:30:00"/>'


@pytest.mark.parametrize(
    "data",
    [
        xlsx({"Sheet1": ROWS}, dates=[("Sheet1", 3, 1, AT)]),
        xlsx({"Sheet1": ROWS}, dates=[("Sheet1", 3, 1, AT)], options={"date_1904": True}),
        xls({"Sheet1": ROWS}, dates=[("Sheet1", 3, 1, AT)]),
        ods({"Sheet1": [ROWS[0], [], HEAD, ["A", ODS_DATE], *ROWS[4:]]}),
    ],
    ids=["xlsx", "xlsx of 1904", "xls", "ods"],
)  # fmt: skip
def test_the_same_table_gives_the_same_records_whatever_workbook_it_is_in(data):
    assert read_workbook(data) == WANTED


def test_a_header_of_two_rows_is_found_by_its_lower_cells_and_by_group_and_cell():
    rows = [["STT", "Mã hồ sơ", "Thời gian", "", "Ghi\nchú"], ["", "", "Tiếp\nnhận", "Trả", ""], [1, "A", "x", "y", ""]]
    for name in ("Tiếp nhận", "Thời gian Tiếp nhận"):
        assert read_workbook(xlsx({"S": rows}), columns=("Mã hồ sơ", name, "Ghi chú")) == [("A", "x", "")]


def test_totals_repeated_headers_and_numbers_of_columns_are_left_out_and_told():
    rows = [
        ["STT", "MaHoSo", "NgayTiepNhan"], ["(1)", "(2)", "(3)"], [1, "A", "x"], ["STT", "MaHoSo", "NgayTiepNhan"],
        [2, "B", "y"], ["Tổng cộng:", "", "2"], ["Cộng", "", ""], ["", "TỔNG SỐ", ""],
    ]  # fmt: skip
    for data, reader in (
        (xlsx({"S": rows}), read_workbook),
        ("\n".join(";".join(map(str, r)) for r in rows) + "\n", read_csv),
    ):
        declared = Declared()
        assert reader(data, declared) == [("A", "", "x"), ("B", "", "y")]
        assert {note.seen.split(":")[0]: note.count for note in declared.notes} == {
            "totals": 3,
            "header": 1,
            "numbering": 1,
        }


@pytest.mark.parametrize("row", [["3", "", "Tổng công ty Sông Đà"], ["Tổng công ty", "", "1"], ["Cộng hòa", "C", "1"]])
def test_a_record_without_code_is_not_taken_for_totals(row):
    records = read_workbook(xlsx({"S": [["Ten", "MaHoSo", "NgayTiepNhan"], ["x", "A", "1"], row]}))
    assert len(records) == 2


def test_several_sheets_are_read_by_all_or_by_a_pattern_and_each_must_have_the_header():
    book = xlsx(
        {
            "Tháng 3": [HEAD, ["A", "1"]],
            "Trống": [],
            "Tháng 4": [[""], HEAD[::-1], ["", "2", "B"]],
            "Ẩn": [HEAD, ["X"]],
        },
        hidden={"Ẩn"},
    )
    both = [("A", "", "1"), ("B", "", "2")]
    assert read_workbook(book, sheet="all") == both
    assert read_workbook(book, sheet="tháng *") == both
    assert read_workbook(book, sheet="Tháng 4") == both[1:]
    assert read_workbook(book, sheet=0) == both[:1]
    with pytest.raises(Unacceptable, match="the sheets Tháng 3, Trống, Tháng 4, Ẩn"):
        read_workbook(book, sheet="Quý *")
    with pytest.raises(Unacceptable, match="sheet Hướng dẫn") as refusal:
        read_workbook(xlsx({"Tháng 3": [HEAD, ["A", "1"]], "Hướng dẫn": [["Cách nhập"]]}), sheet="all")
    assert refusal.value.rule == "column_missing"


def test_a_renamed_workbook_is_read_by_what_its_bytes_say():
    for data in (xls({"S": [HEAD, ["A", "1", ""]]}), ods({"S": [HEAD, ["A", "1", ""]]})):
        assert read_workbook(data, format_kind="xlsx") == [("A", "", "1")]


def test_a_formula_counts_by_its_value_and_without_one_or_with_an_error_its_row_is_refused():
    book = openpyxl.Workbook()
    for row in (HEAD, ["A", "=1/0"], ["B", "1"]):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)  # openpyxl computes nothing: the formula has no value
    assert [type(row) for row in read_workbook(buffer.getvalue())] == [Unreadable, tuple]
    data = xlsx({"S": [HEAD, ["A", "1"], ["B", "2"]]})

    def with_cell(xml):
        return lambda sheet: sheet.replace('<c r="B2" t="s"><v>4</v></c>', xml)

    for xml, wanted in (
        ('<c r="B2"><f>1+1</f><v>2</v></c>', "2"),
        ('<c r="B2" t="str"><f>"a"</f><v>a</v></c>', "a"),
        ('<c r="B2" t="e"><v>#REF!</v></c>', Unreadable("record_malformed", "#REF!")),
        ('<c r="B2"><v>1e400</v></c>', Unreadable("record_malformed", "1e400")),
        ('<c r="B2"><v>NaN</v></c>', Unreadable("record_malformed", "NaN")),
        ('<c r="B2"><v>1.5E3</v></c>', "1500"),
        ('<c r="B2" t="s"><v>99</v></c>', Unreadable("record_malformed", "99")),
        ('<c r="B2" t="inlineStr"><is><r><t>x</t></r><r><t>_x0041_y</t></r><rPh><t>z</t></rPh></is></c>', "xAy"),
    ):
        first = read_workbook(repacked(data, {"xl/worksheets/sheet1.xml": with_cell(xml)}))[0]
        assert first == (wanted if isinstance(wanted, Unreadable) else ("A", "", wanted))


CELLS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Cf", "Co", "Cn"]), max_size=20),
    st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3)),
    st.booleans(),
    st.datetimes(datetime(1901, 1, 1), datetime(2099, 1, 1)).map(lambda at: at.replace(microsecond=0)),  # noqa: DTZ001
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8))
def test_cells_are_what_openpyxl_reads(rows):
    book = openpyxl.Workbook()
    book.active.append(["MaHoSo", "b", "c"])
    for row in rows:
        book.active.append(["x", *row[1:]])
        if isinstance(row[1], str) and row[1].startswith("="):
            book.active.cell(book.active.max_row, 2).data_type = "s"
        if isinstance(row[2], str) and row[2].startswith("="):
            book.active.cell(book.active.max_row, 3).data_type = "s"
    buffer = io.BytesIO()
    book.save(buffer)
    seen = openpyxl.load_workbook(io.BytesIO(buffer.getvalue()), data_only=True).active
    wanted = [tuple(_text(cell) for cell in row) for row in seen.iter_rows(min_row=2, max_col=3, values_only=True)]
    assert read_workbook(buffer.getvalue(), columns=("MaHoSo", "b", "c")) == wanted


def _text(cell):
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime):
        return (cell + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
