"""Nothing that is delivered takes the memory, the time, or the process: it is read, or refused with a named reason."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from onestop.reading import csv_format, hostile, json_format, parquet_format, workbook_format, xml_format
from onestop.reading.rows import LONGEST_CELL, Unacceptable, Unreadable
from onestop.reading.text import WrongEncoding
from onestop.settings import REPOSITORY_ROOT
from tests.reading.tables import COLUMNS, ods, read, read_csv, read_workbook, read_xml, repacked, xls, xlsx

HEAD = ["MaHoSo", "NgayTiepNhan"]
BOOK = xlsx({"S": [HEAD, ["A", "1"], ["B", "2"]]})
SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = '<!DOCTYPE a [<!ENTITY b "AAAAAAAAAA"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">%s]>'
BOMB = ENTITIES % "".join(f'<!ENTITY {chr(100 + n)} "{f"&{chr(99 + n)};" * 10}">' for n in range(10))
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
OUTCOMES = (Unacceptable, WrongEncoding)
READERS = {
    "csv": csv_format.read, "pages": json_format.read_pages, "lines": json_format.read_lines,
    "workbook": workbook_format.read, "xml": xml_format.read, "parquet": parquet_format.read,
}  # fmt: skip


def refused(reader, data, **changes):
    with pytest.raises(Unacceptable) as refusal:
        reader(data, **changes)
    return refusal.value.rule


# -- workbooks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("declaration", [BOMB, OUTSIDE, '<!DOCTYPE a SYSTEM "http://example.org/a.dtd">'])
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"])
def test_a_workbook_that_declares_entities_is_refused(declaration, part):
    data = repacked(BOOK, {part: lambda xml: xml.replace("?>", f"?>{declaration}", 1)})
    assert refused(read_workbook, data) in {"workbook_damaged", "page_malformed"}


def test_a_workbook_of_nothing_is_refused_before_it_is_unpacked():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(SHEET, b" " * (64 << 20))
    assert refused(read_workbook, buffer.getvalue()) == "file_too_large"


def test_an_archive_that_lies_about_its_sizes_is_damaged():
    data = bytearray(BOOK)
    place = data.index(SHEET.encode(), data.index(b"PK\x01\x02"))
    data[place - 22 : place - 18] = struct.pack("<I", 10)  # the size once unpacked, in the central directory
    assert refused(read_workbook, bytes(data)) in {"workbook_damaged", "file_truncated", "page_malformed"}


def test_ten_thousand_parts_are_refused(monkeypatch):
    monkeypatch.setattr(hostile, "MOST_ENTRIES", 5)
    assert refused(read_workbook, BOOK) == "file_too_large"


def test_macros_and_formulas_are_never_looked_at():
    data = repacked(BOOK, {"xl/vbaProject.bin": b"\xd0\xcf macro", SHEET: lambda xml: xml.replace(
        '<c r="B2" t="s"><v>3</v></c>', '<c r="B2" t="str"><f>WEBSERVICE("http://example.org")</f><v>x</v></c>'
    )})  # fmt: skip
    assert read_workbook(data)[0][0] == "A"


def test_a_workbook_with_a_password_is_named():
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(Unacceptable, match="password"):
        read_workbook(data)


def sheet_of(rows):
    return repacked(
        BOOK, {SHEET: lambda xml: xml[: xml.index("<sheetData>")] + f"<sheetData>{rows}</sheetData></worksheet>"}
    )


def test_a_row_without_end_is_refused_and_columns_beyond_a_spreadsheet_s_are_damage():
    assert refused(read_workbook, sheet_of("<row>" + "<c/>" * 2_000_000 + "</row>")) == "file_too_large"
    assert refused(read_workbook, sheet_of('<row><c r="ZZZ1"><v>1</v></c></row>')) == "workbook_damaged"
    assert refused(read_workbook, sheet_of('<row><c r="A' + "9" * 5000 + '"><v>1</v></c></row>')) == "column_missing"


def test_five_thousand_columns_are_read():
    assert read_workbook(xlsx({"S": [[f"c{n}" for n in range(5000)] + HEAD, ["x"] * 5000 + ["A", "1"]]})) == [
        ("A", "", "1")
    ]


def test_a_workbook_that_repeats_cells_and_rows_without_end_is_read_without_them():
    nothing = (
        b'<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        b'<table:table-row table:number-rows-repeated="1048576">'
        b'<table:table-cell table:number-columns-repeated="2000000000"/>'
    )
    assert read_workbook(ods({"S": [HEAD, ["A", "1"], [nothing]]})) == [("A", "", "1")]
    cell = b'<table:table-cell office:value-type="string" table:number-columns-repeated="99999"><text:p>x</text:p>'
    assert refused(read_workbook, ods({"S": [HEAD, [cell + b"</table:table-cell>"]]})) == "workbook_damaged"
    rows = (
        b'x</table:table-row><table:table-row table:number-rows-repeated="999999"><table:table-cell><text:p>A</text:p>'
    )
    assert refused(read_workbook, ods({"S": [HEAD, [rows + b"</table:table-cell>"]]})) == "workbook_damaged"


# -- texts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("declaration", [BOMB, OUTSIDE])
def test_xml_that_declares_entities_is_refused(declaration):
    text = f"<?xml version='1.0'?>{declaration}<DanhSach><HoSo><MaHoSo>&b;</MaHoSo><NgayTiepNhan/></HoSo></DanhSach>"
    assert refused(read_xml, text) == "page_malformed"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("<DanhSach>" + "<HoSo>" * 100_000, "page_malformed"),
        ("<DanhSach><HoSo>" + "<x/>" * 2_000_000, "file_too_large"),
        ("<DanhSach><HoSo><MaHoSo>" + "x" * (11 << 20), "file_too_large"),
        ("<DanhSach " + "".join(f"a{n}='x' " for n in range(100_000)) + ">", "file_truncated"),
    ],
)
def test_xml_without_measure_is_refused(text, rule):
    assert refused(read_xml, text) in {rule, "page_malformed"}


@pytest.mark.parametrize("start", ['{"a":', "[", '[{"MaHoSo": '])
@pytest.mark.parametrize("depth", [900, 100_000, 3_000_000])
def test_json_nested_without_end_is_refused(start, depth):
    ends = {"{": "}", "[": "]"}
    data = start * depth + "1" + "".join(ends[letter] for letter in reversed(start) if letter in ends) * depth
    for reader, content in ((READERS["pages"], data), (READERS["lines"], data[: 4 << 20] + "\n")):
        try:
            rows = read(reader, content)
        except Unacceptable:
            continue
        assert all(isinstance(row, Unreadable) for row in rows)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity", "1" * 5000, "1." + "1" * 5000])
def test_numbers_without_measure_are_texts_or_refused(number):
    rows = read(json_format.read_lines, f'{{"MaHoSo": {number}, "NgayTiepNhan": 1}}\n')
    assert rows in ([(number, "", "1")], rows if isinstance(rows[0], Unreadable) else [])


def test_csv_with_nul_bytes_a_cell_of_megabytes_many_columns_and_mixed_line_ends():
    assert read_csv(b"MaHoSo;NgayTiepNhan\rA\0;1\r\nB;2\n\rC;3") == [("A\0", "", "1"), ("B", "", "2"), ("C", "", "3")]
    assert refused(read_csv, "MaHoSo;NgayTiepNhan\n" + "A" * (10 << 20) + ";1\n") == "quote_unclosed"
    wide = ";".join([f"c{n}" for n in range(5000)] + HEAD)
    assert read_csv(f"{wide}\n{';'.join(['x'] * 5000 + ['A', '1'])}\n") == [("A", "", "1")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_csv_in_utf_16_is_refused_by_its_bytes_or_read_when_declared(encoding):
    data = ("\ufeff" if encoding.endswith(("le", "be")) else "") + "MaHoSo;NgayTiepNhan\r\nA;Sở\r\n"
    with pytest.raises(OUTCOMES):
        read_csv(data.encode(encoding))
    declared = encoding.removesuffix("-le").removesuffix("-be")
    assert read_csv(data.encode(encoding), encoding=declared) == [("A", "", "Sở")]
    with pytest.raises(OUTCOMES):
        read_csv(data.encode(encoding)[:-1], encoding=declared)


def test_a_million_empty_rows_are_no_records():
    assert read_csv("MaHoSo;NgayTiepNhan\n" + ";\n" * 200_000 + "\n" * 200_000 + "A;1\n") == [("A", "", "1")]
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>' + "<row/>" * 300_000
    assert read_workbook(sheet_of(rows)) == []


# -- memory ---------------------------------------------------------------------------------------------

MEASURED = """
import io, re, sys
sys.path[:0] = ["plugins", "."]
from tests.reading.tables import *
from onestop.reading import csv_format, json_format, parquet_format, workbook_format, xml_format
from onestop.reading.rows import Unacceptable
from onestop.reading.text import WrongEncoding
import lxml.etree, openpyxl.styles.numbers, ijson, pyarrow.parquet, python_calamine, pyarrow.compute

