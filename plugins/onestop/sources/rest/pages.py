"""What a page of a web service holds, as far as paging must know: how many records, and the values at a few paths.

XML is read by a parser that takes no document type, so no entity, and forgets each record when it has been counted.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError  # the types; parsing is defusedxml's

import orjson
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

if TYPE_CHECKING:
    from onestop.jurisdiction.models import RestAccess

FAULT = "Fault"
FAULT_DEPTH = 3
PATHS_TOLD = 20
VALUES_LIMIT = 4_000_000
"""Of a page: 64 MB of `[],[],…` would become 2 GB of lists. A page of 30,000 dossiers holds a million values."""
DEPTH_LIMIT = 100
RECORD_ELEMENTS_LIMIT = 10_000


@dataclass(frozen=True)
class Page:
    """`digest` is that of the records, to know them again; `keys` describes the page to who has to correct a path."""

    record_count: int
    digest: bytes
    values: Mapping[str, Any]
    keys: str


class NoPage(Exception):  # noqa: N818 - named by what it is
    """The body is not a page as declared. `is_cut`: it ends or breaks in the middle."""

    def __init__(self, seen: str, *, is_cut: bool = False, path: str | None = None) -> None:
        super().__init__(seen)
        self.seen, self.is_cut, self.path = seen, is_cut, path


class SoapFault(Exception):  # noqa: N818 - SOAP's own word
    """The service answers that it cannot: what it says, and whether it blames the question."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}" if code else text)
        self.is_ours = code.rpartition(":")[2].split(".")[0] in {"Client", "Sender"}


def read_page(access: RestAccess, body: bytes) -> Page:
    """Look at a page's body. Raises NoPage, SoapFault."""
    paging = access.paging
    wanted = {
        path
        for path in (
            access.declared_count_path,
            access.generated_at_path,
            getattr(paging, "cursor_path", None),
            getattr(paging, "next_path", None),
        )
        if path
    }
    return _READERS[access.answer](body, access.records_path, wanted)


def _json(body: bytes, records_path: str | None, wanted: Collection[str]) -> Page:
    _refuse_flood(body)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if body[:1] in {b"{", b"["}:
            raise NoPage(f"{len(body):,} bytes of JSON that end or break in the middle", is_cut=True) from error
        raise NoPage(f"{len(body):,} bytes of something else") from error
    keys = ", ".join(list(document)[:20]) if isinstance(document, dict) else f"none, it is a {type(document).__name__}"
    records = _at(document, records_path) if records_path else document
    if not isinstance(records, list):
        raise NoPage(f"{type(records).__name__}; the page's keys are {keys}", path=records_path or "the top")
    digest = hashlib.blake2b(orjson.dumps(records), digest_size=16).digest()
    return Page(len(records), digest, {path: _at(document, path) for path in wanted}, keys)


def _refuse_flood(body: bytes) -> None:
    if sum(body.count(sign) for sign in (b",", b"[", b"{")) > VALUES_LIMIT:
        raise NoPage(f"{len(body):,} bytes with more than {VALUES_LIMIT:,} values, which no page of dossiers holds")


def _at(document: Any, path: str) -> Any:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _ndjson(body: bytes, records_path: str | None, wanted: Collection[str]) -> Page:  # noqa: ARG001 - a reader's signature
    _refuse_flood(body)
    count = 0
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            orjson.loads(line)
        except orjson.JSONDecodeError as error:
            is_last = not body.endswith(b"\n") and body.endswith(line)
            seen = f"line {number:,}, which is no JSON or breaks in the middle"
            raise NoPage(seen, is_cut=is_last and count > 0) from error
        count += 1
    return Page(count, hashlib.blake2b(body, digest_size=16).digest(), {}, "none, it is NDJSON")


