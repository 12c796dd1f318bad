"""Nothing of a person is kept behind the landing zone: a failure here means an applicant's data in a table, a file for
the agency, a page or a log.
"""

from __future__ import annotations

import io
import json
import logging
import traceback
import zipfile

import pytest
from sqlalchemy import inspect, text

from onestop.answers import Answers
from onestop.contracts import DeliveryRefused
from onestop.reading import json_format
from tests.contracts.conftest import COLUMNS, agency, csv_text, numbered, row  # noqa: F401 - the fixture
from tests.reading.tables import repacked, xlsx

PERSON = {
    "applicant_name": "Lê Thị TUYETNHUNG",
    "applicant_id_number": "024188776655",
    "applicant_phone": "0987 111 222",
    "applicant_email": "tuyetnhung@example.vn",
}
TRACES = ("TUYETNHUNG", "tuyetnhung", "024188776655", "0987 111 222", "0987111222")
SCHEMAS = ("staging", "quarantine", "core", "mart", "bi", "ops", "public")


def record(**changes):
    return row(**{**PERSON, "unit": "Sở Y tế", **changes})


def line(**changes):
    return csv_text([record(**changes)]).splitlines()[1]


HEAD = csv_text([]).strip()
GOOD = csv_text([{**one, **PERSON} for one in numbered(3)])
JSON_RECORD = {COLUMNS[name]: value for name, value in record().items()}


def workbook(change=None):
    data = xlsx({"S": [list(JSON_RECORD), *[list(record(dossier_code=str(n)).values()) for n in range(3)]]})
    return data if change is None else repacked(data, {"xl/worksheets/sheet1.xml": change})


def with_cells_of_no_kind(sheet):
    """The name and the number typed as an error and as a text that is not there, as bad programs do."""
    sheet = sheet.replace('<c r="H2" t="s"><v>', '<c r="H2" t="e"><v>TUYETNHUNG ')
    return sheet.replace('<c r="I3" t="s"><v>', '<c r="I3" t="s"><v>024188776655')


def page(records):
    return '{"items": [' + ", ".join(records) + "]}"


RECORDS = [json.dumps(JSON_RECORD, ensure_ascii=False)] * 3
BARE = RECORDS[0].replace('"Lê Thị TUYETNHUNG"', "TUYETNHUNG")
XML = "".join(f"<{name}>{value}</{name}>" for name, value in JSON_RECORD.items())
DELIVERIES = {
    "plain": ({}, GOOD),
    "no header": ({}, "\n".join([line(), line(dossier_code="2")])),
    "no header, another delimiter": ({}, "\n".join([line(), line(dossier_code="2")]).replace(";", ",")),
    "a column missing": ({}, GOOD.replace("KenhThucHien", "Kenh")),
    "cells too many and too few": (
        {},
        f"{GOOD}{line()};{PERSON['applicant_name']}\r\nx;{PERSON['applicant_name']}\r\n",
    ),
    "cut off": ({}, GOOD + line()[:90]),
    "a quote that stays open": ({}, f'{GOOD}"{line()}'),
    "a quote inside": ({}, GOOD + line(applicant_name=f'"{PERSON["applicant_name"]}"x') + "\r\n"),
    "a cell too long": ({}, GOOD + line(applicant_name=PERSON["applicant_name"] * 9000) + "\r\n"),
    "a null character": ({}, GOOD + line(applicant_name=f"{PERSON['applicant_name']}\0") + "\r\n"),
    "the delimiter of COPY": ({}, GOOD + line(commune=f"x\x1f{PERSON['applicant_id_number']}") + "\r\n"),
    "another encoding": ({}, GOOD.encode() + line().encode("cp1258", "replace") + b"\xff\r\n"),
    "a column that nobody mapped": (
        {},
        "".join(f"{one};{PERSON['applicant_name']}\r\n" for one in GOOD.replace(HEAD, f"{HEAD};GhiChu").splitlines()),
    ),
    "a row of totals": ({}, f"{GOOD}Tổng cộng;{';'.join([*PERSON.values(), *[''] * 14])}\r\n"),
    "rows refused and warned": (
        {},
        GOOD + "".join(f"{line(dossier_code=c, channel='9', applicant_id_number='000000001')}\r\n" for c in ("", "q")),
    ),
    "refused as a whole": ({}, csv_text([record(dossier_code="1"), record(dossier_code="1")])),
    "json": ({"format": {"kind": "json_records", "records_path": "items"}}, page(RECORDS)),
    "json, nested": (
        {"format": {"kind": "json_records", "records_path": "items"}},
        page([RECORDS[0].replace('"Lê Thị TUYETNHUNG"', json.dumps({"Ten": list(PERSON.values())}))]),
    ),
    "json, malformed": ({"format": {"kind": "json_records", "records_path": "items"}}, page([*RECORDS, BARE])),
    "json, cut off": ({"format": {"kind": "json_records", "records_path": "items"}}, page(RECORDS)[:-50]),
    "json, no list": ({"format": {"kind": "json_records", "records_path": "items"}}, RECORDS[0]),
    "ndjson": ({"format": {"kind": "ndjson"}}, "\n".join([*RECORDS, BARE, f'"{PERSON["applicant_name"]}"', ""])),
    "xml, markup of nothing": (
        {"format": {"kind": "xml", "records_path": "D.H"}},
        f"<D><H>{XML}</H><H><a TUYETNHUNG></H></D>",
    ),
    "xml, entity of nothing": (
        {"format": {"kind": "xml", "records_path": "D.H"}},
        f"<D><H>{XML}</H><H>Lê &TUYETNHUNG; </H></D>",
    ),
    "workbook": ({"format": {"kind": "xlsx"}}, workbook()),
    "workbook, written wrongly": ({"format": {"kind": "xlsx"}}, workbook(with_cells_of_no_kind)),
    "workbook, markup of nothing": (
        {"format": {"kind": "xlsx"}},
        workbook(lambda sheet: sheet.replace("</sheetData>", "<row><c TUYETNHUNG></row></sheetData>")),
    ),
}


