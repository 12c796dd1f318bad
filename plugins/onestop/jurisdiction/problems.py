"""What is wrong with a configuration, in sentences for the engineer who wrote it."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError
from typing_extensions import is_typeddict

Path = Sequence[int | str]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to correct. `file` is relative to the jurisdiction's folder, `line` counts from 1."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class JurisdictionError(Exception):
    """A jurisdiction's folder cannot be used; `problems` holds everything that is wrong with it."""

    def __init__(self, folder: object, problems: Iterable[Problem]) -> None:
        """Sort the problems by file and line."""
        self.problems = sorted(set(problems))
        listed = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{folder}: {len(self.problems)} problem(s) to correct\n{listed}")


def suggestion(word: object, known: Iterable[object]) -> str:
    """Return " (did you mean …?)" when a known word is close, else ""."""
    close = difflib.get_close_matches(str(word), [str(one) for one in known], n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def explained(error: ValidationError, model: type[BaseModel]) -> list[tuple[Path, str]]:
    """Return where in the document each error is, and what to tell about it."""
    return [_explained(dict(one), model) for one in error.errors(include_url=False) if not _is_consequence(dict(one))]


def _is_consequence(error: dict[str, Any]) -> bool:
    """Whether a list is only called too short because its items, told of by themselves, do not count."""
    return bool(error["type"] == "too_short" and len(error["input"]) > error["ctx"]["actual_length"])


def _explained(error: dict[str, Any], model: type[BaseModel]) -> tuple[Path, str]:
    path: tuple[int | str, ...] = error["loc"]
    keys = [key for key in _without_tags(path, model) if key != "[key]"]
    if path and path[-1] == "[key]":
        return keys, _about_key(error, model, keys)
    place = [*keys, "kind"] if error["type"] == "union_tag_invalid" else keys
    return place, _about_value(error, model, keys)


def _about_key(error: dict[str, Any], model: type[BaseModel], keys: Path) -> str:
    inside = ".".join(map(str, keys[:-1]))
    if error["type"] == "literal_error":
        known = _literals(_type_at(model, error["loc"][:-2]))
        return f"unknown key '{keys[-1]}' in {inside}{suggestion(keys[-1], known)}"
    return f"{inside}: the key {error['input']!r} is not text; put it in quotes"


def _about_value(error: dict[str, Any], model: type[BaseModel], keys: Path) -> str:
    kind, context, seen = error["type"], error.get("ctx", {}), _shown(error["input"])
    name, last = ".".join(map(str, keys)), keys[-1] if keys else ""
    within = f" in {'.'.join(map(str, keys[:-1]))}" if len(keys) > 1 else ""
    if kind == "extra_forbidden":
        message = f"unknown key '{last}'{within}{suggestion(last, _keys_at(model, error['loc'][:-1]))}"
    elif kind == "missing":
        message = f"the key '{last}' is missing{within}"
    elif kind == "union_tag_not_found":
        message = f"the key 'kind' is missing in {name}"
    elif kind == "union_tag_invalid":
        tags = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
        message = f"{name}.kind: '{context['tag']}' is none of {', '.join(tags)}{suggestion(context['tag'], tags)}"
    elif kind == "literal_error":
        known = _literals(_type_at(model, error["loc"]))
        message = f"{name}: {seen} is none of {', '.join(map(str, known))}{suggestion(error['input'], known)}"
    elif kind == "string_type":
        message = f"{name}: {seen} is not text; if it is meant, put it in quotes"
    elif kind == "string_pattern_mismatch":
        message = f"{name}: {seen} does not have the form {context['pattern']}"
    elif kind.startswith("date_"):
        message = f"{name}: {seen} is not a date; write an existing day as 2019-04-30"
    elif kind == "value_error":
        message = f"{name}: {seen}: {context['error']}"
    else:
        message = f"{name}: {error['msg'][:1].lower()}{error['msg'][1:]}, seen {seen}"
    return message


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str | int | float | bool | type(None)) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."


# -- from a place in a document to the model that stands there ---------------------------------------------------------


def _members(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return [member for argument in get_args(annotation) for member in _members(argument)]
    return [annotation]


def _tag_of(annotation: Any) -> object:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and "kind" in annotation.model_fields:
        literals = get_args(annotation.model_fields["kind"].annotation)
        return literals[0] if literals else None
    return None


def _step(annotation: Any, key: int | str) -> tuple[Any, bool]:
    """Return what stands at a key, and whether the key only chose a member of a union."""
    members = _members(annotation)
    for member in members:
        if len(members) > 1 and _tag_of(member) == key:
            return member, True
    for member in members:
        if isinstance(member, type) and issubclass(member, BaseModel):
            if key in member.model_fields:
                return member.model_fields[str(key)].annotation, False
        elif is_typeddict(member):
            hints = get_type_hints(member, include_extras=True)
            if key in hints:
                return hints[str(key)], False
        elif get_origin(member) is dict:
            return get_args(member)[1], False
        elif get_origin(member) is tuple:
            return get_args(member)[0], False
    return Any, False


def _type_at(model: Any, path: Path) -> Any:
    for key in path:
        model, _ = _step(model, key)
    return model


def _without_tags(path: Path, model: Any) -> list[int | str]:
    keys: list[int | str] = []
    for key in path:
        model, is_tag = _step(model, key)
        if not is_tag:
            keys.append(key)
    return keys


def _keys_at(model: Any, path: Path) -> list[str]:
    keys: list[str] = []
    for member in _members(_type_at(model, path)):
        if isinstance(member, type) and issubclass(member, BaseModel):
            keys += member.model_fields
        elif is_typeddict(member):
            keys += get_type_hints(member)
    return keys


def _literals(annotation: Any) -> list[object]:
    found: list[object] = []
    for member in _members(annotation):
        if get_origin(member) is Literal:
            found += get_args(member)
        elif get_origin(member) is dict:
            found += _literals(get_args(member)[0])
    return found
