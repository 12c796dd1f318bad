"""What changed from one publication to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from onestop.compliance import MARTS
from onestop.publication.errors import PublicationReplacedError
from onestop.publication.stored import require_figures, stored
from onestop.warehouse.sql import statement


@dataclass(frozen=True)
class Difference:
    """A unit, scope and metric whose figures differ between two publications.

    None: that publication has no such row, or no data for it.
    """

    span: Literal["month", "ytd", "quarter", "year"]
    unit_code: str
    scope: str
    metric_id: str
    old_metric_version: int | None
    new_metric_version: int | None
    old_numerator: int | None
    new_numerator: int | None
    old_denominator: int | None
    new_denominator: int | None
    old_status: str | None
    new_status: str | None
    changed_columns: tuple[str, ...]
    """The columns of the mart that differ. A unit may change in its rank alone, because another's rate did."""
    crossed: Literal["now_met", "no_longer_met"] | None
    """Whether the unit passed its target, or fell below it, from the old to the new one."""


def difference(connection: Connection, old_id: int, new_id: int) -> list[Difference]:
    """Return every unit, scope and metric whose figures differ between two publications, year to date first.

    Raises PublicationUnknownError, and PublicationReplacedError for one that keeps no figures.
    """
    _require_both(connection, old_id, new_id)
    rows = connection.execute(statement("ops/publication_difference.sql"), {"old_id": old_id, "new_id": new_id})
    return [
        Difference(**{**row._mapping, "changed_columns": tuple(row.changed_columns)})  # type: ignore[arg-type]
        for row in rows
    ]


@dataclass(frozen=True)
class MartDifference:
    """A row of a mart that differs between two publications. None: that publication has no such row."""

    mart: str
    key: Mapping[str, Any]
    """What tells the row apart in its publication: {"unit_code": "so_y_te", "procedure_code": "1.000178"}."""
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    """The row's other columns."""
    changed_columns: tuple[str, ...]


def mart_difference(connection: Connection, old_id: int, new_id: int) -> list[MartDifference]:
    """Return every row of every mart that differs between two publications, mart by mart.

    What `difference` tells of compliance is in it too, column by column. Raises as `difference` does.
    """
    _require_both(connection, old_id, new_id)
    return [
        MartDifference(mart.name, row.row_key, row.old_figures, row.new_figures, tuple(row.changed_columns))
        for mart in MARTS
        for row in connection.execute(
            statement("ops/publication_mart_difference.sql", mart=f"mart.{mart.name}"),
            {"old_id": old_id, "new_id": new_id, "key_columns": list(mart.key)},
        )
    ]


def _require_both(connection: Connection, old_id: int, new_id: int) -> None:
    for publication_id in (old_id, new_id):
        publication = stored(connection, publication_id)
        require_figures(publication)
        if publication.state == "unchanged":
            raise PublicationReplacedError(
                f"Publication {publication_id} keeps no figures: they equalled those of publication "
                f"{publication.unchanged_from}, which takes its place."
            )
