"""A publication computed again from what was known at its moment, and held against what is kept of it, to the row.

The dimensions are those that the publication was measured with: its own state of ops.dimension_state is taken over, the
figures are measured into a scratch publication, and everything is rolled back. Others see nothing of it; who wants to
change the dimensions or build meanwhile waits, as for any build. Earlier months are counted from their dossiers, not
from the counts that builds keep: a difference between the two shows here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from onestop.compliance import measure, rules_hash
from onestop.publication.errors import PublicationUnknownError
from onestop.publication.revision import FIGURES, content_hash
from onestop.warehouse.dimensions import lock_dimensions, recorded_state, take_over_state
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class DifferingRow:
    """A row of a mart that the publication keeps otherwise than it is computed now. None: it has no such row."""

    mart: str
    key: Mapping[str, Any]
    published: Mapping[str, Any] | None
    """Only the columns that differ, where both have the row."""
    rebuilt: Mapping[str, Any] | None


@dataclass(frozen=True)
class Rebuild:
    """What became of computing a publication again."""

    publication_id: int
    period: str
    kind: str
    revision: int | None
    as_of: datetime
    row_counts: Mapping[str, int]
    """Rows that were computed and compared, by mart; none where the publication keeps only its digest."""
    differing: tuple[DifferingRow, ...]
    content_hash: str | None
    rebuilt_hash: str
    is_by_other_rules: bool | None
    """Whether another version of the program, which may count otherwise, measured it; None: that was not kept yet."""

    @property
    def matches(self) -> bool:
        """Whether every row is the same; where no rows are kept, whether the digest is."""
        if self.row_counts:
            return not self.differing
        return self.content_hash == self.rebuilt_hash


def rebuild(connection: Connection, publication_id: int) -> Rebuild:
    """Compute a publication of any state again, as known at its `as_of` and with the dimensions of then; compare.

    In the caller's transaction, of which nothing is left but the time it took. One that was replaced, or equalled the
    published figures, keeps no rows: its digest is compared. Raises PublicationUnknownError.
    """
    publication = connection.execute(
        text("""
            select
                period, kind, revision, state, as_of, content_hash, configuration_hash, dimension_hash, marts,
                rules_hash
            from ops.publication
            where publication_id = :publication_id
        """),
        {"publication_id": publication_id},
    ).one_or_none()
    if publication is None:
        raise PublicationUnknownError(f"There is no publication {publication_id}: ops.publication names them.")
    keeps_rows = publication.state not in {"replaced", "unchanged"}
    with taken_back(connection):
        lock_dimensions(connection)
        take_over_state(
            connection, publication.dimension_hash or recorded_state(connection, publication.configuration_hash)
        )
        # Under a number that no publication has, and no sequence loses.
        scratch_id = -publication_id
        connection.execute(
            statement("ops/publication_scratch.sql"), {"publication_id": publication_id, "scratch_id": scratch_id}
        )
        measure(connection, scratch_id)
        counts: dict[str, int] = {}
        differing: list[DifferingRow] = []
        for mart in _marts(connection, publication.marts) if keeps_rows else ():
            name = f"mart.{mart}"
            ids = {"published_id": publication_id, "rebuilt_id": scratch_id}
            counts[mart] = connection.scalars(
                text(f"select count(*) from {name} where publication_id = :rebuilt_id"),  # noqa: S608 - from the catalogue
                ids,
            ).one()
            rows = connection.execute(statement("ops/publication_rebuild_difference.sql", mart=name), ids)
            differing += [_row(mart, row.row_key, row.published, row.rebuilt) for row in rows]
        rebuilt_hash = content_hash(connection, scratch_id, publication.marts or FIGURES)
    return Rebuild(
        publication_id=publication_id,
        period=publication.period,
        kind=publication.kind,
        revision=publication.revision,
        as_of=publication.as_of,
        row_counts=counts,
        differing=tuple(differing),
        content_hash=publication.content_hash,
        rebuilt_hash=rebuilt_hash,
        is_by_other_rules=None if publication.rules_hash is None else publication.rules_hash != rules_hash(),
    )


@contextmanager
def taken_back(connection: Connection) -> Iterator[None]:
    """Roll back all that is done within, locks included, whatever becomes of it."""
    savepoint = connection.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def _marts(connection: Connection, filled: list[str] | None) -> list[str]:
    """Return the marts that hold figures of publications: of those, the ones that the program filled then."""
    marts = connection.scalars(statement("ops/publication_marts.sql")).all()
    return [mart for mart in marts if filled is None or mart in filled]


def _row(
    mart: str, key: Mapping[str, Any], published: Mapping[str, Any] | None, rebuilt: Mapping[str, Any] | None
) -> DifferingRow:
    if published is None or rebuilt is None:
        return DifferingRow(mart, key, published, rebuilt)
    names = [name for name in published if published[name] != rebuilt[name]]
    return DifferingRow(mart, key, {name: published[name] for name in names}, {name: rebuilt[name] for name in names})
