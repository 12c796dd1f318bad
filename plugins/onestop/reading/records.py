"""Records of a delivery, whatever its format: the way in for previews, replays and tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

from onestop.cleaning import cleaned
from onestop.jurisdiction.datasets import DATASETS
from onestop.reading import csv_format, json_format, parquet_format, workbook_format, xml_format
from onestop.reading.fonts import in_unicode
from onestop.reading.refusal import DeliveryRefused, catalogue, reason
from onestop.reading.rows import Declared, Layout, Note, Reader, Rows, Unacceptable, Unreadable
from onestop.reading.text import WrongEncoding

if TYPE_CHECKING:
    from onestop.jurisdiction import Source
    from onestop.landing import Landing, Manifest

READERS: Mapping[str, Reader] = {
    "csv": csv_format.read,
    "xlsx": workbook_format.read,
    "xls": workbook_format.read,
    "ods": workbook_format.read,
    "xml": xml_format.read,
    "parquet": parquet_format.read,
    "json_records": json_format.read_pages,
    "ndjson": json_format.read_lines,
}

Parts = Iterable[tuple[str, BinaryIO]]


@dataclass(frozen=True, slots=True)
class Record:
    """One record in the order of the files. `row_number` counts from 1 over all parts, headers left out.

    `values` are texts by the source's own columns, cleaned, "" where there is nothing; empty when `problem` says that
    the record could not be taken apart. Personal fields are among them: a record is never stored or logged.
    """

    row_number: int
    values: Mapping[str, str]
    problem: Unreadable | None = None


def layout_of(source: Source, fields: Iterable[str]) -> Layout:
    """Return how to read `fields` (canonical names, in order) from a source's deliveries."""
    form = source.format
    columns = cast("Mapping[str, str]", source.fields)
    wanted = tuple(fields)
    code = DATASETS[source.dataset].code
    delimiter = getattr(form, "delimiter", None) or ","
    return Layout(
        format_kind=form.kind,
        columns=tuple(columns.get(name) for name in wanted),
        required_columns=frozenset(source.required_columns),
        encoding=getattr(form, "encoding", None) or "utf-8",
        font_encoding=getattr(form, "font_encoding", None),
        delimiter=None if delimiter == "auto" else delimiter,
        header_row=getattr(form, "header_row", None),
        sheet=getattr(form, "sheet", None),
        records_path=getattr(form, "records_path", None) or getattr(source.access, "records_path", None),
        declared_count_footer=getattr(form, "declared_count_footer", None),
        key_column=wanted.index(code) if code in wanted and code in columns else None,
        totals=catalogue().totals,
    )


@dataclass
class Progress:
    """How far a delivery was read. Whoever takes the rows counts them here, so that a refusal can say where it was."""

    row_number: int = 0
    declared_count: int | None = None
    notes: list[Note] = field(default_factory=list)


def read_rows(layout: Layout, parts: Parts, where: str, progress: Progress) -> Rows:
    """Give the wanted cells of every record of all parts, in order.

    Raises DeliveryRefused, in the words of the contract, for what makes a whole file doubtful. `where` names source
    and period in its message.
    """
    for name, stream in parts:
        declared = Declared()
        try:
            rows = READERS[layout.format_kind](layout, stream, declared)
            yield from in_unicode(rows, layout, declared) if layout.font_encoding else rows
        except Unacceptable as problem:
            place = f"{where}, part {name}, after record {progress.row_number:,}"
            refusal = reason(
                problem.rule, where=place, seen=problem.seen, value=problem.value or problem.seen, texts=problem.texts
            )
            raise DeliveryRefused([refusal]) from problem
        except WrongEncoding as problem:
            place = f"{where}, part {name}, line {problem.line:,}, byte offset {problem.offset:,}"
            refusal = reason(
                problem.rule,
                where=place,
                seen=problem.seen + (f" (the text looks like {problem.detected})" if problem.detected else ""),
                value=f"{problem.seen}, line {problem.line}, byte offset {problem.offset}",
                texts={"encoding": layout.encoding},
            )
            raise DeliveryRefused([refusal]) from problem
        if declared.count is not None:
            progress.declared_count = (progress.declared_count or 0) + declared.count
        progress.notes.extend(declared.notes)


def read_records(source: Source, landing: Landing, manifest: Manifest) -> Iterator[Record]:
    """Give every record of a delivery as texts by the source's own columns, in the order of the files.

    Raises DeliveryRefused for a delivery that cannot be read as its source's configuration says.
    """
    fields = tuple(source.fields)
    columns = tuple(source.fields.values())
    progress = Progress()
    parts = ((info.name, stream) for info, stream in landing.open_parts(manifest))
    for cells in read_rows(layout_of(source, fields), parts, f"{source.id} {manifest.period}", progress):
        progress.row_number += 1
        if isinstance(cells, Unreadable):
            yield Record(progress.row_number, {}, cells)
        else:
            yield Record(progress.row_number, dict(zip(columns, map(cleaned, cells), strict=True)))
