"""A publication as files: one CSV a view, described by a data package.

UTF-8 with a byte order mark, so that spreadsheets read Vietnamese; a text that a spreadsheet would run as a formula
gets an apostrophe before it. The views are those of `bi`: an export says what readers see, nothing else.

Files are written before the transaction that publishes is committed, into a hidden folder, so that a failing export
publishes nothing; they are moved to where people look after it (`reveal`), so that a crash in between shows nothing
that is not published. Where the descriptor datapackage.json stands, the files beside it are whole.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, text
from upath import UPath

from onestop.publication.errors import PublicationNotShownError, PublicationUnknownError
from onestop.publication.stored import lock_period, stored
from onestop.warehouse.sql import identifier

VIEWS = {
    "official": (
        "compliance_month",
        "compliance_ytd",
        "compliance_month_group",
        "compliance_ytd_group",
        "reporting_status_month",
        "compliance_rollup",
        "procedure_month",
        "commune_month",
        "timeliness_month",
        "form_06a",
        "missed_online_month",
        "missed_online_procedure_month",
        "service_level_month",
        "service_unused_month",
        "payment_month",
        "reconciliation_month",
        "quality_month",
        "suspect_filing_month",
        "directive_month",
        "emulation_score",
        "emulation_score_part",
    ),
    "provisional": (
        "compliance_month_provisional",
        "compliance_ytd_provisional",
        "timeliness_month_provisional",
        "form_06a_provisional",
        "missed_online_month_provisional",
    ),
}
"""What is written for each kind of publication: a view, a file."""

_NOT_EVERY_MONTH = {"compliance_rollup"}
"""Quarters and years are those of their last month: a publication of another has no such file."""

_ORDER = (
    "period", "metric_id", "register", "service_level", "unit_group", "roster_order", "unit_code", "body_name", "scope",
    "commune_code", "procedure_code", "comparison", "item", "source_id", "delivery_period", "part_id",
)  # fmt: skip
_DESCRIPTOR = "datapackage.json"
_STAGED = re.compile(r"\.(?:revision-\d+|provisional)\.\d+")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_WRITERS: dict[type, Callable[[Any], str]] = {Decimal: lambda value: format(value, "f"), datetime: datetime.isoformat}
_TYPES = {
    "bigint": "integer",
    "integer": "integer",
    "numeric": "number",
    "boolean": "boolean",
    "timestamp with time zone": "datetime",
}


def export(connection: Connection, publication_id: int, exports_root: str | Path) -> UPath:
    """Write the files of a publication that readers see, once more, and return their folder.

    ``<exports_root>/<calendar>/<period>/revision-<n>/``, or ``…/<period>/provisional/``.

    Raises PublicationNotShownError.
    """
    return _move(stage(connection, publication_id, exports_root))


def reveal(connection: Connection, publication_id: int, exports_root: str | Path) -> UPath | None:
    """Put a published publication's files where people look, once it is committed, and return their folder.

    Holds the period until the caller's transaction ends. Whatever died on the way is made good for the whole period:
    files of what was published are moved, those of what was not are taken away, and files that are lost are written
    again; only those of an earlier revision cannot be (None). Doing it again changes nothing.
    """
    publication = stored(connection, publication_id)
    lock_period(connection, publication.calendar, publication.period)
    period_folder = UPath(exports_root) / publication.calendar / publication.period
    for staged in sorted(_staged(period_folder)):
        is_published = _is_published(connection, int(staged.name.rpartition(".")[2]))
        if is_published and (staged / _DESCRIPTOR).exists():
            _move(staged)
        else:
            _remove(staged)
    folder = period_folder / _name(publication)
    if _described(folder) == publication_id:
        return folder
    try:
        return export(connection, publication_id, exports_root)
    except PublicationNotShownError:
        return None


def stage(connection: Connection, publication_id: int, exports_root: str | Path) -> UPath:
    """Write the files of a publication into a hidden folder of their own and return it: a CSV a view
    (quarters and years only in their last month), and last datapackage.json with each file's columns, size
    and SHA-256.

    Runs in the transaction that publishes; what an attempt that died left there is written again. Raises
    PublicationNotShownError for a publication that the views do not show: an earlier revision, which has its files
    already, or an unpublished one.
    """
    publication = connection.execute(
        text("""
            select
                publication_id, calendar, period, kind, revision, reason, approver, as_of, published_at,
                configuration_hash, content_hash
            from bi.publication
            where publication_id = (
                select publication_id
                from ops.publication_described
                where publication_id = :publication_id and (is_latest or is_in_flux)
            )
        """),
        {"publication_id": publication_id},
    ).one_or_none()
    if publication is None:
        raise PublicationNotShownError(
            f"Publication {publication_id} is not what readers see of its period now: only the latest official "
            "revision and the current provisional figures are exported."
        )
    name = _name(publication)
    folder = UPath(exports_root) / publication.calendar / publication.period / f".{name}.{publication_id}"
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = folder / _DESCRIPTOR
    descriptor.unlink(missing_ok=True)
    resources = []
    for view in VIEWS[publication.kind]:
        if view in _NOT_EVERY_MONTH and not _is_shown(connection, view, publication_id):
            continue
        columns = _columns(connection, view)
        content = _csv(columns, _rows(connection, view, columns, publication_id))
        _write(folder / f"{view}.csv", content)
        resources.append(
            {
                "name": view.replace("_", "-"),
                "path": f"{view}.csv",
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(content),
                "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
                "schema": {
                    "fields": [
                        {"name": column, "type": _TYPES.get(kind, "string"), "description": comment}
                        for column, kind, comment in columns
                    ]
                },
            }
        )
    package = {
        "name": f"compliance-{publication.calendar}-{publication.period}-{name}",
        "created": publication.published_at.isoformat(),
        "calendar": publication.calendar,
        "period": publication.period,
        "kind": publication.kind,
        "revision": publication.revision,
        "publication_id": publication.publication_id,
        "reason": publication.reason,
        "approver": publication.approver,
        "as_of": publication.as_of.isoformat(),
        "configuration_hash": publication.configuration_hash,
        "content_hash": publication.content_hash,
        "resources": resources,
    }
    _write(descriptor, json.dumps(package, ensure_ascii=False, indent=2).encode())
    return folder


def _name(publication: Row[Any]) -> str:
    return "provisional" if publication.kind == "provisional" else f"revision-{publication.revision}"


def _staged(period_folder: UPath) -> list[UPath]:
    if not period_folder.is_dir():
        return []
    return [path for path in period_folder.iterdir() if _STAGED.fullmatch(path.name)]


def _is_published(connection: Connection, publication_id: int) -> bool:
    try:
        return bool(stored(connection, publication_id).state == "published")
    except PublicationUnknownError:
        return False


def _described(folder: UPath) -> int | None:
    """Return whose files a folder holds, by its descriptor; None where they are not whole."""
    descriptor = folder / _DESCRIPTOR
    if not descriptor.exists():
        return None
    number = json.loads(descriptor.read_bytes()).get("publication_id")
    return number if isinstance(number, int) else None


def _move(staged: UPath) -> UPath:
    """Move staged files to their folder, which holds them and nothing else then; the descriptor goes first and last.

    Killed on the way and run again, it moves what is left: the descriptor names all of them.
    """
    folder = staged.with_name(staged.name[1:].rpartition(".")[0])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _DESCRIPTOR).unlink(missing_ok=True)
    names = {resource["path"] for resource in json.loads((staged / _DESCRIPTOR).read_bytes())["resources"]}
    for path in folder.iterdir():
        if path.name not in names:
            path.unlink()
    for name in sorted(names):
        if (staged / name).exists():
            (staged / name).rename(folder / name)
    (staged / _DESCRIPTOR).rename(folder / _DESCRIPTOR)
    _remove(staged)
    return folder


def _remove(folder: UPath) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def _is_shown(connection: Connection, view: str, publication_id: int) -> bool:
    question = f"select exists (select 1 from bi.{identifier(view)} where publication_id = :publication_id)"  # noqa: S608 - the views stand above
    return bool(connection.scalar(text(question), {"publication_id": publication_id}))


def _columns(connection: Connection, view: str) -> list[tuple[str, str, str]]:
    """Return name, type and comment of the view's columns, in their order."""
    rows = connection.execute(
        text("""
            select
                attribute.attname,
                format_type(attribute.atttypid, null) as type_name,
                col_description(attribute.attrelid, attribute.attnum) as comment
            from pg_catalog.pg_attribute as attribute
            where
                attribute.attrelid = cast(:view as regclass)
                and attribute.attnum > 0
            order by attribute.attnum
        """),
        {"view": f"bi.{view}"},
    )
    return [(row.attname, row.type_name, row.comment or "") for row in rows]


def _rows(
    connection: Connection, view: str, columns: Sequence[tuple[str, str, str]], publication_id: int
) -> Iterable[Sequence[object]]:
    names = [name for name, _, _ in columns]
    order = [name for name in _ORDER if name in names]
    query = f"""
        select {", ".join(map(identifier, names))}
        from bi.{identifier(view)}
        where publication_id = :publication_id
        order by {", ".join(map(identifier, order))}
    """  # noqa: S608 - every name comes from the catalogue and is quoted
    return (tuple(row) for row in connection.execute(text(query), {"publication_id": publication_id}))


def _csv(columns: Sequence[tuple[str, str, str]], rows: Iterable[Sequence[object]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(name for name, _, _ in columns)
    # Most cells are numbers or empty, which the writer knows how to write.
    writer.writerows([value if type(value) is int or value is None else _cell(value) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def _cell(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    if value is None:
        return ""
    if kind is bool:
        return "true" if value else "false"
    writer = _WRITERS.get(kind)
    return writer(value) if writer else _cell(", ".join(value) if kind is list else str(value))


def _write(path: UPath, content: bytes) -> None:
    """Replace the file whole: written beside it under a name of its own, then moved."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.rename(path)
