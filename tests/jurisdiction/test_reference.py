"""docs/configuration.md. A failure here means it tells of keys that are no more, or keeps silent about new ones."""

from __future__ import annotations

from pathlib import Path

from onestop.jurisdiction import load_sources
from onestop.jurisdiction.reference import MARK, reference

DOCUMENT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_reference_is_that_of_the_models() -> None:
    begin = DOCUMENT.index(MARK)
    assert DOCUMENT[begin:] == reference(), "run `./onestop jurisdiction reference`"


def test_the_example_of_a_source_is_a_right_one(folder: Path) -> None:
    example = DOCUMENT.partition("```yaml\n")[2].partition("```")[0]
    (folder / "sources" / "so_y_te.yaml").write_text(example, encoding="utf-8")
    (source,) = load_sources(folder)
    assert source.fields["channel"] == "KenhThucHien"
