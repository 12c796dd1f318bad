"""What the sources that drop files have in common: where the period's file is looked for, and nowhere else."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath
from typing import Any

from onestop.sources.access import Request, filled_in
from onestop.sources.errors import SourceMisconfigured

CHUNK_BYTES = 1 << 18


def declared_path(request: Request, endpoint: str) -> PurePosixPath:
    """Return the source's path with the period filled in, relative to the root. The last name may hold `*` and `?`.

    Raises `SourceMisconfigured` for an unknown field and for a path that climbs.
    """
    access: Any = request.source.access
    remedy = f"Correct access.path of the source {request.source.id} in the jurisdiction's folder."
    assert request.period is not None  # noqa: S101 - only a pull has a path
    try:
        path = PurePosixPath(filled_in(access.path, request.period).lstrip("/"))
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise request.error(
            SourceMisconfigured,
            endpoint,
            expected="a path with fields of the period such as {code} or {code_compact}",
            seen=f"{access.path!r} ({type(error).__name__}: {error})",
            remedy=remedy,
        ) from error
    if ".." in path.parts or not path.name:
        raise request.error(
            SourceMisconfigured,
            endpoint,
            expected="a path below the source's root",
            seen=f"{access.path!r}, which leaves it",
            remedy=remedy,
        )
    return path


def matching(pattern: str, names: Callable[[], Iterable[str]]) -> list[str]:
    """Return the names the pattern means, in a fixed order; a plain name needs no listing of the folder.

    Hidden files are somebody's half-written ones and are left alone.
    """
    if not any(sign in pattern for sign in "*?["):
        return [pattern]
    return sorted(name for name in names() if fnmatch.fnmatchcase(name, pattern) and not name.startswith("."))
