"""What people read, in the two languages: include/templates/<surface>/texts.yaml, a key and its text in each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from ruamel.yaml import YAML

from onestop.settings import REPOSITORY_ROOT

TEMPLATES = REPOSITORY_ROOT / "include" / "templates"


@cache
def texts_of(surface: str) -> Mapping[str, Mapping[str, str]]:
    """Return the texts of a surface, such as `page` or `mail`, by key and language. Read once in a process."""
    path = TEMPLATES / surface / "texts.yaml"
    texts: Mapping[str, Mapping[str, str]] = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return texts
