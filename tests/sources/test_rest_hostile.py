"""Servers that attack or break on the wire. A failure here means a pull that never ends, memory that grows with what a
server sends, or half a delivery.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from onestop.landing import Landing
from onestop.sources import (
    RetryPolicy,
    SourceAccess,
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceUnavailable,
)
from onestop.sources import access as access_module
from onestop.sources import inflating as inflating_module
from tests.sources.conftest import a_source, bytes_of, nothing_was_kept, take
from tests.sources.hostile import raw_server

ONCE = RetryPolicy(attempts=1)
FILE = a_source(kind="rest", path="/file.csv", authentication="none", timeout_seconds=1)
PAGE = a_source(
    kind="rest", path="/page", authentication="none", timeout_seconds=1, paging={"kind": "offset", "parameter": "tu"}
)
HEAD = b"HTTP/1.1 200 OK\r\n"


def access_to(port: int, **changes: Any) -> SourceAccess:
    return SourceAccess(**{"host": "127.0.0.1", "port": port, "schema": "http", **changes})


def said(*pieces: bytes, pause_seconds: float = 0) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause_seconds)

    return behave


@pytest.mark.parametrize(
    "behave",
    [
        said(*[HEAD[n : n + 1] for n in range(len(HEAD))], *[b"x"] * 500, pause_seconds=0.05),
        said(HEAD + b"Content-Length: 100000\r\n\r\n", *[b"x"] * 500, pause_seconds=0.05),
        said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 500, pause_seconds=0.05),
    ],
    ids=["header", "body", "chunks"],
)
@pytest.mark.parametrize("source", [FILE, PAGE], ids=["file", "page"])
def test_an_answer_that_drips_is_given_up_as_a_whole(
    landing: Landing, source: Any, behave: Callable[[socket.socket], None]
) -> None:
    source.access = source.access.model_copy(update={"longest_answer_seconds": 0.4})
    with raw_server(behave) as port:
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match=r"not whole after 0\.4 s, though bytes kept coming"):
            take(source, access_to(port), landing, ONCE)
        assert time.monotonic() - began < 2
    assert nothing_was_kept(landing)


def test_a_pull_ends_when_its_time_is_over_however_it_drips(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_module, "SHORTEST_PULL_LIMIT_SECONDS", 0.0)
    source = a_source(kind="rest", path="/f", authentication="none", timeout_seconds=0.04, longest_answer_seconds=60)
    behave = said(HEAD + b"Content-Length: 999999\r\n\r\n", *[b"x" * 1000] * 900, pause_seconds=0.01)
    with raw_server(behave) as port, pytest.raises(SourceUnavailable, match="expected a pull that ends within"):
        take(source, access_to(port), landing, ONCE)
    assert nothing_was_kept(landing)


@pytest.mark.parametrize(
    ("behave", "kind"),
    [
        (said(HEAD + b"X-Huge: " + b"a" * (8 << 20) + b"\r\n\r\n"), SourceCutOff),
        (said(HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(300_000)) + b"\r\n"), SourceCutOff),
        (said(HEAD + b"Content-Length: 100\r\n\r\nshort"), SourceCutOff),
        (said(HEAD + b"Content-Length: -5\r\n\r\n"), SourceCutOff),
        (said(HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), SourceCutOff),
        (said(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), SourceCutOff),
        (said(b"\0\1\2 not HTTP at all\r\n\r\n"), SourceCutOff),
        (said(), SourceCutOff),
        (said(b"HTTP/1.1 302 Found\r\nLocation: http://[::bad\r\n\r\n"), SourceCutOff),
        (said(b"HTTP/1.1 302 Found\r\nLocation: //elsewhere.example/x\r\n\r\n"), SourceMisconfigured),
        (said(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!"), SourceCutOff),
        (said(HEAD + b"Content-Encoding: gzip, gzip\r\nContent-Length: 0\r\n\r\n"), SourceMisconfigured),
        (said(HEAD + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx"), SourceMisconfigured),
    ],
    ids=[
        "huge header", "many headers", "short body", "negative length", "two lengths", "bad chunk", "no HTTP", "closed",
        "broken redirect", "foreign redirect", "no gzip", "gzip twice", "another encoding",
    ],
)  # fmt: skip
def test_what_breaks_on_the_wire_is_an_error_and_no_delivery(
    landing: Landing, behave: Callable[[socket.socket], None], kind: type[SourceError]
) -> None:
    with raw_server(behave) as port, pytest.raises(kind, match="source so_y_te, period 2019-04, http://127"):
        take(FILE, access_to(port), landing, ONCE)
    assert nothing_was_kept(landing)


@pytest.mark.parametrize("source", [FILE, PAGE], ids=["file", "page"])
def test_a_packed_bomb_stops_early_in_bounded_memory(
    landing: Landing, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflating_module, "FREE_BYTES", 1 << 20)
    bomb = gzip.compress(bytes(200 << 20), 9)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with raw_server(said(head + bomb)) as port:
        tracemalloc.start()
        with pytest.raises(SourceMisconfigured, match="at most 200 times its size"):
            take(source, access_to(port), landing, ONCE)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 << 20
    assert nothing_was_kept(landing)


def test_a_packed_file_inside_a_packed_transfer_is_unpacked_twice_and_no_more(landing: Landing) -> None:
    file = gzip.compress(gzip.compress(b"MaHoSo\n"))
    body = zlib.compress(file)
    head = HEAD + b"Content-Encoding: deflate\r\nContent-Length: %d\r\n\r\n" % len(body)
    with raw_server(said(head + body)) as port:
        assert bytes_of(landing, take(FILE, access_to(port), landing, ONCE)) == [gzip.decompress(file)]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def serving(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


BODY = said(HEAD + b"Content-Length: 7\r\n\r\nMaHoSo\n")


def test_a_declared_authority_is_trusted(landing: Landing, authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with raw_server(BODY, serving(authority, "127.0.0.1")) as port:
        access = access_to(port, schema="https", extra={"ca_file": str(tmp_path / "ca.pem")})
        assert bytes_of(landing, take(FILE, access, landing)) == [b"MaHoSo\n"]


@pytest.mark.parametrize("what", ["unknown authority", "another host's certificate", "no TLS"])
def test_a_certificate_that_does_not_fit_is_never_overlooked(
    landing: Landing, authority: trustme.CA, tmp_path: Path, what: str
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    extra = {} if what == "unknown authority" else {"ca_file": str(tmp_path / "ca.pem")}
    trust = serving(authority, "elsewhere.example" if what.startswith("another") else "127.0.0.1")
    kind: type[SourceError] = SourceUnavailable if what == "no TLS" else SourceMisconfigured
    with raw_server(BODY, None if what == "no TLS" else trust) as port, pytest.raises(kind) as caught:
        take(FILE, access_to(port, schema="https", extra=extra), landing, ONCE)
    assert what == "no TLS" or "expected a certificate this machine trusts" in str(caught.value)
    assert nothing_was_kept(landing)


def test_an_authority_file_that_is_not_there_is_named(landing: Landing) -> None:
    with pytest.raises(SourceMisconfigured, match="expected a file of certificates in the extra ca_file"):
        take(FILE, access_to(9, schema="https", extra={"ca_file": "/no/such/file"}), landing, ONCE)
