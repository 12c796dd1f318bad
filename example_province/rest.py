"""Two REST services: the one-stop software (page numbers, bearer token), the English one (offsets or links, API key).

Both answer for whole months only, and label every page as synthetic.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

import orjson
from fastapi import Body, FastAPI, Header, HTTPException, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from example_province import faults as fault_kinds
from example_province.dirt import Delivery
from example_province.dossiers import Province
from example_province.faults import Faults
from example_province.months import FIRST_PERIOD, LAST_PERIOD, LOCAL, SIGN, moment_as_datetime, month_code, starts_at
from example_province.systems import SYSTEMS_BY_SOURCE, delivered_at
from example_province.units import UNITS_BY_CODE

LARGEST_PAGE = 1000
"""Records; who asks for more gets so many."""

STALL_SECONDS = 6.0
"""How long a slow page makes wait."""

_JSON = "application/json; charset=utf-8"
_LABEL = {"X-Data-Label": "SYNTHETIC"}


@dataclass(frozen=True)
class Services:
    """What the services need: the dossiers, what is broken, and each source's secret."""

    province: Province
    faults: Faults
    secrets: Mapping[str, str]
    admin_token: str

    def admit(self, source: str, kind: str, secret: str | None) -> None:
        """Let a caller in, or raise 404 or 401."""
        system = SYSTEMS_BY_SOURCE.get(source)
        if system is None or system.kind != kind:
            raise HTTPException(404, "Không có đơn vị này")
        if self.faults.lasting(source, None) == fault_kinds.UNAUTHORISED:
            raise HTTPException(401, "Sai tài khoản hoặc mật khẩu")
        if secret is None or not secrets.compare_digest(secret.encode(), self.secrets[source].encode()):
            raise HTTPException(401, "Sai tài khoản hoặc mật khẩu")

    def delivery(self, source: str, month: int) -> Delivery:
        """Return what a source delivers for a month."""
        return Delivery(self.province, UNITS_BY_CODE[source], month)

    def page(self, source: str, month: int, start: int, size: int) -> tuple[list[dict[str, Any]], int]:
        """Return some records of a month, and how many there are in all."""
        if not FIRST_PERIOD <= month <= LAST_PERIOD:
            return [], 0
        delivery = self.delivery(source, month)
        records = delivery.records(start, start + size)
        return list(SYSTEMS_BY_SOURCE[source].dialect.objects(records)), delivery.count

    async def answer(self, source: str, month: int, place: str, document: dict[str, Any]) -> Response:
        """Return a page, or what comes of it while something is broken."""
        fault = self.faults.of_page(source, month_code(month), place)
        if fault == fault_kinds.UNAUTHORISED:
            raise HTTPException(401, "Sai tài khoản hoặc mật khẩu")
        if fault == fault_kinds.UNAVAILABLE:
            raise HTTPException(503, "Hệ thống đang bảo trì", headers={"Retry-After": "1"})
        if fault == fault_kinds.SLOW:
            await asyncio.sleep(STALL_SECONDS)
        body = orjson.dumps(document)
        if fault == fault_kinds.CUT_OFF:
            # Announced whole, sent by half: the server then closes the connection.
            headers = {**_LABEL, "Content-Length": str(len(body))}
            return StreamingResponse(_half(body), media_type=_JSON, headers=headers)
        return Response(body, media_type=_JSON, headers=_LABEL)


