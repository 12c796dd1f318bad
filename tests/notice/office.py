"""What the tests of notices do: publish months of the small province, tell of them, and read what was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from onestop import notice
from onestop.landing import record_pull_attempt
from onestop.notice import AlertChange, Notice
from tests.province import Province, direct, local, online

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import RowMapping

    from onestop.jurisdiction import Jurisdiction, Route

SOURCES = ("y_te", "tu_phap", "noi_vu", "yen_the")
MONTHS = ("2019-01", "2019-02", "2019-03", "2019-04")
Share = tuple[int, int] | None
"""Dossiers filed online, and all; None: no delivery."""
MET: Share = (5, 10)


@dataclass
class Office:
    """The province, and the letters that left it."""

    province: Province
    letters: list[Notice] = field(default_factory=list)

    def set_routes(self, *routes: Route) -> None:
        """Tell by these routes instead of those of Bắc Giang."""
        self.set(routes=routes)

    def set(self, **changes: Any) -> None:
        """Configure the province otherwise."""
        self.province.jurisdiction = self.jurisdiction.model_copy(update=changes)

    @property
    def jurisdiction(self) -> Jurisdiction:
        return self.province.jurisdiction

    def month(self, period: str, default: Share = MET, **shares: Share) -> None:
        """Receive a month from every source: half of ten dossiers online, but for the sources named."""
        for source_id in SOURCES:
            share = shares.get(source_id, default)
            if share is not None:
                finished = f"{period}-10"
                self.province.deliver(
                    source_id,
                    period,
                    online(share[0], finished, received=f"{period}-01"),
                    direct(share[1] - share[0], finished, received=f"{period}-01"),
                )

    def publish(
        self, period: str, default: Share = MET, send: Callable[[Notice], None] | None = None, **shares: Share
    ) -> AlertChange:
        """Receive a month, publish it, and tell of it."""
        self.month(period, default, **shares)
        return self.notify(self.province.publish(period).publication_id, send)

    def republish(self, period: str) -> AlertChange:
        return self.notify(self.province.publish(period).publication_id)

    def evaluate(self, publication_id: int) -> AlertChange:
        with self.province.engine.begin() as connection:
            change = notice.evaluate(connection, self.jurisdiction, publication_id)
            notice.queue(connection, self.jurisdiction, publication_id)
        return change

    def notify(self, publication_id: int, send: Callable[[Notice], None] | None = None) -> AlertChange:
        change = self.evaluate(publication_id)
        self.deliver(send)
        return change

    def watch(self, moment: str) -> AlertChange:
        with self.province.engine.begin() as connection:
            change = notice.watch(connection, self.jurisdiction, local(moment))
            notice.queue(connection, self.jurisdiction, None)
        self.deliver()
        return change

    def deliver(self, send: Callable[[Notice], None] | None = None) -> int:
        """Send what waits; into `letters` unless said otherwise."""
        with self.province.engine.connect() as connection:
            return notice.deliver(connection, send or self.letters.append)

    def ask(
        self, source_id: str, period: str, at: str, error: str = "no such file", failure_kind: str | None = None
    ) -> None:
        """Try to pull and get nothing."""
        with self.province.engine.begin() as connection:
            record_pull_attempt(
                connection,
                source_id,
                period,
                None,
                "failed",
                None,
                error,
                attempted_at=local(at),
                failure_kind=failure_kind,
            )

    def states(self) -> dict[str, str]:
        """The state of the newest alert of every key."""
        rows = self.province.rows("select alert_key, state from ops.alert order by alert_id")
        return {row["alert_key"]: row["state"] for row in rows}

    def live(self) -> set[str]:
        """The keys of alerts that are not resolved."""
        return {key for key, state in self.states().items() if state != "resolved"}

    def alert(self, key: str) -> RowMapping:
        """The newest alert of a key."""
        return self.province.rows("select * from ops.alert where alert_key = :key order by alert_id desc", key=key)[0]

    def outbox(self) -> list[RowMapping]:
        return self.province.rows("select * from ops.notice order by notice_id")

    def acknowledge(self, key: str) -> None:
        with self.province.engine.begin() as connection:
            notice.acknowledge(connection, self.alert(key)["alert_id"], "the steward")

    def silence(self, key: str, until: str, reason: str = "the agency moves its servers") -> None:
        day = datetime.fromisoformat(until).date()
        with self.province.engine.begin() as connection:
            notice.silence(connection, self.alert(key)["alert_id"], "the steward", until=day, reason=reason)
