"""Attachments of messages in an IMAP mailbox, by imap-tools. Nothing is deleted, and nothing is marked as read.

A message counts when it is from a declared sender, its subject is the declared one of the period, and it has a declared
attachment. Which is the newest the server decides by when it arrived: the date in a message is whatever its sender
wrote.
"""

from __future__ import annotations

import fnmatch
import imaplib
import logging
import re
import ssl
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import getaddresses
from typing import TYPE_CHECKING

from imap_tools import (
    AND,
    OR,
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailboxFolderSelectError,
    MailboxLoginError,
    MailBoxStartTls,
    MailMessage,
)

from onestop.landing import DeliveryFacts, Part
from onestop.landing.uploads import shown_name
from onestop.sources.access import Request, filled_in
from onestop.sources.errors import (
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceNotReady,
    SourceUnauthorised,
    SourceUnavailable,
)
from onestop.sources.retrying import retrying

if TYPE_CHECKING:
    from onestop.jurisdiction.models import MailAccess

log = logging.getLogger(__name__)

FLAG = "\\Flagged"
PORTS = {"tls": 993, "starttls": 143}
MESSAGE_BYTES_LIMIT = 64 << 20
"""A larger message is not fetched: it is held in memory while its attachments are taken out."""
HEADERS_A_FETCH = 200
MESSAGES_LIMIT = 200
"""So many messages of one period are looked at; more is no delivery but a flood."""
_PROTOCOL_ERRORS = (ImapToolsError, imaplib.IMAP4.error, OSError, EOFError)


@dataclass(frozen=True)
class _Found:
    """A message whose headers are those of the period's delivery."""

    folder: str
    uid: str
    uid_validity: int
    arrived_at: datetime
    size_bytes: int


def fetch(request: Request, facts: DeliveryFacts) -> Iterator[Part]:
    """Give the attachments, one part each, in the order in which their messages arrived. See `Connector.fetch`."""
    access = _access(request)
    with _mailbox(request) as box:
        found = _find(request, box)
        taken = []
        for one in reversed(found) if access.messages == "newest" else found:
            attachments = _attachments(request, box, one)
            if not attachments:
                facts.notes.append(f"The message {one.uid} of {one.arrived_at.isoformat()} has no such attachment.")
                continue
            taken.append(one)
            for name, content in attachments:
                yield Part(name, iter((content,)))
            if access.messages == "newest":
                break
        if not taken:
            raise _not_ready(request, f"{len(found)} such message(s), but none with an attachment {access.attachments}")
        facts.delivered_at = max(one.arrived_at for one in taken)
        ignored = len(found) - len(taken)
        if access.messages == "newest" and ignored:
            facts.notes.append(f"{ignored} other message(s) of the period were left out: the newest counts.")
        request.taken.extend(taken)


def try_out(request: Request) -> str:
    """Log in and look into the mailbox. See `Connector.try_out`."""
    access = _access(request)
    with _mailbox(request) as box:
        if request.period is None:
            with _told(request):
                count = box.folder.status(access.folder, ["MESSAGES"])["MESSAGES"]
            return f"{_endpoint(request)} lets us in; {access.folder} holds {count} message(s)."
        newest = _find(request, box)[-1]
        return (
            f"{_endpoint(request)} lets us in; the newest message of {request.period.code} arrived at "
            f"{newest.arrived_at.isoformat()} ({newest.size_bytes:,} bytes)."
        )


def acknowledge(request: Request) -> None:
    """Flag or move the messages whose attachments have become a delivery, as declared.

    What fails here is logged only: the delivery is kept, and the message stays where it is for the next pull.
    """
    access = _access(request)
    taken: list[_Found] = [one for one in request.taken if one.folder != access.moved_to]
    if access.afterwards == "keep" or not taken:
        return
    try:
        with _mailbox(request) as box, _told(request):
            _select(request, box, access.folder)
            if int(box.folder.status(access.folder, ["UIDVALIDITY"])["UIDVALIDITY"]) != taken[0].uid_validity:
                return  # the mailbox was rebuilt in between: these numbers mean other messages now
            uids = [one.uid for one in taken]
            if access.moved_to is None:
                box.flag(uids, FLAG, value=True)
            elif "MOVE" in box.client.capabilities:
                box.move(uids, access.moved_to)
            else:
                log.warning("%s: the mail server cannot move messages (RFC 6851); use flag", request.source.id)
    except SourceError as error:
        log.warning("%s: the message could not be marked as taken: %s", request.source.id, error)