def everything(engine, folder):
    """All that is kept: (where, text) of every row of every table and view, and every file but the landing zone's."""
    with engine.connect() as connection:
        for schema in SCHEMAS:
            names = inspect(connection)
            for name in (*names.get_table_names(schema), *names.get_view_names(schema)):
                relation = f'{schema}."{name}"'
                for stored in connection.scalars(text(f"select cast(one as text) from {relation} as one")):  # noqa: S608
                    yield relation, stored
    for path in folder.rglob("*"):
        if path.is_file() and "landing" not in path.relative_to(folder).parts:
            content = path.read_bytes()
            if path.suffix == ".xlsx":
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    content = b"".join(map(archive.read, archive.namelist()))
            yield str(path), content.decode("utf-8", "replace")


@pytest.mark.parametrize("name", DELIVERIES)
def test_nothing_of_a_person_is_kept_or_told(agency, tmp_path, caplog, monkeypatch, name):  # noqa: F811
    caplog.set_level(logging.DEBUG, "onestop")
    monkeypatch.setattr(json_format, "HELD_PAGE_BYTES", 100)  # read as a page of many megabytes is
    settings, content = DELIVERIES[name]
    agency.settings = {"contact": {"role_vi": "Một cửa", "email": "motcua@so-y-te.example"}, **settings}
    answers = Answers(agency.jurisdiction, tmp_path / "answers", tmp_path / "data_docs")
    delivery_id, said = agency.deliver(content), ""
    try:
        agency.load(delivery_id)
    except DeliveryRefused as refusal:
        said = "".join(traceback.format_exception(refusal))
        with agency.engine.begin() as connection:
            answers.unreadable(connection, agency.source, delivery_id, refusal)
    else:
        staged = list(everything(agency.engine, tmp_path))
        assert [where for where, stored in staged if any(trace in stored for trace in TRACES)] == []
        try:
            agency.check(delivery_id, answer=answers, data_docs_root=tmp_path / "data_docs")
        except DeliveryRefused as refusal:
            said = "".join(traceback.format_exception(refusal))
    found = [*everything(agency.engine, tmp_path), ("exception", said), ("log", caplog.text)]
    assert any(where.startswith("ops.") for where, _ in found)
    traces = [(where, trace) for where, stored in found for trace in TRACES if trace in stored]
    assert traces == []
