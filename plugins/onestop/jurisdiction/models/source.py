"""A source: who delivers what, from where, in which form, with which words."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from onestop.jurisdiction import timestamp_formats
from onestop.jurisdiction.datasets import DATASETS, DatasetName, FieldName
from onestop.jurisdiction.models.access import Access
from onestop.jurisdiction.models.formats import Format, NumberFormat
from onestop.jurisdiction.models.values import Day, Email, TimestampFormat, Timezone
from onestop.jurisdiction.periods import Period
from onestop.jurisdiction.shape import Channel, Model, Name, Text

StatusCode = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
ApplicantType = Literal["citizen", "business", "state_body", "other"]
PaymentMethod = Literal["none", "counter", "national_gateway", "local_gateway", "bank_transfer"]
PaymentStatus = Literal["paid", "refunded", "failed"]
Statement = Literal["agency", "gateway", "bank"]
Register = Literal["accountability_review", "publicity_activity", "portal_milestone"]


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
