"""What officers upload: drafts that were only looked at, and confirmed files that wait to be pulled as deliveries.

`<root>/drafts/<token>.bin` becomes `<root>/<source_id>/<period>/<moment>-<token>.bin`. Beside each stands a `.json`
with who, when and what, written last: a file without it is not there. Names are ours; nothing of a client's goes into a
path. It is personal data as in the landing zone, and works on every file system fsspec knows.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from upath import UPath

from onestop.landing.store import private_folder

CHUNK_BYTES = 1 << 20
TOKEN = re.compile(r"[0-9a-f]{32}")
DRAFTS = "drafts"
DRAFT_LIFE = timedelta(hours=24)
REPLACED_LIFE = timedelta(days=30)
"""Of a file that a later one of the same month has replaced: the officer may ask about it."""


class NoSuchDraft(LookupError):  # noqa: N818 - named by what happened
    """No draft of this token waits: it was confirmed, has run out, or never was."""


class Upload(BaseModel):
    """One uploaded file. `file_name` is the client's, for people to read only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: str = Field(pattern="^[0-9a-f]{32}$")
    source_id: str
    period: str
    file_name: str
    byte_count: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    uploaded_by: str
    uploaded_at: AwareDatetime
    confirmed_at: AwareDatetime | None = None
    record_count: int | None = None
    accepted_count: int | None = None


class Uploads:
    """The uploads under `root`: a local path, an fsspec URL, or a UPath; the page and the workers share it."""

    def __init__(self, root: str | Path | UPath) -> None:
        self.root: Any = root if isinstance(root, UPath) else UPath(str(root))

    def keep_draft(
        self, content: BinaryIO, *, source_id: str, period: str, file_name: str, uploaded_by: str, uploaded_at: datetime
    ) -> Upload:
        """Copy an uploaded file to the drafts and return it. Drafts that nobody confirmed in a day are removed."""
        token = secrets.token_hex(16)
        folder = self._folder(DRAFTS)
        self._remove_old(folder)
        digest, byte_count = hashlib.sha256(), 0
        content.seek(0)
        with (folder / f"{token}.bin").open("wb") as kept:
            while chunk := content.read(CHUNK_BYTES):
                digest.update(chunk)
                byte_count += len(chunk)
                kept.write(chunk)
        draft = Upload(
            token=token,
            source_id=source_id,
            period=period,
            file_name=shown_name(file_name),
            byte_count=byte_count,
            sha256=digest.hexdigest(),
            uploaded_by=uploaded_by,
            uploaded_at=uploaded_at,
        )
        self._write(folder / f"{token}.json", draft)
        return draft

    def draft(self, token: str) -> Upload:
        """Return a draft. Raises NoSuchDraft."""
        if TOKEN.fullmatch(token):
            with suppress(FileNotFoundError, ValidationError):
                return Upload.model_validate_json((self.root / DRAFTS / f"{token}.json").read_bytes())
        raise NoSuchDraft(token)

    def note_counts(self, draft: Upload, record_count: int, accepted_count: int) -> Upload:
        """Keep with a draft what its preview counted."""
        counted = draft.model_copy(update={"record_count": record_count, "accepted_count": accepted_count})
        self._write(self.root / DRAFTS / f"{draft.token}.json", counted)
        return counted

    def confirm(self, token: str, confirmed_at: datetime) -> Upload:
        """Make a draft the period's newest upload and return it. Of two who confirm it at once one gets NoSuchDraft."""
        draft = self.draft(token)
        confirmed = draft.model_copy(update={"confirmed_at": confirmed_at})
        folder = self._folder(draft.source_id, draft.period)
        name = f"{confirmed_at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{token}"
        try:
            _move(self.root / DRAFTS / f"{token}.bin", folder / f"{name}.bin")
        except FileNotFoundError as error:
            raise NoSuchDraft(token) from error
        self._write(folder / f"{name}.json", confirmed)
        with suppress(FileNotFoundError):
            (self.root / DRAFTS / f"{token}.json").unlink()
        return confirmed

    def confirmed(self, source_id: str, period: str) -> list[Upload]:
        """Return the period's confirmed uploads, the newest first."""
        return [Upload.model_validate_json(path.read_bytes()) for path in self._confirmed_paths(source_id, period)]

    def newest(self, source_id: str, period: str) -> Upload | None:
        """Return the upload that is the period's delivery, if there is one."""
        return next(iter(self.confirmed(source_id, period)), None)

    def content(self, upload: Upload) -> Iterator[bytes]:
        """Give the bytes of a confirmed upload."""
        path = next(
            path for path in self._confirmed_paths(upload.source_id, upload.period) if upload.token in path.name
        )
        with path.with_suffix(".bin").open("rb") as kept:
            while chunk := kept.read(CHUNK_BYTES):
                yield chunk

    def remove_old(self, now: datetime, kept: timedelta) -> list[Upload]:
        """Remove what nobody needs any more, and return the confirmed uploads among it.

        Drafts go after a day, a file that was replaced by a later one of the same month a month after it was handed in,
        the newest of a month after `kept`: what was collected of it lies in the landing zone.
        """
        self._remove_old(self._folder(DRAFTS))
        removed = []
        for source_id, period in list(self._kept()):
            for number, upload in enumerate(self.confirmed(source_id, period)):
                life = REPLACED_LIFE if number and kept > REPLACED_LIFE else kept
                if upload.confirmed_at is not None and now - upload.confirmed_at > life:
                    self._remove(upload)
                    removed.append(upload)
            # What a process that died has left: bytes that nothing describes.
            folder = self.root / source_id / period
            described = {path.stem for path in self._confirmed_paths(source_id, period)}
            self._remove_old(folder, but=described)
        return removed

    def _kept(self) -> Iterator[tuple[str, str]]:
        for source in self.root.iterdir():
            if source.name != DRAFTS and source.is_dir():
                for period in source.iterdir():
                    if period.is_dir():
                        yield source.name, period.name

    def _remove(self, upload: Upload) -> None:
        """Take away the description first: a file without it is not there."""
        for path in self._confirmed_paths(upload.source_id, upload.period):
            if upload.token in path.name:
                path.unlink()
                path.with_suffix(".bin").unlink()

    def _confirmed_paths(self, source_id: str, period: str) -> list[Any]:
        folder = self.root / source_id / period
        try:
            paths = [path for path in folder.iterdir() if path.suffix == ".json" and not path.name.startswith(".")]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(paths, key=lambda path: path.name, reverse=True)

    def _folder(self, *names: str) -> Any:
        return private_folder(self.root, *names)

    def _write(self, path: Any, upload: Upload) -> None:
        incoming = path.parent / f".{uuid.uuid4().hex}"
        incoming.write_bytes(upload.model_dump_json(indent=2).encode())
        _move(incoming, path)

    def _remove_old(self, folder: Any, but: Collection[str] = ()) -> None:
        for path in [path for path in folder.iterdir() if path.stem not in but]:
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > DRAFT_LIFE.total_seconds():
                    path.unlink()


def shown_name(file_name: str) -> str:
    """Return a client's file name as people may read it: its last part, without what does not print, not too long."""
    last = re.split(r"[/\\]", file_name)[-1]
    return "".join(letter for letter in last if letter.isprintable()).strip()[:120] or "(không tên)"


def _move(source: Any, target: Any) -> None:
    if isinstance(source, Path):
        source.replace(target)
    else:
        source.fs.mv(source.path, target.path)
