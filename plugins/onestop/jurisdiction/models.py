"""What a jurisdiction's configuration may say: strict, unchangeable models; an unknown key is an error.

Validity: `valid_from` is inclusive, `valid_to` exclusive, `date.max` open-ended. Columns are named as in core's tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from onestop.jurisdiction import timestamp_formats
from onestop.jurisdiction.datasets import DATASETS, DatasetName, FieldName
from onestop.jurisdiction.periods import DECIDING_CALENDAR, Calendar, Period
from onestop.jurisdiction.shape import Channel, Language, Model, Name, Shape, Text, UnitGroup

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]
Share = Annotated[float, Field(ge=0, le=1)]

Scope = Literal["total", "own", "communes"]
Severity = Literal["info", "warning", "critical"]
StatusCode = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
ApplicantType = Literal["citizen", "business", "state_body", "other"]
PaymentMethod = Literal["none", "counter", "national_gateway", "local_gateway", "bank_transfer"]
PaymentStatus = Literal["paid", "refunded", "failed"]
Statement = Literal["agency", "gateway", "bank"]
Register = Literal["accountability_review", "publicity_activity", "portal_milestone"]


# -- the roster and the catalogues ----------------------------------------------------------------------


def _iso_day(value: object) -> object:
    # pydantic would take numbers for seconds since 1970.
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    if is_day or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise PydanticCustomError("date_form", "not a date")


def _open_when_empty(value: object) -> object:
    return date.max if value in (None, "") else value


def _day_after_last(value: date, info: ValidationInfo) -> date:
    return (
        value + timedelta(days=1)
        if (info.context or {}).get("last_day") == "inclusive" and value != date.max
        else value
    )


def _none_when_empty(value: object) -> object:
    return None if value == "" else value


Day = Annotated[date, BeforeValidator(_iso_day)]
# Before-validators run from the last to the first.
End = Annotated[Day, BeforeValidator(_open_when_empty), AfterValidator(_day_after_last)]
OptionalText = Annotated[str | None, BeforeValidator(_none_when_empty)]
OptionalName = Annotated[Name | None, BeforeValidator(_none_when_empty)]


class Validity(Model):
    """Something that holds for a time: from `valid_from` on, until before `valid_to`."""

    valid_from: Day
    valid_to: End = date.max

    def is_valid(self, on: date) -> bool:
        """Whether it holds on this day."""
        return self.valid_from <= on < self.valid_to


class Unit(Validity):
    """A department, vertical agency or district, for the time it exists under this name."""

    unit_code: Name
    name_vi: Text
    name_en: Text
    unit_type: Name
    """Of `unit_types` in jurisdiction.yaml."""
    unit_group: Name
    """Of `unit_groups`, that of the unit's type."""
    parent_unit_code: OptionalName = None
    gso_code: OptionalText = None
    roster_order: int
    note: OptionalText = None


class Succession(Model):
    """What became of a unit; `effective_on` is the first day of the new order.

    A unit that keeps its code under another name is no succession, but another row of units.csv.
    """

    from_unit_code: Name
    to_unit_code: OptionalName = None
    """Empty for an abolition."""
    effective_on: Day
    kind: Literal["merge", "split", "rename", "abolition"]
    """merge: goes whole into `to_unit_code`. rename: the same unit under another code. split: a part of it goes to
    `to_unit_code`, one row a part, whether or not the unit goes on. abolition: ends, and nobody here succeeds it."""


class Commune(Validity):
    """A commune, ward or township within a district."""

    commune_code: Text
    """As `commune_code_pattern` in jurisdiction.yaml says."""
    name_vi: Text
    name_en: OptionalText = None
    district_unit_code: Name


class Alias(Validity):
    """Another way of writing: of a unit, a commune, a procedure (`code` names it), or of words anywhere in a name."""

    kind: Literal["unit", "commune", "procedure", "words"]
    alias: Text
    """Compared without regard to case, punctuation and where a tone mark stands. In the time it is valid sources write
    so; which dossiers they write of makes no difference."""
    code: Text
    """Code of units.csv, communes.csv or procedures.csv; of words, what they stand for."""


NO_LEVEL = 0
"""The service level of a dossier whose procedure has none, or is not known."""
ALL_LEVELS = (NO_LEVEL, 1, 2, 3, 4)


def _all_levels(value: object) -> object:
    return ALL_LEVELS if value == "all" else value


def _no_level_when_empty(value: object) -> object:
    return NO_LEVEL if value in (None, "") else value


