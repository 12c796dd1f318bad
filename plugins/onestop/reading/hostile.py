"""What keeps a hostile file from taking the memory: bounded parts of archives, bounded XML without declarations."""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

from lxml import etree

from onestop.reading.rows import Unacceptable

HELD_BYTES = 8 << 20
"""Of a file that must be read from several places, what stays in memory; more goes to a nameless temporary file."""
LONGEST_ELEMENT_BYTES = 2 << 20
"""Of XML between two records: a record that is longer would take the memory (an element costs 120 bytes for 4)."""
MOST_ENTRIES = 10_000
"""Files in one archive: a workbook of a thousand sheets has fewer."""
DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, RuntimeError, OverflowError,
    LookupError,
)  # fmt: skip
"""What zipfile raises for archives that are not what they say."""
MOST_UNPACKED_BYTES = 8 << 30
MOST_TIMES_PACKED = 400
"""Sheets of repeated values pack 10 to 70 times; the most that the method can do is 1,032 times."""


def seekable(stream: BinaryIO, largest_bytes: int, what: str) -> IO[bytes]:
    """Return the whole of a stream as a file that can be read from anywhere. Raises Unacceptable when it is longer."""
    held = tempfile.SpooledTemporaryFile(max_size=HELD_BYTES)  # noqa: SIM115 - the caller closes it
    total = 0
    while chunk := stream.read(1 << 20):
        total += len(chunk)
        if total > largest_bytes:
            held.close()
            limit = f"{largest_bytes:,}"
            raise Unacceptable("file_too_large", f"{what} of more than {limit} bytes", limit=limit)
        held.write(chunk)
    held.seek(0)
    return cast("IO[bytes]", held)


class Archive:
    """A ZIP file whose parts are read in bounds. Everything it raises is Unacceptable."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except DAMAGE as error:
            raise Unacceptable("workbook_damaged", f"no workbook, or half of one ({error})") from error
        entries = self._zip.infolist()
        unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
        if (
            len(entries) > MOST_ENTRIES
            or unpacked > MOST_UNPACKED_BYTES
            or unpacked > MOST_TIMES_PACKED * packed + (1 << 20)
        ):
            seen = f"a workbook of {len(entries):,} parts and {unpacked:,} bytes unpacked from {packed:,}"
            raise Unacceptable("file_too_large", seen, limit=f"{MOST_UNPACKED_BYTES:,}")
        self._names = {entry.filename.lstrip("/"): entry for entry in entries}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def open(self, name: str) -> BinaryIO:
        """Return a part's bytes, unpacked as they are read."""
        entry = self._names.get(name)
        if entry is None:
            raise Unacceptable("workbook_damaged", f"a workbook without its part {name[:80]!r}")
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Unacceptable("workbook_damaged", f"the part {name[:80]!r} packed in a way that no workbook is")
        try:
            return cast("BinaryIO", _Part(self._zip.open(entry), name))
        except DAMAGE as error:
            raise Unacceptable("workbook_damaged", f"the part {name!r} cannot be opened ({error})") from error

    def read(self, name: str, largest_bytes: int = 16 << 20) -> bytes:
        """Return the whole of a small part."""
        with self.open(name) as part:
            data = part.read(largest_bytes + 1)
        if len(data) > largest_bytes:
            limit = f"{largest_bytes:,}"
            raise Unacceptable("file_too_large", f"the part {name!r} of more than {limit} bytes", limit=limit)
        return data


class _Part(io.RawIOBase):
    """One part of an archive; what is wrong with its packing is told as Unacceptable."""

    def __init__(self, part: IO[bytes], name: str) -> None:
        self._part, self._name = part, name

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        try:
            return self._part.read(size)
        except DAMAGE as error:
            raise Unacceptable("workbook_damaged", f"the part {self._name!r} is damaged ({error})") from error

    def close(self) -> None:
        self._part.close()
        super().close()


class _Bounded:
    """A stream that refuses to be read on for long without anything coming of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.since_record = 0
        self.failure: Unacceptable | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._stream.read(size)
            self.since_record += len(data)
        except Unacceptable as failure:
            self.failure = failure  # lxml may tell it in other words
            raise
        if self.since_record > LONGEST_ELEMENT_BYTES:
            limit = f"{LONGEST_ELEMENT_BYTES:,}"
            self.failure = Unacceptable("file_too_large", f"a record of more than {limit} bytes of XML", limit=limit)
            raise self.failure
        return data


def elements(stream: BinaryIO, *names: str) -> Iterator[etree._Element]:
    """Give every element of these local names, in any namespace, when it is whole; it is emptied afterwards.

    No document type declaration is accepted, so there are no entities, inside or outside. Raises Unacceptable for XML
    that is not well-formed, too deep, or whose record is too long.
    """
    bounded = _Bounded(stream)
    first = True
    try:
        events = etree.iterparse(
            bounded,  # type: ignore[arg-type]
            events=("end",), tag=[f"{{*}}{name}" for name in names], resolve_entities=False, no_network=True,
            load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        for _, element in events:
            if first and has_declaration(element):
                raise Unacceptable("page_malformed", "XML with a document type declaration")
            first = False
            bounded.since_record = 0
            yield element
            element.clear()
            _forget_before(element)
    except etree.XMLSyntaxError as error:
        if bounded.failure is not None:
            raise bounded.failure from error
        raise Unacceptable(*_told(error)) from None  # its message may quote the text


def has_declaration(element: etree._Element) -> bool:
    """Whether the document of an element has a document type declaration, which may define entities."""
    return bool(cast("Any", element.getroottree().docinfo).doctype)


def _forget_before(element: etree._Element) -> None:
    """Remove what came before an element, and before those it stands in: it would stay until the end."""
    node = element
    while (above := node.getparent()) is not None:
        while node.getprevious() is not None:
            del above[0]
        node = above


def _told(error: etree.XMLSyntaxError) -> tuple[str, str]:
    message = str(error)
    cut = "Premature end" in message or "no element found" in message or "Document is empty" in message
    where = "no element found" if "no element found" in message else syntax_problem(error)
    return ("file_truncated", f"XML that ends in the middle ({where})") if cut else (
        "page_malformed", f"no XML ({where})"
    )  # fmt: skip


def syntax_problem(error: etree.XMLSyntaxError) -> str:
    """Return which rule of XML is broken and where. libxml2's own message may quote the text, and with it a person."""
    line, column = error.position
    kind = etree.ErrorTypes._getName(error.code, "an error")  # type: ignore[attr-defined]
    return f"{kind}, line {line:,}, column {column:,}"