async def _half(body: bytes) -> AsyncIterator[bytes]:
    yield body[: len(body) // 2]


def _token(authorization: str | None) -> str | None:
    kind, _, token = (authorization or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _whole_month(first: datetime, after_last: datetime) -> int:
    """Return the month from its first day until before the first of the next one. Raises 422 for another range."""
    month = first.year * 12 + first.month - 1
    begins, ends = moment_as_datetime(starts_at(month)), moment_as_datetime(starts_at(month + 1))
    if first.replace(tzinfo=LOCAL) != begins or after_last.replace(tzinfo=LOCAL) != ends:
        raise HTTPException(422, "Chỉ trả dữ liệu theo tháng / whole months only")
    return month


def _day(text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form).replace(tzinfo=LOCAL)
    except ValueError:
        raise HTTPException(422, f"{text!r}: {form}") from None


def one_stop_service(services: Services) -> FastAPI:
    """Return the one-stop software: GET /api/v1/don-vi/{source}/ho-so."""
    app = FastAPI(title=f"Một cửa điện tử ({SIGN})", openapi_url=None)

    @app.get("/api/v1/don-vi/{source}/ho-so")
    async def dossiers(  # noqa: PLR0917 - FastAPI names them
        source: str,
        tu_ngay: str,
        den_ngay: str,
        trang: Annotated[int, Query(ge=1)] = 1,
        so_dong: Annotated[int, Query(ge=1)] = 100,
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        services.admit(source, "one_stop", _token(authorization))
        form = "%d/%m/%Y"
        month = _whole_month(_day(tu_ngay, form), _day(den_ngay, form) + timedelta(days=1))
        size = min(so_dong, LARGEST_PAGE)
        items, total = await run_in_threadpool(services.page, source, month, (trang - 1) * size, size)
        document = {
            "ghiChu": SIGN,
            "thoiDiemTao": delivered_at(source, month).astimezone(LOCAL).isoformat(),
            "data": {"page": trang, "total": total, "items": items},
        }
        return await services.answer(source, month, str(trang), document)

    _administration(app, services)
    return app


def english_service(services: Services) -> FastAPI:
    """Return the English service: GET /{source}/v2/dossiers; offsets, or a link to the next page."""
    app = FastAPI(title=f"Dossier service ({SIGN})", openapi_url=None)

    @app.get("/{source}/v2/dossiers")
    async def dossiers(  # noqa: PLR0917 - FastAPI names them
        source: str,
        since: Annotated[str, Query(alias="from")],
        until: str,
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1)] = 100,
        x_api_key: Annotated[str | None, Header()] = None,
    ) -> Response:
        services.admit(source, "service", x_api_key)
        form = "%Y-%m-%d"
        month = _whole_month(_day(since, form), _day(until, form))
        size = min(limit, LARGEST_PAGE)
        results, count = await run_in_threadpool(services.page, source, month, offset, size)
        document: dict[str, Any] = {
            "notice": SIGN,
            "generated_at": delivered_at(source, month).isoformat(),
            "count": count,
            "results": results,
        }
        if SYSTEMS_BY_SOURCE[source].form == "next_link":
            following = offset + len(results)
            query = f"?from={since}&until={until}&offset={following}&limit={size}"
            document["links"] = {"next": f"/{source}/v2/dossiers{query}" if following < count else None}
        return await services.answer(source, month, str(offset), document)

    return app


def _administration(app: FastAPI, services: Services) -> None:
    """Add /admin/faults: what is broken on request. Needs the administrator's bearer token (endpoints.json)."""

    def admit(authorization: str | None) -> None:
        if not secrets.compare_digest((_token(authorization) or "").encode(), services.admin_token.encode()):
            raise HTTPException(401, "not the administrator's token")

    @app.post("/admin/faults/{source}")
    def break_or_repair(
        source: str,
        fault: Annotated[str, Body()],
        periods: Annotated[list[str] | None, Body()] = None,
        authorization: Annotated[str | None, Header()] = None,
    ) -> dict[str, Any]:
        admit(authorization)
        if source not in SYSTEMS_BY_SOURCE:
            raise HTTPException(404, f"{source} is no source")
        try:
            services.faults.request(source, fault, periods)
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return {"source": source, "fault": fault, "periods": periods}

    @app.delete("/admin/faults/{source}")
    def leave_alone(source: str, authorization: Annotated[str | None, Header()] = None) -> dict[str, Any]:
        admit(authorization)
        services.faults.withdraw(source)
        return {"source": source}
