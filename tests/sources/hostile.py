"""Servers that misbehave on the wire, and services of other kinds: OAuth 2, SOAP, changes since a moment."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Request, Response

CLIENT_ID, CLIENT_SECRET = "onestop", "the-client-secret"


@contextlib.contextmanager
def raw_server(behave: Callable[[socket.socket], None], trust: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answer each connection with `behave`, on a free loopback port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def converse(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            secured = trust.wrap_socket(connection, server_side=True) if trust else connection
            with secured:
                secured.recv(65536)
                behave(secured)

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@contextlib.contextmanager
def running(app: FastAPI) -> Iterator[int]:
    """Run an application on a free loopback port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(app, log_level="critical", lifespan="off", ws="none", date_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            threading.Event().wait(0.01)
        yield port
        server.should_exit = True
        thread.join(5)


@dataclass
class Services:
    """What the services hold, and what they were asked."""

    now: datetime = datetime(2019, 5, 2, 1, tzinfo=UTC)
    records: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    good_tokens: set[str] = field(default_factory=set)
    tokens_asked: int = 0
    tokens_live: int = 1_000
    """A token is good for so many requests."""
    token_answer: Any = None
    sends_date: bool = True
    fault: str = ""


SOAP_FAULT = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>
<faultcode>s:{code}</faultcode><faultstring>{text}</faultstring></s:Fault></s:Body></s:Envelope>"""


def services(state: Services) -> FastAPI:
    """An identity server with a guarded service, a service of changes, and a one-stop system that speaks SOAP."""
    app = FastAPI()

    def dated(body: bytes, media_type: str = "application/json", status: int = 200) -> Response:
        headers = {"date": format_datetime(state.now, usegmt=True)} if state.sends_date else {}
        return Response(body, status, headers, media_type)

    @app.middleware("http")
    async def remembered(request: Request, go_on: Any) -> Response:
        state.asked.append(f"{request.url.path}?{request.url.query}")
        state.headers.append(dict(request.headers))
        return await go_on(request)

    @app.post("/oauth/token")
    async def token(request: Request) -> Response:
        state.tokens_asked += 1
        state.bodies.append((await request.body()).decode())
        if state.token_answer is not None:
            status, answer = state.token_answer
            headers = {"location": "http://localhost:9/token"} if status == 302 else {}
            return Response(answer, status, headers, "application/json")
        import base64

        good = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != good and f"client_secret={CLIENT_SECRET}" not in state.bodies[-1]:
            return Response(orjson.dumps({"error": "invalid_client"}), 401, media_type="application/json")
        made = f"token-{state.tokens_asked}"
        state.good_tokens.add(made)
        answer = {"access_token": made, "token_type": "Bearer", "expires_in": 3600}
        return Response(orjson.dumps(answer), media_type="application/json")

    @app.get("/guarded")
    def guarded(request: Request, page: int = 1) -> Response:
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        if shown not in state.good_tokens:
            return Response(status_code=401)
        state.tokens_live -= 1
        if state.tokens_live == 0:
            state.good_tokens.clear()
        return dated(orjson.dumps([{"MaHoSo": f"H{page}"}] if page <= 3 else []))

    @app.get("/changes")
    def changes(since: str = "", page: int = 1) -> Response:
        moment = datetime.fromisoformat(since) if since else datetime.min.replace(tzinfo=UTC)
        changed = [record for record in state.records if datetime.fromisoformat(record["sua"]) >= moment]
        return dated(orjson.dumps(changed if page == 1 else []))

    @app.post("/soap")
    async def soap(request: Request) -> Response:
        body = (await request.body()).decode()
        state.bodies.append(body)
        if state.fault == "bomb":
            entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
            lol = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><Envelope><Body>&a9;</Body></Envelope>'
            return dated(lol.encode(), "text/xml")
        if state.fault:
            code, _, text = state.fault.partition("|")
            return dated(SOAP_FAULT.format(code=code, text=text).encode(), "text/xml", 500)
        found = re.search(r"<trang>(\d+)</trang>", body)
        assert found
        start = (int(found[1]) - 1) * 2
        rows = "".join(f"<HoSo><Ma>{row['MaHoSo']}</Ma></HoSo>" for row in state.records[start : start + 2])
        answer = f"<Tong>{len(state.records)}</Tong><DanhSach>{rows}</DanhSach>"
        envelope = (
            '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
            f'<s:Body><TraCuuResponse xmlns="urn:motcua">{answer}</TraCuuResponse></s:Body></s:Envelope>'
        )
        return dated(envelope.encode(), "text/xml; charset=utf-8")

    @app.get("/lines")
    def lines(page: int = 1) -> Response:
        rows = state.records[(page - 1) * 2 : page * 2]
        return dated(b"".join(orjson.dumps(row) + b"\n" for row in rows), "application/x-ndjson")

    return app
