"""The outbox: what is to be told is written with the changes it tells, and sent afterwards.

Every change is told once. `queue` writes the mails in the transaction that changes the alerts, so that a crash leaves
both or neither. `deliver` holds a mail's row locked while it is sent, and marks it in the same transaction: two
deliverers at once never send one mail twice, and who dies lets it go. Delivery is at least once: a deliverer killed
after the mail server took the mail and before the mark was committed leaves that one mail pending, and it is sent a
second time.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onestop.notice.life import lock
from onestop.notice.routing import addressed, untold
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from onestop.jurisdiction import Jurisdiction
    from onestop.notice.routing import Change

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 12
"""A notice that failed so often is `failed`: with three tries a day, that is a mail server down for four days."""

_LONGEST_ERROR = 500


@dataclass(frozen=True)
class Notice:
    """A mail of the outbox."""

    notice_id: int
    dedup_key: str
    """Names what it tells and to whom; equal for a mail that is sent a second time."""
    route: str
    recipient: str
    subject: str
    body_text: str
    body_html: str | None


class NoticesNotSent(Exception):  # noqa: N818 - named by what happened
    """Some notices could not be sent. They wait in ops.notice with their last error; the others have gone out."""

    def __init__(self, waiting: int, failed: int, last_error: str) -> None:
        self.waiting = waiting
        self.failed = failed
        super().__init__(
            f"{waiting} notice(s) could not be sent and wait in ops.notice; {failed} have failed for good, after "
            f"{MOST_ATTEMPTS} attempts. Last error: {last_error}. Correct the mail connection: what waits goes out by "
            "the task's next try, the next publication or tomorrow's `watch_deliveries`; `onestop alerts requeue` "
            "tries again what failed for good."
        )


def queue(connection: Connection, jurisdiction: Jurisdiction, publication_id: int | None) -> int:
    """Write a mail for every route and recipient that has something to be told, and return how many.

    In the caller's transaction, which is the one that changed the alerts. `publication_id` is what the mail is about;
    none for the daily watch. Nothing new to tell writes nothing.
    """
    # Jinja, Babel and the page's wording are read only where there is something to tell.
    from onestop.notice.mail import compose, headline  # noqa: PLC0415

    lock(connection)
    changes = untold(connection)
    if not changes:
        return 0
    head = None if publication_id is None else headline(connection, publication_id)
    queued = 0
    for route, recipient, theirs in addressed(changes, jurisdiction.routes):
        mail = compose(jurisdiction, route, theirs, head)
        written = connection.scalars(
            statement("ops/notice_insert.sql"),
            {
                "dedup_key": f"{route.id}:{recipient}:{_digest(theirs)}",
                "route": route.id,
                "recipient": recipient,
                "subject": mail.subject,
                "body_text": mail.body_text,
                "body_html": mail.body_html,
                "alert_ids": [change.alert_id for change in theirs],
                "publication_id": publication_id,
            },
        )
        queued += len(written.all())
    connection.execute(statement("ops/alert_told.sql"), {"alert_ids": [change.alert_id for change in changes]})
    return queued


def deliver(connection: Connection, send: Callable[[Notice], None]) -> int:
    """Send every mail that waits in the outbox, each in a transaction of its own, and return how many were sent.

    Commits what the caller left open. A mail that cannot be sent stays pending with its error, and the others go out;
    then NoticesNotSent is raised.
    """
    connection.commit()
    after, sent, waiting, failed, last_error = 0, 0, 0, 0, ""
    while True:
        claimed = connection.execute(statement("ops/notice_claim.sql"), {"after": after}).mappings().one_or_none()
        if claimed is None:
            break
        notice = Notice(**claimed)
        after = notice.notice_id
        try:
            send(notice)
        except Exception as error:  # noqa: BLE001 - whatever a sender raises, the mail stays and the others go out
            last_error = f"{type(error).__name__}: {error}".replace("\x00", "")[:_LONGEST_ERROR]
            values = {"notice_id": notice.notice_id, "most_attempts": MOST_ATTEMPTS, "error": last_error}
            state = connection.scalars(statement("ops/notice_not_sent.sql"), values).one()
            waiting, failed = waiting + (state == "pending"), failed + (state == "failed")
            log.warning("notice %s to %s was not sent: %s", notice.notice_id, notice.recipient, last_error)
        else:
            connection.execute(statement("ops/notice_sent.sql"), {"notice_id": notice.notice_id})
            sent += 1
        connection.commit()
    connection.commit()
    if waiting or failed:
        raise NoticesNotSent(waiting, failed, last_error)
    return sent


def _digest(changes: Sequence[Change]) -> str:
    """Name these changes: the alerts, and when each changed."""
    told = ",".join(f"{change.alert_id}@{change.changed_at.isoformat()}" for change in changes)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
