"""Whatever a delivery is written in, the same dossiers come of it: all of them, or none and a reason."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import datetime

import pyarrow as pa
import pytest
from pyarrow import parquet

from onestop.reading import DeliveryRefused
from tests.contracts.conftest import COLUMNS, csv_text, numbered
from tests.reading.tables import ods, xls, xlsx
from tests.reading.test_legacy_fonts import typed

RECORDS = numbered(3, unit="UYBND huyện Lạng Giang", commune="TT Vôi")
TABLE = [list(COLUMNS.values()), *([record[name] for name in COLUMNS] for record in RECORDS)]
WANTED = [(record["dossier_code"], "lang_giang", "07375", 150000) for record in RECORDS]


def as_xml():
    rows = "".join(
        f"<HoSo>{''.join(f'<{column}>{record[name]}</{column}>' for name, column in COLUMNS.items())}</HoSo>"
        for record in RECORDS
    )
    return f"<E><Body><DanhSach>{rows}</DanhSach></Body></E>".encode()


def as_parquet():
    buffer = io.BytesIO()
    columns = dict(zip(TABLE[0], map(list, zip(*TABLE[1:], strict=True)), strict=True))
    received = pa.array([datetime(2019, 4, 5, 8, 0)] * 3, pa.timestamp("us"))  # noqa: DTZ001 - a wall clock
    parquet.write_table(pa.table({**columns, "NgayTiepNhan": received, "LePhi": [150000.0] * 3}), buffer)
    return buffer.getvalue()


def combining(text):
    """Text as Windows-1258 has it: letters with their hats, tones on their own."""
    apart = unicodedata.normalize("NFD", text)
    for base in "aAeEoO":
        apart = re.sub(
            f"{base}([\u0323]?)\u0302",
            lambda found, base=base: unicodedata.normalize("NFC", base + "\u0302") + found[1],
            apart,
        )
    for letter in "ăĂơƠưƯ":
        apart = apart.replace(unicodedata.normalize("NFD", letter), letter)
    return apart


FORMATS = {
    "a workbook": ({"kind": "xlsx"}, xlsx({"S": [["HỒ SƠ"], *TABLE, ["Tổng cộng", "", "3"]]})),
    "a workbook before 2007": ({"kind": "xls"}, xls({"S": TABLE})),
    "a workbook of LibreOffice": ({"kind": "ods"}, ods({"S": TABLE})),
    "XML": ({"kind": "xml", "records_path": "DanhSach.HoSo"}, as_xml()),
    "Parquet": ({"kind": "parquet"}, as_parquet()),
    "CSV of an unknown delimiter": ({"kind": "csv", "delimiter": "auto"}, csv_text(RECORDS).replace(";", "|").encode()),
    "CSV in decomposed letters": (
        {"kind": "csv", "delimiter": ";"}, unicodedata.normalize("NFD", csv_text(RECORDS)).encode()
    ),
    "CSV of Windows-1258": (
        {"kind": "csv", "delimiter": ";", "encoding": "cp1258"},
        combining(csv_text(RECORDS)).encode("cp1258"),
    ),
    "CSV of TCVN3": (
        {"kind": "csv", "delimiter": ";", "encoding": "cp1252", "font_encoding": "tcvn3"},
        typed(csv_text(RECORDS), "tcvn3").encode("cp1252"),
    ),
    "CSV of VNI, found out": (
        {"kind": "csv", "delimiter": ";", "encoding": "cp1252", "font_encoding": "auto"},
        typed(csv_text(RECORDS), "vni").encode("cp1252"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_and_encoding_gives_the_same_dossiers(agency, name):
    form, data = FORMATS[name]
    agency.settings = {"format": form}
    agency.take(data)
    assert agency.rows("select reasons from quarantine.row") == []
    seen = agency.rows(
        "select dossier_code, owner_unit_code, commune_code, fee_amount from core.dossier_version order by 1"
    )
    assert seen == WANTED
    warned = {row.expectation for row in agency.rows("select expectation from ops.expectation_result where not is_met")}
    told = {
        "a workbook": {"rows_left_out"}, "CSV of an unknown delimiter": {"dialect_detected"},
        "CSV of VNI, found out": {"font_encoding_detected"},
    }  # fmt: skip
    assert warned == told.get(name, set())


def test_a_workbook_that_is_damaged_in_its_last_part_leaves_nothing_loaded(agency):
    agency.settings = {"format": {"kind": "xlsx"}}
    data = bytearray(xlsx({"S": [TABLE[0], *TABLE[1:] * 2000]}))
    place = data.index(b"xl/worksheets/sheet1.xml")
    data[place + 20_000 : place + 20_050] = bytes(50)
    delivery_id = agency.deliver(bytes(data))
    with pytest.raises(DeliveryRefused) as refusal:
        agency.load(delivery_id)
    assert {reason.rule for reason in refusal.value.reasons} <= {"workbook_damaged", "page_malformed"}
    assert agency.one("select state from ops.delivery").state == "rejected"
    assert agency.rows("select 1 from pg_tables where schemaname = 'staging'") == []


def test_text_that_may_be_of_a_legacy_font_is_refused_by_its_column(agency):
    agency.settings = {"format": {"kind": "csv", "delimiter": ";", "font_encoding": "auto"}}
    records = numbered(2, unit="so_y_te", applicant_name="Hoà")
    delivery_id = agency.deliver(records)
    with pytest.raises(DeliveryRefused, match="ChuHoSo") as refusal:
        agency.load(delivery_id)
    assert refusal.value.reasons[0].rule == "font_encoding_ambiguous"
