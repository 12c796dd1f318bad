"""Pulling attachments from an IMAP mailbox, Dovecot's. A failure here means a stranger's, an old or a lost delivery."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme
from imap_tools import BaseMailBox, MailBox

from example_province.processes import free_port
from onestop.landing import Landing, Manifest
from onestop.sources import (
    SourceAccess,
    SourceError,
    SourceMisconfigured,
    SourceNotReady,
    SourceUnauthorised,
    SourceUnavailable,
    try_source,
)
from onestop.sources import mail as mail_module
from tests.sources.conftest import APRIL, a_source, bytes_of, nothing_was_kept, take
from tests_slow.connectors.conftest import listens, program, started

SECRET = "the-secret-password"
OFFICE = "motcua@so-y-te.bacgiang.example"
SUBJECT = "Báo cáo hồ sơ tháng {month:02}/{year}*"
CONFIGURATION = """
protocols = imap
base_dir = {run}
log_path = {folder}/dovecot.log
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{mail}/%u
first_valid_uid = 1
service imap-login {{
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
passdb {{
  driver = static
  args = password={secret}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%u
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass
class MailServer:
    tls: int
    starttls: int
    authority: Path
    trust: Any

    def access(self, user: str, **changes: Any) -> SourceAccess:
        extra = {"ca_file": str(self.authority), **changes.pop("extra", {})}
        values = {"host": "localhost", "port": self.tls, "login": user, "password": SECRET, "extra": extra}
        return SourceAccess(**{**values, **changes})

    def box(self, user: str) -> BaseMailBox:
        box = MailBox("localhost", self.tls, ssl_context=self.trust).login(user, SECRET)
        for folder in ("Da lay",):
            if not box.folder.exists(folder):
                box.folder.create(folder)
        return box


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    import ssl

    folder = Path(tempfile.mkdtemp(prefix="dovecot-"))  # not below pytest's, which the mail user may not enter
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    nobody = pwd.getpwnam("nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name)
    shutil.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
    authority, tls, starttls = trustme.CA(), free_port(), free_port()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    names = {"folder": folder, "run": folder / "run", "mail": folder / "mail", "secret": SECRET}
    ids = {"uid": nobody.pw_uid, "gid": nobody.pw_gid, "tls": tls, "starttls": starttls}
    (folder / "dovecot.conf").write_text(CONFIGURATION.format(**names, **ids))
    command = [program("dovecot", "dovecot-imapd"), "-F", "-c", str(folder / "dovecot.conf")]
    with started(command, lambda: listens(tls), folder / "log"):
        trust = ssl.create_default_context(cafile=folder / "ca.pem")
        yield MailServer(tls, starttls, folder / "ca.pem", trust)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def box(server: MailServer, request: pytest.FixtureRequest) -> Iterator[BaseMailBox]:
    """The mailbox of a user of this test's own."""
    with server.box(f"u{abs(hash(request.node.nodeid))}") as box:
        yield box


@pytest.fixture
def access(server: MailServer, request: pytest.FixtureRequest) -> SourceAccess:
    return server.access(f"u{abs(hash(request.node.nodeid))}")


def source(**changes: Any) -> Any:
    declared = {"kind": "mail", "senders": [OFFICE], "subject": SUBJECT, "attachments": "*{code_compact}*.xlsx"}
    return a_source(**{**declared, **changes})


def send(  # noqa: PLR0917 - a message's parts
    box: BaseMailBox,
    content: bytes = b"workbook",
    subject: str = "Báo cáo hồ sơ tháng 04/2019 - Sở Y tế",
    sender: str = f"Bộ phận Một cửa <{OFFICE}>",
    name: str = "Hồ sơ 201904.xlsx",
    arrived: datetime = datetime(2019, 5, 2, 1, tzinfo=UTC),
    headers: tuple[tuple[str, str], ...] = (),
    folder: str = "INBOX",
) -> None:
    message = EmailMessage()
    for header, value in headers:
        message[header] = value
    message["From"], message["Subject"], message["To"] = sender, subject, "onestop@bacgiang.example"
    message["Date"] = "Mon, 01 Jan 2040 00:00:00 +0000"  # a sender may write what it likes
    message.set_content("Kính gửi")
    if name:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    box.append(message.as_bytes(), folder, dt=arrived)


def pulled(landing: Landing, access: SourceAccess, **changes: Any) -> tuple[Manifest, list[bytes]]:
    manifest = take(source(**changes), access, landing)
    return manifest, bytes_of(landing, manifest)


def test_the_attachment_of_the_period_is_kept_as_it_is_and_dated_by_its_arrival(
    box: BaseMailBox, access: SourceAccess, landing: Landing
) -> None:
    large = bytes(range(256)) * 20_000
    send(box, large)
    manifest, contents = pulled(landing, access)
    assert contents == [large]
    assert manifest.parts[0].name == "Hồ sơ 201904.xlsx"
    assert manifest.delivered_at == datetime(2019, 5, 2, 1, tzinfo=UTC)
    box.folder.set("INBOX")
    assert [message.flags for message in box.fetch(mark_seen=False)] in ([()], [("\\Recent",)])


def test_only_the_newest_message_counts_by_arrival_and_all_do_when_declared(
    box: BaseMailBox, access: SourceAccess, landing: Landing
) -> None:
    send(box, b"second", arrived=datetime(2019, 5, 6, tzinfo=UTC))
    send(box, b"first", arrived=datetime(2019, 5, 2, tzinfo=UTC))
    send(box, b"no attachment", name="", arrived=datetime(2019, 5, 7, tzinfo=UTC))
    manifest, contents = pulled(landing, access)
    assert contents == [b"second"]
    assert "2 other message(s) of the period were left out: the newest counts." in manifest.notes
    assert pulled(landing, access, messages="all")[1] == [b"first", b"second"]


@pytest.mark.parametrize(
    "other",
    [
        {"subject": "Báo cáo hồ sơ tháng 03/2019"},
        {"subject": "Re: Báo cáo hồ sơ tháng 04/2019"},
        {"sender": "motcua@so-y-te.bacgiang.example.attacker.example"},
        {"sender": f'"{OFFICE}" <x@attacker.example>'},
        {"sender": f"x@attacker.example, {OFFICE}"},
        {"name": "Hồ sơ 201903.xlsx"},
        {"name": "virus.exe"},
        {"arrived": datetime(2019, 3, 30, tzinfo=UTC)},
    ],
    ids=[
        "another month",
        "a reply",
        "a longer domain",
        "a name that looks so",
        "two senders",
        "file",
        "type",
        "before",
    ],
)
def test_a_message_that_is_not_the_period_s_delivery_is_left_alone(
    box: BaseMailBox, access: SourceAccess, landing: Landing, other: dict[str, Any]
) -> None:
    send(box, **other)
    with pytest.raises(SourceNotReady, match=r"a message of 2019-04 from motcua@so-y-te"):
        pulled(landing, access)
    assert nothing_was_kept(landing)
    send(box, b"the right one")
    assert pulled(landing, access)[1] == [b"the right one"]


def test_a_domain_may_be_declared_as_sender_and_letters_may_differ_in_form(
    box: BaseMailBox, access: SourceAccess, landing: Landing
) -> None:
    import unicodedata

    send(box, subject=unicodedata.normalize("NFD", "BÁO CÁO  hồ sơ tháng 04/2019"), sender="An@BacGiang.example")
    assert pulled(landing, access, senders=["@bacgiang.example", "@other.example"])[1] == [b"workbook"]


CHECKED = ("Authentication-Results", "mx.bacgiang.example; spf=pass; dkim=pass header.d=so-y-te.bacgiang.example")
FORGED = ("Authentication-Results", "mx.bacgiang.example; dkim=none; dmarc=fail (p=none)")
STRANGE = ("Authentication-Results", "mx.attacker.example; dmarc=pass")


@pytest.mark.parametrize(
    ("headers", "counts"),
    [((CHECKED,), True), ((FORGED, CHECKED), False), ((STRANGE,), False), ((), False), ((STRANGE, CHECKED), True)],
)
def test_a_sender_that_the_mail_server_did_not_find_right_is_not_believed(
    box: BaseMailBox, access: SourceAccess, landing: Landing, headers: Any, counts: bool
) -> None:
    send(box, headers=headers)
    if counts:
        assert pulled(landing, access, authenticated_by="mx.bacgiang.example")[1] == [b"workbook"]
    else:
        with pytest.raises(SourceNotReady):
            pulled(landing, access, authenticated_by="mx.bacgiang.example")


def test_a_message_is_flagged_only_once_its_delivery_is_kept(
    box: BaseMailBox, access: SourceAccess, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(box)

    def failing(*_: object, **__: object) -> Manifest:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("onestop.landing.store._move", failing)
        with pytest.raises(OSError, match="the disk is full"):
            pulled(landing, access, afterwards="flag")
    box.folder.set("INBOX")
    assert "\\Flagged" not in next(iter(box.fetch(mark_seen=False))).flags
    pulled(landing, access, afterwards="flag")
    box.folder.set("INBOX")
    assert "\\Flagged" in next(iter(box.fetch(mark_seen=False))).flags


def test_a_moved_message_is_found_again_and_a_newer_one_replaces_it(
    box: BaseMailBox, access: SourceAccess, landing: Landing
) -> None:
    send(box, b"first")
    moving = {"afterwards": "move", "moved_to": "Da lay"}
    first, _ = pulled(landing, access, **moving)
    box.folder.set("INBOX")
    assert box.uids() == []
    again, contents = pulled(landing, access, **moving)
    assert (again.sha256, contents) == (first.sha256, [b"first"])
    send(box, b"corrected", arrived=datetime(2019, 5, 6, tzinfo=UTC))
    assert pulled(landing, access, **moving)[1] == [b"corrected"]
    box.folder.set("Da lay")
    assert len(box.uids()) == 2


def test_a_message_larger_than_the_limit_is_not_read(
    box: BaseMailBox, access: SourceAccess, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_module, "MESSAGE_BYTES_LIMIT", 10_000)
    send(box, b"x" * 20_000)
    with pytest.raises(SourceMisconfigured, match="messages of at most 10,000 bytes"):
        pulled(landing, access)


def test_an_attachment_s_name_is_no_path(box: BaseMailBox, access: SourceAccess, landing: Landing) -> None:
    send(box, name="../../etc/201904.xlsx")
    assert pulled(landing, access)[0].parts[0].name == "201904.xlsx"


def test_a_line_that_starts_open_is_secured_before_the_password_is_sent(
    server: MailServer, box: BaseMailBox, access: SourceAccess, landing: Landing
) -> None:
    send(box)
    starttls = server.access(access.login or "", port=server.starttls, extra={"security": "starttls"})
    assert pulled(landing, starttls)[1] == [b"workbook"]


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"password": "wrong-secret"}, SourceUnauthorised, "the password was refused"),
        ({"extra": {"ca_file": None}}, SourceMisconfigured, "a certificate this machine trusts"),
        ({"host": "127.0.0.1"}, SourceMisconfigured, "a certificate this machine trusts"),
        ({"extra": {"security": "none"}}, SourceMisconfigured, "never fetched over an open line"),
        ({"port": 1}, SourceUnavailable, "expected a mail server that answers"),
    ],
)
def test_what_the_server_refuses_is_told_without_the_secret(  # noqa: PLR0917 - a row of the table
    server: MailServer,
    access: SourceAccess,
    landing: Landing,
    changes: dict[str, Any],
    kind: type[SourceError],
    words: str,
) -> None:
    with pytest.raises(kind, match=words) as caught:
        pulled(landing, server.access(access.login or "", **changes))
    assert "secret" not in str(caught.value)
    assert "source so_y_te, period 2019-04, imap://" in str(caught.value)


def test_a_folder_that_is_not_there_is_named(access: SourceAccess, landing: Landing) -> None:
    with pytest.raises(SourceMisconfigured, match="expected the folder Bao cao"):
        pulled(landing, access, folder="Bao cao")


def test_trying_a_source_says_what_the_mailbox_holds(box: BaseMailBox, access: SourceAccess) -> None:
    send(box)
    assert try_source(source(), access).endswith("lets us in; INBOX holds 1 message(s).")
    assert "the newest message of 2019-04 arrived at 2019-05-02T01:00:00+00:00" in try_source(source(), access, APRIL)
