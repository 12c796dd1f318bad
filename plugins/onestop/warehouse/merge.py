"""The versions of dossiers: what a checked delivery changes in core.dossier_version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, RowMapping, text

from onestop.warehouse.connection import analyse_few_rows, use_free_processors
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Period

RUNNING_MERGES_LOCK = 7_301_000_003  # shared by merges; core.settled_moment() takes it alone
_FEW = 4
"""Where of so many rows of a delivery one at most is written, each is fetched by its place, and the others not read."""
_INSTANT = timedelta(microseconds=1)
"""The least that PostgreSQL tells apart."""
_CREATE_PARTITIONS = text("select name, starts_at, ends_at from core.create_partitions(:moments)")
_ATTACH_PARTITION = text("select core.attach_partition(:name)")
_INDEX_PARTITION = text("select core.index_partition(:name)")


@dataclass(frozen=True)
class MergeResult:
    """How many rows of a delivery were new, replaced a version, said nothing new, or told of an earlier state."""

    inserted: int
    changed: int
    unchanged: int
    older: int


def merge_dossiers(connection: Connection, delivery_id: int, staging_table: str) -> MergeResult:
    """Make the accepted rows (`reasons` null) of a typed staging table current in core.dossier_version.

    Part of the caller's transaction: nothing is seen before it commits, and nothing remains if it does not. The key is
    (unit, dossier code), so a dossier in the feeds of two sources is counted once. A changed row ends the current
    version at this merge's moment and begins the next; an unchanged one writes nothing; one that shows an earlier
    state than the current version (`observed_at` of the delivery, then `delivery_id`) is only counted as older. So any
    order of deliveries ends in the same current state, and running again changes nothing. Merges that share a unit
    wait for one another.

    Raises ValueError if the delivery is not registered.
    """
    delivery = connection.execute(
        text("""
            select
                delivery.source_id, delivery.delivery_id, delivery.observed_at, month.starts_at, month.ends_at,
                array(
                    select earlier.delivery_id
                    from ops.delivery as earlier
                    where
                        delivery.is_full
                        and not exists (
                            select from core.month_confirmation as told where told.delivery_id = delivery.delivery_id
                        )
                        and earlier.source_id = delivery.source_id
                        and earlier.period = delivery.period
                        and (earlier.observed_at, earlier.delivery_id) < (delivery.observed_at, delivery.delivery_id)
                    order by earlier.delivery_id
                ) as earlier_ids
            from ops.delivery
            left join core.period as month
                on month.calendar = 'calendar' and delivery.period = month.period
            where delivery.delivery_id = :id
        """),
        {"id": delivery_id},
    ).one_or_none()
    if delivery is None:
        raise ValueError(f"Delivery {delivery_id} is not in ops.delivery: register it before merging its rows.")
    analyse_few_rows(connection)
    _ensure_statistics(connection, staging_table)
    use_free_processors(connection)
    connection.execute(text("drop table if exists pg_temp.delivered_range"))
    connection.execute(
        statement("core/merge_summary.sql", typed=staging_table),
        {"starts_at": delivery.starts_at, "ends_at": delivery.ends_at},
    )
    summary = connection.execute(text("select * from delivered_range")).all()
    if not summary:
        return MergeResult(0, 0, 0, 0)
    merge = _Merge(connection, staging_table, delivery, summary)
    return merge.first() if merge.is_first() else merge.following()


def hold_units(connection: Connection, units: Iterable[str]) -> None:
    """Let no other merge or replay of these units' dossiers begin before this transaction ends, and no publication
    settle its moment.

    All that a transaction will need are held at once, sorted, before it writes: two never wait for each other.
    """
    connection.execute(text("select pg_advisory_xact_lock_shared(:key)"), {"key": RUNNING_MERGES_LOCK})
    for unit in sorted(set(units)):
        connection.execute(text("select pg_advisory_xact_lock(hashtextextended('merge ' || :unit, 0))"), {"unit": unit})


def prepare_month(connection: Connection, moment: datetime) -> None:
    """Make the month of a moment, so that deliveries that are loaded together can be written into it at once.

    Transactions of its own, that end: who waits for one month holds no other. A new month has no indexes, since writing
    into them costs as much again as making them afterwards. Every month that was filled and has none yet is indexed
    now, since a delivery looks into all of them.
    """
    for month in connection.execute(_CREATE_PARTITIONS, {"moments": [moment]}).all():
        connection.execute(_ATTACH_PARTITION, {"name": month.name})
    connection.commit()
    for month in _unindexed(connection):
        if connection.scalar(statement("staging/has_records.sql", staging=f"core.{month.name}")):
            connection.execute(_INDEX_PARTITION, {"name": month.name})
        connection.commit()


def index_months(connection: Connection, beside: Period | None = None) -> None:
    """Index the months that have no indexes so far; where all have, it costs a look. Not those that a period reads
    whole, `beside` which others are looked up.

    New months are indexed when they are published, when the next delivery of any month comes, and every day: without
    indexes one is slow to look something up in, never wrong. Waits for deliveries that are being written into it.
    """
    for month in _unindexed(connection):
        if beside is None or month.ends_at <= beside.starts_at or month.starts_at >= beside.ends_at:
            connection.execute(_INDEX_PARTITION, {"name": month.name})


def _unindexed(connection: Connection) -> Sequence[Row[Any]]:
    return connection.execute(statement("core/unindexed_partition.sql")).all()


def _ensure_statistics(connection: Connection, staging_table: str) -> None:
    """Analyse the staging table if nobody did: without statistics the planner looks up a million rows one by one."""
    rows = connection.scalar(
        text("select reltuples from pg_class where oid = to_regclass(:name)"), {"name": staging_table}
    )
    if rows is not None and rows < 0:
        connection.execute(statement("core/analyze.sql", table=staging_table))


class _Merge:
    """One merge: the delivery, the months and codes it touches, and the moment from which its versions are known."""

    def __init__(self, connection: Connection, typed: str, delivery: Row[Any], summary: Sequence[Row[Any]]) -> None:
        self.connection = connection
        self.typed = typed
        self.row_count = sum(group.row_count for group in summary)
        self.moments = [at for group in summary for at in (group.first_received_at, group.last_received_at)]
        self.codes: dict[str, tuple[str, str]] = {}
        for group in summary:
            first, last = self.codes.get(group.unit_code, (group.first_code, group.last_code))
            self.codes[group.unit_code] = (min(first, group.first_code), max(last, group.last_code))
        self.units = sorted(self.codes)
        hold_units(connection, self.units)
        self.binds: dict[str, Any] = {
            **delivery._mapping,
            "known_from": connection.scalar(text("select clock_timestamp()")),
            "unit_codes": self.units,
            "first_received_at": min(self.moments),
            "last_received_at": max(self.moments),
        }
        self.confirming = ""
        if delivery.earlier_ids and delivery.starts_at is not None:
            self.binds["received_from"] = max(delivery.starts_at, self.binds["first_received_at"])
            self.binds["received_to"] = min(delivery.ends_at - _INSTANT, self.binds["last_received_at"])
            self.confirming = "core.month_confirmation"

    def _run(self, path: str, binds: RowMapping | dict[str, object] | None = None, **identifiers: str) -> int:
        result = self.connection.execute(statement(f"core/{path}", **identifiers), {**self.binds, **(binds or {})})
        return int(result.rowcount)  # type: ignore[attr-defined]

    def is_first(self) -> bool:
        """Whether no current version lies in the range of codes of any unit: then all rows are new."""
        first, last = zip(*(self.codes[unit] for unit in self.units), strict=True)
        binds = {"unit_codes": self.units, "first_codes": list(first), "last_codes": list(last)}
        return not self.connection.scalar(statement("core/merge_is_known.sql"), binds)

    def first(self) -> MergeResult:
        """Write every row without comparing."""
        self._write(self.row_count)
        return MergeResult(inserted=self.row_count, changed=0, unchanged=0, older=0)

    def following(self) -> MergeResult:
        """Compare every row with the current version of its dossier and write what is new or changed."""
        self.connection.execute(text("drop table if exists pg_temp.merge_row"))
        self._run("merge_compare.sql", typed=self.typed, confirming=self.confirming)
        self.connection.execute(statement("core/analyze.sql", table="merge_row"))
        for unit in self.connection.execute(statement("core/merge_new_codes.sql")).all():
            self._run("merge_moved.sql", unit._mapping)
        self._run("merge_confirmed_later.sql")
        counts = self.connection.execute(statement("core/merge_count.sql")).all()
        inserted, changed, older, confirmed = (
            sum(row.row_count for row in counts if row.outcome == name)
            for name in ("new", "changed", "older", "confirmed")
        )
        closed = [self._run("merge_close.sql", row._mapping) for row in counts if row.outcome == "changed"]
        if sum(closed) != changed:
            raise RuntimeError(
                f"Delivery {self.binds['delivery_id']}: {sum(closed):,} versions were ended for {changed:,} changed"
                " rows: another session writes core.dossier_version without the locks of a merge. Nothing was written;"
                " end that session, and clear the check task."
            )
        if inserted or changed:
            is_few = (inserted + changed) * _FEW <= self.row_count
            self._write(inserted + changed, chosen="" if is_few else "merge_row", few="merge_row" if is_few else "")
        if confirmed:
            self._run("merge_confirm.sql")
        if self.confirming:
            self._run("merge_confirm_month.sql")
        return MergeResult(inserted, changed, unchanged=self.row_count - inserted - changed - older, older=older)

    def _write(self, count: int, *, chosen: str = "", few: str = "") -> None:
        """Insert `count` versions: straight into each month that is new, since finding the month of every row costs as
        much as a fifth of writing it; only what lies outside of them is looked for again.

        `chosen`, `few`: the table that names the rows to be written, where these are many or few; none: all of them.
        """
        tables = {"typed": self.typed, "chosen": chosen, "few": few}
        made = self.connection.execute(_CREATE_PARTITIONS, {"moments": self.moments}).all()
        first, last = min(self.moments), max(self.moments)
        new = [month for month in _unindexed(self.connection) if month.starts_at <= last and first < month.ends_at]
        rest: list[tuple[object, object]] = []
        rest_from: object = "-infinity"
        for month in sorted([*made, *new], key=lambda month: month.starts_at):
            target = f"core.{month.name}"
            count -= self._run("merge_insert.sql", month._mapping, target=target, **tables)
            rest.append((rest_from, month.starts_at))
            rest_from = month.ends_at
        rest.append((rest_from, "infinity"))
        for month in made:
            self.connection.execute(_ATTACH_PARTITION, {"name": month.name})
        for starts_at, ends_at in rest if count else ():
            binds: dict[str, object] = {"starts_at": starts_at, "ends_at": ends_at}
            self._run("merge_insert.sql", binds, target="core.dossier_version", **tables)
        for partition in self.connection.execute(statement("core/unanalysed_partition.sql"), self.binds).all():
            self.connection.execute(statement("core/analyze.sql", table=f"core.{partition.partition_name}"))
