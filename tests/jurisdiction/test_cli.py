"""`onestop jurisdiction …` and `onestop sources …`. A failure here leaves engineers unable to check."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from onestop import settings
from onestop.cli import app

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small province, chosen by the environment."""
    monkeypatch.setenv("ONESTOP_JURISDICTION", str(folder))
    settings.get_settings.cache_clear()
    return folder


@pytest.fixture(autouse=True)
def fresh_settings() -> object:
    yield
    settings.get_settings.cache_clear()


@pytest.mark.usefixtures("small")
def test_a_right_configuration_is_summed_up() -> None:
    result = CliRunner().invoke(app, ["jurisdiction", "check"])
    assert result.exit_code == 0
    assert "no problem. 2 units, 1 sources, 2 procedure levels" in result.output


def test_a_wrong_configuration_is_listed_and_ends_with_1(small: Path) -> None:
    (small / "routes.yaml").write_text("routes:\n  - id: office\n")
    result = CliRunner().invoke(app, ["jurisdiction", "check"])
    assert result.exit_code == 1
    assert "3 problem(s) to correct" in result.output
    assert "routes.yaml:2: the key 'recipients' is missing" in result.output


def test_the_schema_of_a_source_names_its_protocols() -> None:
    result = CliRunner().invoke(app, ["jurisdiction", "schema"])
    schema = json.loads(result.output)
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]["access"]["discriminator"]["mapping"]) == {"rest", "sftp", "folder", "database"}


@pytest.mark.usefixtures("small")
def test_sources_are_listed_with_protocol_format_and_units() -> None:
    result = CliRunner().invoke(app, ["sources", "list"])
    assert result.exit_code == 0
    assert result.output == "so_y_te  rest      json_records  so_y_te  (Sở Y tế)\n"


@pytest.mark.usefixtures("small")
def test_an_unknown_source_is_refused_in_one_line() -> None:
    result = CliRunner().invoke(app, ["sources", "check", "so_noi_vu"])
    assert result.exit_code == 1
    assert result.output == "small has no source 'so_noi_vu': it has so_y_te\n"


@pytest.mark.usefixtures("small")
def test_the_script_at_the_root_runs_from_anywhere(tmp_path: Path) -> None:
    run = subprocess.run(
        [REPOSITORY / "onestop", "sources", "list"],
        cwd=tmp_path,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout.split()[0]) == (0, "so_y_te"), run.stderr
