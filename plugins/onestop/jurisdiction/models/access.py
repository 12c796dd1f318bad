"""How a source is reached: web service, SFTP, folder, database, mailbox, drop page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    Field,
    model_validator,
)

from onestop.jurisdiction.models.values import BodyPattern, PageSize, PeriodPattern, Sender, SincePattern
from onestop.jurisdiction.shape import Model, Text


class PageNumberPaging(Model):
    """Pages by number, until an empty one or the declared count. Without `parameter` the access' body holds
    {position}.
    """

    kind: Literal["page_number"]
    parameter: Text | None = None
    first: int = 1
    size_parameter: Text | None = None
    size: PageSize | None = None


class OffsetPaging(Model):
    """Pages by the number of records to pass over. Without `parameter` the access' body holds {position}."""

    kind: Literal["offset"]
    parameter: Text | None = None
    size_parameter: Text | None = None
    size: PageSize | None = None


class CursorPaging(Model):
    """Pages by a cursor that each page gives for the next. Without `parameter` the access' body holds {position}."""

    kind: Literal["cursor"]
    parameter: Text | None = None
    cursor_path: Text
    size_parameter: Text | None = None
    size: PageSize | None = None


class NextLinkPaging(Model):
    """Pages by a link to the next one, in the page at `next_path` or in the HTTP header Link."""

    kind: Literal["next_link"]
    next_path: Text | None = None
    size_parameter: Text | None = None
    size: PageSize | None = None


Paging = Annotated[
    PageNumberPaging | OffsetPaging | CursorPaging | NextLinkPaging,
    Field(discriminator="kind"),
]


class OAuth2ClientCredentials(Model):
    """Where a token is asked for with the connection's login (client id) and password (client secret)."""

    token_path: Text = "/oauth/token"  # noqa: S105 - a path
    """Path on the connection's host. An identity server elsewhere is named by the connection's extra token_url."""
    scope: Text | None = None
    send_credentials_in: Literal["header", "body"] = "header"
    """Header: HTTP Basic, as the standard prefers; body: form fields, for services that know no other."""


class IncrementalPull(Model):
    """After a first full pull, a period's later pulls ask only for what has changed since the last accepted one."""

    parameter: Text | None = None
    """Query parameter that takes the moment. Without it the access' body holds {since}."""
    form: SincePattern = "{since:%Y-%m-%dT%H:%M:%S%z}"
    """How the moment is written, in the source's timezone."""
    overlap_minutes: Annotated[float, Field(ge=0)] = 60
    """How much further back is asked: clocks differ, and systems write late. What comes twice is counted once."""


class RestAccess(Model):
    """A web service that answers in JSON, NDJSON or XML (SOAP too), or gives one file. The secret is the connection's
    password.
    """

    kind: Literal["rest"]
    path: PeriodPattern
    """Path on the connection's host; may hold fields of the period."""
    method: Literal["GET", "POST"] = "GET"
    authentication: Literal["bearer", "api_key", "basic", "oauth2", "body", "none"] = "bearer"
    """How the connection's password is sent; basic sends its login too; body: where {login} and {password} stand in
    `body`.
    """
    api_key_header: Text = "X-API-Key"
    oauth2: OAuth2ClientCredentials = OAuth2ClientCredentials()
    """For `authentication: oauth2`."""
    query: dict[str, PeriodPattern] = Field(default_factory=dict)
    """Parameters of the request. Values may hold fields of the period, such as {starts_on:%d/%m/%Y} or {last_day}."""
    headers: dict[Text, PeriodPattern] = Field(default_factory=dict)
    """Further headers of the request, such as SOAPAction. No secrets here."""
    body: BodyPattern | None = None
    """What is posted, such as a SOAP envelope: fields of the period, {position} and {size} of the page, {since},
    {login}, {password}. A literal brace is written twice.
    """
    content_type: Text | None = None
    """Of the body; by default text/xml or application/json in UTF-8, after `answer`."""
    answer: Literal["json", "ndjson", "xml"] = "json"
    """What pages are; an answer without paging is kept whatever it is."""
    paging: Paging | None = None
    """Without it the answer is one file."""
    records_path: Text | None = None
    """Dotted path to the list of records in a page, such as data.items; by default the page is the list. In XML the end
    of the way from the root to a record, without prefixes, such as Body.DanhSach.HoSo; so are the paths below.
    """
    declared_count_path: Text | None = None
    """Dotted path to the number of records the source declares; another number counted refuses the delivery."""
    generated_at_path: Text | None = None
    """Dotted path to the moment the delivery was made available."""
    incremental: IncrementalPull | None = None
    min_interval_seconds: Annotated[float, Field(ge=0, le=60)] = 0
    """At least so long between two requests, for services that allow only so many a minute."""
    longest_answer_seconds: Annotated[float, Field(gt=0)] | None = None
    """How long one whole answer may take; by default ten times timeout_seconds."""

    @model_validator(mode="after")
    def _body_holds_what_is_sent_in_it(self) -> RestAccess:
        body = self.body or ""
        if self.body is not None and self.method != "POST":
            raise ValueError("a body is only sent with `method: POST`")
        if self.authentication == "body" and "{password}" not in body:
            raise ValueError("`authentication: body` needs a body that holds {password}")
        if self.incremental is not None and self.incremental.parameter is None and "{since" not in body:
            raise ValueError("incremental: give its `parameter`, or a body that holds {since}")
        has_position = self.paging is None or self.paging.kind == "next_link" or self.paging.parameter is not None
        if not has_position and "{position}" not in body:
            raise ValueError("paging: give its `parameter`, or a body that holds {position}")
        return self


