"""emulation.yaml and suspect_filing.yaml. A failure means that a score is made by a formula that nobody meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from onestop.jurisdiction import JurisdictionError
from tests.province import load

if TYPE_CHECKING:
    from pathlib import Path

    from onestop.jurisdiction import Jurisdiction

EMULATION = """\
formula_version: 1
title_vi: Điểm
title_en: Score
parts:
  - id: online
    title_vi: x
    title_en: x
    figure: online_rate_ytd
    max_points: 50
    no_points_at: 0
    full_points_at: target
    when_no_data: no_points
  - id: on_time
    title_vi: x
    title_en: x
    figure: on_time_rate
    max_points: 50
    no_points_at: 80
    full_points_at: 100
    when_no_data: left_out
"""
SUSPECT_FILING = """\
burst_dossiers_per_minute: 5
dossiers_per_applicant: 10
assisted_minutes: 2
jump_percentage_points: 20
jump_months: 3
jump_min_dossiers: 30
"""


def test_bac_giang_scores_a_hundred_points_and_names_its_thresholds(jurisdiction: Jurisdiction) -> None:
    assert jurisdiction.emulation is not None
    assert sum(part.max_points for part in jurisdiction.emulation.parts) == 100
    assert jurisdiction.suspect_filing is not None
    assert jurisdiction.suspect_filing.assisted_minutes == 2


def test_a_jurisdiction_may_do_without_either(tmp_path: Path) -> None:
    without = load(tmp_path / "without")
    assert (without.emulation, without.suspect_filing) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("id: on_time\n", "id: online\n", "emulation.yaml:13: id: 'online' is taken"),
        ("id: on_time\n", "id: total\n", "emulation.yaml:13: id: 'total' is taken"),
        ("figure: on_time_rate", "figure: on_tim_rate", "emulation.yaml:16: "),
        ("full_points_at: 100", "full_points_at: 80", "is where no points are given, too"),
        ("full_points_at: 100", "full_points_at: target", "on_time_rate has no metric and no target"),
        (
            "figure: online_rate_ytd",
            "figure: online_rate_ytd\n    metric_id: resolvd_all",
            "metric_id: resolvd_all is not",
        ),
        ("max_points: 50\n    no_points_at: 80", "max_points: 0\n    no_points_at: 80", "emulation.yaml:17: "),
        ("formula_version: 1\n", "", "the key 'formula_version' is missing"),
    ],
)
def test_a_formula_that_cannot_be_meant_is_refused_by_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in EMULATION
    with pytest.raises(JurisdictionError) as refusal:
        load(tmp_path / "wrong", changed={"emulation.yaml": EMULATION.replace(old, new)})
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("burst_dossiers_per_minute: 5", "burst_dossiers_per_minute: 1"),
        ("jump_months: 3", "jump_months: 12"),
        ("jump_percentage_points: 20", "jump_percentage_points: 0"),
        ("assisted_minutes: 2", "assisted_minuts: 2"),
    ],
)
def test_a_threshold_that_suspects_everybody_or_nobody_is_refused(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(JurisdictionError, match=r"suspect_filing\.yaml:\d"):
        load(tmp_path / "wrong", changed={"suspect_filing.yaml": SUSPECT_FILING.replace(old, new)})