ServiceLevel = Annotated[int, Field(ge=0, le=4), BeforeValidator(_no_level_when_empty)]
OnlineLevels = Annotated[
    tuple[Annotated[int, Field(ge=0, le=4)], ...], Field(min_length=1), BeforeValidator(_all_levels)
]


class Procedure(Validity):
    """An administrative procedure at one service level; another level is another row."""

    procedure_code: Text
    name_vi: Text
    name_en: OptionalText = None
    field_vi: OptionalText = None
    field_en: OptionalText = None
    administrative_level: OptionalText = None
    service_level: ServiceLevel = 0
    """1 to 4; empty where procedures have no levels."""


class Target(Validity):
    """What a unit, or every unit of a type, must reach: numerator * target_den <operator> target_num * denominator."""

    metric_id: Name
    unit_code: OptionalName = None
    unit_type: OptionalName = None
    operator: Literal[">=", ">"]
    target_num: Annotated[int, Field(ge=0)]
    target_den: Annotated[int, Field(gt=0)]
    legal_basis: Text


class Metric(Validity):
    """A share of dossiers: those filed online at `online_levels`, over all or over the eligible ones."""

    metric_id: Name
    metric_version: Annotated[int, Field(ge=1)]
    name_vi: Text
    name_en: Text
    event: Literal["resolved", "received"]
    denominator_scope: Literal["all", "eligible"]
    online_levels: OnlineLevels
    """Levels at which a dossier filed online counts, 0 for one of no or unknown level; or `all`."""
    is_official: bool
    definition_vi: Text
    definition_en: Text | None = None
    legal_basis: Text | None = None


# -- sources --------------------------------------------------------------------------------------------

_SAMPLE_PERIOD: dict[str, Any] = {
    "code": "2019-04",
    "code_compact": "201904",
    "year": 2019,
    "month": 4,
    "starts_on": date(2019, 4, 1),
    "ends_on": date(2019, 5, 1),
    "last_day": date(2019, 4, 30),
    "starts_at": datetime.fromisoformat("2019-04-01T00:00:00+07:00"),
    "ends_at": datetime.fromisoformat("2019-05-01T00:00:00+07:00"),
}


_SAMPLE_SINCE: dict[str, Any] = {"since": datetime.fromisoformat("2019-05-02T08:00:00+07:00")}
_SAMPLE_BODY: dict[str, Any] = {
    **_SAMPLE_PERIOD,
    **_SAMPLE_SINCE,
    "position": "1",
    "size": "100",
    "login": "onestop",
    "password": "secret",
}


def _pattern(value: str, sample: dict[str, Any], what: str) -> str:
    try:
        value.format(**sample)
    except (KeyError, IndexError) as error:
        raise ValueError(f"{{{error.args[0]}}} is no field of {what}: use {', '.join(sample)}") from error
    except (ValueError, AttributeError) as error:
        raise ValueError(f"not a pattern: {error}; a literal brace is written twice") from error
    return value


def _period_pattern(value: str) -> str:
    return _pattern(value, _SAMPLE_PERIOD, "a period")


def _body_pattern(value: str) -> str:
    return _pattern(value, _SAMPLE_BODY, "a body")


def _since_pattern(value: str) -> str:
    return _pattern(value, _SAMPLE_SINCE, "the moment of the last pull")


def _timestamp_format(value: str) -> str:
    if (problem := timestamp_formats.problem(value)) is not None:
        raise ValueError(problem)
    return value


def _encoding(value: str) -> str:
    try:
        "".encode(value)
    except LookupError as error:
        raise ValueError("not an encoding that Python knows, such as utf-8-sig or cp1258") from error
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError("not a timezone of the IANA database, such as Asia/Ho_Chi_Minh") from error
    return value


def _regular_expression(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    if groups < 1:
        raise ValueError(r"no group for the number: put it in brackets, as in ^Tổng số: (\d+)")
    return value


PeriodPattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_period_pattern)]
BodyPattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_body_pattern)]
SincePattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_since_pattern)]
Sender = Annotated[str, StringConstraints(pattern=r"^[^@\s,;<>]*@[^@\s,;<>]+$", to_lower=True)]
TimestampFormat = Annotated[str, AfterValidator(_timestamp_format)]
Encoding = Annotated[str, AfterValidator(_encoding)]
Timezone = Annotated[str, AfterValidator(_timezone)]
FooterPattern = Annotated[str, AfterValidator(_regular_expression)]
PageSize = Annotated[int, Field(gt=0)]


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


