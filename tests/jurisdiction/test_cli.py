"""`onestop jurisdiction …` and `onestop sources …`. A failure here leaves engineers unable to check."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from onestop import settings as settings_module
from onestop.cli import app
from onestop.jurisdiction import load_jurisdiction
from onestop.warehouse import engine, synchronise

if TYPE_CHECKING:
    from onestop.settings import Settings

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def small(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small province, chosen by the environment."""
    monkeypatch.setenv("ONESTOP_JURISDICTION", str(folder))
    settings_module.get_settings.cache_clear()
    return folder


@pytest.fixture(autouse=True)
def fresh_settings() -> object:
    yield
    settings_module.get_settings.cache_clear()


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
    kinds = {"rest", "sftp", "folder", "database", "mail", "upload"}
    assert set(schema["properties"]["access"]["discriminator"]["mapping"]) == kinds


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


def without_the_demo(**variables: str) -> dict[str, str]:
    """The environment for the script at the root, so that it does not work with what `make demo` has set up here."""
    return {**os.environ, "ONESTOP_WAREHOUSE_URL": "postgresql+psycopg2:///nowhere", **variables}


@pytest.mark.usefixtures("small")
def test_the_script_at_the_root_runs_from_anywhere(tmp_path: Path) -> None:
    run = subprocess.run(
        [REPOSITORY / "onestop", "sources", "list"],
        cwd=tmp_path,
        env=without_the_demo(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (run.returncode, run.stdout.split()[0]) == (0, "so_y_te"), run.stderr


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("question", "told"),
    [
        (["--period", "2019-99"], "'2019-99'"),
        (["--period", "2019-04", "--source", "so_khong_co"], "has no source 'so_khong_co': it has so_y_te"),
    ],
)
def test_a_month_or_source_that_is_not_there_is_told_in_one_line_before_anything_is_done(
    question: list[str], told: str, tmp_path: Path
) -> None:
    run = subprocess.run(
        [REPOSITORY / "onestop", "run", *question],
        env=without_the_demo(AIRFLOW_HOME=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 1
    assert told in run.stderr.splitlines()[-1], run.stderr
    assert "Traceback" not in run.stderr


def test_sources_are_tried_and_one_without_connection_is_told(small: Path, tmp_path: Path) -> None:
    dropped = tmp_path / "dropped"
    dropped.mkdir()
    (dropped / "hoso_201904.csv").write_text("MaHoSo\n1\n")
    for name in ("so_y_te", "yen_the"):
        source = files_csv_source(small).replace("so_y_te", name)
        (small / "sources" / f"{name}.yaml").write_text(source, encoding="utf-8")
    environment = without_the_demo(
        AIRFLOW_HOME=str(tmp_path / "airflow"),
        AIRFLOW_CONN_SO_Y_TE=json.dumps({"conn_type": "fs", "extra": {"root": str(dropped)}}),
    )
    run = subprocess.run(
        [REPOSITORY / "onestop", "sources", "check", "--period", "2019-04"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 1, run.stderr
    told = [line for line in run.stdout.splitlines() if line.startswith(("ok", "FAILED"))]
    assert told[0].startswith("ok      so_y_te: ")
    assert "hoso_201904.csv" in told[0]
    assert told[1].startswith(
        "FAILED  yen_the: source yen_the, connection yen_the: expected an Airflow connection of this name; saw none. "
        "Add it as AIRFLOW_CONN_YEN_THE,"
    )
    assert "1 of 2 source(s) failed." in run.stderr


def test_a_file_is_previewed_with_every_reason_and_nothing_is_kept(
    small: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small / "sources" / "so_y_te.yaml").write_text(files_csv_source(small), encoding="utf-8")
    monkeypatch.setenv("ONESTOP_WAREHOUSE_URL", settings.warehouse_url)
    monkeypatch.setenv("ONESTOP_IDENTITY_KEY", "a key for tests")
    with engine(settings.owner_url).begin() as connection:
        synchronise(connection, load_jurisdiction(small))
    file = tmp_path / "hoso.csv"
    file.write_text(
        "MaHoSo;MaTTHC;TrangThai;NgayTiepNhan;NgayKetThuc\n"
        + "".join(f"H{number:03d};1.000178;9;02/04/2019 08:00;05/04/2019 09:00\n" for number in range(40))
        + "H999;1.000178;9;31/04/2019 08:00;05/04/2019 09:00\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(app, ["sources", "preview", "so_y_te", str(file), "--period", "2019-04"])
    assert result.exit_code == 0, result.output
    assert "Of 41 records 40 would be accepted, 1 not." in result.output
    assert "Record 41, dossier H999:" in result.output
    assert "'31/04/2019 08:00'" in result.output
    with engine(settings.owner_url).connect() as connection:
        left = connection.execute(text("select count(*) from pg_tables where schemaname = 'staging'")).scalar_one()
        assert left == 0


def test_a_file_that_cannot_be_delivered_is_refused_with_its_reason(
    small: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small / "sources" / "so_y_te.yaml").write_text(files_csv_source(small), encoding="utf-8")
    monkeypatch.setenv("ONESTOP_WAREHOUSE_URL", settings.warehouse_url)
    file = tmp_path / "hoso.csv"
    file.write_text("MaHoSo;MaTTHC;NgayTiepNhan;NgayKetThuc\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["sources", "preview", "so_y_te", str(file), "--period", "2019-04"])
    assert result.exit_code == 1
    assert "The delivery would be refused:" in result.output
    assert "TrangThai" in result.output


def test_a_folder_is_compared_with_what_the_warehouse_holds(
    small: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> tuple[int, list[str]]:
        settings_module.get_settings.cache_clear()
        result = CliRunner().invoke(app, ["jurisdiction", "diff"])
        return result.exit_code, result.output.splitlines()

    monkeypatch.setenv("ONESTOP_WAREHOUSE_URL", settings.warehouse_url)
    assert told() == (1, ["The warehouse holds no configuration yet."])
    first = load_jurisdiction(small)
    with engine(settings.owner_url).begin() as connection:
        synchronise(connection, first)
    assert told() == (0, [f"The warehouse holds this configuration, {first.configuration_hash}."])
    units = (small / "units.csv").read_text(encoding="utf-8")
    (small / "units.csv").write_text(units.replace("Sở Y tế", "Sở Y tế tỉnh"), encoding="utf-8")
    loaded = load_jurisdiction(small).configuration_hash
    hashes = [f"held    {first.configuration_hash}", f"loaded  {loaded}"]
    change = "units.csv: so_y_te 2016-01-01 name_vi: Sở Y tế -> Sở Y tế tỉnh"
    assert told() == (1, [*hashes, change])
    with engine(settings.owner_url).connect() as connection:
        assert connection.scalar(text("select name_vi from core.unit where unit_code = 'so_y_te'")) == "Sở Y tế"


def files_csv_source(small: Path) -> str:
    """The source of the small province, as one that drops CSV files."""
    source = (small / "sources" / "so_y_te.yaml").read_text(encoding="utf-8")
    begin, end = source.index("access:"), source.index("fields:")
    access = "access: {kind: folder, path: 'hoso_{code_compact}.csv'}\nformat: {kind: csv, delimiter: ';'}\n"
    return source[:begin] + access + source[end:]
