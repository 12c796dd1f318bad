"""Unpacking gzip while it comes: in bounded memory, to a bounded size, to the end that it declares."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

from onestop.landing import DeliveryFacts, Part
from onestop.sources.access import Request
from onestop.sources.errors import SourceCutOff, SourceMisconfigured

GZIP_MAGIC = b"\x1f\x8b"
ANY_ZLIB_HEADER = 32 + zlib.MAX_WBITS
CHUNK_BYTES = 1 << 18
HIGHEST_RATIO = 200
"""Dossiers pack ten to thirty times smaller; gzip's limit is 1,032, which only a bomb comes near."""
FREE_BYTES = 16 << 20
"""So much may come out whatever the ratio: a short file of one repeated line is no bomb."""


class Bomb(Exception):  # noqa: N818 - named by what it is
    """More comes out than any honest file holds."""


class Broken(Exception):  # noqa: N818 - named by what it is
    """What came is no gzip, is damaged, or ends early."""


class Inflater:
    """Unpacks one stream of gzip (its members one after another) or of zlib, chunk by chunk."""

    def __init__(self) -> None:
        self.packed_bytes = 0
        self.unpacked_bytes = 0
        self._member = zlib.decompressobj(ANY_ZLIB_HEADER)

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Give what a packed chunk holds, in pieces of at most 256 KiB. Raises Bomb, Broken."""
        self.packed_bytes += len(packed)
        while packed:
            if self._member.eof:
                packed = packed.lstrip(b"\0")  # tapes and some programs pad with them
                if not packed:
                    return
                self._member = zlib.decompressobj(ANY_ZLIB_HEADER)
            try:
                piece = self._member.decompress(packed, CHUNK_BYTES)
            except zlib.error as error:
                raise Broken(str(error)) from error
            packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self.unpacked_bytes += len(piece)
            if self.unpacked_bytes > FREE_BYTES + HIGHEST_RATIO * self.packed_bytes:
                raise Bomb(f"{self.packed_bytes:,} bytes that unpack to more than {self.unpacked_bytes:,}")
            if piece:
                yield piece

    def finish(self) -> None:
        """Say that nothing more comes. Raises Broken when the stream is not at its end."""
        if self.packed_bytes and not self._member.eof:
            raise Broken(f"it ends in the middle, after {self.packed_bytes:,} bytes")


def inflated(chunks: Iterator[bytes], inflater: Inflater) -> Iterator[bytes]:
    """Give the unpacked bytes of packed chunks. Raises Bomb, Broken."""
    for chunk in chunks:
        yield from inflater.feed(chunk)
    inflater.finish()


def unpacked(part: Part, request: Request, facts: DeliveryFacts) -> Part:
    """Return a part as it is, or, when its bytes are a gzip file, what that holds, noting what was received.

    No other format begins with these two bytes. The note names the packed file's size and SHA-256: it can be told again
    from what is kept whether a file is the one that was received.
    """
    head = b""
    chunks = part.chunks
    while len(head) < len(GZIP_MAGIC) and (chunk := next(chunks, None)) is not None:
        head += chunk
    if not head.startswith(GZIP_MAGIC):
        return Part(part.name, _together(head, chunks))
    name = part.name[: -len(".gz")] if part.name.lower().endswith(".gz") else part.name
    return Part(name, _file(part.name, _together(head, chunks), request, facts))


def _file(name: str, chunks: Iterator[bytes], request: Request, facts: DeliveryFacts) -> Iterator[bytes]:
    digest = hashlib.sha256()

    def hashed() -> Iterator[bytes]:
        for chunk in chunks:
            digest.update(chunk)
            yield chunk

    inflater = Inflater()
    try:
        yield from inflated(hashed(), inflater)
    except Broken as error:
        raise request.error(
            SourceCutOff,
            name,
            expected="a whole gzip file",
            seen=str(error),
            remedy="It is pulled again by itself; if it stays so, ask the agency to pack the file again.",
        ) from error
    except Bomb as error:
        raise bomb(request, name, error) from error
    facts.notes.append(
        f"{name} came packed with gzip and is kept unpacked: {inflater.packed_bytes:,} bytes, "
        f"SHA-256 {digest.hexdigest()}."
    )


def bomb(request: Request, endpoint: str, error: Bomb) -> Exception:
    """Return the error for a stream that unpacks without end."""
    return request.error(
        SourceMisconfigured,
        endpoint,
        expected=f"data that unpacks to at most {HIGHEST_RATIO} times its size",
        seen=str(error),
        remedy="Nothing was kept. Ask the agency what it sends; a real file of dossiers never packs so small.",
    )


def _together(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest
