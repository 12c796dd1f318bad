"""The canonical fields of a dossier, as a source's `fields` map them."""

DOSSIER_FIELDS = (
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
)
"""Fields that may be stored, in the order of the staging table's columns."""

IDENTITY_FIELDS = ("applicant_id_number", "applicant_name", "applicant_phone")
"""Personal fields: they enter `applicant_key` and are not stored in any other form."""

PERSONAL_FIELDS = (*IDENTITY_FIELDS, "applicant_email")
"""All personal fields a source may map. The e-mail address enters nothing: one is often shared by many applicants."""
