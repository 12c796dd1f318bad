"""Deliveries and attempts to pull them, in the tables `ops.delivery` and `ops.pull_attempt`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from onestop.landing.manifest import Manifest

_INSERT_DELIVERY = text("""
    insert into ops.delivery (
        source_id, dataset, period, sha256, object_path, manifest_path, byte_count, part_count,
        declared_count, declared_totals, source_cursor, pulled_at, delivered_at, observed_at, is_full, run_id
    )
    values (
        :source_id, :dataset, :period, :sha256, :object_path, :manifest_path, :byte_count, :part_count,
        :declared_count, :declared_totals, :source_cursor, :pulled_at, :delivered_at, :observed_at, :is_full, :run_id
    )
    on conflict (source_id, period, sha256, pulled_at) do nothing
    returning delivery_id
""").bindparams(
    bindparam("declared_totals", type_=JSONB(none_as_null=True)),
    bindparam("source_cursor", type_=JSONB(none_as_null=True)),
)

_FIND_DELIVERY = text("""
    select delivery_id
    from ops.delivery
    where source_id = :source_id and period = :period and sha256 = :sha256 and pulled_at = :pulled_at
""")

_LAST_CURSOR = text("""
    select source_cursor
    from ops.delivery
    where source_id = :source_id and period = :period and state = 'accepted' and source_cursor is not null
    order by observed_at desc, delivery_id desc
    limit 1
""")

_IS_OVERTAKEN = text("""
    select exists (
        select 1
        from ops.delivery as delivery
        inner join ops.delivery as other
            on
                delivery.source_id = other.source_id
                and delivery.period = other.period
                and (delivery.observed_at, delivery.delivery_id) < (other.observed_at, other.delivery_id)
        where
            delivery.source_id = :source_id
            and delivery.period = :period
            and delivery.sha256 = :sha256
            and delivery.pulled_at = :pulled_at
    )
""")

_INSERT_ATTEMPT = text("""
    insert into ops.pull_attempt (source_id, period, run_id, attempted_at, outcome, delivery_id, error, failure_kind)
    select
        :source_id, :period, :run_id, coalesce(cast(:attempted_at as timestamptz), clock_timestamp()), :outcome,
        cast(:delivery_id as bigint), :error, cast(:failure_kind as text)
    where not exists (
        select 1
        from ops.pull_attempt
        where
            source_id = :source_id
            and period = :period
            and run_id is not distinct from cast(:run_id as text)
            and attempted_at = cast(:attempted_at as timestamptz)
            and outcome = :outcome
    )
""")


def register_delivery(connection: Connection, manifest: Manifest, run_id: str | None) -> int:
    """Return the id of the manifest's delivery, entered when new; a known one keeps its state and its first run."""
    key = {
        "source_id": manifest.source_id,
        "period": manifest.period,
        "sha256": manifest.sha256,
        "pulled_at": manifest.pulled_at,
    }
    values = {
        **key,
        "dataset": manifest.dataset,
        "object_path": manifest.object_path,
        "manifest_path": manifest.manifest_path or manifest.object_path,
        "byte_count": manifest.byte_count,
        "part_count": len(manifest.parts),
        "declared_count": manifest.declared_count,
        "declared_totals": manifest.declared_totals,
        "source_cursor": manifest.source_cursor,
        "delivered_at": manifest.delivered_at,
        "observed_at": manifest.observed_at,
        "is_full": manifest.is_full,
        "run_id": run_id,
    }
    known = connection.execute(_FIND_DELIVERY, key).scalar_one_or_none()
    entered = known or connection.execute(_INSERT_DELIVERY, values).scalar_one_or_none()
    return int(entered or connection.execute(_FIND_DELIVERY, key).scalar_one())  # another run entered it in between


def is_overtaken(connection: Connection, manifest: Manifest) -> bool:
    """Say whether merges take another delivery of the source and period for later than this one.

    Of the last one pulled it is so where two pulls overlapped and the earlier was registered after it: both show the
    same moment, and then the number decides.
    """
    values = manifest.model_dump(include={"source_id", "period", "sha256", "pulled_at"})
    return bool(connection.execute(_IS_OVERTAKEN, values).scalar_one())


def record_pull_attempt(  # noqa: PLR0917 - the row's columns, in order
    connection: Connection,
    source_id: str,
    period: str,
    run_id: str | None,
    outcome: Literal["landed", "unchanged", "failed"],
    delivery_id: int | None = None,
    error: str | None = None,
    *,
    attempted_at: datetime | None = None,
    failure_kind: str | None = None,
) -> None:
    """Record that a source was asked for a period. With `attempted_at`, calling this again adds nothing.

    `failure_kind` is the kind of a `sources.SourceError`; the error itself is for operators.
    """
    values = {
        "source_id": source_id,
        "period": period,
        "run_id": run_id,
        "attempted_at": attempted_at,
        "outcome": outcome,
        "delivery_id": delivery_id,
        "error": error,
        "failure_kind": failure_kind,
    }
    connection.execute(_INSERT_ATTEMPT, values)


def last_cursor(connection: Connection, source_id: str, period: str) -> dict[str, Any] | None:
    """Return the cursor of the source's last accepted delivery for the period: from where the next pull goes on.

    None without one: a delivery that was refused, or is not judged yet, has brought us nowhere.
    """
    cursor = connection.execute(_LAST_CURSOR, {"source_id": source_id, "period": period}).scalar_one_or_none()
    return cast("dict[str, Any] | None", cursor)
