"""Files that officers upload on the drop page: the newest confirmed one of a period is its delivery."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from onestop.landing import DeliveryFacts, Part
from onestop.landing.uploads import Upload, Uploads
from onestop.sources.access import Request
from onestop.sources.errors import SourceCutOff, SourceMisconfigured, SourceNotReady


def fetch(request: Request, facts: DeliveryFacts) -> Iterator[Part]:
    """Give the newest confirmed upload as one part. See `Connector.fetch`."""
    uploads, period = _uploads(request), request.period
    assert period is not None  # noqa: S101 - only a pull looks for an upload
    newest = uploads.newest(request.source.id, period.code)
    if newest is None:
        raise request.error(
            SourceNotReady,
            "drop page",
            expected=f"an upload of {period.code} that an officer confirmed",
            seen="none",
            remedy="Nothing is wrong. Remind the source's contact if the due day has passed.",
        )
    facts.delivered_at = newest.confirmed_at
    facts.notes.append(f"Uploaded by {newest.uploaded_by} as {newest.file_name}, upload {newest.token}.")
    yield Part(f"upload{PurePath(newest.file_name).suffix.lower()[:10]}", _read(request, uploads, newest))


def try_out(request: Request) -> str:
    """Say what waits. See `Connector.try_out`."""
    uploads, period = _uploads(request), request.period
    if period is None:
        return f"the drop page keeps uploads in {uploads.root}."
    newest = uploads.newest(request.source.id, period.code)
    if newest is None:
        return f"nobody has confirmed an upload of {period.code} yet."
    return f"{newest.file_name} of {period.code} waits ({newest.byte_count:,} bytes, by {newest.uploaded_by})."


def _uploads(request: Request) -> Uploads:
    root = request.access.extra.get("root")
    if not root:
        raise request.error(
            SourceMisconfigured,
            "drop page",
            expected="the folder of uploads",
            seen="none",
            remedy="Set ONESTOP_UPLOADS_ROOT to a folder that the page and the workers share.",
        )
    return Uploads(str(root))


def _read(request: Request, uploads: Uploads, upload: Upload) -> Iterator[bytes]:
    try:
        yield from uploads.content(upload)
    except (OSError, StopIteration) as error:
        raise request.error(
            SourceCutOff,
            "drop page",
            expected="the uploaded file",
            seen=f"{type(error).__name__}",
            remedy="Check that the folder of uploads is the same for the page and the workers, and whole.",
        ) from error
