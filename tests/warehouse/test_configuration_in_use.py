"""What published figures stand on cannot change under them. A failure here rewrites signed figures in silence."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from onestop.jurisdiction import Jurisdiction, load_jurisdiction
from onestop.warehouse import ConfigurationInUseError, held_configuration, synchronise
from tests.province import OneTransaction, Province, direct, load

Edit = Callable[[str, str, str], Jurisdiction]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    load(tmp_path / "small")
    return tmp_path / "small"


@pytest.fixture
def edited(folder: Path) -> Edit:
    """The small province with one text of one file replaced."""

    def edit(file: str, right: str, wrong: str) -> Jurisdiction:
        changed = folder.parent / f"changed-{sum(1 for _ in folder.parent.iterdir())}"
        shutil.copytree(folder, changed)
        text = (changed / file).read_text(encoding="utf-8")
        assert right in text
        (changed / file).write_text(text.replace(right, wrong), encoding="utf-8")
        return load_jurisdiction(changed)

    return edit


@pytest.fixture
def province(loader_engine: Engine, folder: Path, tmp_path: Path) -> Iterator[Province]:
    """The small province with March and April 2019 published."""
    with loader_engine.connect() as connection:
        jurisdiction = load_jurisdiction(folder)
        province = Province(OneTransaction(connection), jurisdiction, tmp_path / "exports")
        province.synchronise(jurisdiction)
        for period in ("2019-03", "2019-04"):
            province.deliver("y_te", period, direct(1, f"{period}-10", received="2019-03-01"))
            province.publish(period)
        yield province
        connection.rollback()


REFUSED = {
    "a metric defined otherwise": (
        "metrics.yaml",
        "denominator_scope: all\n    online_levels: [3, 4]",
        "denominator_scope: all\n    online_levels: [4]",
        r"version 1 of metric resolved_all has published figures, and its online_levels would change from \[3, 4\] to "
        r"\[4\]\. A changed definition is a new version: leave this one as it was, end it \(valid_to\), and add "
        r"metric_version 2 from the next day on",
    ),
    "a metric that is gone": (
        "metrics.yaml",
        "metric_id: received_all",
        "metric_id: taken_in_all",
        r"version 1 of metric received_all has published figures but is no longer in metrics\.yaml",
    ),
    "a unit that is gone": (
        "units.csv",
        "ban_dan_toc,",
        "ban_ton_giao,",
        r"unit ban_dan_toc, valid from 2016-01-01, has figures but is no longer in units\.csv\. Put the row back",
    ),
    "months in another timezone": (
        "calendar.yaml",
        "timezone: Asia/Ho_Chi_Minh",
        "timezone: Europe/Berlin",
        r"period 2019-04 of the calendar calendar has published figures, and its starts_at would change from "
        r"2019-03-31T17:00:00\+00:00 to 2019-04-01T00:00:00\+02:00",
    ),
    "months that begin on another day": (
        "calendar.yaml",
        "first_day: 1\n",
        "first_day: 2\n",
        r"period 2018-05 of the calendar calendar has published figures, and its starts_on would change from "
        r"2018-05-01 to 2018-05-02",
    ),
}


@pytest.mark.parametrize("change", REFUSED)
def test_what_published_figures_stand_on_is_refused_by_name_with_what_to_do(
    province: Province, edited: Edit, change: str
) -> None:
    *edit, told = REFUSED[change]
    with pytest.raises(ConfigurationInUseError, match=told):
        province.synchronise(edited(*edit))


def test_a_unit_with_published_figures_changes_its_group_by_another_row(province: Province) -> None:
    moved = tuple(
        unit.model_copy(update={"unit_group": "departments", "unit_type": "department"})
        if unit.unit_code == "yen_the"
        else unit
        for unit in province.jurisdiction.units
    )
    told = (
        r"unit yen_the, valid from 2016-01-01, has published figures in the unit_group districts, and would be moved "
        r"to departments\. Leave this row as it was, end it"
    )
    with pytest.raises(ConfigurationInUseError, match=told):
        province.synchronise(province.jurisdiction.model_copy(update={"units": moved}))


def test_everything_that_is_refused_is_told_at_once(province: Province, edited: Edit) -> None:
    jurisdiction = edited("metrics.yaml", "online_levels: [3, 4]", "online_levels: [4]")
    with pytest.raises(ConfigurationInUseError) as raised:
        province.synchronise(jurisdiction)
    assert len(raised.value.problems) == 4
    assert not province.rows("select 1 from core.metric where online_levels <> '{3,4}'")


ALLOWED = {
    "a new version from May on": (
        "metrics.yaml",
        "    legal_basis: Công văn 1730/UBND-KSTT ngày 22/5/2019, mục 4\n    valid_from: 2016-01-01\n",
        "    valid_from: 2016-01-01\n    valid_to: 2019-04-30\n  - {metric_id: resolved_all, metric_version: 2, "
        "name_vi: a, name_en: b, event: resolved, denominator_scope: all, online_levels: [4], is_official: true, "
        "definition_vi: c, valid_from: 2019-05-01}\n",
    ),
    "a new version from a day of the past on": (
        "metrics.yaml",
        "    legal_basis: Công văn 1730/UBND-KSTT ngày 22/5/2019, mục 4\n    valid_from: 2016-01-01\n",
        "    valid_from: 2016-01-01\n    valid_to: 2018-12-31\n  - {metric_id: resolved_all, metric_version: 2, "
        "name_vi: a, name_en: b, event: resolved, denominator_scope: all, online_levels: [4], is_official: true, "
        "definition_vi: c, valid_from: 2019-01-01}\n",
    ),
    "a better English name": ("units.csv", "Department of Health", "Health Department"),
    "another place in the roster": ("units.csv", "departments,,,70", "departments,,,5"),
    "another target": ("targets.csv", "department,>=,30", "department,>=,40"),
}


@pytest.mark.parametrize("change", ALLOWED)
def test_what_does_not_change_the_meaning_of_figures_is_taken_over(
    province: Province, edited: Edit, change: str
) -> None:
    figures = "select * from mart.compliance_month order by publication_id, unit_code, scope, metric_id"
    before = province.rows(figures)
    province.synchronise(edited(*ALLOWED[change]))
    assert province.rows(figures) == before


def test_a_definition_that_was_only_built_may_still_be_corrected(
    loader_engine: Engine, folder: Path, edited: Edit, tmp_path: Path
) -> None:
    jurisdiction = load_jurisdiction(folder)
    with loader_engine.connect() as connection:
        province = Province(OneTransaction(connection), jurisdiction, tmp_path / "exports")
        province.synchronise(jurisdiction)
        province.build("2019-04")
        province.synchronise(edited("metrics.yaml", "online_levels: [3, 4]", "online_levels: [4]"))
        assert {tuple(row["online_levels"]) for row in province.rows("select online_levels from core.metric")} == {(4,)}
        connection.rollback()


def test_what_was_due_in_a_published_month_stays_so_when_the_limits_change(province: Province, edited: Edit) -> None:
    due = "select period, due_at, closes_at from core.period where calendar = 'calendar' and period between :a and :b"
    published, later = {"a": "2018-05", "b": "2019-04"}, {"a": "2019-05", "b": "2019-06"}
    before, before_later = province.rows(due, **published), province.rows(due, **later)
    jurisdiction = edited("calendar.yaml", "due_days: 5\n    closing_days: 15", "due_days: 10\n    closing_days: 20")
    province.synchronise(jurisdiction)
    assert province.rows(due, **published) == before
    assert all(
        new["due_at"] > old["due_at"] for new, old in zip(province.rows(due, **later), before_later, strict=True)
    )
    with province.engine.begin() as connection:
        assert synchronise(connection, jurisdiction) == 0


def test_each_configuration_that_comes_to_be_held_is_stored_with_what_it_changed(
    province: Province, edited: Edit
) -> None:
    first = province.jurisdiction
    renamed = edited("units.csv", "so_y_te,Sở Y tế", "so_y_te,Sở Y tế tỉnh")
    for jurisdiction in (renamed, renamed, first):
        province.synchronise(jurisdiction)
    rows = province.rows("select * from ops.configuration_change order by configuration_change_id")
    change = {
        "part": "units.csv", "name": "so_y_te 2016-01-01", "change": "changed", "field": "name_vi",
        "before": "Sở Y tế", "after": "Sở Y tế tỉnh",
    }  # fmt: skip
    assert [(row["configuration_hash"], row["previous_hash"], row["changes"]) for row in rows] == [
        (first.configuration_hash, None, []),
        (renamed.configuration_hash, first.configuration_hash, [change]),
        (
            first.configuration_hash,
            renamed.configuration_hash,
            [{**change, "before": change["after"], "after": change["before"]}],
        ),
    ]
    with province.engine.begin() as connection:
        held = held_configuration(connection)
    assert held is not None
    assert held.configuration_hash == first.configuration_hash
    assert held.changes_to(first) == []


def test_a_difference_is_told_as_the_files_write_it(province: Province, edited: Edit) -> None:
    with province.engine.begin() as connection:
        held = held_configuration(connection)
    assert held is not None

    def told(*edit: str) -> list[str]:
        return [str(change) for change in held.changes_to(edited(*edit))]

    assert told("procedures.csv", "Cấp tỉnh,3,2016-01-01,", "Cấp tỉnh,4,2016-01-01,") == [
        "procedures.csv: 1.000178 2016-01-01 service_level: 3 -> 4"
    ]
    assert told(
        "procedures.csv", "3,2016-01-01,\n", "3,2016-01-01,2019-03-31\n1.000178,Khiếu nại,,,4,2019-04-01,\n"
    ) == [
        "procedures.csv: 1.000178 2016-01-01 valid_to: open -> 2019-03-31",
        "procedures.csv: 1.000178 2019-04-01 added",
    ]
    assert told("sources/y_te.yaml", '"{code}.csv"', '"{code_compact}.csv"') == [
        "sources: y_te access.path: {code}.csv -> {code_compact}.csv"
    ]
    assert told("calendar.yaml", "due_days: 5", "due_days: 4") == ["calendar.yaml: calendars.calendar.due_days: 5 -> 4"]
    assert told("jurisdiction.yaml", "texts: {}", "texts: {a: b}") == ["jurisdiction.yaml: texts.a: nothing -> b"]
