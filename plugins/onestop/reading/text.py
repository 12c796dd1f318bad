"""Bytes to text: strict decoding that says where it failed."""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, cast

LONGEST_RECORD_BYTES = 8 << 20
_SAMPLE_BYTES = 1 << 16
_FEW_BYTES = 1 << 16


class WrongEncoding(Exception):  # noqa: N818
    """The bytes are not in the declared encoding. `line` counts from 1, `offset` in bytes from 0.

    `rule` is the contract's: no byte is wrong where the rest of the last character is missing, the file was cut there.
    """

    def __init__(self, line: int, offset: int, seen: str, detected: str | None, rule: str = "encoding_wrong") -> None:
        super().__init__(seen)
        self.line, self.offset, self.seen, self.detected, self.rule = line, offset, seen, detected, rule


class RecordTooLong(Exception):  # noqa: N818 - named by what happened
    """More was read than any record has, and no record came of it."""


def count_of(byte: bytes, data: bytes, end: int | None = None) -> int:
    """Return how often a byte stands in data, or in the first `end` bytes of it."""
    if len(data) < _FEW_BYTES:
        return data.count(byte, 0, end)
    import numpy as np  # noqa: PLC0415 - counts many of them several times faster than `bytes.count`

    return int(np.count_nonzero(np.frombuffer(data, np.uint8, len(data) if end is None else end) == ord(byte)))


class TrackedBytes(io.BufferedIOBase):
    """A stream that remembers how far it was read: bytes, line ends, and whether the last byte ended a line.

    Whoever takes records from it sets `since_record` to 0 at each, so that a record without end is not waited for.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = cast("io.BufferedReader", stream)
        self.byte_count = self.line_count = self.since_record = 0
        self.ends_line = True
        self._again = memoryview(b"")

    def readable(self) -> bool:
        """Text is read from here."""
        return True

    def read1(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        if self._again:
            size = len(self._again) if size < 0 else size
            data, self._again = bytes(self._again[:size]), self._again[size:]
        else:
            data = self._stream.read1(size)
        if data:
            self.since_record += len(data)
            if self.since_record > LONGEST_RECORD_BYTES:
                raise RecordTooLong
            self.byte_count += len(data)
            self.line_count += count_of(b"\n", data)
            self.ends_line = data[-4:].rstrip(b"\0")[-1:] in {b"\r", b"\n"}  # UTF-16 and UTF-32 end in zeros
        return data

    def read(self, size: int | None = -1, /) -> bytes:
        """Return at most `size` bytes, none at the end."""
        return self.read1(-1 if size is None else size)

    def give_back(self, data: bytes) -> None:
        """Let the bytes that were read last be read again."""
        self._again = memoryview(data + self._again)
        self.byte_count -= len(data)
        self.line_count -= count_of(b"\n", data)
        self.since_record = 0

    def wrong_encoding(self, error: UnicodeDecodeError) -> WrongEncoding:
        """Say where decoding failed: the decoder always fails in the bytes that were read last."""
        after = error.object[error.start :]
        line, offset = self.line_count - after.count(b"\n") + 1, self.byte_count - len(after)
        if error.reason == "unexpected end of data":
            return WrongEncoding(line, offset, "an end in the middle of a character", None, "file_truncated")
        return WrongEncoding(line, offset, f"the byte 0x{after[0]:02x}", detected_encoding(error.object))


def detected_encoding(sample: bytes) -> str | None:
    """Return the name of the encoding that a sample looks like, or None. Only for messages: nothing is guessed."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - needed only when a delivery is refused

    best = from_bytes(sample[:_SAMPLE_BYTES]).best()
    return best.encoding if best else None


def decoded(stream: BinaryIO, encoding: str) -> tuple[io.TextIOWrapper, TrackedBytes]:
    """Return the text of a stream, line ends as they are, and the tracker of its bytes.

    A byte order mark is left out. Reading raises UnicodeDecodeError at a byte that does not decode (pass it to the
    tracker's `wrong_encoding`); raises WrongEncoding at once when UTF-8 was declared to be a one-byte encoding, which
    would decode and be wrong in every letter.
    """
    name = codecs.lookup(encoding).name
    sample = cast("io.BufferedReader", stream).peek(_SAMPLE_BYTES)[:_SAMPLE_BYTES]
    if not name.startswith("utf") and not sample.isascii() and _is_utf8(sample):
        raise WrongEncoding(1, 0, f"text in UTF-8 where {encoding} was declared", "utf_8")
    tracked = TrackedBytes(stream)
    return as_text(tracked, "utf-8-sig" if name == "utf-8" else name), tracked


def as_text(stream: io.BufferedIOBase, encoding: str) -> io.TextIOWrapper:
    """Return the text of a stream, strictly decoded, line ends as they are."""
    return io.TextIOWrapper(cast("BinaryIO", stream), encoding=encoding, errors="strict", newline="")


def _is_utf8(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True