FontEncoding = Literal["tcvn3", "vni", "auto"]
"""Vietnamese typed for TCVN3 (ABC, .VnTime) or VNI fonts; auto: found out for each column, refused when not clear."""


class CsvFormat(Model):
    """Text in columns. `header_row` counts lines from 1; where the header is not there, it is looked for below."""

    kind: Literal["csv"]
    encoding: Encoding = "utf-8-sig"
    """Text of TCVN3 or VNI fonts is saved as cp1252."""
    font_encoding: FontEncoding | None = None
    """Whether the text is typed for fonts that draw other letters: `tcvn3` (ABC), `vni`, or `auto` for each column."""
    delimiter: Annotated[str, StringConstraints(pattern=r"^(?:.|auto)$", strip_whitespace=False)] = ","
    """One character, or `auto`: that of , ; tab and | with which the columns are found."""
    header_row: Annotated[int, Field(ge=1)] = 1
    declared_count_footer: FooterPattern | None = None
    """Regular expression of the last line; its first group is the number of records that the source declares."""


class WorkbookFormat(Model):
    """A workbook of Excel (xlsx, before 2007 xls) or LibreOffice (ods); which of them it is, its bytes say.

    `header_row` counts rows with a value from 1; where the header is not there, it is looked for below.
    """

    kind: Literal["xlsx", "xls", "ods"]
    sheet: str | int | None = None
    """Name, pattern such as "Tháng *", number from 0, or `all` shown ones; without it the first. Every chosen one is
    read, and must have the header."""
    font_encoding: FontEncoding | None = None
    """Whether the text is typed for fonts that draw other letters: `tcvn3` (ABC), `vni`, or `auto` for each column."""
    header_row: Annotated[int, Field(ge=1)] = 1
    declared_count_footer: FooterPattern | None = None


class JsonRecordsFormat(Model):
    """JSON documents with a list of records at `records_path` (default: that of the access)."""

    kind: Literal["json_records"]
    encoding: Encoding = "utf-8"
    font_encoding: FontEncoding | None = None
    records_path: Text | None = None


class NdjsonFormat(Model):
    """One JSON object a line; what a database query is rendered as."""

    kind: Literal["ndjson"]
    encoding: Encoding = "utf-8"
    font_encoding: FontEncoding | None = None


class XmlFormat(Model):
    """XML, a SOAP answer among it; the document says itself how its letters are encoded. Namespaces are left out.

    `fields` are dotted paths below a record, such as ChuHoSo.Ten; `@ma` is an attribute.
    """

    kind: Literal["xml"]
    font_encoding: FontEncoding | None = None
    records_path: Text | None = None
    """Dotted path to the records: the end of the way from the root, such as Body.DanhSach.HoSo (default: that of the
    access)."""


class ParquetFormat(Model):
    """An Apache Parquet file; moments and numbers keep their types."""

    kind: Literal["parquet"]


Format = Annotated[
    CsvFormat | WorkbookFormat | JsonRecordsFormat | NdjsonFormat | XmlFormat | ParquetFormat,
    Field(discriminator="kind"),
]
TYPED_FORMATS = frozenset({"xlsx", "xls", "ods", "parquet"})
"""Formats whose cells are dates and numbers, not texts of them: they are read as ISO 8601 and plain numbers, too."""
NumberFormat = Literal["plain", "1.234,5", "1,234.5"]


