"""A notice as the message that a mail server is handed."""

from __future__ import annotations

import hashlib
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr, localtime, parseaddr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onestop.notice.outbox import Notice


def mime_message(notice: Notice, sender: str) -> MIMEBase:
    """Write the message: the text, and the HTML beside it where there is one. `sender` may have a name.

    Its Message-ID is that of the notice, equal when it is sent a second time: mail servers that look at it deliver one.
    """
    name, address = parseaddr(sender)
    written: MIMEBase = MIMEText(notice.body_text, "plain", "utf-8")
    if notice.body_html:
        html = MIMEText(notice.body_html, "html", "utf-8")
        written = MIMEMultipart("alternative", _subparts=[written, html])
    written["From"] = formataddr((name, address))
    written["To"] = notice.recipient
    # EmailMessage of Python 3.11 loses spaces where it folds a long Vietnamese subject (CPython issue 92081).
    written["Subject"] = Header(notice.subject, "utf-8", header_name="Subject").encode()
    digest = hashlib.sha256(notice.dedup_key.encode()).hexdigest()[:32]
    written["Message-ID"] = f"<{digest}@{address.rpartition('@')[2] or 'localhost'}>"
    written["Date"] = format_datetime(localtime())
    return written
