"""One pass of SQL over a delivery's staging table: every record typed, judged, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, text

from onestop.cleaning import cleaned
from onestop.contracts.comparison import Brought, compared
from onestop.contracts.expectations import ContractError
from onestop.contracts.labels import Labels, labels_of
from onestop.jurisdiction.datasets import DATASETS, NEW_CODE, Dataset
from onestop.jurisdiction.models import TYPED_FORMATS
from onestop.jurisdiction.shape import LONGEST_CODE, LONGEST_NAME
from onestop.jurisdiction.timestamp_formats import BUILT_IN, compiled, skips_times
from onestop.reading import known
from onestop.reading.refusal import Catalogue, Rule, catalogue, filled
from onestop.warehouse.connection import use_free_processors
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction, Source

STATUS_GROUPS: Mapping[str, str] = {
    "1": "not_accepted",
    "2": "in_process",
    "3": "not_accepted",
    "4": "in_process",
    "5": "paused",
    "6": "paused",
    "7": "withdrawn",
    "8": "paused",
    "9": "resolved",
    "10": "resolved",
}
_TOLD_COMMUNES = 10
_AMOUNTS_VI: Mapping[str, str] = {
    "plain": "viết liền, ví dụ 150000 hoặc 150000.50",
    "1.234,5": "ví dụ 150.000 hoặc 150.000,50",
    "1,234.5": "ví dụ 150,000 hoặc 150,000.50",
}
_AMOUNTS_EN: Mapping[str, str] = {
    "plain": "without separators, such as 150000 or 150000.50",
    "1.234,5": "such as 150.000 or 150.000,50",
    "1,234.5": "such as 150,000 or 150,000.50",
}
_ANALYSE_ROWS_TARGET = 10
"""`default_statistics_target` for staging tables: 300 rows a value are enough for a plan that reads everything."""


@dataclass(frozen=True)
class Tables:
    """The names of a delivery's staging tables: text, typed, summary."""

    staging: str

    @property
    def typed(self) -> str:
        """The judged rows."""
        return f"{self.staging}_typed"

    @property
    def summary(self) -> str:
        """One row that counts them."""
        return f"{self.staging}_summary"

    def drop(self, connection: Connection) -> None:
        """Remove all three."""
        for table in (self.staging, self.typed, self.summary):
            connection.execute(statement("staging/drop_table.sql", table=table))


