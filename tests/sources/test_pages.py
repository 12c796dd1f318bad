"""Looking at pages of any bytes. A failure here means a traceback, or memory that grows with the attack."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from onestop.sources.inflating import Bomb, Broken, Inflater
from onestop.sources.rest.pages import NoPage, SoapFault, read_page
from tests.sources.conftest import ACCESS

PIECES = st.sampled_from(
    b"""<a>|</a>|<b x='1'>|</b>|<a/>|<!DOCTYPE a>|<![CDATA[|]]>|&a;|&#0;|<?xml|?>|<!--|-->|{"a":|{"a":[|]|}|,|[|1e999
|\0|"\xff"|\xef\xbb\xbf|\xff\xfe|<s:Envelope xmlns:s='u'>|<s:Body>|<s:Fault>|</s:Fault>""".split(b"|")
)


def access(answer: str) -> Any:
    paging = {"kind": "cursor", "parameter": "c", "cursor_path": "a.c"}
    described = {"kind": "rest", "path": "/", "answer": answer, "records_path": "a.b", "declared_count_path": "a.n"}
    return ACCESS.validate_python({**described, "paging": paging})


@pytest.mark.parametrize("answer", ["json", "ndjson", "xml"])
@settings(max_examples=max(700, 10 * settings.default.max_examples), deadline=None)
@given(body=st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(b"".join)))
@example(body=b"[" * 100_000)
@example(body=b"<a>" * 100_000)
def test_any_bytes_are_a_page_or_told_not_to_be_one(answer: str, body: bytes) -> None:
    with suppress(NoPage, SoapFault):
        assert read_page(access(answer), body).record_count >= 0


@settings(max_examples=max(500, 10 * settings.default.max_examples), deadline=None)
@given(chunks=st.lists(st.one_of(st.binary(max_size=100), st.just(b"\x1f\x8b\x08\0\0\0\0\0\0\x03")), max_size=8))
def test_any_bytes_are_unpacked_or_told_not_to_be_packed(chunks: list[bytes]) -> None:
    inflater = Inflater()
    with suppress(Bomb, Broken):
        assert all(piece for chunk in chunks for piece in inflater.feed(chunk))
        inflater.finish()


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("json", b'{"a":{"b":[' + b"[]," * (10 << 20) + b"[]]}}"),
        ("xml", b"<a>" * (4 << 20)),
        ("xml", b"<a><b>" + b"<c/>" * (8 << 20) + b"</b></a>"),
        ("xml", b"<a><b>" + b"<b>" * (8 << 20)),
    ],
    ids=["many lists", "deep", "wide record", "deep record"],
)
def test_a_flood_of_values_is_refused_before_it_fills_the_memory(answer: str, body: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(NoPage):
        read_page(access(answer), body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


def test_many_records_of_xml_are_counted_in_the_memory_of_one() -> None:
    body = b"<a><n>30000</n>" + b"<b><ma>H1</ma><ten>x</ten></b>" * 30_000 + b"</a>"
    tracemalloc.start()
    page = read_page(access("xml"), body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (page.record_count, page.values["a.n"]) == (30_000, "30000")
    assert peak < 16 << 20
