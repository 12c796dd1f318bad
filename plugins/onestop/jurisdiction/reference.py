"""The reference of the configuration files, made from the models: one table a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from onestop.jurisdiction.loading import JurisdictionFile
from onestop.jurisdiction.models import (
    AlertRule,
    CalendarRule,
    Commune,
    Contracts,
    Emulation,
    Metric,
    Procedure,
    Route,
    Source,
    Succession,
    SuspectFiling,
    Target,
    Unit,
)
from onestop.jurisdiction.shape import LANGUAGES

MARK = "<!-- From here on made by `onestop jurisdiction reference`; a test compares. -->"

FILES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("sources/<id>.yaml", Source),
    ("jurisdiction.yaml", JurisdictionFile),
    ("units.csv", Unit),
    ("unit_successions.csv", Succession),
    ("communes.csv", Commune),
    ("procedures.csv", Procedure),
    ("targets.csv", Target),
    ("metrics.yaml, each of `metrics`", Metric),
    ("calendar.yaml, each of `calendars`", CalendarRule),
    ("contracts.yaml", Contracts),
    ("alerts.yaml, each of `rules`", AlertRule),
    ("routes.yaml, each of `routes`", Route),
    ("suspect_filing.yaml", SuspectFiling),
    ("emulation.yaml", Emulation),
)


def source_schema() -> dict[str, Any]:
    """Return the JSON schema of `sources/<id>.yaml`, for editors.

    A source has a title in the languages that its jurisdiction declares: one of them at least, and contacts alike.
    """
    schema = Source.model_json_schema()
    for described, stem in ((schema, "title"), (schema["$defs"]["Contact"], "role")):
        described["required"] = [name for name in described["required"] if name != f"{stem}_vi"]
        described["anyOf"] = [{"required": [f"{stem}_{language}"]} for language in LANGUAGES]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def reference() -> str:
    """Return the reference in Markdown, from `MARK` on."""
    return "\n".join([MARK, *(line for file, model in FILES for line in _file(file, model))]) + "\n"


def _file(file: str, model: type[BaseModel]) -> Iterator[str]:
    schema = model.model_json_schema()
    yield from _table(f"## {file}", schema)
    for definition in schema.get("$defs", {}).values():
        kind = definition.get("properties", {}).get("kind", {}).get("const")
        title = f"{definition['title']}: `kind: {kind}`" if kind else definition["title"]
        yield from _table(f"### {title}", definition)


def _table(title: str, schema: dict[str, Any]) -> Iterator[str]:
    yield from ("", title, "", _one_line(schema.get("description", "")), "")
    yield from ("| Key | Value | Default | Meaning |", "|---|---|---|---|")
    required = schema.get("required", [])
    for name, described in schema["properties"].items():
        if name != "kind" or "const" not in described:
            default = "**required**" if name in required else _default(described.get("default"))
            meaning = _one_line(described.get("description", ""))
            yield f"| `{name}` | {_value(described)} | {default} | {meaning} |"


def _default(value: Any) -> str:
    if value == "9999-12-31":
        return "open"
    return "" if value in (None, [], {}, "") else f"`{value}`"


def _value(described: dict[str, Any]) -> str:
    choices = described.get("oneOf", []) + described.get("anyOf", [])
    kind = described.get("type")
    if choices:
        value = " or ".join(_value(one) for one in choices if one.get("type") != "null")
    elif "$ref" in described:
        value = described["$ref"].rpartition("/")[2]
    elif "enum" in described or "const" in described:
        value = ", ".join(f"`{one}`" for one in described.get("enum", [described.get("const")]))
    elif kind == "array":
        value = f"list of {_value(described['items'])}"
    elif kind == "object":
        keys = described.get("propertyNames", {}).get("enum", [])
        of = f" of {', '.join(f'`{key}`' for key in keys)}" if keys else ""
        # Keys of a declared form stand under that form.
        inner = described.get("additionalProperties") or next(iter(described["patternProperties"].values()))
        value = f"map to {_value(inner)}{of}"
    else:
        words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true, false"}
        value = "day" if described.get("format") == "date" else words[str(kind)]
    return value


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