@dataclass(frozen=True)
class Subject:
    """What is judged: a delivery (or a file that may become one) of a source, for a period, as of a moment."""

    source: Source
    jurisdiction: Jurisdiction
    period: str
    observed_at: datetime
    delivery_id: int | None = None
    is_full: bool = True
    """Whether it holds everything, or only what has changed: nothing follows then from what it lacks."""
    unknown_communes: dict[str, tuple[int, str]] = field(default_factory=dict, compare=False)
    """Filled by `judge`: names that are no commune of their district, how many records have each, and the nearest."""
    complete_against: set[Brought] = field(default_factory=set, compare=False)
    """Filled by `judge`: what earlier deliveries of the month brought, where this one has every dossier of it."""

    @property
    def where(self) -> str:
        """Which delivery this is, as messages begin."""
        delivery = f", delivery {self.delivery_id}" if self.delivery_id is not None else ""
        return f"{self.source.id} {self.period}{delivery}"

    @property
    def dataset(self) -> Dataset:
        """What the source delivers."""
        return DATASETS[self.source.dataset]

    @property
    def contract(self) -> Catalogue:
        """The rules of its dataset."""
        return catalogue(self.source.dataset)

    def code_map(self, field: str) -> dict[str, str]:
        """Return a source's codes of a field and what they mean: its own map, or those that everybody may use."""
        own = cast("Mapping[str, Mapping[str, str]]", self.source.value_maps).get(field)
        if own is not None:
            return {cleaned(str(code)): str(meaning) for code, meaning in own.items()}
        channels = self.jurisdiction.shape.channels
        codes = self.contract.codes.get(field, {})
        return {code: value for code, value in codes.items() if field != "channel" or value in channels}

    def limits(self) -> dict[str, Any]:
        """Return the jurisdiction's limits by name."""
        return dict(self.jurisdiction.contracts.model_dump())

    def texts(self) -> dict[str, object]:
        """Return what the `{names}` in the rules' texts stand for."""
        zone = ZoneInfo(self.source.timezone)
        limit = self.observed_limit().astimezone(zone)
        limits = self.limits()
        return {
            "channels": _known(self.code_map("channel")),
            "statuses": _known(self.code_map("status")),
            "applicant_types": _known(self.code_map("applicant_type")),
            "payment_methods": _known(self.code_map("payment_method")),
            "payment_statuses": _known(self.code_map("payment_status")),
            "statements": _known(self.code_map("statement")),
            "registers": _known(self.code_map("register")),
            "units": _known({cleaned(unit.name_vi): unit.unit_code for unit in self.jurisdiction.units}),
            "source_units": ", ".join(self.source.units),
            "formats": ", ".join(self.source.timestamp_formats),
            "period": self.period,
            "longest_code": LONGEST_CODE,
            "longest_name": LONGEST_NAME,
            "observed_limit": f"{limit:%d/%m/%Y %H:%M}",
            "earliest_received_on": f"{limits['earliest_received_on']:%d/%m/%Y}",
            "amounts_vi": _AMOUNTS_VI[self.source.number_format],
            "amounts_en": _AMOUNTS_EN[self.source.number_format],
        }

    @property
    def code_pattern(self) -> str | None:
        """What a record's code looks like; of dossiers as the jurisdiction says, where it does."""
        own = self.jurisdiction.shape.dossier_code_pattern if self.dataset.name == "dossier" else None
        return own or self.contract.code_pattern

    def observed_limit(self) -> datetime:
        """Return the last moment that a dossier in the delivery may tell of."""
        return self.observed_at + timedelta(hours=float(self.limits()["future_tolerance_hours"]))

    def binds(self, labels: Labels) -> dict[str, object]:
        """Return the values of the judging statements; `labels` are those of the delivery."""
        texts, language = self.texts(), self.jurisdiction.language
        source, period = self.source, self.jurisdiction.period(self.period)
        formats = [form for form in source.timestamp_formats if form in BUILT_IN]
        number_formats: list[str] = [source.number_format]
        if source.format.kind in TYPED_FORMATS:  # whose dates are read as ISO 8601, and whose numbers are plain
            formats.append("iso")
            number_formats.append("plain")
        return {
            "source_id": source.id,
            "period": period.code,
            "period_starts_on": period.starts_on,
            "period_last_day": period.ends_on - timedelta(days=1),
            "previous_period": _month_before(period.code),
            "delivery_id": self.delivery_id if self.delivery_id is not None else -1,
            "is_full": self.is_full,
            "comparable_row_count": self.limits()["comparable_row_count"],
            "rules": _json(
                {
                    rule.id: {
                        "expected": filled(rule.expected(language), texts),
                        "remedy": filled(rule.remedy(language), texts),
                    }
                    for rule in self.contract.rows
                }
            ),
            "code_field": self.dataset.code,
            "codes": _json({field: self.code_map(field) for field in _CODED}),
            "units": _json(labels.units),
            "unit_remedies": _json({label: {"remedy": told} for label, told in labels.unit_remedies.items()}),
            "communes": _json(labels.communes),
            "only_unit": source.units[0] if len(source.units) == 1 else None,
            "source_units": list(source.units),
            "procedures": _json(labels.procedures),
            "channels": _json(self.code_map("channel")),
            "absent_channel": self.jurisdiction.shape.absent_channel,
            "statuses": _json(self.code_map("status")),
            "status_groups": _json(STATUS_GROUPS),
            "applicant_types": _json(self.code_map("applicant_type")),
            "payment_methods": _json(self.code_map("payment_method")),
            "timestamp_formats": formats,
            "timestamp_patterns": compiled(source.timestamp_formats, source.two_digit_years_from),
            "has_skipped_times": skips_times(source.timezone),
            "number_formats": number_formats,
            "observed_at": self.observed_at,
            "observed_limit": self.observed_limit(),
            "observed_on": self.observed_at.astimezone(ZoneInfo(self.jurisdiction.timezone)).date(),
            "local_timezone": self.jurisdiction.timezone,
            "earliest_received_on": self.limits()["earliest_received_on"],
            "code_pattern": self.code_pattern,
            "longest_code": LONGEST_CODE,
            "longest_name": LONGEST_NAME,
        }


