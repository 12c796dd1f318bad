"""Whatever units merge, split, are renamed and end: nobody vanishes, and nothing is counted twice or lost.

A failure here is a unit without a row, a figure whose parts do not make the whole, or a series that lost dossiers.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from onestop.compliance import MARTS
from onestop.jurisdiction import Jurisdiction, Period, Succession, Unit
from onestop.jurisdiction.documents import Located
from onestop.jurisdiction.lifetimes import lifetimes, successions, units
from tests.province import OneTransaction, Province, direct, online

BEGIN = date(2016, 1, 1)
FIRST_MONTH = date(2019, 1, 1)
CODES = ("a", "b", "c", "d")
STEADY, SILENT = "steady", "silent"
"""A unit that reports every month, so that every month can be published, and one that no source reports for."""
CHANGES = (
    date(2019, 1, 20),
    date(2019, 2, 1),
    date(2019, 2, 15),
    date(2019, 3, 1),
    date(2019, 4, 1),
    date(2019, 4, 10),
)
MONTHS = ("2019-01", "2019-02", "2019-03", "2019-04")
FOLLOWED = {"merge", "rename"}
METRICS = 4
OF_OTHERS = {"compliance_ytd", "compliance_rollup", "emulation_score"}
"""Of every unit of the year up to the month, or of none where there is no formula."""
MARTS_OF_UNITS = [mart.name for mart in MARTS if "unit_code" in mart.key and mart.name not in OF_OTHERS]


@dataclass
class History:
    """Units and what became of them, as units.csv and unit_successions.csv would say it."""

    lives: dict[str, list[date]] = field(default_factory=dict)
    names: dict[str, list[date]] = field(default_factory=dict)
    events: list[Succession] = field(default_factory=list)

    def begin(self, code: str, on: date) -> None:
        self.lives[code] = [on, date.max]
        self.names[code] = [on]

    def alive(self, on: date) -> list[str]:
        """Those that may change on this day: they existed the day before."""
        return [code for code, (begins, ends) in self.lives.items() if begins < on < ends and code in CODES + NEW_CODES]

    def units(self) -> tuple[Unit, ...]:
        rows = []
        for order, (code, (_, ends)) in enumerate(self.lives.items()):
            changes = [*self.names[code], ends]
            rows += [
                Unit(
                    unit_code=code, name_vi=f"{code} {number}", name_en=code, unit_type="department",
                    unit_group="departments", roster_order=order, valid_from=begins, valid_to=until,
                )
                for number, (begins, until) in enumerate(itertools.pairwise(changes))
            ]  # fmt: skip
        return tuple(rows)

    def keeper(self, code: str, on: date) -> str:
        """The unit at which its dossiers count in a month that begins on this day."""
        ends = self.lives[code][1]
        taken = [e for e in self.events if (e.from_unit_code, e.effective_on) == (code, ends) and e.kind in FOLLOWED]
        return self.keeper(taken[0].to_unit_code or "", on) if ends <= on and taken else code

    def roster(self, period: Period) -> set[str]:
        return {c for c, (begins, ends) in self.lives.items() if begins < period.ends_on and ends > period.starts_on}


NEW_CODES = tuple(f"new_{number}" for number in range(6))


@st.composite
def histories(draw: st.DrawFn) -> History:
    history = History()
    for code in (*CODES, STEADY, SILENT):
        history.begin(code, BEGIN)
    new_codes = iter(NEW_CODES)
    for on in draw(st.lists(st.sampled_from(CHANGES), max_size=4).map(sorted)):
        alive = history.alive(on)
        today = [event for event in history.events if event.effective_on == on]
        used = {code for event in today for code in (event.from_unit_code, event.to_unit_code)}
        alive = [code for code in alive if code not in used and on not in history.names[code]]
        if not alive:
            continue
        code = draw(st.sampled_from(alive))
        kind = draw(st.sampled_from(("merge", "merge", "rename", "split", "dissolve", "abolition", "name")))
        targets: list[str | None] = [None]
        if kind == "merge":
            others = [other for other, (_, ends) in history.lives.items() if other != code and ends > on]
            others = [other for other in others if other not in {event.from_unit_code for event in today}]
            targets = [draw(st.sampled_from(others))]
        elif kind in {"rename", "split", "dissolve"}:
            fresh = [one for one, _ in zip(new_codes, range(2 if kind == "dissolve" else 1), strict=False)]
            if not fresh:
                continue
            for one in fresh:
                history.begin(one, on)
            targets = list(fresh)
        if kind == "name":
            history.names[code].append(on)
            continue
        if kind != "split":
            history.lives[code][1] = on
        told = "split" if kind == "dissolve" else kind
        history.events += [
            Succession(from_unit_code=code, to_unit_code=to, effective_on=on, kind=told)  # type: ignore[arg-type]
            for to in targets
        ]
    return history


@dataclass(frozen=True)
class Delivery:
    unit: str
    month: str
    online_count: int
    direct_count: int
    day: int
    decision: str
    is_late: bool

    @property
    def finished(self) -> date:
        return date.fromisoformat(f"{self.month}-{self.day:02d}")


DELIVERIES = st.lists(
    st.builds(
        Delivery,
        unit=st.sampled_from(CODES + NEW_CODES),
        month=st.sampled_from(MONTHS),
        online_count=st.integers(0, 2),
        direct_count=st.integers(0, 2),
        day=st.sampled_from((10, 20)),
        decision=st.sampled_from(("accepted", "accepted", "accepted", "rejected")),
        is_late=st.booleans(),
    ),
    max_size=16,
    unique_by=lambda one: (one.unit, one.month),
)


def configured(small: Jurisdiction, history: History) -> Jurisdiction:
    pattern = small.sources[0]
    sources = tuple(
        pattern.model_copy(update={"id": f"source_of_{code}", "units": (code,), "expected_from": FIRST_MONTH})
        for code in history.lives
        if code != SILENT
    )
    located = [Located(unit, "units.csv", number) for number, unit in enumerate(history.units(), 2)]
    told = [Located(event, "unit_successions.csv", number) for number, event in enumerate(history.events, 2)]
    assert [*units(located), *successions(told, lifetimes(located))] == [], "loading accepts the history"
    return small.model_copy(
        update={
            "units": history.units(), "successions": tuple(history.events), "communes": (), "sources": sources,
            "routes": (),
        }
    )  # fmt: skip


def reporting_status(province: Province, history: History, unit: str, period: Period, given: list[Delivery]) -> str:
    """The status by its definition (domain reference, section 2): that of the worst of the expected deliveries."""
    if unit == SILENT:
        return "not_expected"
    begins, ends = history.lives[unit]
    found = []
    for code in MONTHS:
        month = province.jurisdiction.period(code)
        overlaps = month.starts_on < period.ends_on and month.ends_on > period.starts_on
        if overlaps and month.ends_on > begins and month.starts_on < ends:
            own = [one for one in given if (one.unit, one.month) == (unit, code)]
            if not own:
                found.append("missing")
            elif own[0].decision == "rejected":
                found.append("rejected")
            else:
                found.append("late" if own[0].is_late else "reported")
    for worst in ("missing", "rejected", "late"):
        if worst in found:
            return worst
    if not found:
        return "not_expected"
    return "reported" if counted(history, unit, period, given)[1] else "reported_zero"


def counted(history: History, unit: str, period: Period, given: list[Delivery]) -> tuple[int, int]:
    """Numerator and denominator of every metric: all dossiers are of level 3, received and resolved on one day."""
    own = [
        one
        for one in given
        if history.keeper(one.unit, period.starts_on) == unit
        and one.decision == "accepted"
        and period.starts_on <= one.finished < period.ends_on
    ]
    numerator = sum(one.online_count for one in own)
    return numerator, numerator + sum(one.direct_count for one in own)


def check_series(province: Province, history: History, periods: list[Period]) -> None:
    rows = province.rows("select * from bi.compliance_series where is_official_metric and scope = 'total'")
    last = history.roster(periods[-1]) - {
        event.from_unit_code
        for event in history.events
        if event.kind in {"merge", "rename"} and periods[-1].starts_on < event.effective_on < periods[-1].ends_on
    }
    splits = any(event.kind == "split" for event in history.events)
    for period in periods:
        both = {
            name: [row for row in rows if (row["series"], row["period"]) == (name, period.code)]
            for name in ("as_reported", "comparable")
        }
        assert Counter(row["unit_code"] for row in both["as_reported"]) == Counter(history.roster(period))
        comparable = Counter(row["unit_code"] for row in both["comparable"])
        assert set(comparable.values()) == {1}
        assert set(comparable) >= last
        pooled = [code for row in both["comparable"] for code in row["reported_unit_codes"]]
        assert Counter(pooled) == Counter(history.roster(period)), "every unit's figures stand in one place"
        for name in ("numerator", "denominator"):
            totals = {
                series: sum(row[name] for row in shown if row[name] is not None) for series, shown in both.items()
            }
            assert totals["as_reported"] == totals["comparable"]
        told = {row["comparability"] for row in both["comparable"]}
        assert splits or "split" not in told
        if period is periods[-1]:
            assert {row["comparability"] for row in both["comparable"] if row["unit_code"] in last} <= {
                "comparable"
            } | ({"split"} if splits else set())


@settings(phases=(Phase.explicit, Phase.generate))  # shrinking takes minutes, and the histories are short
@given(calendar=st.sampled_from(("calendar", "administrative")), history=histories(), deliveries=DELIVERIES)
def test_every_unit_has_one_row_wherever_it_is_expected_and_no_dossier_is_lost(
    *,
    shared_engine: Engine,
    small_jurisdiction: Jurisdiction,
    tmp_path_factory: pytest.TempPathFactory,
    calendar: str,
    history: History,
    deliveries: list[Delivery],
) -> None:
    jurisdiction = configured(small_jurisdiction, history)
    given_deliveries = [one for one in deliveries if one.unit in history.lives]
    given_deliveries += [Delivery(STEADY, month, 1, 1, 10, "accepted", is_late=False) for month in MONTHS]
    with shared_engine.connect() as connection:
        province = Province(OneTransaction(connection), jurisdiction, Path(tmp_path_factory.mktemp("exports")))
        province.synchronise(jurisdiction)
        for one in given_deliveries:
            due = jurisdiction.period(one.month).due_at
            day = {"finished": str(one.finished), "received": str(one.finished)}
            province.deliver(
                f"source_of_{one.unit}",
                one.month,
                online(one.online_count, **day),
                direct(one.direct_count, **day),
                decision=one.decision,  # type: ignore[arg-type]
                delivered_at=str((due + timedelta(days=1 if one.is_late else -1)).date()),
                unit=one.unit,
            )
        periods = [jurisdiction.period(code, calendar) for code in ("2019-02", "2019-03", "2019-04")]
        publications = {
            period.code: province.publish(period.code, calendar=calendar).publication_id for period in periods
        }
        for period in periods:
            roster = history.roster(period)
            months = period.months_of_year_to_date()
            expected = {
                "compliance_month": roster,
                "compliance_ytd": set().union(*(history.roster(month) for month in months)),
                "reporting_status_month": roster,
            }
            if period.code == "2019-03":
                expected["compliance_rollup"] = expected["compliance_ytd"]
            for view, wanted in expected.items():
                name = "2019-Q1" if view == "compliance_rollup" else period.code
                rows = province.rows(f"select * from bi.{view} where period = :period", period=name)  # noqa: S608
                times = 1 if view == "reporting_status_month" else METRICS
                assert Counter(row["unit_code"] for row in rows) == Counter(dict.fromkeys(wanted, times)), view
                for row in rows if times == METRICS else ():
                    parts = ("online_level_3_count", "online_level_4_count", "online_other_count", "direct_count",
                             "post_count")  # fmt: skip
                    if row["denominator"] is not None:
                        assert sum(row[part] for part in parts) == row["denominator"]
            for mart in MARTS_OF_UNITS:
                rows = province.rows(
                    f"select distinct unit_code from mart.{mart} where publication_id = :id",  # noqa: S608
                    id=publications[period.code],
                )
                assert {row["unit_code"] for row in rows} == roster, mart
            figures = province.figures("compliance_month", period.code, calendar=calendar)
            for unit, row in figures.items():
                status = reporting_status(province, history, unit, period, given_deliveries)
                assert row["reporting_status"] == status, unit
                has_data = status in {"reported", "reported_zero", "late"}
                assert (row["numerator"], row["denominator"]) == (
                    counted(history, unit, period, given_deliveries) if has_data else (None, None)
                ), unit
            pooled = province.figures("compliance_month_group", period.code, calendar=calendar)
            for name in ("numerator", "denominator"):
                assert pooled["all"][name] == sum(row[name] for row in figures.values() if row[name] is not None)
            assert pooled["all"]["unit_count"] == len(roster)
        check_series(province, history, periods)
        connection.rollback()
