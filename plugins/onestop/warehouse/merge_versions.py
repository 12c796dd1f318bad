"""The versions of everything that is no dossier: form 06a, catalogues, payments, registers.

The rules are those of `merge_dossiers`; these tables are small, so that one comparison does without partitions.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from onestop.jurisdiction.datasets import DATASETS, Dataset
from onestop.warehouse.dimensions import lock_dimensions
from onestop.warehouse.merge import RUNNING_MERGES_LOCK, MergeResult, merge_dossiers
from onestop.warehouse.sql import statement


def merge(connection: Connection, dataset: str, delivery_id: int, typed_table: str) -> MergeResult:
    """Make the accepted rows (`reasons` null) of a typed staging table current in their dataset's versions.

    Part of the caller's transaction. The later observed delivery wins, whatever order they come in; only new and
    changed rows are written; closed versions stay; running again changes nothing. Merges of one dataset wait for one
    another (of dossiers: those that share a unit). Raises ValueError if the delivery is not registered.
    """
    if dataset == "dossier":
        return merge_dossiers(connection, delivery_id, typed_table)
    described = DATASETS[dataset]
    delivery = connection.execute(
        text("select source_id, delivery_id, observed_at from ops.delivery where delivery_id = :id"),
        {"id": delivery_id},
    ).one_or_none()
    if delivery is None:
        raise ValueError(f"Delivery {delivery_id} is not in ops.delivery: register it before merging its rows.")
    hold_merges(connection, dataset)
    binds: dict[str, Any] = {
        **delivery._mapping,
        "dataset": dataset,
        "known_from": connection.scalar(text("select clock_timestamp()")),
    }
    columns = version_columns(described)

    def run(path: str) -> int:
        sql = statement(f"core/{path}", typed=typed_table, versions=described.versions, **columns)
        result = connection.execute(sql, {name: binds[name] for name in sql.compile().params})
        return int(result.rowcount)  # type: ignore[attr-defined]

    connection.execute(text("drop table if exists pg_temp.merge_row"))
    run("version_compare.sql")
    run("version_confirmed_later.sql")
    counts = {row.outcome: int(row.row_count) for row in connection.execute(statement("core/version_count.sql"))}
    if counts.get("changed"):
        run("version_close.sql")
    if counts.get("new") or counts.get("changed"):
        run("version_insert.sql")
    if counts.get("confirmed"):
        run("version_confirm.sql")
    return MergeResult(
        inserted=counts.get("new", 0),
        changed=counts.get("changed", 0),
        unchanged=counts.get("unchanged", 0) + counts.get("confirmed", 0),
        older=counts.get("older", 0),
    )


def hold_decisions(connection: Connection, dataset: str) -> None:
    """Let no publication settle its moment before this transaction ends: what it decides is known to it or later."""
    if dataset == "procedure":  # a catalogue changes a dimension: held first, as a publication does
        lock_dimensions(connection)
    connection.execute(text("select pg_advisory_xact_lock_shared(:key)"), {"key": RUNNING_MERGES_LOCK})


def hold_merges(connection: Connection, dataset: str) -> None:
    """Let no other merge of a dataset begin before this transaction ends, and no publication settle its moment.

    Not of dossiers, whose merges wait for their units (`merge.hold_units`).
    """
    hold_decisions(connection, dataset)
    connection.execute(
        text("select pg_advisory_xact_lock(hashtextextended('merge of ' || :dataset, 0))"), {"dataset": dataset}
    )


def version_columns(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    """Return the names of columns that the statements of a merge are filled with."""
    own = dict(zip(dataset.key, dataset.version_key, strict=True))
    own |= {name: "owner_unit_code" if name == "unit_code" else name for name in dataset.attributes}
    if "source_id" not in own:
        own["source_id"] = "source_id"
    return {
        "key": dataset.key,
        "version_key": dataset.version_key,
        "taken": tuple(own),
        "inserted": tuple(own.values()),
    }
