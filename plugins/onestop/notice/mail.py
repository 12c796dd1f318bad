"""A mail to one recipient of a route: everything that changed for them, in one message, as plain text and HTML.

Templates and texts: include/templates/mail. Units, figures and reasons only: the marts hold nothing of a person.
"""

from __future__ import annotations

import itertools
import textwrap
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import text

from onestop.jurisdiction.shape import ALL_GROUPS, text_of
from onestop.publication.page.texts import Wording, group_title, group_within
from onestop.texts import TEMPLATES, texts_of
from onestop.warehouse.sql import statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from onestop.jurisdiction import AlertRule, Jurisdiction, Route
    from onestop.notice.routing import Change

_LONGEST_DETAIL = 240
_YEAR_TO_DATE = ("below_target_ytd", "zero_online")


@dataclass(frozen=True)
class Mail:
    """What is sent: one line, and the two forms of the body."""

    subject: str
    body_text: str
    body_html: str


@dataclass(frozen=True)
class Headline:
    """The publication that a mail is about, and the year to date of each group of units."""

    publication_id: int
    period: str
    revision: int
    published_at: datetime
    as_of: datetime
    groups: tuple[Row[Any], ...]

    @property
    def lead(self) -> Row[Any] | None:
        """The first group that has a rate."""
        return next((group for group in self.groups if group.rate_percent is not None), None)

    @property
    def has_data(self) -> bool:
        """Whether any unit has figures: without a rate they are then zeros."""
        return any(group.denominator is not None for group in self.groups)


@dataclass(frozen=True)
class Section:
    """Alerts that one rule opened for one period, or the resolved ones (no rule)."""

    kind: str
    title: str
    note: str
    changes: tuple[Change, ...]


class MailWording(Wording):
    """The page's wording, with the texts of mails before the page's own."""

    def text(self, key: str, **values: object) -> str:
        """Return the text of a key with its {names} filled in."""
        own = texts_of("mail").get(key)
        if own is None or f"{key}_{self.language}" in self._own:
            return super().text(key, **values)
        return own[self.language].format(**values)

    def text_or(self, key: str, otherwise: str) -> str:
        """Return the text of a key that may not be there."""
        return self.text(key) if key in texts_of("mail") else super().text_or(key, otherwise)


def headline(connection: Connection, publication_id: int) -> Headline:
    """Read what a mail on this publication begins and ends with."""
    publication = connection.execute(
        text("""
            select publication_id, period, revision, published_at, as_of
            from ops.publication
            where publication_id = :publication_id
        """),
        {"publication_id": publication_id},
    ).one()
    groups = connection.execute(statement("ops/notice_headline.sql"), {"publication_id": publication_id})
    return Headline(**publication._mapping, groups=tuple(groups))


