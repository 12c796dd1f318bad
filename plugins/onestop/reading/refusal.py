"""Refusals: why a delivery or a row is not taken, in words an agency can act on.

The rules are declared once, in include/contracts/<dataset>.yaml; code and SQL name them by id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from ruamel.yaml import YAML

CATALOGUES = Path(__file__).resolve().parents[3] / "include" / "contracts"
RULE_ID = r"^[a-z][a-z0-9_]*$"

Severity = Literal["refuse_delivery", "refuse_row", "warn"]


class Rule(BaseModel):
    """One rule of a contract. `{names}` in the texts are filled with the source's codes and the jurisdiction's limits.

    `column` is the column of the summary that an expectation looks at (default: the rule's id, a count of failing
    rows), `minimum` and `maximum` its bounds: numbers, or names of limits in the jurisdiction's contracts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=RULE_ID)]
    severity: Severity
    field: str | None = None
    expected_vi: str
    expected_en: str
    remedy_vi: str
    remedy_en: str
    column: str | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    is_comparison: bool = False
    """Of a delivery against those before it: a person may accept what it refuses."""

    def expected(self, language: str) -> str:
        """What the rule expects, in a language."""
        return self.expected_en if language == "en" else self.expected_vi

    def remedy(self, language: str) -> str:
        """What to do about it, in a language; in English for whoever configures the source."""
        return self.remedy_en if language == "en" else self.remedy_vi


class Catalogue(BaseModel):
    """Every rule of one dataset: of its bytes (`reading`), of its rows, and of a delivery as a whole (`limits`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title_vi: str
    code_pattern: str | None = None
    totals_pattern: str
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    """By field: the values that sources may give without a map of their own, and what they mean here."""
    fields_vi: dict[str, str]
    """What officials call a field."""
    reading: tuple[Rule, ...]
    rows: tuple[Rule, ...]
    limits: tuple[Rule, ...]

    @property
    def totals(self) -> re.Pattern[str]:
        """What the first cell of a row of totals says."""
        return re.compile(self.totals_pattern, re.IGNORECASE)

    def rule(self, rule_id: str) -> Rule:
        """Return a rule by id; KeyError if nobody declared it."""
        for rule in (*self.reading, *self.rows, *self.limits):
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


@cache
def catalogue(dataset: str = "dossier") -> Catalogue:
    """Return the rules of a dataset. Those of its bytes, and those that a file names in `shared`, are the dossiers'."""
    content = YAML(typ="safe").load((CATALOGUES / f"{dataset}.yaml").read_text(encoding="utf-8"))
    if dataset != "dossier":
        dossier = catalogue()
        shared = [dossier.rule(rule_id) for rule_id in content.pop("shared", [])]
        content = {
            "totals_pattern": dossier.totals_pattern,
            "reading": dossier.reading,
            **content,
            "rows": [*(rule for rule in shared if rule in dossier.rows), *content.get("rows", [])],
            "limits": [*(rule for rule in shared if rule in dossier.limits), *content.get("limits", [])],
        }
    return Catalogue.model_validate(content)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was refused. `value` is what was seen (never personal data); `message` is for engineers."""

    rule: str
    field: str | None
    value: str | None
    expected: str
    remedy: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """Return the reason as it is stored."""
        return asdict(self)


def reason(
    rule_id: str, *, where: str, seen: str, value: str | None = None, texts: Mapping[str, object] | None = None
) -> Reason:
    """Return the reason for breaking a rule: `where` (source, period, part, record) and `seen` go into the message."""
    rule = catalogue().rule(rule_id)
    values = texts or {}
    return Reason(
        rule=rule.id,
        field=rule.field,
        value=value,
        expected=filled(rule.expected_vi, values),
        remedy=filled(rule.remedy_vi, values),
        message=f"{where}: expected {filled(rule.expected_en, values)}; seen: {seen}. {filled(rule.remedy_en, values)}",
    )


class _Texts(dict[str, object]):
    """The values for a rule's `{names}`; one that is not known here stands as it is."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return a rule's text with its `{names}` filled in."""
    return text.format_map(_Texts(values))


class DeliveryRefused(Exception):  # noqa: N818 - named by what happened, as the other errors that people read
    """A whole delivery is refused. `reasons` say which rules it broke; they stand in ops.delivery too."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__("\n".join(reason.message for reason in reasons))
        self.reasons = tuple(reasons)
