"""A transport whose answers have a deadline as a whole: connecting, TLS, headers and body.

A timeout alone counts from byte to byte: a server that sends one byte a second would hold us for days.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx


class Deadline:
    """The moment until which the answer that is waited for must have come whole."""

    def __init__(self) -> None:
        self._ends_at = float("inf")

    def start(self, seconds: float) -> None:
        """Give the next answer so long."""
        self._ends_at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is up: what timed out did so for this."""
        return time.monotonic() >= self._ends_at

    def timeout(self, asked: float | None) -> float:
        """Return the shorter of a timeout and what is left. Raises httpcore.ReadTimeout when nothing is."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline for the whole answer is over")
        return left if asked is None else min(asked, left)


def transport(deadline: Deadline, trust: ssl.SSLContext | bool, host: str, scheme: str) -> httpx.HTTPTransport:
    """Return httpx's transport, kept to the deadline; the environment's proxy is used, as httpx does."""
    proxy = None if proxy_bypass(host) else getproxies().get(scheme)
    made = httpx.HTTPTransport(verify=trust, proxy=proxy)
    # httpx hands on no network backend, which is httpcore's own way to wrap a connection; the tests of slow servers see
    # whether this still holds.
    pool: Any = made._pool
    pool._network_backend = _Backend(pool._network_backend, deadline)
    return made


class _Backend(httpcore.NetworkBackend):
    def __init__(self, inner: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._inner.connect_tcp(host, port, self._deadline.timeout(timeout), local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.timeout(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.timeout(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._deadline.timeout(timeout))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
