"""What must agree between the files of a folder, beyond what each line says by itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TypeVar, cast

from onestop.jurisdiction import lifetimes
from onestop.jurisdiction.aliases import matching_key
from onestop.jurisdiction.datasets import DATASETS
from onestop.jurisdiction.documents import Located
from onestop.jurisdiction.lifetimes import Lifetime, last_day
from onestop.jurisdiction.models import (
    AlertRule,
    Alias,
    CalendarRule,
    Commune,
    Emulation,
    Metric,
    Procedure,
    Route,
    Source,
    Succession,
    Target,
    Unit,
    Validity,
)
from onestop.jurisdiction.problems import Problem, suggestion
from onestop.jurisdiction.shape import Shape

AnyValidity = TypeVar("AnyValidity", bound=Validity)

LONGEST_HOLIDAY_DAYS = 10
"""How far holidays may move a due day: Tết with the weekends beside it."""


def validity(
    rows: Sequence[Located[AnyValidity]], key: Callable[[AnyValidity], Hashable], what: str
) -> Iterator[Problem]:
    """Every row ends after it begins, and rows of one key follow each other without meeting."""
    by_key: defaultdict[Hashable, list[Located[AnyValidity]]] = defaultdict(list)
    for row in rows:
        if row.model.valid_to <= row.model.valid_from:
            yield row.problem(f"ends on {last_day(row.model.valid_to)}, before it begins on {row.model.valid_from}")
        else:
            by_key[key(row.model)].append(row)
    for name, same in by_key.items():
        same.sort(key=lambda row: row.model.valid_from)  # the first one written stays before the others
        for earlier, later in pairwise(same):
            if later.model.valid_from < earlier.model.valid_to:
                shown = " ".join(str(part) for part in name if part) if isinstance(name, tuple) else name
                yield later.problem(
                    f"{what} {shown} is valid from {later.model.valid_from} here, and from {earlier.model.valid_from} "
                    f"to {last_day(earlier.model.valid_to)} in line {earlier.line}: the two overlap; end the earlier "
                    f"row the day before this one begins"
                )


def units(rows: Sequence[Located[Unit]], shape: Shape) -> Iterator[Problem]:
    """Types and parents exist, groups fit types, and no two units take one place in the roster."""
    codes = {row.model.unit_code for row in rows}
    yield from validity(rows, lambda unit: unit.unit_code, "unit")
    yield from lifetimes.units(rows)
    for row in rows:
        unit = row.model
        if unit.parent_unit_code is not None and unit.parent_unit_code not in codes:
            yield row.problem(_unknown_unit("parent_unit_code", unit.parent_unit_code, codes))
        kind = shape.unit_types.get(unit.unit_type)
        if unit.unit_group not in shape.unit_groups:
            yield row.problem(_none_of("unit_group", unit.unit_group, shape.unit_groups))
        if kind is None:
            yield row.problem(_none_of("unit_type", unit.unit_type, shape.unit_types))
        elif unit.unit_group in shape.unit_groups and unit.unit_group != kind.group:
            yield row.problem(f"unit_group: a {unit.unit_type} belongs to {kind.group}, not to {unit.unit_group}")
    by_place: dict[int, Located[Unit]] = {}
    for row in rows:
        other = by_place.setdefault(row.model.roster_order, row)
        if other.model.unit_code != row.model.unit_code:
            place = row.model.roster_order
            yield row.problem(f"roster_order: {place} is that of {other.model.unit_code}, line {other.line}")


def successions(rows: Sequence[Located[Succession]], lives: Mapping[str, Lifetime]) -> Iterator[Problem]:
    """Both units exist and meet on that day, and no succession is told twice."""
    yield from lifetimes.successions(rows, lives)
    seen: dict[tuple[str, str | None, date], int] = {}
    for row in rows:
        one = row.model
        for name in ("from_unit_code", "to_unit_code"):
            code = getattr(one, name)
            if code is not None and code not in lives:
                yield row.problem(_unknown_unit(name, code, lives))
        line = seen.setdefault((one.from_unit_code, one.to_unit_code, one.effective_on), row.line)
        if line != row.line:
            yield row.problem(f"the succession of {one.from_unit_code} by {one.to_unit_code} is in line {line} already")


def communes(rows: Sequence[Located[Commune]], lives: Mapping[str, Lifetime], shape: Shape) -> Iterator[Problem]:
    """Every commune lies in a unit that may have communes, and its code has the declared form."""
    having = {name for name, kind in shape.unit_types.items() if kind.has_communes}
    districts = {code for code, life in lives.items() if life.first.model.unit_type in having}
    yield from validity(rows, lambda commune: commune.commune_code, "commune")
    yield from lifetimes.communes(rows, lives)
    for row in rows:
        if re.search(shape.commune_code_pattern, row.model.commune_code) is None:
            form = shape.commune_code_pattern
            yield row.problem(f"commune_code: '{row.model.commune_code}' does not have the form {form}")
        if row.model.district_unit_code not in districts:
            what = " or ".join(sorted(having)) or "unit with communes"
            yield row.problem(_unknown_unit("district_unit_code", row.model.district_unit_code, districts, what))


def procedures(rows: Sequence[Located[Procedure]]) -> Iterator[Problem]:
    """A procedure has one level at a time."""
    yield from validity(rows, lambda procedure: procedure.procedure_code, "procedure")
    yield from lifetimes.procedures(rows)


def aliases(rows: Sequence[Located[Alias]], codes: Mapping[str, set[str]]) -> Iterator[Problem]:
    """Every alias means something that there is, and one thing at a time."""
    yield from validity(
        rows,
        lambda alias: (alias.kind, matching_key(alias.alias), alias.code if alias.kind == "commune" else None),
        "alias",
    )
    for row in rows:
        known = codes.get(row.model.kind)
        if known is not None and row.model.code not in known:
            yield row.problem(f"code: no {row.model.kind} '{row.model.code}'{suggestion(row.model.code, known)}")
        if not matching_key(row.model.alias):
            yield row.problem("alias: no letter and no digit")


def metrics(rows: Sequence[Located[Metric]]) -> Iterator[Problem]:
    """A metric has one version at a time, and exactly one is official on every day that has any."""
    yield from validity(rows, lambda metric: metric.metric_id, "metric")
    yield from lifetimes.gaps(rows, lambda metric: metric.metric_id, "metric")
    versions: dict[tuple[str, int], Located[Metric]] = {}
    for row in rows:
        key = row.model.metric_id, row.model.metric_version
        if versions.setdefault(key, row) is not row:
            yield row.problem(f"version {key[1]} of {key[0]} is in line {versions[key].line} already", "metric_version")
    changes = {day for row in rows for day in (row.model.valid_from, row.model.valid_to)}
    for day in sorted(changes):
        valid = [row.model for row in rows if row.model.is_valid(day)]
        official = [metric.metric_id for metric in valid if metric.is_official]
        if valid and len(official) != 1:
            seen = " and ".join(official) or "none"
            yield rows[0].problem(f"exactly one metric must be official (is_official) on {day}, seen {seen}")


def targets(
    rows: Sequence[Located[Target]], all_units: Sequence[Located[Unit]], all_metrics: Sequence[Located[Metric]]
) -> Iterator[Problem]:
    """Targets name what exists; every unit has one of each official metric from the first target on."""
    codes, known = {row.model.unit_code for row in all_units}, {row.model.metric_id for row in all_metrics}
    yield from validity(rows, lambda target: (target.metric_id, target.unit_code, target.unit_type), "target")
    yield from lifetimes.targets(rows, lifetimes.lifetimes(all_units))
    for row in rows:
        target = row.model
        if (target.unit_code is None) == (target.unit_type is None):
            yield row.problem("a target is either of one unit (unit_code) or of every unit of a type (unit_type)")
        if target.unit_code is not None and target.unit_code not in codes:
            yield row.problem(_unknown_unit("unit_code", target.unit_code, codes))
        if target.metric_id not in known:
            yield row.problem(_unknown_metric(target.metric_id, known))
    official = {row.model.metric_id for row in all_metrics if row.model.is_official}
    for metric_id in sorted(official):
        of_metric = [row.model for row in rows if row.model.metric_id == metric_id]
        if not of_metric:
            yield Problem("targets.csv", 1, f"the official metric {metric_id} has no target")
            continue
        begins = min(target.valid_from for target in of_metric)
        for unit in all_units:
            yield from _without_target(unit, metric_id, of_metric, begins)


def _without_target(row: Located[Unit], metric_id: str, rows: Iterable[Target], begins: date) -> Iterator[Problem]:
    unit = row.model
    day = max(unit.valid_from, begins)
    own = sorted(
        (target for target in rows if unit.unit_code == target.unit_code or unit.unit_type == target.unit_type),
        key=lambda target: target.valid_from,
    )
    for target in own:
        if target.valid_from <= day:
            day = max(day, target.valid_to)
    if day < unit.valid_to:
        yield row.problem(
            f"unit {unit.unit_code} has no target of {metric_id} from {day} on; add a row for it, or for the type "
            f"{unit.unit_type}, to targets.csv"
        )


def calendars(rules: Sequence[Located[CalendarRule]]) -> Iterator[Problem]:
    """A month closes after its deliveries are due, however far holidays move the due day."""
    for row in rules:
        rule = row.model
        if rule.closing_days < rule.due_days + LONGEST_HOLIDAY_DAYS:
            yield row.problem(
                f"closing_days: {rule.closing_days} is too early: holidays may move the due day ({rule.due_days}) by "
                f"{LONGEST_HOLIDAY_DAYS} days, so close at {rule.due_days + LONGEST_HOLIDAY_DAYS} or later",
                "closing_days",
            )


def sources(rows: Sequence[Located[Source]]) -> Iterator[Problem]:
    """What one source, and the sources among themselves, must hold without looking at other files."""
    by_connection: dict[str, Located[Source]] = {}
    for row in rows:
        yield from _source(row)
        other = by_connection.setdefault(row.model.connection_id, row)
        if other is not row:
            yield row.problem(
                f"connection_id: {row.model.connection_id} is the connection of {other.file} already; each source has "
                f"its own",
                "connection_id",
            )
        for longer in rows:
            if longer is not row and row.model.id in longer.model.id:
                yield row.problem(
                    f"id: '{row.model.id}' is contained in '{longer.model.id}' ({longer.file}): `airflow tasks clear "
                    f"-t` of the one would clear both; choose ids that do not contain one another",
                    "id",
                )


def _source(row: Located[Source]) -> Iterator[Problem]:
    source = row.model
    if row.file != f"sources/{source.id}.yaml":
        yield row.problem(f"id: '{source.id}' is not the name of the file; rename it to {source.id}.yaml", "id")
    if source.expected_from and source.expected_to and source.expected_to <= source.expected_from:
        yield row.problem(f"expected_to: {source.expected_to} is not after {source.expected_from}", "expected_to")
    dataset = DATASETS[source.dataset]
    for names in dataset.required:
        if not set(names) & set(source.fields):
            lacking = f"'{names[0]}' is missing; no {dataset.record} can be counted without it"
            told = lacking if len(names) == 1 else f"one of {' and '.join(names)} is needed"
            yield row.problem(f"fields: {told}", "fields")
    if len(source.units) > 1 and "unit" in dataset.fields and "unit" not in source.fields:
        yield row.problem(f"fields: 'unit' is missing; the source is that of {len(source.units)} units", "fields")
    maps = cast("Mapping[str, Mapping[str, str]]", source.value_maps)
    for name in dataset.stated:
        if name not in source.fields and "" not in maps.get(name, {}):
            yield row.problem(
                f"value_maps.{name}: say what all records of the source are, as {{\"\": …}}, or map the field '{name}'",
                "fields",
            )
    for name in source.required_columns:
        if name not in source.fields.values():
            yield row.problem(
                f"required_columns: '{name}' is no column of fields{suggestion(name, source.fields.values())}",
                "required_columns",
            )
    if source.access.kind == "database" and source.format.kind != "ndjson":
        yield row.problem("format.kind: what a database query gives is read as ndjson", "format", "kind")
    yield from _pages(row)
    yield from _own_units(row)


def _own_units(row: Located[Source]) -> Iterator[Problem]:
    source = row.model
    if not DATASETS[source.dataset].is_of_its_units:
        return
    for value, code in source.value_maps.get("unit", {}).items():
        if code not in source.units:
            told = f"{code} is not one of the source's units{suggestion(code, source.units)}"
            yield row.problem(f"value_maps.unit: {told}", "value_maps", "unit", value)


def _pages(row: Located[Source]) -> Iterator[Problem]:
    access, kind = row.model.access, row.model.format.kind
    if access.kind != "rest" or access.paging is None:
        return
    pages = {"json": "json_records"}.get(access.answer, access.answer)
    if kind != pages:
        yield row.problem(f"format.kind: pages hold {pages}, not {kind}", "format", "kind")


def shaped(
    all_sources: Sequence[Located[Source]],
    all_targets: Sequence[Located[Target]],
    alert_rules: Sequence[Located[AlertRule]],
    routes: Sequence[Located[Route]],
    shape: Shape,
) -> Iterator[Problem]:
    """Channels, kinds and groups of units, and languages are those that jurisdiction.yaml declares."""
    for source in all_sources:
        for value, channel in source.model.value_maps.get("channel", {}).items():
            if channel not in shape.channels:
                yield source.problem(
                    f"value_maps.channel.{value}: '{channel}' is no channel here: channels of jurisdiction.yaml has "
                    f"{', '.join(shape.channels)}",
                    "value_maps",
                    "channel",
                    value,
                )
    for target in all_targets:
        if target.model.unit_type is not None and target.model.unit_type not in shape.unit_types:
            yield target.problem(_none_of("unit_type", target.model.unit_type, shape.unit_types))
    for rule in alert_rules:
        yield from _groups(rule, rule.model.unit_groups, shape)
    for route in routes:
        yield from _groups(route, route.model.unit_groups, shape)
        if route.model.language is not None and route.model.language not in shape.languages:
            yield route.problem(_none_of("language", route.model.language, shape.languages), "language")


def _groups(row: Located[AlertRule] | Located[Route], named: Sequence[str], shape: Shape) -> Iterator[Problem]:
    for index, name in enumerate(named):
        if name not in shape.unit_groups:
            yield row.problem(_none_of(f"unit_groups.{index}", name, shape.unit_groups), "unit_groups", index)


def source_units(rows: Sequence[Located[Source]], codes: set[str]) -> Iterator[Problem]:
    """Sources name units of the roster, each once; and so do the maps of those whose records may be any unit's."""
    for row in rows:
        for index, code in enumerate(row.model.units):
            if code not in codes:
                yield row.problem(_unknown_unit("units", code, codes), "units", index)
            elif code in row.model.units[:index]:
                yield row.problem(f"units: {code} is named twice", "units", index)
        if DATASETS[row.model.dataset].is_of_its_units:
            continue  # those are told among the source's own
        for value, code in row.model.value_maps.get("unit", {}).items():
            if code not in codes:
                yield row.problem(_unknown_unit("value_maps.unit", code, codes), "value_maps", "unit", value)


