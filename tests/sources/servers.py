"""The source systems the tests pull from: a real web service, SFTP server and files, with faults to order."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import paramiko
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

TOKEN = "the-secret-token"
LOGIN, PASSWORD = "onestop", "the-secret-password"


@dataclass
class WebService:
    """What the service holds, how it misbehaves, and what it was asked."""

    url: str = ""
    records: list[dict[str, Any]] = field(default_factory=lambda: [{"MaHoSo": f"H{n:04d}"} for n in range(1, 24)])
    faults: list[str] = field(default_factory=list)
    """Taken one a request: '' is none; 503, 429, cut, gone, html, slow, … are what `_fault` knows."""
    always: str = ""
    totals: list[int] = field(default_factory=list)
    """Declared totals, one a page; the true one when empty."""
    asked: list[str] = field(default_factory=list)
    largest_page: int = 10
    retry_after: str = "0"
    big_bytes: int = 0
    year_of_its_clock: int = 2019

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def _cut(body: bytes) -> Response:
    """Promise the whole body and send half of it: uvicorn then breaks the connection."""

    async def half() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]

    return StreamingResponse(half(), headers={"content-length": str(len(body))}, media_type="application/json")


def web_application(state: WebService) -> FastAPI:  # noqa: PLR0915 - a route a dialect
    """Both paging dialects of the provinces' systems, next links and a download."""
    app = FastAPI()

    def fault(body: bytes) -> Response | None:  # noqa: PLR0911 - a fault a case
        name = state.always or (state.faults.pop(0) if state.faults else "")
        match name:
            case "":
                return None
            case "503" | "401" | "403" | "404" | "500":
                return Response(status_code=int(name))
            case "429":
                return Response(status_code=429, headers={"retry-after": state.retry_after})
            case "cut":
                return _cut(body)
            case "half":  # closed after half a page without saying how long it is
                return Response(body[: len(body) // 2], media_type="application/json")
            case "html":
                return Response("<html>Đăng nhập</html>", media_type="text/html")
            case "away":
                return RedirectResponse("http://localhost:9/api")
            case "within":
                return RedirectResponse("/moved")
            case "round":
                return RedirectResponse("/round")
            case "gzip":
                import gzip

                return Response(gzip.compress(body), headers={"content-encoding": "gzip"})
        raise AssertionError(name)

    def answer(document: Any, headers: dict[str, str] | None = None) -> Response:
        body = orjson.dumps(document)
        return fault(body) or Response(body, media_type="application/json", headers=headers)

    def total() -> int:
        return state.totals.pop(0) if state.totals else len(state.records)

    def let_in(request: Request) -> bool:
        header = request.headers.get("authorization", "")
        basic = "Basic " + base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
        return header in {f"Bearer {TOKEN}", basic} or request.headers.get("x-api-key") == TOKEN

    @app.middleware("http")
    async def door(request: Request, go_on: Any) -> Response:
        state.asked.append(f"{request.url.path}?{request.url.query}")
        return await go_on(request) if let_in(request) else Response(status_code=401)

    @app.get("/numbered")
    @app.get("/moved")
    def numbered(page: int = 1, size: int = 10) -> Response:
        size = min(size, state.largest_page)
        items = state.records[(page - 1) * size : page * size]
        return answer(
            {"data": {"total": total(), "items": items}, "taoLuc": f"{state.year_of_its_clock}-05-02T08:00:00"}
        )

    @app.get("/offset")
    def offset(offset: int = 0, limit: int = 10) -> Response:
        limit = min(limit, state.largest_page)
        return answer(state.records[offset : offset + limit])

    @app.get("/linked")
    def linked(request: Request, after: int = 0) -> Response:
        end = after + state.largest_page
        in_header = "header" in request.query_params
        following = f"/linked?after={end}{'&header=1' * in_header}" if end < len(state.records) else None
        if state.always.startswith("next:"):
            following, state.always = state.always.removeprefix("next:"), ""
        document = {"value": state.records[after:end], "next": following}
        headers = {"link": f'<{following}>; rel="next"'} if following else {}
        return answer(document["value"] if in_header else document, headers)

    @app.get("/cursor")
    def cursor(cursor: str = "0") -> Response:
        start = int(cursor)
        end = start + state.largest_page
        following = str(end) if end < len(state.records) else ""
        if "back" in state.faults and start:
            following = "10"
        return Response(orjson.dumps({"rows": state.records[start:end], "cursor": following}))

    @app.get("/endless")
    def endless() -> Response:
        return Response(orjson.dumps({"data": {"items": state.records[:10]}}))

    @app.get("/round")
    def round_and_round() -> Response:
        return RedirectResponse("/round")

    @app.get("/file.csv")
    def file() -> Response:
        name = state.always or (state.faults.pop(0) if state.faults else "")
        headers = {"last-modified": "Thu, 02 May 2019 01:00:00 GMT"}
        if name == "503":
            return Response(status_code=503)
        if name == "cut":
            return _cut(b"MaHoSo\nH0001\n" * 100_000)

        def blocks() -> Iterator[bytes]:
            block = b"MaHoSo;KenhThucHien\nH0001;2\n" * 4096
            left = state.big_bytes or len(block)
            while left > 0:
                yield block[:left]
                left -= len(block)

        return StreamingResponse(blocks(), headers=headers, media_type="text/csv")

    return app


@contextlib.contextmanager
def web_service() -> Iterator[WebService]:
    """Run the service on a free loopback port."""
    state = WebService()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        state.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(web_application(state), log_level="critical", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            threading.Event().wait(0.01)
        yield state
        server.should_exit = True
        thread.join(5)


@dataclass
class FileServer:
    """An SFTP server over a folder. `while_reading` runs once, when the first block of a file has been given."""

    port: int
    root: Path
    host_key: str
    while_reading: Any = None
    breaks_after_bytes: int | None = None


def _files_of(state: FileServer) -> type[paramiko.SFTPServerInterface]:
    class Files(paramiko.SFTPServerInterface):
        def _whole(self, path: str) -> Path:
            return state.root / path.lstrip("/")

        def canonicalize(self, path: str) -> str:
            real = os.path.realpath(self._whole(path))
            inside = os.path.relpath(real, state.root)
            return "/" if inside == "." else os.path.normpath(f"/{inside}") if ".." not in inside else real

        def list_folder(self, path: str) -> Any:
            try:
                entries = sorted(self._whole(path).iterdir())
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno or 2)
            return [paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name) for entry in entries]

        def stat(self, path: str) -> Any:
            try:
                return paramiko.SFTPAttributes.from_stat(self._whole(path).stat())
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno or 2)

        lstat = stat

        def open(self, path: str, flags: int, attr: Any) -> Any:  # noqa: ARG002 - paramiko's signature
            try:
                opened = self._whole(path).open("rb")
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno or 2)

            class Handle(paramiko.SFTPHandle):
                def read(self, offset: int, length: int) -> Any:
                    if state.breaks_after_bytes is not None and offset >= state.breaks_after_bytes:
                        raise ConnectionResetError
                    data = super().read(offset, length)
                    if offset == 0 and state.while_reading is not None:
                        then, state.while_reading = state.while_reading, None
                        then()
                    return data

            handle = Handle(flags)
            handle.readfile = opened
            return handle

    return Files


class _Door(paramiko.ServerInterface):
    def __init__(self, public_key: paramiko.PKey | None) -> None:
        self.public_key = public_key

    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == (LOGIN, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        good = username == LOGIN and key == self.public_key
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's signature
        return "password,publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's signature
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


@contextlib.contextmanager
def file_server(root: Path, public_key: paramiko.PKey | None = None) -> Iterator[FileServer]:
    """Run the SFTP server on a free loopback port."""
    key = paramiko.ECDSAKey.generate()
    listener = socket.create_server(("127.0.0.1", 0))
    state = FileServer(listener.getsockname()[1], root, f"{key.get_name()} {key.get_base64()}")
    transports: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transports.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _files_of(state))
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(server=_Door(public_key))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield state
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for transport in transports:
        transport.close()


def private_key_text(key: paramiko.PKey) -> str:
    """The key as its file would read."""
    text = io.StringIO()
    key.write_private_key(text)
    return text.getvalue()
