"""A page as a tree of elements, for tests to ask what a reader finds on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta"}
_BLOCKS = {"p", "div", "li", "td", "th", "tr", "dt", "dd", "h1", "h2", "h3", "span"}


@dataclass
class Element:
    """An element with its attributes and, in order, its texts and elements."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: list[str | Element] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    @property
    def text(self) -> str:
        """The text as it is read, by people and screen readers; spaces as one."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for part in self.content:
            if isinstance(part, str):
                yield part
            else:
                yield from part._texts()
                yield " " if part.name in _BLOCKS else ""

    def every(self, name: str = "", class_: str = "") -> list[Element]:
        """All elements inside of a name and class, in order."""
        return [
            element
            for element in self._inside()
            if (not name or element.name == name) and (not class_ or class_ in element.classes)
        ]

    def one(self, name: str = "", class_: str = "") -> Element:
        """The only element inside of a name and class."""
        found = self.every(name, class_)
        assert len(found) == 1, f"{len(found)} elements {name}.{class_}"
        return found[0]

    def _inside(self) -> Iterator[Element]:
        for part in self.content:
            if isinstance(part, Element):
                yield part
                yield from part._inside()

    def rows(self, part: str = "tbody") -> list[list[str]]:
        """The texts of a table's cells."""
        return [
            [cell.text for cell in row.every() if cell.name in {"td", "th"}]
            for body in self.every(part)
            for row in body.every("tr")
        ]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("document")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].content.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].content.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
            self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def read(html: str) -> Element:
    """The tree of a page. Fails where elements are not closed in order."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.open == [builder.root], f"<{builder.open[-1].name}> is not closed"
    return builder.root
