"""Alerts and who is told of them: their life, the outbox, the mail."""

from onestop.notice.life import AlertChange, AlertNotFoundError, acknowledge, evaluate, silence, watch
from onestop.notice.listing import Alert, NoticeNotFailedError, OutboxNotice, alerts, outbox_notices, requeue
from onestop.notice.mime import mime_message
from onestop.notice.outbox import Notice, NoticesNotSent, deliver, queue

__all__ = [
    "Alert",
    "AlertChange",
    "AlertNotFoundError",
    "Notice",
    "NoticeNotFailedError",
    "NoticesNotSent",
    "OutboxNotice",
    "acknowledge",
    "alerts",
    "deliver",
    "evaluate",
    "mime_message",
    "outbox_notices",
    "queue",
    "requeue",
    "silence",
    "watch",
]
