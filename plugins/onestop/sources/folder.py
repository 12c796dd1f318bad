"""Files in a folder or an object store, by universal-pathlib: a mounted share, S3, or whatever else fsspec knows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from upath import UPath

from onestop.landing import DeliveryFacts, Part
from onestop.sources.access import Request
from onestop.sources.errors import (
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceNotReady,
    SourceUnauthorised,
    SourceUnavailable,
)
from onestop.sources.files import CHUNK_BYTES, declared_path, done_file, matching, not_done, settled


@dataclass(frozen=True)
class _File:
    path: Any
    size_bytes: int
    modified_at_seconds: float


def fetch(request: Request, facts: DeliveryFacts) -> Iterator[Part]:
    """Give the period's files, one part each, in the order of their names. See `Connector.fetch`."""
    root = _root(request)
    files = _find(request, root)
    facts.delivered_at = datetime.fromtimestamp(max(file.modified_at_seconds for file in files), UTC)
    for file in files:
        yield Part(file.path.name, _read(request, file))


def try_out(request: Request) -> str:
    """Look into the folder. See `Connector.try_out`."""
    root = _root(request)
    if request.period is None:
        return f"{root} is there and holds {sum(1 for _ in root.iterdir())} entries."
    files = _find(request, root)
    size = sum(file.size_bytes for file in files)
    names = ", ".join(file.path.name for file in files)
    return f"{root} holds {names} for {request.period.code} ({size:,} bytes)."


def _root(request: Request) -> Any:
    declared = request.access.extra.get("root") or request.access.extra.get("path") or request.access.host
    connection = f"the connection {request.source.connection_id}"
    if not declared:
        raise request.error(
            SourceMisconfigured,
            "folder",
            expected="a root folder",
            seen="none",
            remedy=f"Give {connection} the extra root: a folder or a URL such as s3://bucket/folder.",
        )
    root: Any = UPath(str(declared), **_options(request, str(declared)))
    try:
        if not isinstance(root, Path):
            root.fs.invalidate_cache()  # fsspec keeps listings for the life of the process
        is_there = root.is_dir()
    except PermissionError as error:
        raise _forbidden(request, root) from error
    except OSError as error:
        raise _broken(request, root, error) from error
    except Exception as error:
        raise _unreachable(request, root, error) from error
    if not is_there:
        raise request.error(
            SourceUnavailable,
            str(root),
            expected="a folder",
            seen="nothing there",
            remedy=f"Check that the share is mounted on this machine and that {connection} names it.",
        )
    return root


def _options(request: Request, root: str) -> dict[str, Any]:
    """Return fsspec's options. The connection's login and password are the key and secret of an S3-compatible store."""
    access, seconds = request.access, request.source.timeout_seconds
    options = dict(access.extra.get("storage_options") or {})
    if root.startswith(("s3://", "s3a://")):
        limits = {"connect_timeout": seconds, "read_timeout": seconds, "retries": {"total_max_attempts": 3}}
        login = {"key": access.login, "secret": access.password} if access.login and access.password else {}
        options = {**login, "config_kwargs": limits, **options}
    return options


def _find(request: Request, root: Any) -> Sequence[_File]:
    return settled(request, str(root), lambda: _look(request, root))


def _look(request: Request, root: Any) -> list[_File]:
    pattern = declared_path(request, str(root))
    assert request.period is not None  # noqa: S101 - only a pull looks for files
    folder = root / str(pattern.parent)
    endpoint = str(folder / pattern.name)
    not_ready = request.error(
        SourceNotReady,
        endpoint,
        expected=f"the file of {request.period.code}",
        seen="no such file",
        remedy="Nothing is wrong with the folder. Remind the source's contact if the due day has passed.",
    )
    files = []
    done = done_file(request, endpoint)
    try:
        if done is not None and not (folder / done).is_file():
            raise not_done(request, endpoint, done)
        for name in matching(pattern.name, lambda: (path.name for path in folder.iterdir())):
            path = folder / name
            if isinstance(path, Path) and not path.resolve().is_relative_to(root.resolve()):
                raise request.error(
                    SourceMisconfigured,
                    endpoint,
                    expected=f"a file below {root}",
                    seen="a link that leads out of it",
                    remedy="Put the file itself there. It was not read.",
                )
            if path.is_file():
                found = path.stat()
                files.append(_File(path, found.st_size, found.st_mtime))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise not_ready from error
    except PermissionError as error:
        raise _forbidden(request, endpoint) from error
    except OSError as error:
        raise _broken(request, endpoint, error) from error
    if not files:
        raise not_ready
    return files


def _read(request: Request, file: _File) -> Iterator[bytes]:
    byte_count = 0
    try:
        with file.path.open("rb") as handle:
            while chunk := handle.read(CHUNK_BYTES):
                byte_count += len(chunk)
                yield chunk
        after = file.path.stat()
    except PermissionError as error:
        raise _forbidden(request, file.path) from error
    except OSError as error:
        raise _broken(request, file.path, error) from error
    seen = (after.st_size, after.st_mtime, byte_count)
    if seen != (file.size_bytes, file.modified_at_seconds, file.size_bytes):
        raise request.error(
            SourceCutOff,
            str(file.path),
            expected=f"a finished file of {file.size_bytes:,} bytes",
            seen=f"{byte_count:,} bytes read and {after.st_size:,} bytes there afterwards: it is still being written",
            remedy="It is pulled again later. Ask the agency to write under another name and rename when done.",
        )


def _unreachable(request: Request, root: object, error: Exception) -> SourceError:
    """Return the error for what an object store's own library raises, which is no OSError (botocore, for one)."""
    return request.error(
        SourceUnavailable,
        str(root),
        expected="an object store that answers",
        seen=f"{type(error).__name__}: {error}",
        remedy=f"Check the extra storage_options (endpoint_url) and the key and secret of the connection "
        f"{request.source.connection_id}, and ask the agency whether its store is up.",
    )


def _forbidden(request: Request, endpoint: object) -> SourceError:
    return request.error(
        SourceUnauthorised,
        str(endpoint),
        expected="that this account may read it",
        seen="permission denied",
        remedy="Give the account that runs onestop the right to read the share.",
    )


def _broken(request: Request, endpoint: object, error: OSError) -> SourceError:
    return request.error(
        SourceCutOff,
        str(endpoint),
        expected="the whole file",
        seen=f"{type(error).__name__}: {error.strerror or error}",
        remedy="It is pulled again by itself; if it keeps breaking, look at the share.",
    )
