"""A proposal as the YAML file that a person goes on with."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from onestop.jurisdiction.datasets import Dataset
from onestop.proposing.fields import TODO, Proposal
from onestop.settings import REPOSITORY_ROOT

SCHEMA = REPOSITORY_ROOT / "docs" / "schemas" / "source.schema.json"
_PLAIN = re.compile(r"[A-Za-zÀ-ỹ_][\w À-ỹ./-]*(?<! )")
_A_UNIT = "a code of units.csv; without the line its records are refused"
_RESERVED = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


def source_yaml(
    proposal: Proposal,
    answers: Mapping[str, Any],
    *,
    access: Mapping[str, Any],
    file: Path,
    looked_at: str,
) -> str:
    """Return the text of `sources/<id>.yaml`. `answers` are the keys above `access`, in their order."""
    parts = (_head(proposal, file, looked_at), _answers(answers, access), _fields(proposal), _values(proposal))
    return "\n".join(line for part in parts for line in part) + "\n"


def scalar(value: object) -> str:
    """Write a value on one line of YAML."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(key)}: {scalar(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(scalar, value)) + "]"
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)


def _head(proposal: Proposal, file: Path, looked_at: str) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={Path(os.path.relpath(SCHEMA, file.parent)).as_posix()}"
    yield f"# Proposed by `onestop sources new` from {looked_at}."
    yield f"# Look at every line; {TODO} marks what only people know."
    yield from (f"# LOOK: {doubt}" for doubt in proposal.doubts)


def _answers(answers: Mapping[str, Any], access: Mapping[str, Any]) -> Iterator[str]:
    for name, value in answers.items():
        yield f"{name}: {scalar(value)}"
    yield "access:"
    for name, value in access.items():
        if isinstance(value, str) and "\n" in value:
            yield f"  {name}: |"
            yield from (f"    {line}".rstrip() for line in value.rstrip().splitlines())
        else:
            yield f"  {name}: {scalar(value)}"


def _fields(proposal: Proposal) -> Iterator[str]:
    yield f"format: {scalar(proposal.sample.format)}"
    yield "fields:"
    for name, column in proposal.fields.items():
        yield f"  {name}: {scalar(column)}"
    for name in proposal.unknown_fields:
        yield f"  {name}: {TODO}  # which column? {_why_needed(name, proposal.dataset)}"
    if proposal.other_columns:
        yield from _wrapped("Columns that are no field: ", list(map(repr, proposal.other_columns)))


def _why_needed(name: str, dataset: Dataset) -> str:
    several = next((names for names in dataset.required if names[0] == name), None)
    if several is None:
        return "The source is that of several units"
    if len(several) > 1:
        return f"One of {' and '.join(several)} is needed"
    return f"Without it no {dataset.record} can be counted"


def _values(proposal: Proposal) -> Iterator[str]:
    if proposal.forms.names:
        yield f"timestamp_formats: {scalar(proposal.forms.names)}"
    elif proposal.has_dates:
        yield f"timestamp_formats: [{TODO}]  # no date was seen: how are they written?"
    else:
        yield "timestamp_formats: [iso]  # no field is a date"
    if proposal.numbers.name != "plain":
        yield f"number_format: {scalar(proposal.numbers.name)}"
    if proposal.value_maps:
        yield "value_maps:"
    for name, values in proposal.value_maps.items():
        yield f"  {name}:"
        for value, meaning in values.items():
            question = f"  # {_question(name, value, proposal)}" if meaning == TODO else ""
            yield f"    {scalar_key(value)}: {_quoted(meaning)}{question}"


def _question(name: str, value: str, proposal: Proposal) -> str:
    asked = "what does it mean?" if value else f"of which {name} are all records of the source?"
    return f"{asked} {proposal.meanings.questions[name] or _A_UNIT}"


def scalar_key(value: str) -> str:
    """Write a source's value: always in quotes, so that no code becomes a number."""
    return json.dumps(value, ensure_ascii=False)


def _quoted(meaning: str) -> str:
    return json.dumps(meaning) if meaning.isdigit() else meaning


def _wrapped(title: str, names: Sequence[str], width: int = 116) -> Iterator[str]:
    line = f"# {title}"
    for index, name in enumerate(names):
        piece = name + (", " if index + 1 < len(names) else "")
        if len(line) + len(piece) > width and line.strip("# "):
            yield line.rstrip()
            line = "#   "
        line += piece
    yield line.rstrip()
