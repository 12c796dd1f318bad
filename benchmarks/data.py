"""The benchmark's files: made by seed, so that every run reads the same bytes, and kept between runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Template

from benchmarks.province import Province
from onestop.landing import Landing, Manifest, Part

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812

SEED = 1
_QUERY = Path(__file__).with_name("data.sql")
_CHUNK_BYTES = 1 << 20


def make_csv(
    connection: PsycopgConnection,
    folder: Path,
    province: Province,
    *,
    month: str,
    dossiers: int,
    source_id: str | None = None,
    is_changed: bool = False,
    one_open_of: int | None = None,
) -> Path:
    """Return the file of a source's dossiers, or of all, made now unless it is there.

    `one_open_of`: of as many dossiers one is open, as in a month that later ones followed; None: as a month ends.
    """
    units = next((s.unit_names for s in province.streams if s.source_id == source_id), province.unit_names)
    with connection.cursor() as cursor:
        query = Template(_QUERY.read_text(encoding="utf-8")).render(
            seed=SEED,
            dossiers=dossiers,
            month_start=_literal(cursor, date.fromisoformat(f"{month}-01")),
            units=_literal(cursor, list(province.unit_names)),
            units_of_source=_literal(cursor, list(units)),
            procedures=_literal(cursor, list(province.procedure_codes)),
            is_changed="true" if is_changed else "false",
            one_open_of=one_open_of or 1,
        )
        digest = hashlib.sha256(query.encode()).hexdigest()[:12]
        path = folder / f"{month}-{dossiers}-{source_id or 'all'}{'-changed' if is_changed else ''}-{digest}.csv"
        if not path.exists():
            incoming = path.with_suffix(".incoming")
            with incoming.open("wb") as out:
                cursor.copy_expert(f"copy ({query}) to stdout (format csv, header)", out)
            incoming.replace(path)
    connection.rollback()
    return path


def land(
    landing: Landing, province: Province, path: Path, *, source_id: str, month: str, pulled_at: datetime, end: bytes
) -> Manifest:
    """Land a file as a source's delivery. `end` is added to its bytes: the same dossiers as another delivery."""
    source, period = province.jurisdiction.source(source_id), province.jurisdiction.period(month)
    return landing.write(source, period, [Part("hoso.csv", _chunks(path, end))], pulled_at=pulled_at)


def _chunks(path: Path, end: bytes) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk
    if end:
        yield end


def _literal(cursor: object, value: object) -> str:
    return cursor.mogrify("%s", (value,)).decode()  # type: ignore[attr-defined, no-any-return]
