"""What a source's files look like."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    Field,
    StringConstraints,
)

from onestop.jurisdiction.models.values import Encoding, FooterPattern
from onestop.jurisdiction.shape import Model, Text

FontEncoding = Literal["tcvn3", "vni", "auto"]
"""Vietnamese typed for TCVN3 (ABC, .VnTime) or VNI fonts; auto: found out for each column, refused when not clear."""


class CsvFormat(Model):
    """Text in columns. `header_row` counts lines from 1; where the header is not there, it is looked for below."""

    kind: Literal["csv"]
    encoding: Encoding = "utf-8-sig"
    """Text of TCVN3 or VNI fonts is saved as cp1252."""
    font_encoding: FontEncoding | None = None
    """Whether the text is typed for fonts that draw other letters: `tcvn3` (ABC), `vni`, or `auto` for each column."""
    delimiter: Annotated[str, StringConstraints(pattern=r"^(?:.|auto)$", strip_whitespace=False)] = ","
    """One character, or `auto`: that of , ; tab and | with which the columns are found."""
    header_row: Annotated[int, Field(ge=1)] = 1
    declared_count_footer: FooterPattern | None = None
    """Regular expression of the last line; its first group is the number of records that the source declares."""


class WorkbookFormat(Model):
    """A workbook of Excel (xlsx, before 2007 xls) or LibreOffice (ods); which of them it is, its bytes say.

    `header_row` counts rows with a value from 1; where the header is not there, it is looked for below.
    """

    kind: Literal["xlsx", "xls", "ods"]
    sheet: str | int | None = None
    """Name, pattern such as "Tháng *", number from 0, or `all` shown ones; without it the first. Every chosen one is
    read, and must have the header."""
    font_encoding: FontEncoding | None = None
    """Whether the text is typed for fonts that draw other letters: `tcvn3` (ABC), `vni`, or `auto` for each column."""
    header_row: Annotated[int, Field(ge=1)] = 1
    declared_count_footer: FooterPattern | None = None


class JsonRecordsFormat(Model):
    """JSON documents with a list of records at `records_path` (default: that of the access)."""

    kind: Literal["json_records"]
    encoding: Encoding = "utf-8"
    font_encoding: FontEncoding | None = None
    records_path: Text | None = None


class NdjsonFormat(Model):
    """One JSON object a line; what a database query is rendered as."""

    kind: Literal["ndjson"]
    encoding: Encoding = "utf-8"
    font_encoding: FontEncoding | None = None


class XmlFormat(Model):
    """XML, a SOAP answer among it; the document says itself how its letters are encoded. Namespaces are left out.

    `fields` are dotted paths below a record, such as ChuHoSo.Ten; `@ma` is an attribute.
    """

    kind: Literal["xml"]
    font_encoding: FontEncoding | None = None
    records_path: Text | None = None
    """Dotted path to the records: the end of the way from the root, such as Body.DanhSach.HoSo (default: that of the
    access)."""


class ParquetFormat(Model):
    """An Apache Parquet file; moments and numbers keep their types."""

    kind: Literal["parquet"]


Format = Annotated[
    CsvFormat | WorkbookFormat | JsonRecordsFormat | NdjsonFormat | XmlFormat | ParquetFormat,
    Field(discriminator="kind"),
]


TYPED_FORMATS = frozenset({"xlsx", "xls", "ods", "parquet"})
"""Formats whose cells are dates and numbers, not texts of them: they are read as ISO 8601 and plain numbers, too."""


NumberFormat = Literal["plain", "1.234,5", "1,234.5"]
