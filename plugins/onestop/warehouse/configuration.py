"""Which configuration the warehouse holds, and what each one changed."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from onestop.jurisdiction.difference import Change, difference

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction


@dataclass(frozen=True)
class Held:
    """The configuration that the dimensions were last made to say."""

    configuration_hash: str
    content: dict[str, Any]

    def changes_to(self, jurisdiction: Jurisdiction) -> list[Change]:
        """Return what a jurisdiction says differently."""
        return difference(self.content, json.loads(jurisdiction.model_dump_json()))


def held_configuration(connection: Connection) -> Held | None:
    """Return the configuration that was synchronised last, None before the first."""
    row = connection.execute(
        text("""
            select configuration.configuration_hash, configuration.content
            from ops.configuration_change
            inner join ops.configuration
                on configuration_change.configuration_hash = configuration.configuration_hash
            order by configuration_change.configuration_change_id desc
            limit 1
        """)
    ).one_or_none()
    return None if row is None else Held(row.configuration_hash, row.content)


def record_configuration(connection: Connection, jurisdiction: Jurisdiction, dimension_hash: str) -> None:
    """Store the configuration once with the dimensions that it gave, and what each that comes to be held changed."""
    connection.execute(
        text(
            "update ops.configuration set dimension_hash = :dimensions "
            "where configuration_hash = :hash and dimension_hash is distinct from :dimensions"
        ),
        {"hash": jurisdiction.configuration_hash, "dimensions": dimension_hash},
    )
    last = text("select configuration_hash from ops.configuration_change order by configuration_change_id desc limit 1")
    if connection.scalar(last) == jurisdiction.configuration_hash:
        return
    held = held_configuration(connection)
    connection.execute(
        text(
            "insert into ops.configuration (configuration_hash, jurisdiction, content, dimension_hash) "
            "values (:hash, :name, cast(:content as jsonb), :dimensions) on conflict do nothing"
        ),
        {
            "hash": jurisdiction.configuration_hash,
            "name": jurisdiction.name,
            "content": jurisdiction.model_dump_json(),
            "dimensions": dimension_hash,
        },
    )
    changes = [dataclasses.asdict(change) for change in held.changes_to(jurisdiction)] if held else []
    connection.execute(
        text(
            "insert into ops.configuration_change (configuration_hash, previous_hash, changes) "
            "values (:hash, :previous, cast(:changes as jsonb))"
        ),
        {
            "hash": jurisdiction.configuration_hash,
            "previous": held.configuration_hash if held else None,
            "changes": json.dumps(changes, ensure_ascii=False),
        },
    )