def compose(jurisdiction: Jurisdiction, route: Route, changes: Sequence[Change], head: Headline | None) -> Mail:
    """Write the mail that tells a route these changes; `head` is none for what the daily watch has seen."""
    words = MailWording(route.language or jurisdiction.language, jurisdiction.timezone, jurisdiction.texts)
    period = head.period if head else max(change.period for change in changes)
    told = _told(words, jurisdiction, changes)
    sections = _sections(words, jurisdiction, changes)
    origin = "publication" if head else _origin(changes)
    subject = words.of_period(f"subject_{origin}", period, changes=told)
    values = {
        "words": words,
        "authority": _text(jurisdiction, words, "authority") or _title(jurisdiction, words),
        "data_label": _text(jurisdiction, words, "data_label"),
        "page_url": jurisdiction.texts.get("page_url", ""),
        "addressee": text_of(route, "title", words.language),
        "origin": origin,
        "title": words.of_period(f"title_{origin}", period),
        "period": period,
        "told": told,
        "head": head,
        "groups": _groups(head),
        "group_title": lambda group: group_title(jurisdiction, words, group.unit_group),
        "group_within": lambda group: group_within(jurisdiction, words, group.unit_group),
        "sections": sections,
        "last_of_the_year": next((s for s in reversed(sections) if s.kind in _YEAR_TO_DATE), None),
        "how_many": lambda section: words.text(
            "alerts" if section.kind == "resolved" else "units", count=words.count(len(section.changes))
        ),
        "unit_name": lambda change: change.unit_name_en if words.language == "en" else change.unit_name_vi,
        "sources": lambda change: [_source(jurisdiction, words, name) for name in change.sources_missing],
        "detail": lambda change: _detail(words, change),
        "dossiers": lambda change: _dossiers(words, change),
        "needed": lambda change: _needed(words, change),
        "resolution": lambda change: _resolution(words, change),
        "again": lambda change: _again(words, change),
    }
    environment = _environment()
    return Mail(
        # A line end in a name would end the header.
        subject=" ".join(subject.split()),
        body_text=environment.get_template("notice.txt").render(values),
        body_html=environment.get_template("notice.html").render(values),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "mail"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["upper_first"] = lambda words: words[:1].upper() + words[1:]
    return environment


def _text(jurisdiction: Jurisdiction, words: Wording, name: str) -> str:
    texts = jurisdiction.texts
    return texts.get(f"{name}_{words.language}") or texts.get(f"{name}_vi") or ""


def _title(of: Any, words: Wording) -> str:
    return text_of(of, "title", words.language)


def _groups(head: Headline | None) -> tuple[Row[Any], ...]:
    """The groups of units, and all of them together where there are several."""
    groups = head.groups if head else ()
    several = sum(group.unit_group != ALL_GROUPS for group in groups) > 1
    return tuple(group for group in groups if several or group.unit_group != ALL_GROUPS)


def _origin(changes: Iterable[Change]) -> str:
    """What the daily watch writes of: missing deliveries, or nothing but alerts whose silence is over."""
    return "reminder" if all(change.metric_id is not None for change in changes) else "watch"


def _told(words: Wording, jurisdiction: Jurisdiction, changes: Iterable[Change]) -> str:
    """Say in a few words what changed: "5 đơn vị chưa đạt chỉ tiêu, 2 cảnh báo kết thúc".

    A unit that is missing in three months is one unit.
    """
    kinds = {rule.id: rule.kind for rule in jurisdiction.alert_rules}
    opened = {(kinds[c.rule], c.unit_code) for c in changes if c.told_change != "resolved"}
    counts: Counter[str] = Counter(kind for kind, _ in opened)
    counts["resolved"] = sum(c.told_change == "resolved" for c in changes)
    order = ("below_target_ytd", "zero_online", "missing_delivery", "resolved")
    return ", ".join(words.text(f"subject_{kind}", count=words.count(counts[kind])) for kind in order if counts[kind])


def _sections(words: Wording, jurisdiction: Jurisdiction, changes: Sequence[Change]) -> list[Section]:
    """The opened ones by rule, in the order of alerts.yaml, and month; then the resolved ones."""
    rules = {rule.id: (place, rule) for place, rule in enumerate(jurisdiction.alert_rules)}
    opened = sorted(
        (change for change in changes if change.told_change == "opened"),
        key=lambda change: (rules[change.rule][0], change.seen_period),
    )
    sections = []
    for (rule_id, period), alike in itertools.groupby(opened, key=lambda change: (change.rule, change.seen_period)):
        rule = rules[rule_id][1]
        title = _title(rule, words)
        if rule.kind == "missing_delivery":
            title = words.of_period("section_missing", period, title=title)
        sections.append(Section(rule.kind, title, _measure(words, jurisdiction, rule, period), tuple(alike)))
    resolved = tuple(change for change in changes if change.told_change == "resolved")
    if resolved:
        sections.append(Section("resolved", words.text("section_resolved"), "", resolved))
    return sections


def _measure(words: Wording, jurisdiction: Jurisdiction, rule: AlertRule, period: str) -> str:
    """Say what is measured: the metric, the span, and the scope where it is not the whole unit."""
    if rule.kind == "missing_delivery":
        return ""
    metrics = [
        m for m in jurisdiction.metrics if m.metric_id == rule.metric_id or (not rule.metric_id and m.is_official)
    ]
    parts = [metric.name_en if words.language == "en" else metric.name_vi for metric in metrics[-1:]]
    parts.append(words.span(period, "ytd"))
    if rule.scope != "total":
        parts.append(words.text(f"scope_{rule.scope}"))
    return ". ".join(parts) + "."


def _source(jurisdiction: Jurisdiction, words: Wording, source_id: str) -> dict[str, str]:
    """What people call a source and whom to ask; its id once it has left the configuration."""
    for source in jurisdiction.sources:
        if source.id == source_id:
            contact = text_of(source.contact, "role", words.language) if source.contact else ""
            return {"title": _title(source, words), "contact": contact}
    return {"title": source_id, "contact": ""}


def _detail(words: Wording, change: Change) -> str:
    """Say why figures are missing: to officials in a sentence, in the English of engineers by the technical record."""
    if words.language == "vi":
        return change.detail_vi or ""
    detail = textwrap.shorten(change.detail or "", _LONGEST_DETAIL, placeholder=" …")
    return words.text("technical", detail=detail) if detail else ""


def _dossiers(words: Wording, change: Change) -> str:
    if not change.denominator:
        return words.text("dossiers_none")
    return words.text(
        "dossiers_of", numerator=words.count(change.numerator), denominator=words.count(change.denominator)
    )


def _needed(words: Wording, change: Change) -> str:
    """Say what is needed in each remaining month; empty in the last month of the year."""
    needed = change.online_needed_per_month
    return "" if needed is None else words.text("text_needed", count=words.count(needed))


def _resolution(words: Wording, change: Change) -> str:
    if change.metric_id is None:
        is_expected = change.status != "not_expected"
        return words.of_period("resolved_reported" if is_expected else "resolved_not_expected", change.period)
    return words.text(
        f"resolved_{change.status}",
        rate=words.percent(change.rate_percent, change.target_percent),
        dossiers=_dossiers(words, change),
        target=words.target(change.target_operator, change.target_percent),
    )


def _again(words: Wording, change: Change) -> str:
    """Say that an alert is told a second time because its silence is over; empty for all others."""
    if change.silenced_until is None:
        return ""
    day = format_date(change.silenced_until, "dd/MM/yyyy" if words.language == "vi" else "d MMM yyyy", words.locale)
    return words.text("told_again", day=day)
