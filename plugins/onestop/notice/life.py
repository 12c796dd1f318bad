"""The life of an alert: open → acknowledged → resolved, or silenced for a reason and until a day.

Rules are data (alerts.yaml) and judged by SQL, from the exact statuses of the marts. Which publication may say what:

- Alerts on the year to date follow the newest official period, in its revision in force. An older month that is
  restated touches none of them; those of a year that is over lapse when the next year's first month is published.
- Alerts on missing deliveries are about one month each, and follow the newest knowledge of that month: the `as_of` of
  its revision in force, or the moment of the daily watch. Older knowledge never undoes newer.
- No data is no answer: a year to date that became unknown neither opens nor resolves anything.

Every function works in the caller's transaction and commits nothing. Those that judge work one at a time (an advisory
lock until the transaction ends), so that `outbox.queue` in the same transaction tells exactly what they changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from onestop import compliance
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from onestop.jurisdiction import AlertRule, Jurisdiction

_ALERT_LOCK = 7_301_000_005  # pg_advisory lock keys of this project: 7 301 0xx xxx
_MISSING = "missing_delivery"


class AlertNotFoundError(LookupError):
    """There is no such alert, or it is resolved."""


@dataclass(frozen=True)
class AlertChange:
    """The keys of the alerts that an evaluation changed."""

    opened: tuple[str, ...] = ()
    reopened: tuple[str, ...] = ()
    """Silenced until a day that is over."""
    resolved: tuple[str, ...] = ()
    """Their condition ceased, or is not watched any more."""
    updated: tuple[str, ...] = ()
    """They go on, with newer facts; nobody is told."""

    def __add__(self, other: AlertChange) -> AlertChange:
        return AlertChange(
            self.opened + other.opened,
            self.reopened + other.reopened,
            self.resolved + other.resolved,
            self.updated + other.updated,
        )

    def __str__(self) -> str:
        return (
            f"alerts: {len(self.opened)} opened, {len(self.reopened)} re-opened, {len(self.resolved)} resolved, "
            f"{len(self.updated)} with newer facts"
        )


def evaluate(connection: Connection, jurisdiction: Jurisdiction, publication_id: int) -> AlertChange:
    """Bring the alerts up to what a publication says; one that is not official, published and in force says nothing.

    Evaluating it again changes nothing. Raises LookupError for a publication that does not exist.
    """
    lock(connection)
    publication = connection.execute(
        statement("ops/alert_publication.sql"), {"publication_id": publication_id}
    ).one_or_none()
    if publication is None:
        raise LookupError(f"There is no publication {publication_id}: ops.publication names them.")
    if not publication.is_in_force:
        return AlertChange()
    rules = jurisdiction.alert_rules
    evaluation = _Evaluation(
        connection, jurisdiction, f"publication {publication_id}", publication_id, publication.published_at
    )
    change = evaluation.lapse_unknown_rules()
    if publication.is_newest_period:
        evaluation.look("ops/alert_sight_ytd.sql")
        followed = [rule for rule in rules if rule.kind != _MISSING]
        change += evaluation.apply(followed, evidence_at=publication.published_at)
    evaluation.look(
        "ops/alert_sight_missing.sql",
        {"reporting_status_month": "mart.reporting_status_month"},
        period=publication.period,
        only_asked=False,
    )
    followed = [rule for rule in rules if rule.kind == _MISSING]
    return change + evaluation.apply(followed, evidence_at=publication.as_of, period=publication.period)


def watch(connection: Connection, jurisdiction: Jurisdiction, moment: datetime) -> AlertChange:
    """Bring the alerts on missing deliveries up to what the warehouse knows now, whatever has been published.

    Looks at the last month that was due at `moment` and at every month with such an alert; re-opens alerts of any rule
    whose silence is over. A unit whose missing sources nobody has asked since the month ended is not blamed: that no
    collection has run is the operator's business.
    """
    lock(connection)
    known_at: datetime = connection.scalars(text("select clock_timestamp()")).one()
    evaluation = _Evaluation(connection, jurisdiction, "daily watch", None, moment)
    followed = [rule for rule in jurisdiction.alert_rules if rule.kind == _MISSING]
    due = connection.scalars(
        statement("ops/alert_due_period.sql"), {"moment": moment, "rules": [rule.id for rule in followed]}
    ).all()
    change = AlertChange()
    for period in due:
        # Leaves the month's statuses in a temporary table.
        compliance.coverage(connection, jurisdiction.period(period), as_of=known_at)
        evaluation.look(
            "ops/alert_sight_missing.sql",
            {"reporting_status_month": "pg_temp.reporting_status_month"},
            period=period,
            only_asked=True,
        )
        change += evaluation.apply(followed, evidence_at=known_at, period=period)
    return change + evaluation.reopen(jurisdiction.alert_rules)


def acknowledge(connection: Connection, alert_id: int, by: str) -> None:
    """Record that somebody takes care of an alert. It stays acknowledged until it is resolved.

    Raises AlertNotFoundError.
    """
    _set_state(connection, alert_id, {"state": "acknowledged", "by": by, "until": None, "reason": None})


def silence(connection: Connection, alert_id: int, by: str, *, until: date, reason: str) -> None:
    """Stop telling of an alert up to and including the day `until`, for a reason; then it opens again.

    Raises AlertNotFoundError.
    """
    _set_state(connection, alert_id, {"state": "silenced", "by": by, "until": until, "reason": reason})


def lock(connection: Connection) -> None:
    """Be the only one who changes alerts, until the transaction ends."""
    connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ALERT_LOCK})


@dataclass(frozen=True)
class _Evaluation:
    """One look at the alerts, from a publication or from the daily watch."""

    connection: Connection
    jurisdiction: Jurisdiction
    changed_by: str
    publication_id: int | None
    moment: datetime
    """When it is, for silences that expire."""

    def look(self, sight: str, tables: dict[str, str] | None = None, **values: object) -> None:
        """Fill pg_temp.alert_sight by the statement `sight`."""
        self.connection.execute(text("drop table if exists pg_temp.alert_sight"))
        self.connection.execute(statement("ops/alert_sight.sql"))
        groups = list(self.jurisdiction.shape.unit_groups)
        rules = json.dumps(
            [{**rule.model_dump(), "unit_groups": rule.unit_groups or groups} for rule in self.jurisdiction.alert_rules]
        )
        # The watch's own statuses stand under publication 0, as compliance.coverage writes them.
        common = {
            "rules": rules,
            "publication_id": self.publication_id or 0,
            "language": self.jurisdiction.language,
        }
        self.connection.execute(statement(sight, **(tables or {})), {**common, **values})

    def apply(self, rules: Iterable[AlertRule], *, evidence_at: datetime, period: str | None = None) -> AlertChange:
        """Resolve, re-open, update and open the alerts of these rules (and of one period) by what was seen."""
        realm = {"rules": [rule.id for rule in rules], "period": period, "evidence_at": evidence_at}
        return AlertChange(
            resolved=self._change("alert_resolve", realm),
            reopened=self._change("alert_reopen", realm),
            updated=self._change("alert_update", realm),
            opened=self._change("alert_open", realm),
        )

    def reopen(self, rules: Iterable[AlertRule]) -> AlertChange:
        """Re-open the silenced alerts of these rules whose time is over."""
        return AlertChange(
            reopened=self._change("alert_reopen", {"rules": [rule.id for rule in rules], "period": None})
        )

    def lapse_unknown_rules(self) -> AlertChange:
        """End the alerts whose rule is not configured any more."""
        known = {"rules": [rule.id for rule in self.jurisdiction.alert_rules]}
        return AlertChange(resolved=self._change("alert_lapse", known))

    def _change(self, name: str, values: dict[str, Any]) -> tuple[str, ...]:
        common = {
            "changed_by": self.changed_by,
            "moment": self.moment,
            "timezone": self.jurisdiction.timezone,
            "publication_id": self.publication_id,
        }
        keys = self.connection.scalars(statement(f"ops/{name}.sql"), {**common, **values})
        return tuple(sorted(keys))


_SET_STATE = text("""
update ops.alert
set
    state = :state,
    changed_by = :by,
    changed_at = clock_timestamp(),
    silenced_until = coalesce(:until, silenced_until),
    silenced_reason = coalesce(:reason, silenced_reason)
where alert_id = :alert_id and state <> 'resolved'
returning alert_id
""")


def _set_state(connection: Connection, alert_id: int, values: dict[str, object]) -> None:
    if connection.execute(_SET_STATE, {"alert_id": alert_id, **values}).one_or_none() is None:
        raise AlertNotFoundError(f"There is no alert {alert_id} that is not resolved: ops.alert names them.")
