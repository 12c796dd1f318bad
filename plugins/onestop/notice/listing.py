"""What an operator sees and mends: alerts, and the mails of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection


class NoticeNotFailedError(LookupError):
    """There is no such notice, or it has not failed for good."""


@dataclass(frozen=True)
class Alert:
    """An alert and where it stands in its life."""

    alert_id: int
    alert_key: str
    rule: str
    unit_code: str | None
    period: str
    state: str
    severity: str
    message_vi: str
    opened_at: datetime
    changed_at: datetime
    changed_by: str | None
    resolution: str | None
    silenced_until: date | None
    silenced_reason: str | None


@dataclass(frozen=True)
class OutboxNotice:
    """A mail of the outbox without its text."""

    notice_id: int
    route: str
    recipient: str
    subject: str
    state: str
    attempts: int
    last_error: str | None
    queued_at: datetime
    sent_at: datetime | None


def alerts(
    connection: Connection, *, state: str | None = None, unit_code: str | None = None, rule: str | None = None
) -> list[Alert]:
    """Return alerts, the newest first: of a state, or all that are not resolved."""
    rows = connection.execute(
        text("""
            select
                alert_id, alert_key, rule, unit_code, period, state, severity, message_vi, opened_at, changed_at,
                changed_by, resolution, silenced_until, silenced_reason
            from ops.alert
            where
                (state = :state or (cast(:state as text) is null and state <> 'resolved'))
                and (cast(:unit_code as text) is null or unit_code = :unit_code)
                and (cast(:rule as text) is null or rule = :rule)
            order by opened_at desc, alert_id desc
        """),
        {"state": state, "unit_code": unit_code, "rule": rule},
    )
    return [Alert(**row._mapping) for row in rows]


def outbox_notices(connection: Connection, *, state: str | None = None, limit: int = 50) -> list[OutboxNotice]:
    """Return mails of the outbox, the newest first: of a state, or all that are not sent."""
    rows = connection.execute(
        text("""
            select notice_id, route, recipient, subject, state, attempts, last_error, queued_at, sent_at
            from ops.notice
            where state = :state or (cast(:state as text) is null and state <> 'sent')
            order by notice_id desc
            limit :limit
        """),
        {"state": state, "limit": limit},
    )
    return [OutboxNotice(**row._mapping) for row in rows]


def requeue(connection: Connection, notice_ids: Sequence[int] | None = None) -> list[int]:
    """Make mails that failed for good wait again with all their attempts, and return their numbers; none named: all.

    What was sent is never sent again. In the caller's transaction. Raises NoticeNotFailedError that names the others.
    """
    again = connection.scalars(
        text("""
            update ops.notice
            set state = 'pending', attempts = 0
            where state = 'failed' and (cast(:ids as bigint[]) is null or notice_id = any(cast(:ids as bigint[])))
            returning notice_id
        """),
        {"ids": None if notice_ids is None else list(notice_ids)},
    ).all()
    others = sorted(set(notice_ids or ()) - set(again))
    if others:
        raise NoticeNotFailedError(
            f"Not failed for good, or unknown: {', '.join(map(str, others))}. Nothing was changed; what waits is sent "
            "anyway, and what was sent is not sent twice."
        )
    return sorted(again)