# -- which messages ----------------------------------------------------------------------------------------------------


def _find(request: Request, box: BaseMailBox) -> list[_Found]:
    """Return the period's messages in the order in which they arrived. Raises SourceNotReady when there is none."""
    access = _access(request)
    found: list[_Found] = []
    for folder in (access.folder, access.moved_to):
        if folder is not None:
            found.extend(_found_in(request, box, folder))
    if not found:
        raise _not_ready(request, "none")
    if len(found) > MESSAGES_LIMIT:
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected=f"at most {MESSAGES_LIMIT} messages of one period",
            seen=f"{len(found):,}",
            remedy=f"Nothing was taken. Narrow access.subject and access.senders of the source {request.source.id}.",
        )
    return sorted(found, key=lambda one: (one.arrived_at, int(one.uid)))


def _found_in(request: Request, box: BaseMailBox, folder: str) -> list[_Found]:
    access, period = _access(request), request.period
    assert period is not None  # noqa: S101 - only a pull looks for messages
    subject = _pattern(request, "subject", access.subject)
    senders = OR(from_=list(access.senders)) if len(access.senders) > 1 else AND(from_=access.senders[0])
    last_day = period.starts_on + timedelta(days=access.searched_days)
    wanted = AND(senders, date_gte=period.starts_on, date_lt=last_day)
    with _told(request):
        _select(request, box, folder)
        validity = int(box.folder.status(folder, ["UIDVALIDITY"])["UIDVALIDITY"])
        headers = box.fetch(wanted, headers_only=True, mark_seen=False, bulk=HEADERS_A_FETCH, charset="UTF-8")
        found = [
            (message.uid, message.size_rfc822)
            for message in headers
            if message.uid and fnmatch.fnmatchcase(_plain(message.subject), subject) and _is_from(message, access)
        ]
        return [_Found(folder, uid, validity, _arrived_at(box, uid), size) for uid, size in found[: MESSAGES_LIMIT + 1]]


def _is_from(message: MailMessage, access: MailAccess) -> bool:
    """Whether the one address in From is a declared sender, and was checked if that is wanted."""
    addresses = [address.lower() for _, address in getaddresses(message.obj.get_all("From", []))]
    if len(addresses) != 1:
        return False
    domain = addresses[0].rpartition("@")[2]
    if not any(addresses[0] == sender or sender == f"@{domain}" for sender in access.senders):
        return False
    return access.authenticated_by is None or _is_authenticated(message, access.authenticated_by, domain)


def _is_authenticated(message: MailMessage, server: str, domain: str) -> bool:
    """Whether the topmost Authentication-Results (RFC 8601) of that server says that the sender's domain is right.

    Those below came with the message, and say what its sender likes.
    """
    for header in message.obj.get_all("Authentication-Results", []):
        words = re.sub(r"\([^()]*\)", " ", str(header)).split(";")
        if words[0].split()[:1] != [server]:
            continue
        results = [" ".join(word.split()).lower() for word in words[1:]]
        return any(
            result.startswith("dmarc=pass")
            or (result.startswith("dkim=pass") and f"header.d={domain}" in result.split())
            for result in results
        )
    return False


def _arrived_at(box: BaseMailBox, uid: str) -> datetime:
    _, data = box.client.uid("fetch", uid, "(INTERNALDATE)")
    for item in data:
        line = item[0] if isinstance(item, tuple) else item
        moment = imaplib.Internaldate2tuple(line) if isinstance(line, bytes) else None
        if moment is not None:
            return datetime.fromtimestamp(time.mktime(moment), UTC)
    raise imaplib.IMAP4.error(f"no INTERNALDATE of message {uid}")


# -- what is in them ---------------------------------------------------------------------------------------------------


def _attachments(request: Request, box: BaseMailBox, one: _Found) -> Sequence[tuple[str, bytes]]:
    if one.size_bytes > MESSAGE_BYTES_LIMIT:
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected=f"messages of at most {MESSAGE_BYTES_LIMIT:,} bytes",
            seen=f"one of {one.size_bytes:,}, arrived at {one.arrived_at.isoformat()}",
            remedy="It was not read. Ask the agency to upload such a file on the drop page, or to send it packed.",
        )
    pattern = _pattern(request, "attachments", _access(request).attachments)
    with _told(request):
        _select(request, box, one.folder)
        message = next(iter(box.fetch(uid_list=[one.uid], mark_seen=False)), None)
    if message is None:
        raise request.error(
            SourceCutOff,
            _endpoint(request),
            expected=f"the message that arrived at {one.arrived_at.isoformat()}",
            seen="nothing: somebody has moved or deleted it in between",
            remedy="It is pulled again by itself.",
        )
    return [
        (shown_name(attachment.filename), attachment.payload)
        for attachment in message.attachments
        if attachment.filename
        and attachment.payload
        and fnmatch.fnmatchcase(_plain(shown_name(attachment.filename)), pattern)
    ]


