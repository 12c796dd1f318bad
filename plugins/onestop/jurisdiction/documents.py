"""Reading a folder's YAML and CSV into models, keeping where everything stands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor, SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from onestop.jurisdiction.problems import Problem, explained, suggestion
from onestop.jurisdiction.shape import LANGUAGES, Language, read_with, text_pairs

AnyModel = TypeVar("AnyModel", bound=BaseModel)


class _DaysAsText(SafeConstructor):
    """Leaves dates to the models: YAML would stop, without a line, at the first one that does not exist."""


class _DaysAsTextWithLines(RoundTripConstructor):
    """The same, for the reader that keeps where everything stands."""


_SHOWN = 40
"""Characters before a fault that show where it is."""
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_DaysAsText.add_constructor(_TIMESTAMP, SafeConstructor.construct_yaml_str)
_DaysAsTextWithLines.add_constructor(_TIMESTAMP, RoundTripConstructor.construct_yaml_str)


def read_with_lines(text: str) -> Any:
    """Return what a YAML text says, in containers that know the lines of keys. Raises YAMLError and ValueError."""
    yaml = YAML(typ="rt")
    yaml.Constructor = _DaysAsTextWithLines
    return yaml.load(text)


def read_without_lines(text: str) -> Any:
    """Return what a YAML text says, in a fifth of the time: by libyaml.

    What it does not like is read again by the reader that says where it stands.
    """
    yaml = YAML(typ="safe")
    yaml.Constructor = _DaysAsText
    try:
        return yaml.load(text)
    except (YAMLError, ValueError):
        return read_with_lines(text)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters other than tab and line ends: nobody sees them, and the warehouse takes no text with U+0000."""


def _control_character(name: str, cell: str) -> str:
    before, found = _CONTROL.split(cell, maxsplit=1)[0], _CONTROL.findall(cell)[0]
    return f"{name}: the control character U+{ord(found):04X} stands after '{before[-_SHOWN:]}'; take it out"


@dataclass(frozen=True)
class Document:
    """A YAML file with the lines of its keys, which are looked up when something is wrong there."""

    file: str
    text: str
    content: dict[Any, Any]

    @cached_property
    def _located(self) -> Any:
        return read_with_lines(self.text)

    def line(self, *path: int | str) -> int:
        """Return the line of the key or item at a path, or of the nearest thing above it that exists."""
        line, here = 1, self._located
        for wanted in path:
            if isinstance(here, CommentedMap):
                # Keys that are no text come as text from pydantic's errors.
                key = next((own for own in here if str(own) == str(wanted)), None)
                if key is None:
                    break
                line = here.lc.key(key)[0] + 1
            elif isinstance(here, CommentedSeq) and isinstance(wanted, int) and wanted < len(here):
                key = wanted
                line = here.lc.item(key)[0] + 1
            else:
                break
            here = here[key]
        return line

    def problem(self, message: str, *path: int | str) -> Problem:
        """Return a problem at a path."""
        return Problem(self.file, self.line(*path), message)


@dataclass(frozen=True)
class Located(Generic[AnyModel]):
    """A model and where it was written: a CSV row, or a place in a YAML document."""

    model: AnyModel
    file: str
    row_line: int = 1
    document: Document | None = None
    path: tuple[int | str, ...] = ()

    @property
    def line(self) -> int:
        """The line where it begins."""
        return self.row_line if self.document is None else self.document.line(*self.path)

    def problem(self, message: str, *path: int | str) -> Problem:
        """Return a problem of this model, of one of its keys where a path is given."""
        if self.document is not None:
            return self.document.problem(message, *self.path, *path)
        return Problem(self.file, self.row_line, message)


