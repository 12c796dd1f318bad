"""The datasets: which fields a source may map, what identifies a record, and where its versions are kept.

What differs between datasets is said here, in include/contracts/<dataset>.yaml (rules, limits, codes) and in
include/sql/staging/<dataset>_typed.sql (what the fields mean); everything else is one mechanism.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

DatasetName = Literal["dossier", "reported_total", "procedure", "payment", "register"]
FieldName = Literal[
    # dossier
    "dossier_code", "unit", "procedure_code", "procedure_name", "channel", "service_level", "status", "applicant_type",
    "applicant_name", "applicant_id_number", "applicant_email", "applicant_phone", "commune", "submitted_at",
    "received_at", "due_at", "finished_at", "returned_at", "fee_amount", "payment_method",
    # reported_total
    "period", "received_total", "received_online", "received_direct", "carried_over", "resolved_total",
    "resolved_early", "resolved_on_time", "resolved_late", "pending_total", "pending_in_time", "pending_overdue",
    "resolved_online_level_3", "resolved_online_level_4", "received_online_level_3", "received_online_level_4",
    # procedure
    "field", "administrative_level", "valid_from", "valid_to",
    # payment
    "payment_code", "statement", "payment_status", "amount", "paid_at",
    # register
    "entry_code", "register", "body_name", "title", "due_on", "done_on", "quantity", "reference",
]  # fmt: skip
"""Every field of any dataset, for editors; which of them a source may map, its dataset says."""


NEW_CODE = "code_is_new"
"""The mark of a record that no record before it in the delivery had the same code."""


@dataclass(frozen=True)
class Dataset:
    """One dataset. `fields` are those that may be stored, in the order of the staging table's columns."""

    name: DatasetName
    record: str
    """What one record is, in a sentence."""
    fields: tuple[str, ...]
    required: tuple[tuple[str, ...], ...]
    """Of each group a source maps at least one field."""
    code: str
    """The field that names a record: a row without it, in a table that people made, may be one of totals."""
    key: tuple[str, ...]
    """Columns of the typed table that identify a record, none null in an accepted row."""
    versions: str
    """The table of its versions in core."""
    version_key: tuple[str, ...]
    """The columns of `key` as the table of versions names them."""
    attributes: tuple[str, ...]
    """The other columns of the table of versions that a row fills, named as in the typed table."""
    identity: tuple[str, ...] = ()
    """Personal fields: they enter `applicant_key` and are not stored in any other form."""
    dropped: tuple[str, ...] = ()
    """Personal fields that may be mapped and enter nothing."""
    moments: tuple[str, ...] = ()
    """Of the fields, those whose moment may be known when a record is read."""
    marks: tuple[str, ...] = ()
    """What else may be known to hold then: boolean columns of staging."""
    stated: tuple[str, ...] = ()
    """What a record says of itself in a field, or its source of all records as `value_maps: {…: {"": …}}`."""
    group: str | None = None
    """Column of the typed table by whose values deliveries are compared: shares of a status, of a level."""
    total: str | None = None
    """Expression over the typed table whose sum is compared."""

    @property
    def personal(self) -> tuple[str, ...]:
        """All personal fields a source may map."""
        return (*self.identity, *self.dropped)

    @property
    def known_columns(self) -> tuple[str, ...]:
        """The columns of staging for what is known when a record is read."""
        return (*(f"{field}_seconds" for field in self.moments), *self.marks)

    @property
    def is_of_its_units(self) -> bool:
        """Whether each record is one of the source's own units; otherwise it may name any unit of the roster."""
        return "unit_code" in self.key

    @property
    def mappable(self) -> tuple[str, ...]:
        """All fields a source may map."""
        return (*self.fields, *self.personal)


