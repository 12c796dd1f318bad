"""What answers say beside the rules: texts in two languages, in include/templates/answers/texts.yaml."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from onestop.texts import texts_of

if TYPE_CHECKING:
    from onestop.jurisdiction.shape import Language

Say = Callable[..., str]
"""Returns the text of a key, its {names} filled in with values given by name."""


def say_in(language: Language) -> Say:
    """Return the function that words answers in a language."""
    return partial(_text, language)


def _text(language: Language, key: str, /, **values: object) -> str:
    return texts_of("answers")[key][language].format_map(values)
