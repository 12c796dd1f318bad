"""docs/configuration.md. A failure here means it tells of keys that are no more, or keeps silent about new ones."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest
from pydantic import SecretStr
from ruamel.yaml import YAML

from onestop.jurisdiction import load_sources
from onestop.jurisdiction.reference import MARK, reference, source_schema
from onestop.settings import REPOSITORY_ROOT, Settings

DOCUMENT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_reference_is_that_of_the_models() -> None:
    begin = DOCUMENT.index(MARK)
    assert DOCUMENT[begin:] == reference(), "run `./onestop jurisdiction reference`"


def test_the_example_of_a_source_is_a_right_one(folder: Path) -> None:
    example = DOCUMENT.partition("```yaml\n")[2].partition("```")[0]
    (folder / "sources" / "so_y_te.yaml").write_text(example, encoding="utf-8")
    (source,) = load_sources(folder)
    assert source.fields["channel"] == "KenhThucHien"


def test_the_schema_for_editors_is_that_of_the_models() -> None:
    path = Path(__file__).parents[2] / "docs" / "schemas" / "source.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == source_schema(), (
        "run `./onestop jurisdiction schema > docs/schemas/source.schema.json`"
    )


@pytest.mark.parametrize("name", ["bac_giang", "port_elsewhere"])
def test_every_source_fits_the_schema_that_editors_check_by(name: str) -> None:
    validator = jsonschema.Draft202012Validator(source_schema())
    for path in (Path(__file__).parents[2] / "include" / "jurisdictions" / name / "sources").glob("*.yaml"):
        source = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        # dates are read as dates, where the schema has texts of them
        found = [error.message for error in validator.iter_errors(json.loads(json.dumps(source, default=str)))]
        assert found == [], path.name


def test_every_setting_stands_in_the_table_with_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ONESTOP_")]:
        monkeypatch.delenv(name)
    defaults = Settings()

    def written(value: object) -> str:
        if value is None or value == "" or (isinstance(value, SecretStr) and not value.get_secret_value()):
            return "—"
        path = Path(str(value))
        if path != defaults.home and path.is_relative_to(defaults.home):
            return f"`<home>/{path.relative_to(defaults.home)}`"
        return f"`{path.relative_to(REPOSITORY_ROOT)}`" if path.is_relative_to(REPOSITORY_ROOT) else f"`{value}`"

    section = DOCUMENT.partition("## Settings of an installation\n")[2].partition(MARK)[0]
    told = dict(re.findall(r"(?m)^\| `(ONESTOP_\w+)` \| ([^|]+) \| [^|]+ \|$", section))
    assert told == {f"ONESTOP_{name.upper()}": written(getattr(defaults, name)) for name in Settings.model_fields}
