"""The marts of a publication: what is filled, in which order, and how a row is known."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mart:
    """A table mart.<name>, filled for a publication by one statement: include/sql/mart/<name>.sql."""

    name: str
    key: tuple[str, ...]
    """The columns that tell the rows of one publication apart."""
    is_figure: bool = True
    """Whether a change of it alone makes a new revision. What is told about deliveries is not a figure: the same data
    delivered once more changes it, and publishes nothing new."""


MARTS = (
    Mart("metric_definition", ("metric_id",), is_figure=False),
    Mart("procedure_definition", ("procedure_code",), is_figure=False),
    Mart("compliance_month", ("unit_code", "scope", "metric_id")),
    Mart("compliance_ytd", ("unit_code", "scope", "metric_id")),
    Mart("compliance_rollup", ("period_kind", "unit_code", "scope", "metric_id")),
    Mart("procedure_month", ("unit_code", "procedure_code")),
    Mart("commune_month", ("unit_code", "commune_code")),
    Mart("timeliness_month", ("unit_code",)),
    Mart("form_06a", ("unit_code",)),
    Mart("missed_online_month", ("unit_code", "procedure_code")),
    Mart("service_level_month", ("service_level",)),
    Mart("payment_month", ("unit_code",)),
    Mart("reconciliation_month", ("unit_code", "comparison", "item")),
    Mart("suspect_filing_month", ("unit_code",)),
    Mart("directive_month", ("register", "unit_code", "body_name")),
    Mart("quality_month", ("unit_code", "source_id", "delivery_period"), is_figure=False),
    Mart("emulation_score", ("unit_code", "part_id")),
)
"""In the order in which they are filled: a later one may read those before it."""

COUNTS = ("reporting_status_month", "dossier_count_month")
"""What the marts are made from, kept with the publication."""
