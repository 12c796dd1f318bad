"""A planned restatement: what would change if months were published again now, and the plan that a person approves.

A preview builds the months as publishing would, with the configuration as it is now, and takes everything back. It
fixes a moment (`as_of`) and each month's digest: what is approved is what is published, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from onestop.jurisdiction.shape import text_of
from onestop.publication.difference import Difference, difference
from onestop.publication.errors import Finding, PublicationUnknownError, RestatementOutdatedError
from onestop.publication.listing import Listed, find
from onestop.publication.rebuild import taken_back
from onestop.publication.revision import build, check
from onestop.texts import texts_of
from onestop.warehouse import synchronise

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from onestop.jurisdiction import Jurisdiction, Period

_RANGE = re.compile(r"(\d{4}-\d\d)(?:\s*\.\.\s*(\d{4}-\d\d))?")
_MONTH = "[0-9]{4}-(0[1-9]|1[0-2])"
MOST_MONTHS = 60
LEAST_REASON = 10
PERIODS_PATTERN = rf"^{_MONTH}(\.\.{_MONTH})?(,{_MONTH}(\.\.{_MONTH})?)*$"
"""What `normalised_periods` gives, for forms."""
REASON_PATTERN = rf"^\s*\S[\s\S]{{{LEAST_REASON - 2},}}\S\s*$"
"""What `reason_of` takes, for forms: blanks at the ends do not count."""


@dataclass(frozen=True)
class PlannedMonth:
    """What publishing a month now would change."""

    period: str
    visible: Listed | None
    """The revision that readers see; None: the month has none yet."""
    as_of: datetime
    content_hash: str
    differences: tuple[Difference, ...]
    """To the visible revision; none where there is none."""
    findings: tuple[Finding, ...]

    @property
    def is_changed(self) -> bool:
        """Whether publishing would make a new revision."""
        return self.visible is None or self.visible.content_hash != self.content_hash

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What forbids publishing it; of a month that changes nothing: nothing, as it is not published again."""
        return tuple(finding for finding in self.findings if self.is_changed and finding.severity == "block")


def periods_of(jurisdiction: Jurisdiction, written: str) -> list[Period]:
    """Return the months of "2019-01..2019-04", "2019-04" or several of both with commas between, each once, in order.

    Raises ValueError.
    """
    codes: set[str] = set()
    for first, last in _ranges(jurisdiction, written):
        month = last
        while month.starts_on >= first.starts_on:
            codes.add(month.code)
            if len(codes) > MOST_MONTHS:
                raise ValueError(f"{written!r} are more than {MOST_MONTHS} months: plan them in parts.")
            month = month.previous()
    return [jurisdiction.period(code) for code in sorted(codes)]


def normalised_periods(jurisdiction: Jurisdiction, written: str) -> str:
    """Return what `periods_of` reads as `PERIODS_PATTERN` has it, without blanks. Raises ValueError."""
    return ",".join(
        first.code if first == last else f"{first.code}..{last.code}" for first, last in _ranges(jurisdiction, written)
    )


def _ranges(jurisdiction: Jurisdiction, written: str) -> Iterator[tuple[Period, Period]]:
    for part in map(str.strip, written.split(",")):
        named = _RANGE.fullmatch(part)
        if named is None:
            raise ValueError(f"{part!r} is no month and no range of months: write 2019-01..2019-04 or 2019-04.")
        first, last = jurisdiction.period(named[1]), jurisdiction.period(named[2] or named[1])
        if last.starts_on < first.starts_on:
            raise ValueError(f"{part!r} ends before it begins.")
        yield first, last


def reason_of(written: str) -> str:
    """Return a restatement's reason without blanks at its ends; officials will read it. Raises ValueError."""
    reason = written.strip()
    if len(reason) < LEAST_REASON:
        raise ValueError(
            f"a restatement needs a reason of at least {LEAST_REASON} characters, which officials will read"
        )
    return reason


def preview(
    connection: Connection, jurisdiction: Jurisdiction, periods: Sequence[Period], *, as_of: datetime | None = None
) -> list[PlannedMonth]:
    """Say what publishing these months would change, with this configuration and what is known at one moment.

    In the caller's transaction, of which nothing is left. `as_of`: by default now, for all months alike. Raises
    warehouse.ConfigurationInUseError where the configuration would change what figures mean.
    """
    planned = []
    for period in periods:
        month = _planned(connection, jurisdiction, period, as_of)
        as_of = month.as_of
        planned.append(month)
    return planned