def _pattern(request: Request, key: str, pattern: str) -> str:
    assert request.period is not None  # noqa: S101 - only a pull has patterns
    try:
        return _plain(filled_in(pattern, request.period))
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected=f"access.{key} with fields of the period such as {{month}} or {{code}}",
            seen=f"{pattern!r} ({type(error).__name__}: {error})",
            remedy=f"Correct access.{key} of the source {request.source.id} in the jurisdiction's folder.",
        ) from error


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


# -- the mailbox -------------------------------------------------------------------------------------------------------


@contextmanager
def _mailbox(request: Request) -> Iterator[BaseMailBox]:
    box = retrying(request.retry)(_connect, request)
    try:
        yield box
    finally:
        try:
            box.logout()
        except _PROTOCOL_ERRORS:
            log.debug("%s: the mail server closed the connection first", request.source.id)


def _connect(request: Request) -> BaseMailBox:
    access = request.access
    security = str(access.extra.get("security") or "tls")
    connection = f"the connection {request.source.connection_id}"
    if security not in PORTS or not access.host or not access.login or not access.password:
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected="host, login, password, and the extra security: tls or starttls",
            seen=f"{security}, and {'no ' if not access.password else 'a '}password",
            remedy=f"Correct {connection}. Mail is never fetched over an open line.",
        )
    with _told(request, connecting=True):
        trust = ssl.create_default_context(cafile=access.extra.get("ca_file"))
        kind = MailBox if security == "tls" else MailBoxStartTls
        box: BaseMailBox = kind(
            access.host, access.port or PORTS[security], timeout=request.source.timeout_seconds, ssl_context=trust
        )
        try:
            box.login(access.login, access.password, initial_folder=None)
        except (MailboxLoginError, imaplib.IMAP4.error) as error:
            box.client.shutdown()
            raise request.error(
                SourceUnauthorised,
                _endpoint(request),
                expected=f"to be let in as {access.login}",
                seen="the password was refused",
                remedy=f"Ask the agency for valid credentials and put them into {connection}.",
            ) from error
        # A server may tell what it can only once one is let in; imaplib asks before.
        box.client.capabilities = tuple(box.client.capability()[1][-1].decode("ascii", "replace").upper().split())
    return box


def _select(request: Request, box: BaseMailBox, folder: str) -> None:
    try:
        box.folder.set(folder, readonly=not request.taken)
    except MailboxFolderSelectError as error:
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected=f"the folder {folder}",
            seen="no such folder",
            remedy=f"Correct access.folder or access.moved_to of the source {request.source.id}, or make the folder.",
        ) from error


@contextmanager
def _told(request: Request, *, connecting: bool = False) -> Iterator[None]:
    """Turn what the protocol raises into an error that says what to do."""
    connection = f"the connection {request.source.connection_id}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected="a certificate this machine trusts",
            seen=str(error),
            remedy=f"Ask for the authority's certificate and name its file in the extra ca_file of {connection}.",
        ) from error
    except _PROTOCOL_ERRORS as error:
        raise request.error(
            SourceUnavailable if connecting else SourceCutOff,
            _endpoint(request),
            expected="a mail server that answers",
            seen=f"{type(error).__name__}: {error}",
            remedy=f"It is pulled again by itself. If it stays so, check host and port of {connection}.",
        ) from error


def _not_ready(request: Request, seen: str) -> SourceError:
    access = _access(request)
    period = request.period.code if request.period else ""
    return request.error(
        SourceNotReady,
        f"{_endpoint(request)} {access.folder}",
        expected=f"a message of {period} from {', '.join(access.senders)} with the subject {access.subject}",
        seen=seen,
        remedy="Nothing is wrong with the mailbox. Remind the source's contact if the due day has passed; look for a "
        "message with another subject or sender.",
    )


def _access(request: Request) -> MailAccess:
    access: MailAccess = request.source.access  # type: ignore[assignment]
    return access


def _endpoint(request: Request) -> str:
    access = request.access
    return f"imap://{access.host}:{access.port or PORTS.get(str(access.extra.get('security') or 'tls'), 993)}"