class Reader:
    """Reads the files of one folder. Nothing is raised: what is wrong is added to `problems`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.languages: tuple[Language, ...] = LANGUAGES
        """Those that texts must be in."""

    def document(self, file: str) -> Document | None:
        """Return a YAML file whose top is a map."""
        text = self._text(file)
        if text is None:
            return None
        try:
            content = read_without_lines(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            reason = str(error.problem or error.context).splitlines()[0]
            advice = "" if "duplicate" in reason else "; look at indentation, quotes and brackets up to here"
            self.problems.append(Problem(file, line, f"not YAML: {reason}{advice}"))
            return None
        except (YAMLError, ValueError) as error:
            self.problems.append(Problem(file, 1, f"not YAML: {str(error).splitlines()[0]}"))
            return None
        if not isinstance(content, dict):
            self.problems.append(Problem(file, 1, "expected keys and values (`key: value`) at the top of the file"))
            return None
        return Document(file, text, content)

    def model(self, model: type[AnyModel], document: Document, *path: int | str) -> Located[AnyModel] | None:
        """Return the model at a path of a document."""
        content: Any = document.content
        for key in path:
            content = content[key]
        try:
            made = model.model_validate(content, context=read_with(self.languages))
        except ValidationError as error:
            self.problems += [document.problem(message, *path, *inner) for inner, message in explained(error, model)]
            return None
        return Located(made, document.file, document=document, path=path)

    def models(self, model: type[AnyModel], file: str, key: str) -> list[Located[AnyModel]]:
        """Return the models of a YAML file that holds one list."""
        document = self.document(file)
        if document is None:
            return []
        for other in document.content:
            if other != key:
                self.problems.append(document.problem(f"unknown key '{other}'{suggestion(other, [key])}", other))
        items = document.content.get(key)
        if not isinstance(items, list):
            self.problems.append(document.problem(f"expected a list under the key '{key}'", key))
            return []
        made = [self.model(model, document, key, index) for index in range(len(items))]
        return [one for one in made if one is not None]

    def rows(self, model: type[AnyModel], file: str) -> list[Located[AnyModel]]:
        """Return the rows of a CSV file in UTF-8 with a header of the model's column names."""
        text = self._text(file)
        if text is None:
            return []
        lines = self._lines(file, text)
        header_line, header = next(lines, (1, []))
        if not self._is_header(model, file, header_line, header):
            return []
        made = []
        for line, cells in lines:
            if len(cells) != len(header):
                message = f"{len(cells)} cells where the header has {len(header)}; quote cells that hold a comma"
                self.problems.append(Problem(file, line, message))
                continue
            values = dict(zip(header, cells, strict=True))
            unseen = [_control_character(name, cell) for name, cell in values.items() if _CONTROL.search(cell)]
            if unseen:
                self.problems += [Problem(file, line, message) for message in unseen]
                continue
            try:
                made.append(Located(model.model_validate(values, context=read_with(self.languages)), file, line))
            except ValidationError as error:
                self.problems += [Problem(file, line, message) for _, message in explained(error, model)]
        return made

    def _is_header(self, model: type[BaseModel], file: str, line: int, header: Sequence[str]) -> bool:
        known = model.model_fields
        needless = {name for name, _ in text_pairs(model, self.languages)}
        missing = [
            name for name, field in known.items() if field.is_required() and name not in header and name not in needless
        ]
        found = [f"unknown column '{name}'{suggestion(name, known)}" for name in header if name not in known]
        found += [f"the column '{name}' is missing" for name in missing]
        found += [f"the column '{name}' is there twice" for name in dict.fromkeys(header) if header.count(name) > 1]
        self.problems += [Problem(file, line, message) for message in found]
        return not found

    def _lines(self, file: str, text: str) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        line = 1
        try:
            for cells in reader:
                if cells:
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            self.problems.append(Problem(file, line, f"not CSV: {error}"))

    def _text(self, file: str) -> str | None:
        try:
            return (self.folder / file).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.problems.append(Problem(file, line, "not UTF-8; save the file in UTF-8"))
        except OSError as error:
            self.problems.append(Problem(file, 1, f"cannot be read: {error.strerror}"))
        return None
