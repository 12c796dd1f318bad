"""What changed from one publication to another."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from onestop.publication.errors import PublicationReplacedError
from onestop.publication.stored import require_figures, stored
from onestop.warehouse.sql import statement


@dataclass(frozen=True)
class Difference:
    """A unit, scope and metric whose figures differ between two publications.

    None: that publication has no such row, or no data for it.
    """

    span: Literal["month", "ytd"]
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
    for publication_id in (old_id, new_id):
        publication = stored(connection, publication_id)
        require_figures(publication)
        if publication.state == "unchanged":
            raise PublicationReplacedError(
                f"Publication {publication_id} keeps no figures: they equalled those of publication "
                f"{publication.unchanged_from}, which takes its place."
            )
    rows = connection.execute(statement("ops/publication_difference.sql"), {"old_id": old_id, "new_id": new_id})
    return [
        Difference(**{**row._mapping, "changed_columns": tuple(row.changed_columns)})  # type: ignore[arg-type]
        for row in rows
    ]
