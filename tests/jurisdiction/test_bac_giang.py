"""The configuration of Bắc Giang as delivered. A failure here means the folder strays from the dispatch."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from example_province.dialects import unit_label
from example_province.units import UNITS

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction

APRIL = date(2019, 4, 1)


def test_the_roster_of_2019_has_34_units_in_the_order_of_the_dispatch(jurisdiction: Jurisdiction) -> None:
    roster = jurisdiction.roster(APRIL)
    assert Counter(unit.unit_type for unit in roster) == {"department": 20, "vertical": 4, "district": 10}
    assert roster[0].unit_code == "so_tai_chinh"
    assert [unit.roster_order for unit in roster] == sorted(unit.roster_order for unit in roster)


def test_merged_units_leave_the_roster_on_the_day_their_successors_enter_it(jurisdiction: Jurisdiction) -> None:
    before = {unit.unit_code for unit in jurisdiction.roster(date(2025, 2, 28))}
    after = {unit.unit_code for unit in jurisdiction.roster(date(2025, 3, 1))}
    assert after - before == {"so_nong_nghiep_moi_truong", "so_dan_toc_ton_giao"}
    assert {"so_ngoai_vu", "ban_dan_toc"} <= before - after


def test_viet_yen_is_a_district_in_2019_and_a_town_since_february_2024(jurisdiction: Jurisdiction) -> None:
    def name(on: date) -> str:
        return next(unit.name_vi for unit in jurisdiction.roster(on) if unit.unit_code == "viet_yen")

    assert name(APRIL) == name(date(2024, 1, 31)) == "Huyện Việt Yên"
    assert name(date(2024, 2, 1)) == "Thị xã Việt Yên"


def test_every_unit_is_known_by_the_name_that_its_system_gives_it_in_2019(jurisdiction: Jurisdiction) -> None:
    aliases = [alias for alias in jurisdiction.aliases if alias.kind == "unit" and alias.is_valid(APRIL)]
    known = {alias.alias: alias.code for alias in aliases}
    known |= {unit.name_vi: unit.unit_code for unit in jurisdiction.roster(APRIL)}
    assert {unit.code: known.get(unit_label(unit)) for unit in UNITS} == {unit.code: unit.code for unit in UNITS}


def test_the_province_ends_with_the_merger_of_july_2025_and_says_so_of_every_unit(jurisdiction: Jurisdiction) -> None:
    last = {unit.unit_code for unit in jurisdiction.roster(date(2025, 6, 30))}
    assert len(last) == 28
    assert jurisdiction.roster(date(2025, 7, 1)) == ()
    merger = [one for one in jurisdiction.successions if one.effective_on == date(2025, 7, 1)]
    assert {one.from_unit_code for one in merger} == last
    assert {(one.kind, one.to_unit_code) for one in merger} == {("abolition", None)}


def test_departments_must_reach_30_percent_and_districts_exceed_it(jurisdiction: Jurisdiction) -> None:
    targets = {target.unit_type: target for target in jurisdiction.targets}
    assert {kind: target.operator for kind, target in targets.items()} == {
        "department": ">=",
        "vertical": ">=",
        "district": ">",
    }
    assert {Fraction(target.target_num, target.target_den) for target in targets.values()} == {Fraction(3, 10)}
    assert all("1730/UBND-KSTT" in target.legal_basis for target in targets.values())


def test_the_four_metrics_differ_in_event_and_denominator_and_one_is_official(jurisdiction: Jurisdiction) -> None:
    assert {metric.metric_id: (metric.event, metric.denominator_scope) for metric in jurisdiction.metrics} == {
        "resolved_all": ("resolved", "all"),
        "received_all": ("received", "all"),
        "received_eligible": ("received", "eligible"),
        "resolved_eligible": ("resolved", "eligible"),
    }
    assert [metric.metric_id for metric in jurisdiction.metrics if metric.is_official] == ["resolved_all"]
    assert {metric.online_levels for metric in jurisdiction.metrics} == {(3, 4)}


def test_synthetic_levels_follow_the_rule_of_the_readme(jurisdiction: Jurisdiction) -> None:
    levels: dict[str, list[tuple[int, date]]] = {}
    for procedure in jurisdiction.procedures:
        levels.setdefault(procedure.procedure_code, []).append((procedure.service_level, procedure.valid_from))
    assert len(levels) == 2642
    begin, raised = date(2016, 1, 1), date(2019, 3, 1)
    rule = {
        range(35): [(2, begin)],
        range(35, 65): [(3, begin)],
        range(65, 80): [(4, begin)],
        range(80, 90): [(2, begin), (3, raised)],
        range(90, 95): [(3, begin), (4, raised)],
        range(95, 100): [(2, begin), (4, raised)],
    }
    for code, assigned in levels.items():
        number = int(hashlib.sha256(code.encode()).hexdigest()[:8], 16) % 100
        online = next(steps for numbers, steps in rule.items() if number in numbers)
        assert assigned in ([(2, begin)], online), code


def test_every_procedure_has_one_level_in_2019(jurisdiction: Jurisdiction) -> None:
    for day in (date(2019, 2, 28), date(2019, 3, 1)):
        codes = Counter(procedure.procedure_code for procedure in jurisdiction.procedures if procedure.is_valid(day))
        assert set(codes.values()) == {1}
        assert len(codes) == 2642


def test_communes_of_2019_lie_in_the_ten_districts_of_2019(jurisdiction: Jurisdiction) -> None:
    districts = {unit.unit_code for unit in jurisdiction.roster(APRIL) if unit.unit_type == "district"}
    communes = [commune for commune in jurisdiction.communes if commune.is_valid(APRIL)]
    assert len(communes) == 209
    assert {commune.district_unit_code for commune in communes} == districts


def test_every_unit_of_2019_has_a_source_of_its_dossiers(jurisdiction: Jurisdiction) -> None:
    expected = {unit.unit_code for unit in jurisdiction.roster(APRIL)}
    assert {code for source in jurisdiction.sources for code in source.units} == expected


def test_what_is_synthetic_says_so(jurisdiction: Jurisdiction) -> None:
    assert "synthetic" in jurisdiction.texts["data_label_vi"].lower()
    assert "synthetic" in jurisdiction.texts["data_label_en"].lower()
