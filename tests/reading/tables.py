"""Workbooks and texts for the tests of reading, made by the libraries that people's programs are made of."""

from __future__ import annotations

import io
import zipfile
from html import escape

import xlsxwriter
import xlwt

from onestop.reading import csv_format, json_format, parquet_format, workbook_format, xml_format
from onestop.reading.refusal import catalogue
from onestop.reading.rows import Declared, Layout

COLUMNS = ("MaHoSo", None, "NgayTiepNhan")


def layout(**changes):
    required = frozenset(filter(None, changes.get("columns", COLUMNS)))
    return Layout(
        **{
            "format_kind": "any", "columns": COLUMNS, "required_columns": required, "delimiter": ";", "key_column": 0,
            "totals": catalogue().totals, **changes,
        }
    )  # fmt: skip


def read(reader, data, declared=None, **changes):
    stream = io.BufferedReader(io.BytesIO(data.encode() if isinstance(data, str) else data))
    return list(reader(layout(**changes), stream, declared or Declared()))


def read_csv(data, declared=None, **changes):
    return read(csv_format.read, data, declared, **changes)


def read_workbook(data, declared=None, **changes):
    return read(workbook_format.read, data, declared, **changes)


def read_xml(data, declared=None, **changes):
    return read(xml_format.read, data, declared, **{"records_path": "DanhSach.HoSo", **changes})


def read_parquet(data, declared=None, **changes):
    return read(parquet_format.read, data, declared, **changes)


def read_pages(data, declared=None, **changes):
    return read(json_format.read_pages, data, declared, **changes)


def xlsx(sheets, dates=(), options=None, hidden=()):
    """A workbook of {name: rows}; `dates` are (sheet, row, column, value)."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, **(options or {})})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        for index, row in enumerate(rows):
            page.write_row(index, 0, row)
        if name in hidden:
            page.hide()
    for name, row, column, value in dates:
        book.get_worksheet_by_name(name).write_datetime(
            row, column, value, book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        )
    book.close()
    return buffer.getvalue()


def xls(sheets, dates=()):
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        page = book.add_sheet(name)
        for index, row in enumerate(rows):
            for column, cell in enumerate(row):
                page.write(index, column, cell)
    for name, row, column, value in dates:
        page = book.get_sheet(name)
        page.write(row, column, value, xlwt.easyxf(num_format_str="DD/MM/YYYY HH:MM"))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def ods(sheets, extra=""):
    """A workbook as LibreOffice writes it: {name: rows}, where a cell is a text, a number or raw XML of a cell."""

    def cell(value):
        if isinstance(value, bytes):
            return value.decode()
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        if value == "":
            return "<table:table-cell/>"
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'

    tables = "".join(
        f'<table:table table:name="{name}">{extra}'
        + "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f"{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", "<manifest:manifest xmlns:manifest='urn:x'/>")
        archive.writestr("content.xml", content)
    return buffer.getvalue()


def repacked(data, changes):
    """The archive with parts changed: {name: function of its text}, or {name: bytes}."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = changes.get(name)
            content = old.read(name)
            new.writestr(name, change if isinstance(change, bytes) else change(content.decode()) if change else content)
        for name, change in changes.items():
            if name not in old.namelist():
                new.writestr(name, change)
    return buffer.getvalue()
