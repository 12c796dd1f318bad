"""Who exists when, and what became of whom. A failure here lets a unit vanish from the roster by a slip of the pen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import pytest

from onestop.jurisdiction import load_jurisdiction

Problems = Callable[[], list[str]]

UNITS = """\
unit_code,name_vi,name_en,unit_type,unit_group,parent_unit_code,gso_code,roster_order,valid_from,valid_to,note
so_y_te,Sở Y tế,Department of Health,department,departments,,,10,2016-01-01,,
yen_the,Huyện Yên Thế,Yen The District,district,districts,,215,20,2016-01-01,2024-12-31,
tan_yen,Huyện Tân Yên,Tan Yen District,district,districts,,216,30,2016-01-01,2024-01-31,
tan_yen,Thị xã Tân Yên,Tan Yen Town,district,districts,,216,30,2024-02-01,,
chu,Thị xã Chũ,Chu Town,district,districts,,224,40,2025-01-01,2025-06-30,
"""
SUCCESSIONS = """\
from_unit_code,to_unit_code,effective_on,kind
yen_the,tan_yen,2025-01-01,merge
tan_yen,chu,2025-01-01,split
chu,,2025-07-01,abolition
"""
COMMUNES = """\
commune_code,name_vi,district_unit_code,valid_from,valid_to
07243,Xã Đồng Tiến,yen_the,2016-01-01,2024-12-31
07243,Xã Đồng Tiến,tan_yen,2025-01-01,
"""
PROCEDURES = """\
procedure_code,name_vi,field_vi,administrative_level,service_level,valid_from,valid_to
1.000178,Khiếu nại,Khiếu nại,Cấp tỉnh,2,2016-01-01,2019-02-28
1.000178,Khiếu nại,Khiếu nại,Cấp tỉnh,3,2019-03-01,
"""

REFUSALS: dict[str, tuple[str, str, str, list[str]]] = {
    "a unit that ends, and nobody says what became of it": (
        "unit_successions.csv",
        "chu,,2025-07-01,abolition\n",
        "",
        [
            "units.csv:6: chu ends on 2025-06-30 and unit_successions.csv does not say what became of it: add a row "
            "effective 2025-07-01, with its successor (merge, split, rename), or of the kind abolition"
        ],
    ),
    "a unit that is away for a month": (
        "units.csv",
        "2024-02-01",
        "2024-03-01",
        [
            "units.csv:5: unit tan_yen is valid from 2024-03-01 here, and to 2024-01-31 in line 4: it is missing in "
            "between; begin this row on 2024-02-01"
        ],
    ),
    "a merge before its unit ends": (
        "unit_successions.csv",
        "yen_the,tan_yen,2025-01-01",
        "yen_the,tan_yen,2024-12-01",
        [
            "unit_successions.csv:2: effective_on: yen_the exists from 2016-01-01 to 2024-12-31 (units.csv:3), which "
            "does not meet its merge on 2024-12-01; expected that it ends the day before",
            "units.csv:3: yen_the ends on 2024-12-31 and unit_successions.csv does not say what became of it: add a "
            "row effective 2025-01-01, with its successor (merge, split, rename), or of the kind abolition",
        ],
    ),
    "a successor that does not exist yet": (
        "unit_successions.csv",
        "yen_the,tan_yen,2025-01-01,merge\ntan_yen,chu,2025-01-01",
        "yen_the,tan_yen,2025-01-01,merge\ntan_yen,chu,2024-06-01",
        [
            "unit_successions.csv:3: effective_on: chu exists from 2025-01-01 to 2025-06-30 (units.csv:6), and cannot "
            "succeed tan_yen on 2024-06-01"
        ],
    ),
    "a rename into a unit that was there before": (
        "unit_successions.csv",
        "merge",
        "rename",
        [
            "unit_successions.csv:2: effective_on: tan_yen exists from 2016-01-01 to open (units.csv:5), and is no new "
            "name for yen_the on 2025-01-01; a unit that goes into an older one is merged"
        ],
    ),
    "an abolition with a successor": (
        "unit_successions.csv",
        "chu,,",
        "chu,so_y_te,",
        ["unit_successions.csv:4: to_unit_code: an abolition has none, and every other succession names one"],
    ),
    "a unit that succeeds itself": (
        "unit_successions.csv",
        "tan_yen,chu,2025-01-01,split",
        "tan_yen,tan_yen,2024-02-01,rename",
        [
            "unit_successions.csv:3: tan_yen cannot succeed itself: a unit that keeps its code and is renamed is "
            "another row of units.csv"
        ],
    ),
    "a unit merged into two": (
        "unit_successions.csv",
        "tan_yen,2025-01-01,merge\n",
        "tan_yen,2025-01-01,merge\nyen_the,chu,2025-01-01,merge\n",
        [
            "unit_successions.csv:3: yen_the has several successions on 2025-01-01 (lines 2 and 3): a unit that goes "
            "into several is split, with a row of the kind split for each"
        ],
    ),
    "two units of one name": (
        "units.csv",
        "Thị xã Chũ",
        "Huyện Yên Thế",
        [
            "units.csv:6: name_vi: 'Huyện Yên Thế' is the name of yen_the, line 3: a delivery that writes it could "
            "mean either; give both rows one code, or each its own name"
        ],
    ),
    "two units of one name in another form of its letters": (
        "units.csv",
        "Thị xã Chũ",
        normalize("NFD", "Huyện Yên Thế"),
        [
            f"units.csv:6: name_vi: '{normalize('NFD', 'Huyện Yên Thế')}' is the name of yen_the, line 3: a delivery "
            "that writes it could mean either; give both rows one code, or each its own name"
        ],
    ),
    "a parent that ends before its unit": (
        "units.csv",
        "districts,,216,30,2024",
        "districts,yen_the,216,30,2024",
        [
            "units.csv:5: parent_unit_code: yen_the exists from 2016-01-01 to 2024-12-31 (units.csv:3), tan_yen from "
            "2024-02-01 to open; end this row with its parent and go on in another one"
        ],
    ),
    "a commune in a district that is no more": (
        "communes.csv",
        "2024-12-31\n07243,Xã Đồng Tiến,tan_yen,2025-01-01,",
        "",
        [
            "communes.csv:2: district_unit_code: yen_the exists from 2016-01-01 to 2024-12-31 (units.csv:3), commune "
            "07243 from 2016-01-01 to open; end this row with its district, and go on in a row of the district that "
            "it lies in afterwards"
        ],
    ),
    "two communes of one name in a district": (
        "communes.csv",
        "07243,Xã Đồng Tiến,tan_yen,2025-01-01,",
        f"07243,Xã Đồng Tiến,tan_yen,2025-01-01,\n07246,{normalize('NFD', 'Xã Đồng Tiến')} ,tan_yen,2025-06-01,",
        [
            f"communes.csv:4: name_vi: '{normalize('NFD', 'Xã Đồng Tiến')}' is the name of 07243 in tan_yen, line 3, "
            "from 2025-01-01 to open: a delivery that writes it could mean either; give each its own name, or end the "
            "earlier row the day before the later one begins"
        ],
    ),
    "a commune that is away for a year": (
        "communes.csv",
        "tan_yen,2025-01-01",
        "tan_yen,2026-01-01",
        [
            "communes.csv:3: commune 07243 is valid from 2026-01-01 here, and to 2024-12-31 in line 2: it is missing "
            "in between; begin this row on 2025-01-01"
        ],
    ),
    "a procedure that is away for a month": (
        "procedures.csv",
        "2019-03-01",
        "2019-04-01",
        [
            "procedures.csv:3: procedure 1.000178 is valid from 2019-04-01 here, and to 2019-02-28 in line 2: it is "
            "missing in between; begin this row on 2019-03-01"
        ],
    ),
    "a target for a unit that does not exist yet": (
        "targets.csv",
        "resolved_all,,district",
        "resolved_all,chu,,>,40,100,Quyết định,2024-01-01,\nresolved_all,,district",
        [
            "targets.csv:3: unit_code: chu exists from 2025-01-01 to 2025-06-30 (units.csv:6), and this target is for "
            "2024-01-01 to open; give it days on which the unit exists"
        ],
    ),
    "a target for a unit that is no more": (
        "targets.csv",
        "resolved_all,,district",
        "resolved_all,chu,,>,40,100,Quyết định,2025-01-01,2025-12-31\nresolved_all,,district",
        [
            "targets.csv:3: unit_code: chu exists from 2025-01-01 to 2025-06-30 (units.csv:6), and this target is for "
            "2025-01-01 to 2025-12-31; give it days on which the unit exists"
        ],
    ),
    "a metric that is away for a year": (
        "metrics.yaml",
        "    valid_from: 2016-01-01\n",
        "    valid_from: 2016-01-01\n    valid_to: 2018-12-31\n  - {metric_id: resolved_all, metric_version: 2, "
        "name_vi: a, name_en: b, event: resolved, denominator_scope: all, online_levels: [4], is_official: true, "
        "definition_vi: c, valid_from: 2020-01-01}\n",
        [
            "metrics.yaml:13: metric resolved_all is valid from 2020-01-01 here, and to 2018-12-31 in line 2: it is "
            "missing in between; begin this row on 2019-01-01"
        ],
    ),
}


@pytest.fixture
def changing_folder(folder: Path) -> Path:
    """The small province, whose units are renamed, merged, split and abolished."""
    for name, content in {
        "units.csv": UNITS,
        "unit_successions.csv": SUCCESSIONS,
        "communes.csv": COMMUNES,
        "procedures.csv": PROCEDURES,
    }.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def test_renames_merges_splits_and_abolitions_are_accepted(changing_folder: Path) -> None:
    province = load_jurisdiction(changing_folder)
    assert [one.kind for one in province.successions] == ["merge", "split", "abolition"]


@pytest.mark.parametrize("mistake", REFUSALS)
def test_a_mistake_over_time_is_told_with_its_line_and_remedy(
    changing_folder: Path, problems: Problems, mistake: str
) -> None:
    file, right, wrong, expected = REFUSALS[mistake]
    text = (changing_folder / file).read_text(encoding="utf-8")
    assert right in text
    (changing_folder / file).write_text(text.replace(right, wrong, 1), encoding="utf-8")
    assert problems() == expected


def test_a_code_may_come_back_for_something_else(changing_folder: Path) -> None:
    communes = COMMUNES.replace("Xã Đồng Tiến,tan_yen,2025-01-01", "Xã Hồng Kỳ,tan_yen,2026-01-01")
    (changing_folder / "communes.csv").write_text(communes, encoding="utf-8")
    assert [one.name_vi for one in load_jurisdiction(changing_folder).communes] == ["Xã Đồng Tiến", "Xã Hồng Kỳ"]


def test_a_name_may_pass_to_another_commune_of_the_district(changing_folder: Path) -> None:
    later = "07243,Xã Đồng Tiến,tan_yen,2025-01-01,2025-05-31\n07246,Xã Đồng Tiến,tan_yen,2025-06-01,\n"
    communes = COMMUNES.replace("07243,Xã Đồng Tiến,tan_yen,2025-01-01,\n", later)
    (changing_folder / "communes.csv").write_text(communes, encoding="utf-8")
    assert [one.commune_code for one in load_jurisdiction(changing_folder).communes] == ["07243", "07243", "07246"]


def test_a_target_of_a_unit_may_be_open_as_long_as_the_unit(changing_folder: Path) -> None:
    targets = (changing_folder / "targets.csv").read_text(encoding="utf-8")
    own = "resolved_all,chu,,>,40,100,Quyết định,2025-01-01,\n"
    (changing_folder / "targets.csv").write_text(targets + own, encoding="utf-8")
    assert load_jurisdiction(changing_folder).targets[-1].unit_code == "chu"