def rules(
    alert_rules: Sequence[Located[AlertRule]], routes: Sequence[Located[Route]], metric_ids: set[str], codes: set[str]
) -> Iterator[Problem]:
    """Alert rules name metrics, routes name rules and units."""
    yield from _twice(alert_rules, lambda rule: rule.id)
    yield from _twice(routes, lambda route: route.id)
    known = {row.model.id for row in alert_rules}
    for rule in alert_rules:
        metric_id = rule.model.metric_id
        if metric_id is not None and metric_id not in metric_ids:
            yield rule.problem(_unknown_metric(metric_id, metric_ids), "metric_id")
    for route in routes:
        for index, name in enumerate(route.model.rules):
            if name not in known:
                yield route.problem(f"rules: {name} is not in alerts.yaml{suggestion(name, known)}", "rules", index)
        for index, code in enumerate(route.model.units):
            if code not in codes:
                yield route.problem(_unknown_unit("units", code, codes), "units", index)


def emulation(formula: Located[Emulation], metric_ids: set[str]) -> Iterator[Problem]:
    """The parts of a score have ids of their own and name metrics."""
    seen = {"total"}
    for index, part in enumerate(formula.model.parts):
        if part.id in seen:
            yield formula.problem(
                f"id: '{part.id}' is taken: each part, and the total, has its own", "parts", index, "id"
            )
        seen.add(part.id)
        if part.metric_id is not None and part.metric_id not in metric_ids:
            yield formula.problem(_unknown_metric(part.metric_id, metric_ids), "parts", index, "metric_id")


def _twice(rows: Sequence[Located[AlertRule]] | Sequence[Located[Route]], key: Callable[..., str]) -> Iterator[Problem]:
    named: dict[str, Located[AlertRule] | Located[Route]] = {}
    for row in rows:
        name = key(row.model)
        if named.setdefault(name, row) is not row:
            yield row.problem(f"id: '{name}' is in line {named[name].line} already", "id")


def _none_of(where: str, seen: str, known: Iterable[str]) -> str:
    return f"{where}: '{seen}' is none of {', '.join(known)}{suggestion(seen, known)}"


def _unknown_unit(where: str, code: str, codes: Iterable[str], what: str = "unit") -> str:
    return f"{where}: {code} is no {what} of units.csv{suggestion(code, codes)}"


def _unknown_metric(metric_id: str, known: Iterable[str]) -> str:
    return f"metric_id: {metric_id} is not in metrics.yaml{suggestion(metric_id, known)}"