class ValueMaps(TypedDict, total=False):
    """The source's own values -> ours. A field without a map holds the national codes already; "" is an empty value."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    channel: dict[str, Channel]
    status: dict[str, StatusCode]
    applicant_type: dict[str, ApplicantType]
    payment_method: dict[str, PaymentMethod]
    payment_status: dict[str, PaymentStatus]
    statement: dict[str, Statement]
    register: dict[str, Register]
    unit: dict[str, Name]
    procedure: dict[str, str]


class Contact(Model):
    """Whom to ask about a source: an office, never a person."""

    role_vi: Text
    role_en: Text | None = None
    email: Email | None = None
    phone: Text | None = None


class Source(Model):
    """One system that delivers one dataset for one or several units. `id` is also its task group and file name."""

    id: Name
    """Name of the file, of the task group and of the landing folder; no id may contain another."""
    title_vi: Text
    """What people read."""
    title_en: Text | None = None
    units: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Units of units.csv whose dossiers, totals, payments or registers it delivers."""
    dataset: DatasetName
    """What it delivers: `dossier`; `reported_total` (form 06a); `procedure` (a catalogue by level); `payment`
    (statements of a cashier, a gateway or a bank); `register` (reviews, publicity, milestones)."""
    connection_id: Name
    """Airflow connection with host, login and secret; one a source."""
    contact: Contact | None = None
    cadence: Literal["monthly"] = "monthly"
    timezone: Timezone
    state_as_of: Literal["period_end", "pull"]
    """Whose state a delivery shows: that at the end of the period, or that of the moment it is pulled."""
    expected_from: Day | None = None
    """The first day for which deliveries are expected; by default since its units exist."""
    expected_to: Day | None = None
    """The first day for which nothing is expected any more."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 60
    """How long an answer may keep us waiting."""
    access: Access
    format: Format
    fields: Annotated[dict[FieldName, Text], Field(min_length=1)]
    """Our field -> the source's column, or dotted path in its record. Which fields there are depends on the dataset."""
    required_columns: tuple[Text, ...] = ()
    """A delivery without one of these is refused; by default all columns of `fields`."""
    timestamp_formats: Annotated[tuple[TimestampFormat, ...], Field(min_length=1)]
    """`iso`, `excel` (days since 1899-12-30), `excel_1904`, or patterns of yyyy yy MM M dd d HH H hh h mm ss SSS a,
    such as dd/MM/yyyy HH:mm. Two that read one text as different days are refused. A time that a clock does not show,
    when summer time begins, is refused; one that it shows twice means the second."""
    two_digit_years_from: Annotated[int, Field(ge=1900, le=2099)] | None = None
    """The first of the hundred years that `yy` means; needed where a format has it."""
    number_format: NumberFormat = "plain"
    """How amounts are written: `plain` (150000 or 150000.50), `1.234,5`, `1,234.5`."""
    value_maps: ValueMaps = Field(default_factory=ValueMaps)
    note: Text | None = None

    def is_expected(self, period: Period) -> bool:
        """Say whether a delivery of the month is expected."""
        begins_in_time = self.expected_from is None or self.expected_from < period.ends_on
        return begins_in_time and (self.expected_to is None or self.expected_to > period.starts_on)

    @field_validator("fields")
    @classmethod
    def _fields_of_its_dataset(cls, fields: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        dataset = info.data.get("dataset")
        known = DATASETS[dataset].mappable if dataset else tuple(fields)
        unknown = [name for name in fields if name not in known]
        if unknown:
            raise ValueError(f"a {dataset} has no {', '.join(unknown)}; it has {', '.join(known)}")
        return fields

    @model_validator(mode="after")
    def _dates_are_certain(self) -> Source:
        if self.two_digit_years_from is None and any(
            re.search(r"(?<!y)yy(?!y)", one) for one in self.timestamp_formats
        ):
            raise ValueError("`two_digit_years_from` is missing: a format has a year of two digits")
        found = timestamp_formats.contradiction(self.timestamp_formats, self.two_digit_years_from)
        if found is not None:
            raise ValueError(f"{found[0]} and {found[1]} read one text as different days: keep one of them")
        return self

    @model_validator(mode="before")
    @classmethod
    def _all_columns_required(cls, values: Any) -> Any:
        fields = values.get("fields") if isinstance(values, dict) else None
        if not isinstance(fields, dict) or "required_columns" in values:
            return values
        columns = [column for column in fields.values() if isinstance(column, str)]
        return {**values, "required_columns": list(dict.fromkeys(columns))}


# -- rules ----------------------------------------------------------------------------------------------


class CalendarRule(Model):
    """A calendar of calendar.yaml: see `onestop.jurisdiction.periods.Calendar`."""

    title_vi: Text
    title_en: Text
    first_day: Annotated[int, Field(ge=1, le=28)]
    """Day of the month on which a period begins."""
    months_before: Annotated[int, Field(ge=0, le=1)]
    """How many months before the month that names it a period begins."""
    due_days: Annotated[int, Field(ge=1)]
    """Days after the last day until deliveries are due; moved to a working day."""
    closing_days: Annotated[int, Field(ge=1)]
    """Days after the last day until the period closes; never moved."""
    publication_days: Annotated[int, Field(ge=1)]
    """Days after the last day until publication; moved to a working day."""


class Contracts(Model):
    """Limits beyond which a delivery, or a row, is refused or warned of. Shares are of the delivery's rows, 0 to 1."""

    max_duplicate_share: Share
    """Rows that repeat a dossier of the same delivery."""
    max_refused_row_share: Share
    """Rows that go to quarantine."""
    max_unknown_unit_share: Share
    """Rows whose unit is not on the roster."""
    min_row_count_ratio: Annotated[float, Field(ge=0)]
    """Rows of this delivery over those of the source's previous accepted one: less is warned of."""
    max_row_count_ratio: Annotated[float, Field(gt=0)]
    comparable_row_count: Annotated[int, Field(ge=0)] = 30
    """Deliveries with fewer rows are compared with nothing: small figures jump."""
    max_shrunk_share: Share = 0.9
    """How much smaller than the source's delivery before one may be; more is refused, unless a person accepts it."""
    max_unchanged_periods: Annotated[int, Field(ge=0)] = 1
    """How many months before may hold exactly the same rows; more is refused, unless a person accepts it."""
    max_key_overlap: Share = 0.95
    """Share of a delivery's records that the delivery of the month before had too: more is warned of."""
    max_status_shift: Share = 0.4
    """How much the shares of the statuses may shift against the delivery before (half the sum of all differences)."""
    min_total_ratio: Annotated[float, Field(ge=0)] = 0.1
    """Total (fees, dossiers, amounts) over that of the delivery before: less is warned of."""
    max_total_ratio: Annotated[float, Field(gt=0)] = 10
    max_vanished_share: Share = 0.02
    """Share of the records of a month that a later full delivery of the month no longer has: more is warned of."""
    placeholder_identities: tuple[Text, ...] = ()
    """Identity numbers that stand for nobody, beside those that are all one digit, or only zeros and a one."""
    max_placeholder_share: Share = 0.02
    """Share of records whose applicant's identity number stands for nobody: more is warned of."""
    future_tolerance_hours: Annotated[float, Field(ge=0)]
    """How far a moment may lie after the state that the delivery shows."""
    earliest_received_on: Day
    """A dossier received before this day is refused."""


class AlertRule(Model):
    """When an alert opens."""

    id: Name
    title_vi: Text
    title_en: Text
    kind: Literal["below_target_ytd", "zero_online", "missing_delivery"]
    severity: Severity
    metric_id: Name | None = None
    """Default: the official metric."""
    scope: Scope = "total"
    unit_groups: tuple[Name, ...] = ()
    """Only units of these groups; none named: of all."""


class Route(Model):
    """Who is told of which alerts."""

    id: Name
    title_vi: Text
    title_en: Text | None = None
    recipients: Annotated[tuple[Email, ...], Field(min_length=1)]
    language: Language | None = None
    """By default the first one of the jurisdiction."""
    rules: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Ids of alerts.yaml."""
    unit_groups: tuple[Name, ...] = ()
    """Only units of these groups; none named: of all."""
    units: tuple[Name, ...] = ()
    """Only alerts of these units; none named: of all units of the groups."""


class SuspectFiling(Model):
    """From when on dossiers filed online are reported as suspected of being arranged; none is refused for it."""

    burst_dossiers_per_minute: Annotated[int, Field(ge=2)]
    """This many filed with a unit within one minute."""
    dossiers_per_applicant: Annotated[int, Field(ge=2)]
    """This many filed by one applicant with a unit in the month."""
    assisted_minutes: Annotated[int, Field(ge=1)]
    """Accepted at most this many minutes after being filed: as at the counter."""
    jump_percentage_points: Annotated[float, Field(gt=0, le=100)]
    """The share rose by at least this over the months before, pooled."""
    jump_months: Annotated[int, Field(ge=1, le=11)]
    """How many months before the share is compared with."""
    jump_min_dossiers: Annotated[int, Field(ge=1)]
    """Fewer dossiers in the month, or in those before, and no jump is looked for."""


Figure = Literal[
    "online_rate_ytd",
    "online_rate_month",
    "on_time_rate",
    "pending_overdue_rate",
    "online_payment_rate",
    "missed_online_rate",
    "suspected_rate",
    "reviews_overdue_rate",
    "reported_in_time_rate",
]


class EmulationPart(Model):
    """A published figure, and the points that it brings."""

    id: Name
    title_vi: Text
    title_en: Text
    figure: Figure
    """A share that the publication holds for every unit."""
    metric_id: Name | None = None
    """Of online_rate_ytd and online_rate_month; by default the official metric."""
    max_points: Annotated[float, Field(gt=0)]
    no_points_at: float
    """Percent. From here to full_points_at the points grow in a straight line."""
    full_points_at: float | Literal["target"]
    """Percent, smaller than no_points_at where less is better; `target` is the unit's own."""
    when_no_data: Literal["left_out", "no_points"]
    """A figure that is not known is left out of the total and of its maximum, or brings no points."""

    @model_validator(mode="after")
    def _points_grow(self) -> EmulationPart:
        if self.full_points_at == self.no_points_at:
            raise ValueError(f"full_points_at: {self.full_points_at} is where no points are given, too")
        is_online_rate = self.figure in {"online_rate_ytd", "online_rate_month"}
        if not is_online_rate and (self.metric_id is not None or self.full_points_at == "target"):
            raise ValueError(f"figure: {self.figure} has no metric and no target; give full_points_at in percent")
        return self


class Emulation(Model):
    """How the score for emulation is made of published figures."""

    formula_version: Annotated[int, Field(ge=1)]
    title_vi: Text
    title_en: Text
    legal_basis: Text | None = None
    parts: Annotated[tuple[EmulationPart, ...], Field(min_length=1)]


class Jurisdiction(Model):
    """A province, as its folder says; loaded by `load_jurisdiction`."""

    name: Name
    title_vi: Text
    title_en: Text
    shape: Shape = Shape()
    timezone: Timezone
    holidays: str | None
    calendars: Mapping[str, CalendarRule]
    units: tuple[Unit, ...]
    successions: tuple[Succession, ...]
    communes: tuple[Commune, ...]
    procedures: tuple[Procedure, ...]
    aliases: tuple[Alias, ...] = ()
    metrics: tuple[Metric, ...]
    targets: tuple[Target, ...]
    sources: tuple[Source, ...]
    contracts: Contracts
    alert_rules: tuple[AlertRule, ...]
    routes: tuple[Route, ...]
    suspect_filing: SuspectFiling | None = None
    """None: nothing is suspected."""
    emulation: Emulation | None = None
    """None: nobody is scored."""
    texts: dict[str, str]
    configuration_hash: str
    """SHA-256 of every file of the folder, by name and content."""

    @property
    def language(self) -> Language:
        """The main language: what people see when they choose none, and what messages are stored in."""
        return self.shape.languages[0]

    @property
    def official_metric(self) -> Metric:
        """The official metric, in its latest version."""
        official = [metric for metric in self.metrics if metric.is_official]
        return max(official, key=lambda metric: metric.valid_from)

    @property
    def has_service_levels(self) -> bool:
        """Whether the official metric tells levels apart; where it does not, levels are not shown."""
        return NO_LEVEL not in self.official_metric.online_levels

    def group(self, name: str) -> UnitGroup | None:
        """Return a group of units; None for `all` of them, and for one that is not configured any more."""
        return self.shape.unit_groups.get(name)

    def calendar(self, name: str = DECIDING_CALENDAR) -> Calendar:
        """Return a calendar. Raises LookupError for one that calendar.yaml does not have."""
        rule = self.calendars.get(name)
        if rule is None:
            raise LookupError(f"{self.name} has no calendar {name!r}: calendar.yaml has {', '.join(self.calendars)}")
        values = rule.model_dump(exclude={"title_vi", "title_en"})
        return Calendar(name=name, timezone=self.timezone, holidays=self.holidays, **values)

    def period(self, code: str, calendar: str = DECIDING_CALENDAR) -> Period:
        """Return a month such as 2019-04. Raises ValueError for anything else, LookupError for an unknown calendar."""
        period = self.calendar(calendar).period(code)
        if period.kind != "month":
            raise ValueError(
                f"{code!r} is a {period.kind}: expected a year and a month, such as {period.months()[-1].code}: months "
                f"are delivered, measured and published, and the last month of a {period.kind} carries it"
            )
        return period

    def source(self, source_id: str) -> Source:
        """Return a source. Raises LookupError that names those there are."""
        for source in self.sources:
            if source.id == source_id:
                return source
        there = ", ".join(source.id for source in self.sources)
        raise LookupError(f"{self.name} has no source {source_id!r}: it has {there}")

    def roster(self, on: date) -> tuple[Unit, ...]:
        """Return the units that exist on this day, in the order in which they are reported."""
        return tuple(sorted((unit for unit in self.units if unit.is_valid(on)), key=lambda unit: unit.roster_order))