class _DroppedFiles(Model):
    path: PeriodPattern
    """Path below the connection's root, with fields of the period such as {code} or {code_compact}; `*` and `?` may
    stand in the file's name. Hidden files and names that end in .part, .filepart, .partial or .tmp are left alone.
    """
    done_file: PeriodPattern | None = None
    """Name of a file beside it that the agency writes last; without that file nothing is read."""
    settle_seconds: Annotated[float, Field(ge=0, le=300)] = 2
    """A file whose size or time changes within so long is still being written, and left alone."""


class SftpAccess(_DroppedFiles):
    """A file that the agency drops on an SFTP server."""

    kind: Literal["sftp"]


class FolderAccess(_DroppedFiles):
    """A file in a folder that is mounted here, or in an object store."""

    kind: Literal["folder"]


class DatabaseAccess(Model):
    """The agency's own database: one query, with binds of the period such as :starts_at and :ends_at."""

    kind: Literal["database"]
    query: Text
    """SQL with binds of the period: :starts_at, :ends_at, :starts_on, :ends_on, :last_day, :code, :year, :month."""


class MailAccess(Model):
    """Attachments of messages in an IMAP mailbox. Messages are never deleted."""

    kind: Literal["mail"]
    folder: Text = "INBOX"
    senders: Annotated[tuple[Sender, ...], Field(min_length=1)]
    """Addresses whose messages count, or @domain for all of a domain. A sender's name can be forged: the mail server
    must check it (SPF, DKIM, DMARC), see `authenticated_by`.
    """
    authenticated_by: Text | None = None
    """Name of the mail server that checks senders, as it stands in its Authentication-Results header: only messages
    that it found to pass DMARC, or DKIM for the sender's domain, count.
    """
    subject: PeriodPattern
    """What the subject must be, with fields of the period; `*` stands for anything. Case does not matter."""
    attachments: PeriodPattern = "*"
    """Names of the attachments that are taken, with fields of the period and `*`."""
    messages: Literal["newest", "all"] = "newest"
    """Which messages of a period count: the newest replaces the earlier ones, or all belong together."""
    afterwards: Literal["keep", "flag", "move"] = "keep"
    """What becomes of a message once its delivery is kept: nothing, the flag \\Flagged, or a move to `moved_to`."""
    moved_to: Text | None = None
    """Folder for `afterwards: move`; it is searched too, so that a period can be pulled again."""
    searched_days: Annotated[int, Field(ge=1, le=3660)] = 400
    """How long after the period's first day a message may have arrived to be looked at."""

    @model_validator(mode="after")
    def _somewhere_to_move(self) -> MailAccess:
        if (self.afterwards == "move") != (self.moved_to is not None):
            raise ValueError("`afterwards: move` and `moved_to` belong together")
        return self


class Uploaders(Model):
    """Who may upload for a source on the drop page: user names and roles of Airflow."""

    users: tuple[Text, ...] = ()
    roles: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _somebody(self) -> Uploaders:
        if not self.users and not self.roles:
            raise ValueError("name at least one of `users` and `roles`: nobody may upload otherwise")
        return self


class UploadAccess(Model):
    """A file that an officer uploads on the drop page. It needs no Airflow connection."""

    kind: Literal["upload"]
    uploaders: Uploaders
    max_megabytes: Annotated[int, Field(ge=1, le=2048)] = 50
    """A larger file is not taken."""


Access = Annotated[
    RestAccess | SftpAccess | FolderAccess | DatabaseAccess | MailAccess | UploadAccess, Field(discriminator="kind")
]
