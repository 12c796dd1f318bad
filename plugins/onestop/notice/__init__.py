"""Alerts and who is told of them: their life, the outbox, the mail."""

from onestop.notice.life import AlertChange, AlertNotFoundError, acknowledge, evaluate, silence, watch
from onestop.notice.outbox import Notice, NoticesNotSent, deliver, queue

__all__ = [
    "AlertChange",
    "AlertNotFoundError",
    "Notice",
    "NoticesNotSent",
    "acknowledge",
    "deliver",
    "evaluate",
    "queue",
    "silence",
    "watch",
]