def _planned(
    connection: Connection, jurisdiction: Jurisdiction, period: Period, as_of: datetime | None
) -> PlannedMonth:
    try:
        visible = find(connection, period.code)
    except PublicationUnknownError:
        visible = None
    with taken_back(connection):
        synchronise(connection, jurisdiction)
        publication_id = build(
            connection, jurisdiction, period, kind="official", reason="preview", requested_by="preview", as_of=as_of
        )
        found = tuple(check(connection, publication_id))
        built = find(connection, str(publication_id))
        changed = () if visible is None else tuple(difference(connection, visible.publication_id, publication_id))
    return PlannedMonth(
        period=period.code,
        visible=visible,
        as_of=built.as_of,
        content_hash=str(built.content_hash),
        differences=changed,
        findings=found,
    )


def plan_of(months: Sequence[PlannedMonth], jurisdiction: Jurisdiction) -> dict[str, Any]:
    """Return a preview in plain values: `text` in Vietnamese for who approves, `months` that would change, and the
    months that are `blocked`.
    """
    changed = [month for month in months if month.is_changed]
    return {
        "months": [
            {
                "period": month.period,
                "as_of": month.as_of.isoformat(),
                "content_hash": month.content_hash,
                "visible_id": month.visible and month.visible.publication_id,
            }
            for month in changed
        ],
        "blocked": {month.period: [f.message_vi for f in month.blocking] for month in months if month.blocking},
        "text": "\n\n".join(_told(month, jurisdiction) for month in months),
    }


def require_unmoved(connection: Connection, planned: Mapping[str, Any]) -> None:
    """Raise RestatementOutdatedError when another revision of the month was published since the plan."""
    period = planned["period"]
    try:
        visible = find(connection, period)
    except PublicationUnknownError:
        return
    if visible.publication_id != planned["visible_id"] and visible.content_hash != planned["content_hash"]:
        raise RestatementOutdatedError(
            f"{period} was published again since the restatement was planned (now {visible.reference}): "
            "what was approved would take it back. Plan and approve again."
        )


def require_approved(connection: Connection, planned: Mapping[str, Any], publication_id: int) -> None:
    """Raise RestatementOutdatedError when a build's figures are not those that were shown and approved."""
    built = find(connection, str(publication_id))
    if built.content_hash != planned["content_hash"]:
        raise RestatementOutdatedError(
            f"The figures of {planned['period']} are no longer those approved: the configuration has changed since "
            f"(now {built.configuration_hash[:12]}). Plan and approve again."
        )


def _told(month: PlannedMonth, jurisdiction: Jurisdiction) -> str:
    """Say in Markdown what changes in a month: the official metric's year to date, whole units."""
    names = {unit.unit_code: text_of(unit, "name", jurisdiction.language) for unit in jurisdiction.units}
    official = {metric.metric_id for metric in jurisdiction.metrics if metric.is_official}

    def say(key: str, **values: object) -> str:
        return texts_of("restatement")[key][jurisdiction.language].format(**values)

    seen = say("not_published") if month.visible is None else say("revision", revision=month.visible.revision)
    if not month.is_changed:
        return say("unchanged", period=month.period, seen=seen)
    lines = [say("changed", period=month.period, seen=seen, count=len(month.differences))]
    lines += [say("blocked", finding=finding.message_vi) for finding in month.blocking]
    for change in month.differences:
        if (change.span, change.scope) == ("ytd", "total") and change.metric_id in official:
            lines.append(
                say(
                    "unit",
                    unit=names.get(change.unit_code, change.unit_code),
                    old=_share(change.old_numerator, change.old_denominator),
                    old_status=say(change.old_status or "none"),
                    new=_share(change.new_numerator, change.new_denominator),
                    new_status=say(change.new_status or "none"),
                    crossed=say(change.crossed) if change.crossed else "",
                )
            )
    return "\n".join(lines)


def _share(numerator: int | None, denominator: int | None) -> str:
    return "—" if denominator is None else f"{numerator}/{denominator}"