_DOSSIER = Dataset(
    name="dossier",
    record="dossier",
    fields=(
        "dossier_code",
        "unit",
        "procedure_code",
        "procedure_name",
        "channel",
        "service_level",
        "status",
        "applicant_type",
        "commune",
        "submitted_at",
        "received_at",
        "due_at",
        "finished_at",
        "returned_at",
        "fee_amount",
        "payment_method",
    ),
    required=(
        ("dossier_code",),
        ("status",),
        ("received_at",),
        ("finished_at",),
        ("procedure_code", "procedure_name"),
    ),
    code="dossier_code",
    key=("unit_code", "dossier_code"),
    versions="core.dossier_version",
    version_key=("owner_unit_code", "dossier_code"),
    attributes=(
        "procedure_code",
        "service_level",
        "channel",
        "status_code",
        "status_group",
        "applicant_type",
        "applicant_key",
        "commune_code",
        "submitted_at",
        "received_at",
        "due_at",
        "finished_at",
        "returned_at",
        "fee_amount",
        "payment_method",
    ),
    moments=("submitted_at", "received_at", "due_at", "finished_at", "returned_at"),
    marks=("code_is_shaped", NEW_CODE),
    # The e-mail address enters nothing: one is often shared by many applicants.
    identity=("applicant_id_number", "applicant_name", "applicant_phone"),
    dropped=("applicant_email",),
    group="status_group",
    total="fee_amount",
)

_TOTALS = (
    "received_total",
    "received_online",
    "received_direct",
    "carried_over",
    "resolved_total",
    "resolved_early",
    "resolved_on_time",
    "resolved_late",
    "pending_total",
    "pending_in_time",
    "pending_overdue",
    "resolved_online_level_3",
    "resolved_online_level_4",
    "received_online_level_3",
    "received_online_level_4",
)
_REPORTED_TOTAL = Dataset(
    name="reported_total",
    record="form 06a",
    fields=("unit", "period", *_TOTALS),
    required=(("received_total",), ("resolved_total",)),
    code="unit",
    key=("unit_code", "period"),
    versions="core.reported_total_version",
    version_key=("owner_unit_code", "period"),
    attributes=_TOTALS,
    total="received_total",
)

_PROCEDURE = Dataset(
    name="procedure",
    record="procedure",
    fields=(
        "procedure_code",
        "procedure_name",
        "field",
        "administrative_level",
        "service_level",
        "valid_from",
        "valid_to",
    ),
    required=(("procedure_code",), ("procedure_name",), ("service_level",)),
    code="procedure_code",
    key=("procedure_code", "valid_from"),
    versions="core.procedure_version",
    version_key=("procedure_code", "valid_from"),
    attributes=("name_vi", "field_vi", "administrative_level", "service_level", "valid_to"),
    group="service_level",
)

_PAYMENT = Dataset(
    name="payment",
    record="payment",
    fields=(
        "payment_code",
        "unit",
        "statement",
        "dossier_code",
        "payment_method",
        "payment_status",
        "amount",
        "paid_at",
    ),
    required=(("payment_code",), ("amount",), ("paid_at",)),
    code="payment_code",
    key=("unit_code", "statement", "payment_code"),
    versions="core.payment_version",
    version_key=("owner_unit_code", "statement", "payment_code"),
    attributes=("dossier_code", "payment_method", "status", "amount", "paid_at"),
    stated=("statement", "payment_method"),
    group="status",
    total="amount",
)

_REGISTER = Dataset(
    name="register",
    record="entry",
    fields=("entry_code", "register", "unit", "body_name", "title", "due_on", "done_on", "quantity", "reference"),
    required=(("entry_code",), ("title",)),
    code="entry_code",
    key=("register", "source_id", "entry_code"),
    versions="core.register_entry_version",
    version_key=("register", "source_id", "entry_code"),
    attributes=("unit_code", "body_name", "title", "due_on", "done_on", "quantity", "reference"),
    stated=("register",),
    group="register",
)

DATASETS: Mapping[str, Dataset] = {
    dataset.name: dataset for dataset in (_DOSSIER, _REPORTED_TOTAL, _PROCEDURE, _PAYMENT, _REGISTER)
}
