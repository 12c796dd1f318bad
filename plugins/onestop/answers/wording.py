"""What answers say beside the rules: texts in two languages, in include/templates/answers/texts.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING

from ruamel.yaml import YAML

from onestop.warehouse.sql import REPOSITORY_ROOT

if TYPE_CHECKING:
    from onestop.jurisdiction.shape import Language

TEMPLATES = REPOSITORY_ROOT / "include" / "templates" / "answers"

Say = Callable[..., str]
"""Returns the text of a key, its {names} filled in with values given by name."""


def say_in(language: Language) -> Say:
    """Return the function that words answers in a language."""
    return partial(_text, language)


def _text(language: Language, key: str, /, **values: object) -> str:
    return _texts()[key][language].format_map(values)


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    content: Mapping[str, Mapping[str, str]] = YAML(typ="safe").load(
        (TEMPLATES / "texts.yaml").read_text(encoding="utf-8")
    )
    return content