class Endless(io.RawIOBase):
    def __init__(self, start, again, size):
        self.start, self.again, self.left = start, again * (65536 // len(again) + 1), size
    def readable(self): return True
    def readinto(self, buffer):
        data = (self.start or self.again)[: len(buffer)]
        self.start = self.start[len(data):] if self.start else b""
        if self.left <= 0: return 0
        self.left -= len(data)
        buffer[: len(data)] = data
        return len(data)

def peak():  # of this program: getrusage tells of the one that started it, too
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

before = peak()
stream = io.BufferedReader(Endless(START, AGAIN, SIZE))
try:
    for row in READER(layout(records_path=PATH), stream, Declared()): pass
except (Unacceptable, WrongEncoding) as refusal:
    print(refusal, file=sys.stderr)
print(peak() - before)
"""


@pytest.mark.parametrize(
    ("reader", "start", "again", "path"),
    [
        ("csv_format.read", b"MaHoSo;NgayTiepNhan\n", b"A;" + b"x" * 1000 + b"\n", None),
        ("csv_format.read", b"MaHoSo;NgayTiepNhan\n", b'"\n";', None),
        ("csv_format.read", b"MaHoSo;NgayTiepNhan\n", b";" * 4_000_000 + b"\n", None),
        ("csv_format.read", b"", b"x" * 100_000 + b"\n", None),
        ("csv_format.read", b"MaHoSo;NgayTiepNhan\n", b"x", None),
        ("csv_format.read", b'MaHoSo;NgayTiepNhan\n"', b"x;\n", None),
        ("csv_format.read", b"", b";", None),
        ("json_format.read_pages", b"[", b"{},", None),
        ("json_format.read_pages", b"[", b'{"MaHoSo": "A", "NgayTiepNhan": "' + b"x" * 1000 + b'"},', None),
        ("json_format.read_pages", b"", b"[", None),
        ("json_format.read_lines", b"", b"[", None),
        ("json_format.read_lines", b'{"a": "', b"x", None),
        (
            "xml_format.read",
            b"<DanhSach>",
            b"<HoSo><MaHoSo>" + b"A" * 1000 + b"</MaHoSo><NgayTiepNhan/></HoSo>",
            "DanhSach.HoSo",
        ),
        ("xml_format.read", b"<DanhSach>", b"<x/>", "DanhSach.HoSo"),
        ("xml_format.read", b"<DanhSach>", b"<x>", "DanhSach.HoSo"),
        ("xml_format.read", b"<DanhSach ", b"a ", "DanhSach.HoSo"),
        ("xml_format.read", b"<!--", b"- ", "DanhSach.HoSo"),
    ],
)
def test_memory_does_not_grow_with_what_comes(reader, start, again, path):
    """150 MB of it, in a process of its own, may take 100 MB more than the libraries alone."""
    script = MEASURED.replace("START", repr(start)).replace("AGAIN", repr(again)).replace("SIZE", str(150 << 20))
    script = script.replace("READER", reader).replace("PATH", repr(path))
    run = subprocess.run(
        [sys.executable, "-"],
        input=script,
        cwd=REPOSITORY_ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert int(run.stdout) < 100 << 10, run.stderr


# -- whatever comes -------------------------------------------------------------------------------------


def _parquet():
    buffer = io.BytesIO()
    parquet.write_table(pa.table({"MaHoSo": ["A", "B"], "NgayTiepNhan": ["1", None]}), buffer)
    return buffer.getvalue()


SEEDS = {
    "csv": 'MaHoSo;NgayTiepNhan\nA;1\n"B ""x""";2\nTổng cộng;\n'.encode(),
    "pages": b'[{"MaHoSo": "A", "NgayTiepNhan": 1.5}, {"MaHoSo": null, "NgayTiepNhan": {"x": [1]}}]',
    "lines": b'{"MaHoSo": "A", "NgayTiepNhan": 1.5}\n{"MaHoSo": null, "NgayTiepNhan": true}\n',
    "xml": "<a><DanhSach><HoSo m='1'><MaHoSo>Ở</MaHoSo><NgayTiepNhan>1</NgayTiepNhan></HoSo></DanhSach></a>".encode(),
    "parquet": _parquet(), "xlsx": BOOK, "xls": xls({"S": [HEAD, ["A", "1"]]}), "ods": ods({"S": [HEAD, ["A", 1]]}),
}  # fmt: skip
INNER = {
    "xlsx": [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"],
    "ods": ["content.xml"],
}


PUT_IN = [b"<", b">", b"&a;", b'"', b"\0", b"9" * 30, b"-1", b"]]>", b"\xff\xfe", b";\n"]


@st.composite
def damaged(draw):
    """A good file with some bytes changed, cut, repeated or put in; for a workbook also inside of its parts."""
    kind = draw(st.sampled_from(sorted(SEEDS)))
    data = SEEDS[kind]
    part = draw(st.sampled_from([None, *INNER.get(kind, [])]))
    if part:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = bytearray(archive.read(part))
    else:
        content = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        length = draw(st.integers(0, 12))
        new = draw(st.binary(max_size=6) | st.sampled_from(PUT_IN))
        how = draw(st.sampled_from(["put", "cut", "replace", "repeat"]))
        if how == "put":
            content[at:at] = new
        elif how == "cut":
            del content[at : at + length]
        elif how == "replace":
            content[at : at + len(new)] = new
        else:
            content[at:at] = bytes(content[at : at + length]) * 3
    return kind, repacked(data, {part: bytes(content)}) if part else bytes(content)


def try_out(kind, data):
    """Read what may be damaged: rows, or a named refusal, and nothing else."""
    reader = READERS["workbook" if kind in {"xlsx", "xls", "ods"} else kind]
    try:
        rows = read(reader, data, records_path="DanhSach.HoSo" if kind == "xml" else None)
    except OUTCOMES:
        return
    for row in rows:
        if not isinstance(row, Unreadable):
            assert len(row) == len(COLUMNS)
            assert all(type(cell) is str and len(cell) <= LONGEST_CELL for cell in row)


@settings(max_examples=max(500, 10 * settings.default.max_examples), deadline=None)
@given(damaged())
def test_no_damaged_file_crashes_a_reader(case):
    try_out(*case)


@settings(max_examples=max(200, 10 * settings.default.max_examples), deadline=None)
@given(st.sampled_from(sorted(SEEDS)), st.binary(max_size=300))
def test_no_bytes_crash_a_reader(kind, data):
    try_out(kind, data)
    try_out(kind, SEEDS[kind][:8] + data)