def judge(connection: Connection, subject: Subject, tables: Tables, record_count: int) -> Labels:
    """Make the typed table and the summary of a staging table anew, in the connection's transaction.

    `record_count`: how many records were staged. Returns what the delivery's names of units, communes and procedures
    were taken for. Raises ContractError where not every record gave one row: a dossier would be counted twice.
    """
    settings = {
        "datestyle": "SQL, MDY" if any(f.startswith("MM") for f in subject.source.timestamp_formats) else "SQL, DMY",
        "timezone": subject.source.timezone,
        "default_statistics_target": str(_ANALYSE_ROWS_TARGET),
    }
    for name, value in settings.items():
        connection.execute(text("select set_config(:name, :value, true)"), {"name": name, "value": value})
    use_free_processors(connection)
    for table in (tables.typed, tables.summary):
        connection.execute(statement("staging/drop_table.sql", table=table))
    connection.execute(statement("core/analyze.sql", table=tables.staging))
    labels = labels_of(connection, subject, tables)
    subject.unknown_communes.clear()
    subject.unknown_communes.update(labels.unknown_communes)
    binds = subject.binds(labels)
    binds |= known.holds(connection, subject.source, tables.staging, subject.code_pattern)
    dataset = subject.dataset

    def run(path: str, **names: str | Sequence[str]) -> int:
        made = statement(f"staging/{path}.sql", typed=tables.typed, **names)
        result = connection.execute(made, {name: binds[name] for name in made.compile().params})
        return int(result.rowcount)  # type: ignore[attr-defined]

    typed_count = run(f"{dataset.name}_typed", staging=tables.staging, counts=dataset.attributes)
    if typed_count != record_count:
        raise ContractError(
            f"{subject.where}: {record_count:,} records became {typed_count:,} judged rows. The delivery stays "
            "undecided. Look in core.unit, core.procedure and core.commune for a code, or a name within a district, "
            "that stands there twice at one time; correct the configuration, and clear the check task."
        )
    connection.execute(statement("core/analyze.sql", table=tables.typed))
    new = {"new": NEW_CODE} if NEW_CODE in dataset.marks else {}
    if new and not connection.scalar(statement("staging/is_any_new.sql", typed=tables.typed, **new)):
        new = {}  # every code would be suspected, and looked at twice
    run("repeated", key=dataset.key, code=dataset.key[-1], **new)
    binds |= compared(connection, subject, tables)
    run(
        "summary",
        summary=tables.summary,
        warnings=[rule.id for rule in subject.contract.rows if rule.severity == "warn"],
        # Of records that could not be taken apart there are several kinds, counted together.
        failing_rules=[
            rule.id for rule in subject.contract.rows if rule.severity != "warn" and rule.id != "record_unreadable"
        ],
        group=dataset.group or "",
        total=dataset.total or "",
    )
    return labels


_CODED = ("statement", "payment_method", "payment_status", "register")


def _month_before(period: str) -> str:
    year, month = map(int, period.split("-"))
    return f"{year - (month == 1)}-{(month - 2) % 12 + 1:02}"


@dataclass(frozen=True)
class Expectation:
    """A rule with its bounds as numbers and its texts filled in, for one delivery.

    Texts in `_vi` are what is stored and shown: in the jurisdiction's main language.
    """

    rule: Rule
    column: str
    minimum: float | None
    maximum: float | None
    language: str
    expected_vi: str
    expected_en: str
    remedy_vi: str
    remedy_en: str


def expectations(subject: Subject) -> list[Expectation]:
    """Return what the summary must fulfil: no failing row by any rule, and the delivery within its limits."""
    limits, texts, language = subject.limits(), subject.texts(), subject.jurisdiction.language

    def bound(value: float | str | None) -> float | None:
        number = limits[value] if isinstance(value, str) else value
        return None if number is None else float(number)

    found = []
    contract = subject.contract
    for rule in (*contract.rows, *contract.limits):
        minimum, maximum = bound(rule.minimum), bound(rule.maximum if rule in contract.limits else 0)
        values = {**texts, "minimum": _number(minimum), "maximum": _number(maximum)}
        told = _unknown_communes(subject) if rule.id == "commune_unknown" else ""
        found.append(
            Expectation(
                rule=rule,
                column=rule.column or rule.id,
                minimum=minimum,
                maximum=maximum,
                language=language,
                expected_vi=filled(rule.expected(language), values),
                expected_en=filled(rule.expected_en, values),
                remedy_vi=filled(rule.remedy(language), values) + told,
                remedy_en=filled(rule.remedy_en, values),
            )
        )
    return found


def _unknown_communes(subject: Subject) -> str:
    """Return the most frequent names that are no commune, with the nearest ones, as a continuation of a sentence."""
    most = sorted(subject.unknown_communes.items(), key=lambda item: (-item[1][0], item[0]))[:_TOLD_COMMUNES]
    is_english = subject.jurisdiction.language == "en"
    near, unmatched = ("nearest", "Not matched") if is_english else ("gần nhất", "Chưa khớp")
    told = [f"“{name[:60]}” ({count}{f'; {near}: {nearest}' if nearest else ''})" for name, (count, nearest) in most]
    return f" {unmatched}: {'; '.join(told)}." if told else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _known(codes: Mapping[str, str]) -> str:
    return ", ".join(code if code == meaning else f"{code} = {meaning}" for code, meaning in codes.items())


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
