"""What the sources that drop files have in common: where the period's file is, and whether it is finished."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeVar

from onestop.sources.access import Request, filled_in
from onestop.sources.errors import SourceMisconfigured, SourceNotReady

CHUNK_BYTES = 1 << 18
UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload", "~")
"""What programs append to the name of a file that they are still writing."""

AnyFile = TypeVar("AnyFile")


def declared_path(request: Request, endpoint: str) -> PurePosixPath:
    """Return the source's path with the period filled in, relative to the root. The last name may hold `*` and `?`.

    Raises `SourceMisconfigured` for an unknown field and for a path that climbs.
    """
    access: Any = request.source.access
    return _below_root(request, endpoint, "path", access.path)


def done_file(request: Request, endpoint: str) -> str | None:
    """Return the name of the file that says that the period's files are whole, if one is declared."""
    access: Any = request.source.access
    if access.done_file is None:
        return None
    return _below_root(request, endpoint, "done_file", access.done_file).name


def _below_root(request: Request, endpoint: str, key: str, pattern: str) -> PurePosixPath:
    remedy = f"Correct access.{key} of the source {request.source.id} in the jurisdiction's folder."
    assert request.period is not None  # noqa: S101 - only a pull has a path
    try:
        path = PurePosixPath(filled_in(pattern, request.period).lstrip("/"))
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise request.error(
            SourceMisconfigured,
            endpoint,
            expected="a path with fields of the period such as {code} or {code_compact}",
            seen=f"{pattern!r} ({type(error).__name__}: {error})",
            remedy=remedy,
        ) from error
    if ".." in path.parts or not path.name:
        raise request.error(
            SourceMisconfigured,
            endpoint,
            expected="a path below the source's root",
            seen=f"{pattern!r}, which leaves it",
            remedy=remedy,
        )
    return path


def matching(pattern: str, names: Callable[[], Iterable[str]]) -> list[str]:
    """Return the names the pattern means, in a fixed order; a plain name needs no listing of the folder.

    Hidden and unfinished files are somebody's half-written ones and are left alone; so is a name that is a path.
    """
    if not any(sign in pattern for sign in "*?["):
        return [pattern]
    return sorted(
        name
        for name in names()
        if fnmatch.fnmatchcase(name, pattern)
        and not name.startswith((".", "~"))
        and not name.lower().endswith(UNFINISHED)
        and not any(sign in name for sign in "/\\\0")
    )


def settled(request: Request, endpoint: str, look: Callable[[], Sequence[AnyFile]]) -> Sequence[AnyFile]:
    """Look for the period's files twice, and return them when they have not changed in between.

    What is equal twice has the same names, sizes and times. Raises SourceNotReady otherwise: the agency is writing.
    """
    access: Any = request.source.access
    first = look()
    if not access.settle_seconds:
        return first
    time.sleep(access.settle_seconds)
    second = look()
    if list(first) == list(second):
        return second
    raise request.error(
        SourceNotReady,
        endpoint,
        expected=f"files that stay as they are for {access.settle_seconds:g} s",
        seen="a file that grows, or one more",
        remedy="It is still being written and is left alone until the next pull. If that never ends, ask the agency to "
        "write under another name and rename when done.",
    )


def not_done(request: Request, endpoint: str, name: str) -> Exception:
    """Return the error for a done file that is not there."""
    return request.error(
        SourceNotReady,
        endpoint,
        expected=f"the file {name}, by which the agency says that all is written",
        seen="no such file",
        remedy="Nothing is wrong with the server. Remind the source's contact if the due day has passed.",
    )
