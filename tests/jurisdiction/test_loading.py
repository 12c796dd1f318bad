"""Reading the folder. A failure here means figures under a wrong configuration hash, or DAG files that parse slowly."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError
from ruamel.yaml.main import CParser

from onestop.jurisdiction import Unit, load_jurisdiction
from onestop.jurisdiction.documents import read_with_lines, read_without_lines

if TYPE_CHECKING:
    pass

REPOSITORY = Path(__file__).parents[2]


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_configuration_hash_changes_with_every_file(folder: Path) -> None:
    first = load_jurisdiction(folder).configuration_hash
    for path in files_of(folder):
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        assert load_jurisdiction(folder).configuration_hash != first, path.name
        path.write_bytes(before)
    assert load_jurisdiction(folder).configuration_hash == first


def test_the_configuration_hash_changes_with_a_new_and_with_a_renamed_file(folder: Path) -> None:
    first = load_jurisdiction(folder).configuration_hash
    (folder / "note.md").write_text("a note")
    second = load_jurisdiction(folder).configuration_hash
    (folder / "note.md").rename(folder / "remark.md")
    assert len({first, second, load_jurisdiction(folder).configuration_hash}) == 3


def test_the_configuration_hash_depends_neither_on_the_place_nor_on_hidden_files(folder: Path, tmp_path: Path) -> None:
    first = load_jurisdiction(folder).configuration_hash
    (folder / ".units.csv.swp").write_text("an editor's")
    assert load_jurisdiction(folder.rename(tmp_path / "elsewhere")).configuration_hash == first


def test_the_last_day_of_a_file_becomes_an_exclusive_end(folder: Path) -> None:
    small = load_jurisdiction(folder)
    assert small.units[1].valid_to == date(2025, 7, 1)
    assert small.units[0].valid_to == date.max
    assert [unit.unit_code for unit in small.roster(date(2025, 6, 30))] == ["so_y_te", "yen_the"]
    assert [unit.unit_code for unit in small.roster(date(2025, 7, 1))] == ["so_y_te"]


def test_an_end_is_not_moved_again_when_a_model_is_made_of_a_model(folder: Path) -> None:
    unit = load_jurisdiction(folder).units[1]
    assert Unit.model_validate(unit.model_dump()) == unit


def test_all_columns_of_the_fields_are_required_unless_said_otherwise(folder: Path) -> None:
    source = load_jurisdiction(folder).source("so_y_te")
    assert source.required_columns == ("MaHoSo", "MaTTHC", "TrangThai", "NgayTiepNhan", "NgayKetThuc")
    path = folder / "sources" / "so_y_te.yaml"
    path.write_text(path.read_text() + "required_columns: [MaHoSo]\n")
    assert load_jurisdiction(folder).source("so_y_te").required_columns == ("MaHoSo",)


def test_a_loaded_jurisdiction_cannot_be_changed(folder: Path) -> None:
    small = load_jurisdiction(folder)
    with pytest.raises(ValidationError, match="frozen"):
        small.units[0].name_vi = "another"  # type: ignore[misc]


def test_an_unknown_source_is_told_with_those_there_are(folder: Path) -> None:
    with pytest.raises(LookupError, match="small has no source 'so_noi_vu': it has so_y_te"):
        load_jurisdiction(folder).source("so_noi_vu")


@pytest.mark.parametrize(
    ("work", "unwanted"),
    [
        ("load_sources('bac_giang')", ["pandas", "great_expectations", "airflow", "sqlalchemy", "holidays"]),
        # The library imports all countries with the first one: every task would take a tenth of a second longer.
        ("load_jurisdiction('bac_giang').period('2019-04')", ["pandas", "great_expectations", "holidays.countries"]),
    ],
)
def test_reading_a_folder_needs_no_heavy_library(work: str, unwanted: list[str]) -> None:
    script = (
        f"import sys; from onestop.jurisdiction import *; {work}; print(sorted(set({unwanted}) & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": str(REPOSITORY / "plugins")}
    run = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_files_are_read_the_same_with_lines_and_without() -> None:
    """Without, by libyaml in a fifth of the time; with, when something is wrong."""
    assert CParser is not None, "the fast reader is not installed"
    files = sorted(REPOSITORY.glob("include/**/*.yaml"))
    assert len(files) > 10
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert read_without_lines(text) == read_with_lines(text), file


@pytest.mark.parametrize(
    "text",
    [
        "a: 2019-02-30",
        "a: [1, '01', 1_000, 0o17, 1e3, yes, true, ~, 12:30]",
        "a: &x {b: c}\nd: *x",
        "a: |\n  b\n  c",
        "a: é",
    ],
)
def test_what_yaml_makes_of_a_text_does_not_depend_on_who_reads_it(text: str) -> None:
    assert read_without_lines(text) == read_with_lines(text)
