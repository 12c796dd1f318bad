"""XML documents, the SOAP envelope of older one-stop systems among them. Memory: one record."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import BinaryIO

from lxml import etree

from onestop.reading.hostile import elements
from onestop.reading.rows import LONGEST_CELL, Cells, Declared, Layout, Rows, Unacceptable, Unreadable


def read(layout: Layout, stream: BinaryIO, declared: Declared) -> Rows:  # noqa: ARG001 - every reader's signature
    """Give the wanted cells of every element that the dotted `records_path` leads to, such as Body.DanhSach.HoSo.

    Names are those without a namespace; the path is the end of the way from the root. A column is a dotted path below
    the record, `@ma` an attribute of it. An element that is there twice is Unreadable: which one is meant cannot be
    known. Raises Unacceptable for XML that is not well-formed or declares a document type, for an answer that tells of
    an error (SOAP Fault), for a document without the element in which the records stand.
    """
    path = (layout.records_path or "").split(".")
    paths = [None if column is None else tuple(column.split(".")) for column in layout.columns]
    required = {tuple(column.split(".")): column for column in layout.required_columns}
    seen_holder = False
    above = path[:-1]
    for element in elements(stream, *{path[-1], *above[-1:], "Fault"}):
        name = _local(element)
        if name == path[-1] and _is_at(element, path):
            seen_holder = True
            yield _cells(element, paths, required)
        elif name == "Fault":
            raise Unacceptable("records_missing", f"an error instead of records: {_fault(element)}")
        elif above and _is_at(element, above):
            seen_holder = True
    if not seen_holder:
        raise Unacceptable("records_missing", f"no element at {layout.records_path}", value=layout.records_path)


def _cells(
    record: etree._Element, paths: Sequence[tuple[str, ...] | None], required: dict[tuple[str, ...], str]
) -> Cells | Unreadable:
    children: dict[str, list[etree._Element]] = {}
    for child in record:
        children.setdefault(_local(child), []).append(child)
    cells = []
    for path in paths:
        if path is None:
            cells.append("")
            continue
        found = _at(record, children, path)
        if len(found) == 1:
            cells.append(found[0])
        elif found:
            return Unreadable("record_malformed", f"{'.'.join(path)}: {len(found)}")
        elif path in required:
            raise Unacceptable(
                "column_missing", f"a record without {required[path]}", value=required[path],
                columns=", ".join(sorted(required.values())),
            )  # fmt: skip
        else:
            cells.append("")
    longest = max(map(len, cells))
    return tuple(cells) if longest <= LONGEST_CELL else Unreadable("cell_too_long", f"{longest:,}")


def _at(record: etree._Element, children: dict[str, list[etree._Element]], path: tuple[str, ...]) -> list[str]:
    """Return the texts at a path below a record, its children given by name; a `nil` element is there and empty."""
    here = [record] if path[0].startswith("@") else children.get(path[0], [])
    for name in path[0 if path[0].startswith("@") else 1 :]:
        if name.startswith("@"):
            return [
                str(value) for element in here for key, value in element.attrib.items() if _bare(str(key)) == name[1:]
            ]  # fmt: skip
        here = [child for element in here for child in element if _local(child) == name]
    return [_own_text(element) for element in here]


def _own_text(element: etree._Element) -> str:
    """Return an element's text, with that after elements in it; the text in those is not its own."""
    text = element.text or ""
    return "".join([text, *(child.tail or "" for child in element)]) if len(element) else text


def _is_at(element: etree._Element, path: Sequence[str]) -> bool:
    node: etree._Element | None = element
    for name in reversed(path):
        if node is None or _local(node) != name:
            return False
        node = node.getparent()
    return True


def _fault(element: etree._Element) -> str:
    return " ".join(" ".join(str(text) for text in element.itertext()).split())[:200]


def _local(element: etree._Element) -> str:
    return _bare(element.tag)


@lru_cache(maxsize=4096)
def _bare(name: str) -> str:
    return name.rsplit("}", 1)[-1]
