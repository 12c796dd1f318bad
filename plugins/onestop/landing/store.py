"""The landing zone: deliveries kept as received, compressed, named by their content, never changed.

A delivery is `<source_id>/<period>/<sha256>.zst` and, beside it, `<sha256>.json`, its manifest. The manifest is
written last: an object without one is a delivery that is not there yet, and the next pull of the same bytes completes
it. Both are written under a temporary name and moved, so no reader meets half a file. Works on every file
system fsspec knows.

The same bytes again are the same delivery only while nothing else came in between: a source that sends A, B and again A
takes B back. The third is a delivery of its own, with the object of the first and a manifest named by its moment.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import zstandard
from upath import UPath

from onestop.landing.manifest import DeliveryFacts, Manifest, Part, PartInfo

if TYPE_CHECKING:
    from onestop.jurisdiction import Period, Source

CHUNK_BYTES = 1 << 20
COMPRESSION_LEVEL = 3
INCOMING = ".incoming-"
ABANDONED_AFTER_SECONDS = 24 * 3600
"""A temporary file this old belongs to a writer that was killed: no pull takes a day."""


class LandingDamaged(Exception):  # noqa: N818 - named by what happened, as the other errors that people read
    """The bytes in the landing zone are not those that were received."""


class Landing:
    """A landing zone under `root`: a local path, an fsspec URL, or a UPath (Airflow's ObjectStoragePath is one)."""

    def __init__(self, root: str | Path | UPath) -> None:
        self.root: Any = root if isinstance(root, UPath) else UPath(str(root))

    def write(
        self,
        source: Source,
        period: Period,
        parts: Iterable[Part],
        *,
        pulled_at: datetime,
        facts: DeliveryFacts | None = None,
        observed_at: datetime | None = None,
    ) -> Manifest:
        """Store the parts' bytes as one delivery and return its manifest; bytes already here are not stored again, and
        are the delivery before if that one brought them.

        `facts` may be filled in while `parts` is read. `observed_at` defaults to what `source.state_as_of` says.
        Raises what reading `parts` raises, and leaves nothing behind then.
        """
        folder = private_folder(self.root, source.id, period.code)
        _remove_abandoned(folder)
        incoming = folder / f"{INCOMING}{uuid.uuid4().hex}.zst"
        try:
            digest, infos = _store(incoming, parts)
            facts = facts or DeliveryFacts()
            if facts.told_apart_by is not None:
                digest = hashlib.sha256(f"{digest} {facts.told_apart_by}".encode()).hexdigest()
            target = folder / f"{digest}.zst"
            if not target.exists():
                _move(incoming, target)
        finally:
            with suppress(FileNotFoundError):
                incoming.unlink()
        name = f"{digest}.json"
        if (folder / name).exists():
            latest = self._latest(folder)
            if latest.sha256 == digest:
                return latest
            name = _later_name(digest, pulled_at)
        if not (folder / name).exists():
            manifest = Manifest(
                source_id=source.id,
                dataset=source.dataset,
                period=period.code,
                sha256=digest,
                object_path=f"{source.id}/{period.code}/{digest}.zst",
                manifest_path=f"{source.id}/{period.code}/{name}",
                byte_count=sum(info.byte_count for info in infos),
                parts=infos,
                declared_count=facts.declared_count,
                declared_totals=facts.declared_totals,
                source_cursor=facts.source_cursor,
                pulled_at=pulled_at,
                delivered_at=facts.delivered_at,
                observed_at=observed_at or observed_moment(source, period, pulled_at),
                is_full=facts.is_full,
                notes=facts.notes,
            )
            _write_small(folder / name, manifest.model_dump_json(indent=2).encode())
        # Of two writers of the same bytes one manifest stays; both return that one.
        return Manifest.model_validate_json((folder / name).read_bytes())

    def again(self, source: Source, period: Period, manifest: Manifest, *, pulled_at: datetime) -> Manifest:
        """Make the bytes of a delivery, which a pull has brought once more, a delivery of their own; return it."""
        path = f"{source.id}/{period.code}/{_later_name(manifest.sha256, pulled_at)}"
        own = {
            "manifest_path": path,
            "pulled_at": pulled_at,
            "observed_at": observed_moment(source, period, pulled_at),
        }
        repeated = manifest.model_copy(update=own)
        _write_small(self.root / path, repeated.model_dump_json(indent=2).encode())
        return repeated

    def _latest(self, folder: Any) -> Manifest:
        """Return the manifest of the delivery that was pulled last: it orders those of a source and period."""
        held = [
            Manifest.model_validate_json(path.read_bytes())
            for path in folder.iterdir()
            if path.name.endswith(".json") and not path.name.startswith(INCOMING)
        ]
        return max(held, key=lambda manifest: (manifest.pulled_at, manifest.sha256))

    def read_manifest(self, path: str | Path | UPath) -> Manifest:
        """Return a delivery's manifest by the path of its object or of the manifest, relative to the root or whole."""
        whole = path if isinstance(path, UPath) else self.root / str(path)
        return Manifest.model_validate_json(whole.with_suffix(".json").read_bytes())

    def open_parts(self, manifest: Manifest) -> Iterator[tuple[PartInfo, BinaryIO]]:
        """Give each part's bytes as received, in order, without holding more than a chunk of them.

        A part's stream is good until the next part is asked for. The bytes a reader leaves are read here, so that every
        part is verified: raises `LandingDamaged` when a part is cut, longer, unreadable, or not what was received.
        """
        path = self.root / manifest.object_path
        if not path.exists():
            raise LandingDamaged(
                f"{path}: the object of a delivery of {manifest.source_id} for {manifest.period} is gone. "
                "Pull the period again, or restore the landing zone from its backup."
            )
        with path.open("rb") as compressed:
            stream = zstandard.ZstdDecompressor().stream_reader(compressed, read_size=CHUNK_BYTES)
            for info in manifest.parts:
                part = _PartStream(stream, info, str(path))
                yield info, cast("BinaryIO", io.BufferedReader(part, CHUNK_BYTES))
                part.drain()
            if stream.read(1):
                raise LandingDamaged(f"{path}: holds more bytes than its manifest says. Restore it from the backup.")


class _PartStream(io.RawIOBase):
    """The bytes of one part, counted and hashed on their way to the reader."""

    def __init__(self, stream: Any, info: PartInfo, path: str) -> None:
        self._stream, self._info, self._path = stream, info, path
        self._left = info.byte_count
        self._hash = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._left)
        data = self._take(wanted) if wanted else b""
        buffer[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        while self._left:
            self._take(min(self._left, CHUNK_BYTES))
        if self._info.byte_count == 0:
            self._verify()

    def _take(self, wanted: int) -> bytes:
        try:
            data = cast("bytes", self._stream.read(wanted))
        except zstandard.ZstdError as error:
            raise LandingDamaged(
                f"{self._path}: cannot be decompressed ({error}). Restore it from the backup."
            ) from error
        if not data:
            raise LandingDamaged(
                f"{self._path}: part {self._info.name} ends {self._left:,} bytes early. "
                "Restore it from the backup, or pull again."
            )
        self._hash.update(data)
        self._left -= len(data)
        if not self._left:
            self._verify()
        return data

    def _verify(self) -> None:
        if self._hash.hexdigest() != self._info.sha256:
            raise LandingDamaged(
                f"{self._path}: part {self._info.name} has the sha256 {self._hash.hexdigest()}, "
                f"its manifest says {self._info.sha256}. Restore it from the backup, or pull again."
            )


def private_folder(root: Any, *names: str) -> Any:
    """Make a folder below `root`, and the root, for our own user alone where they are local; return it.

    What lies there is personal data, and the files in it are as readable as the umask leaves them.
    """
    folder = root
    for name in ("", *names):
        folder = folder / name if name else folder
        if isinstance(folder, Path):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        else:
            folder.mkdir(parents=True, exist_ok=True)
    return folder


def _later_name(digest: str, pulled_at: datetime) -> str:
    """Name the manifest of bytes that came once more, after others."""
    return f"{digest}.{pulled_at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.json"


def observed_moment(source: Source, period: Period, pulled_at: datetime) -> datetime:
    """Return the moment whose state a delivery shows, which orders the versions of a dossier.

    `period_end`: the end of the period, or the pull when the period is still running; `pull`: the moment of the pull.
    """
    return min(period.ends_at, pulled_at) if source.state_as_of == "period_end" else pulled_at


def _store(path: Any, parts: Iterable[Part]) -> tuple[str, list[PartInfo]]:
    whole = hashlib.sha256()
    infos: list[PartInfo] = []
    offset = 0
    compressor = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL, write_checksum=True)
    with path.open("wb") as raw:
        with compressor.stream_writer(raw, closefd=False) as out:
            for part in parts:
                part_hash, byte_count = hashlib.sha256(), 0
                for chunk in part.chunks:
                    whole.update(chunk)
                    part_hash.update(chunk)
                    byte_count += len(chunk)
                    out.write(chunk)
                infos.append(
                    PartInfo(name=part.name, offset=offset, byte_count=byte_count, sha256=part_hash.hexdigest())
                )
                offset += byte_count
        _to_disk(raw)
    return whole.hexdigest(), infos


def _write_small(path: Any, content: bytes) -> None:
    incoming = path.parent / f"{INCOMING}{uuid.uuid4().hex}.json"
    with incoming.open("wb") as raw:
        raw.write(content)
        _to_disk(raw)
    _move(incoming, path)


def _to_disk(raw: Any) -> None:
    raw.flush()
    try:
        descriptor = raw.fileno()
    except (AttributeError, io.UnsupportedOperation):  # an object store has none, and keeps what it acknowledged
        return
    os.fsync(descriptor)


def _move(incoming: Any, target: Any) -> None:
    """Move atomically: a local rename, or an object store's own copy, which shows whole objects only."""
    if isinstance(incoming, Path):
        incoming.replace(target)
    else:
        incoming.fs.mv(incoming.path, target.path)


def _remove_abandoned(folder: Any) -> None:
    for path in folder.iterdir():
        if path.name.startswith(INCOMING):
            with suppress(FileNotFoundError):  # another writer tidied up first
                if time.time() - path.stat().st_mtime > ABANDONED_AFTER_SECONDS:
                    path.unlink()
