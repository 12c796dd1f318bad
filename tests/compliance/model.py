"""The figures by their definitions in plain Python: what the marts must say of any deliveries (domain.md, 1 and 2)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from tests.province import SOURCES, UNITS, Dossiers

DUE_DAYS = {"2019-03": "2019-04-05", "2019-04": "2019-05-06"}  # five days after the month, a Sunday moves to Monday
METRICS = {
    "resolved_all": ("resolved", "all"),
    "received_all": ("received", "all"),
    "received_eligible": ("received", "eligible"),
    "resolved_eligible": ("resolved", "eligible"),
}
SCOPES = {"total": (False, True), "own": (False,), "communes": (True,)}
DISTRICTS = ("yen_the", "tan_yen")
MONTHS = ("2019-01", "2019-02", "2019-03", "2019-04")
DATA = ("reported", "reported_zero", "late")


@dataclass(frozen=True)
class Delivery:
    """What a source showed at one moment; a greater number is a later one within the month."""

    source_id: str
    period: str
    number: int
    dossiers: tuple[Dossiers, ...]
    decision: str
    delivered_at: str | None

    @property
    def is_late(self) -> bool:
        return self.delivered_at is not None and self.delivered_at > DUE_DAYS[self.period]


@dataclass(frozen=True)
class Figures:
    """Of a unit, scope and metric. `judged` is the reporting status of a month, or the months reported of a year."""

    numerator: int | None
    denominator: int | None
    level_3: int | None
    level_4: int | None
    other: int | None
    direct: int | None
    post: int | None
    status: str
    judged: object
    rank: int | None


def current(deliveries: Iterable[Delivery]) -> dict[tuple[str, str], Dossiers]:
    """Every dossier in its last state by what was observed, however the deliveries arrived."""
    state: dict[tuple[str, str], Dossiers] = {}
    for delivery in sorted(deliveries, key=lambda one: (one.period, one.number)):
        if delivery.decision == "accepted":
            for alike in delivery.dossiers:
                for number in range(alike.count):
                    state[SOURCES[delivery.source_id], f"{alike.name}-{number}"] = alike
    return state


def events(state: dict[tuple[str, str], Dossiers]) -> Iterator[tuple[str, str, str, Dossiers]]:
    """Unit, month, event and dossier of everything that happened."""
    for (unit, _), dossier in state.items():
        if dossier.status != "not_accepted":
            yield unit, dossier.received[:7], "received", dossier
        if dossier.status == "resolved" and dossier.finished:
            yield unit, dossier.finished[:7], "resolved", dossier


def reporting_status(unit: str, month: str, deliveries: Iterable[Delivery], active: set[tuple[str, str]]) -> str:
    sources = [source for source, of in SOURCES.items() if of == unit]
    if not sources:
        return "not_expected"
    worst = 0
    for source in sources:
        given = [one for one in deliveries if (one.source_id, one.period) == (source, month)]
        accepted = [one for one in given if one.decision == "accepted"]
        if not given:
            worst = max(worst, 3)
        elif not accepted:
            worst = max(worst, 2)
        elif all(one.is_late for one in accepted):
            worst = max(worst, 1)
    if worst:
        return ("", "late", "rejected", "missing")[worst]
    return "reported" if (unit, month) in active else "reported_zero"


def expected(deliveries: list[Delivery]) -> dict[tuple[str, str, str, str], Figures]:
    """All figures of April 2019, by span, unit, scope and metric."""
    happened = list(events(current(deliveries)))
    active = {(unit, month) for unit, month, _, _ in happened}
    statuses = {(unit, month): reporting_status(unit, month, deliveries, active) for unit in UNITS for month in MONTHS}
    figures: dict[tuple[str, str, str, str], Figures] = {}
    for span, months in (("month", MONTHS[-1:]), ("ytd", MONTHS)):
        for unit in UNITS:
            known = [month for month in months if statuses[unit, month] in DATA]
            judged = statuses[unit, months[0]] if span == "month" else len(known)
            for scope in SCOPES if unit in DISTRICTS else ("total",):
                for metric in METRICS:
                    counted = [
                        dossier
                        for of, month, event, dossier in happened
                        if of == unit and month in known and event == METRICS[metric][0]
                        if (dossier.commune is not None) in SCOPES[scope]
                        if METRICS[metric][1] == "all" or dossier.level in {3, 4}
                    ]
                    figures[span, unit, scope, metric] = _figures(unit, metric, counted, judged, has_data=bool(known))
    return {key: _ranked(key, one, figures) for key, one in figures.items()}


def _figures(unit: str, metric: str, counted: list[Dossiers], judged: object, *, has_data: bool) -> Figures:
    if not has_data:
        return Figures(None, None, None, None, None, None, None, "no_data", judged, None)
    kinds = Counter(one.channel if one.channel != "online" else f"online {one.level}" for one in counted)
    numerator, denominator = kinds["online 3"] + kinds["online 4"], len(counted)
    is_met = 10 * numerator > 3 * denominator or (unit not in DISTRICTS and 10 * numerator == 3 * denominator)
    status = "met" if is_met else "not_met"
    if metric != "resolved_all":
        status = "no_target"
    if numerator == 0:
        status = "zero_online"
    other = sum(count for kind, count in kinds.items() if kind.startswith("online")) - numerator
    parts = (kinds["online 3"], kinds["online 4"], other, kinds["direct"], kinds["post"])
    return Figures(numerator, denominator, *parts, status, judged, None)


def _ranked(key: tuple[str, str, str, str], own: Figures, figures: dict[tuple[str, str, str, str], Figures]) -> Figures:
    span, unit, scope, metric = key
    if not own.denominator:
        return own
    better = sum(
        Fraction(one.numerator or 0, one.denominator) > Fraction(own.numerator or 0, own.denominator)
        for (of_span, other, of_scope, of_metric), one in figures.items()
        if (of_span, of_scope, of_metric) == (span, scope, metric)
        if (other in DISTRICTS) == (unit in DISTRICTS) and one.denominator
    )
    return Figures(**{**own.__dict__, "rank": better + 1})