def _xml(body: bytes, records_path: str | None, wanted: Collection[str]) -> Page:
    if not records_path:
        raise NoPage("no records_path", path="access.records_path, the names of the elements down to a record")
    reader = _XmlReader(tuple(records_path.split(".")), wanted)
    try:
        for event, element in iterparse(io.BytesIO(body), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                reader.start(element)
            else:
                reader.end(element)
    except DefusedXmlException as error:
        raise NoPage(f"XML with a document type or entities ({type(error).__name__}), which is not read") from error
    except ParseError as error:
        if body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" and b"<html" not in body[:400].lower():
            raise NoPage(f"{len(body):,} bytes of XML that end or break in the middle", is_cut=True) from error
        raise NoPage(f"{len(body):,} bytes of something else") from error
    return reader.page()


class _XmlReader:
    """Counts the elements at one path and keeps the texts at others; holds one record at a time.

    A path is the end of the way from the root, as for the reader of the records (onestop.reading).
    """

    def __init__(self, records_path: tuple[str, ...], wanted: Collection[str]) -> None:
        self.records_path = records_path
        self.wanted = {tuple(path.split(".")): path for path in wanted}
        self.names: list[str] = []
        self.elements: list[Element] = []
        self.record_depth: int | None = None
        self.inside_count = 0
        self.seen_paths: dict[tuple[str, ...], None] = {}
        self.has_holder = len(records_path) == 1
        self.values: dict[str, str | None] = dict.fromkeys(wanted)
        self.count = 0
        self.digest = hashlib.blake2b(digest_size=16)

    def start(self, element: Element) -> None:
        self.names.append(_local(element.tag))
        self.elements.append(element)
        self.inside_count += 1
        if len(self.names) > DEPTH_LIMIT or self.inside_count > RECORD_ELEMENTS_LIMIT:
            raise NoPage("XML that is nested deeper, or has more in one record, than any dossier")
        if self.record_depth is not None:
            return
        self.inside_count = 0
        if self._is_at(self.records_path):
            self.record_depth = len(self.names)
        elif len(self.seen_paths) < PATHS_TOLD:
            self.seen_paths.setdefault(tuple(self.names))
        self.has_holder = self.has_holder or self._is_at(self.records_path[:-1])

    def end(self, element: Element) -> None:
        depth = len(self.names)
        if depth == FAULT_DEPTH and self.names == ["Envelope", "Body", FAULT]:
            raise _fault(element)
        if self.record_depth == depth:
            self.record_depth = None
            self.count += 1
            for text in element.itertext():
                self.digest.update(text.encode() + b"\x1f")
            self.digest.update(b"\x1e")
        for path, name in self.wanted.items():
            if self._is_at(path):
                self.values[name] = (element.text or "").strip() or None
        is_kept = self.record_depth is not None or self.names[:FAULT_DEPTH] == ["Envelope", "Body", FAULT]
        self.names.pop()
        self.elements.pop()
        if self.elements and not is_kept:
            self.elements[-1].remove(element)

    def page(self) -> Page:
        keys = ", ".join(".".join(path) for path in self.seen_paths)
        if not self.has_holder:
            raise NoPage(f"no such element; there are {keys}", path=".".join(self.records_path))
        return Page(self.count, self.digest.digest(), self.values, keys)

    def _is_at(self, path: tuple[str, ...]) -> bool:
        return bool(path) and tuple(self.names[-len(path) :]) == path


def _fault(element: Element) -> SoapFault:
    """Return what a Fault of SOAP 1.1 (faultcode, faultstring) or 1.2 (Code/Value, Reason/Text) says."""
    texts = {_local(inner.tag): (inner.text or "").strip() for inner in element.iter()}
    code = texts.get("faultcode") or texts.get("Value") or ""
    return SoapFault(code, texts.get("faultstring") or texts.get("Text") or "a Fault without a text")


def fault_in(body: bytes) -> SoapFault | None:
    """Return the Fault that a body holds, if it is an envelope with one."""
    try:
        _xml(body, "Envelope.-", ())
    except SoapFault as fault:
        return fault
    except NoPage:
        return None
    return None


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


_READERS: Mapping[str, Callable[[bytes, str | None, Collection[str]], Page]] = {
    "json": _json,
    "ndjson": _ndjson,
    "xml": _xml,
}
