"""The page as an application of its own, served by Airflow or by itself."""

from collections.abc import Sequence
from functools import cache
from http import HTTPStatus
from typing import cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.params import Depends
from fastapi.responses import Response
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException as RoutingError

from onestop.jurisdiction import Jurisdiction, load_jurisdiction
from onestop.publication.page import kept_files
from onestop.publication.page.routes import Site, router
from onestop.publication.page.visit import NoSuchThingError
from onestop.settings import get_settings

log = structlog.get_logger(__name__)


def create_app(
    engine: Engine, *, jurisdiction: Jurisdiction | None = None, dependencies: Sequence[Depends] = ()
) -> FastAPI:
    """Build the page's application.

    ``engine`` connects as ``onestop_bi``. Without ``jurisdiction`` the configured one is loaded at the first request.
    ``dependencies`` (Airflow's logged-in user, for one) guard every route; there are no routes beside them.
    """

    @cache
    def configured() -> Jurisdiction:
        return jurisdiction or load_jurisdiction(get_settings().jurisdiction)

    app = FastAPI(title="onestop", openapi_url=None, docs_url=None, redoc_url=None, dependencies=list(dependencies))
    app.state.site = Site(engine, configured)
    app.include_router(router)
    app.include_router(kept_files.router)
    app.add_exception_handler(NoSuchThingError, _not_there)
    app.add_exception_handler(RoutingError, _not_routed)
    app.add_exception_handler(SQLAlchemyError, _unreadable)
    return app


def _not_there(_request: Request, error: Exception) -> Response:
    missing = cast("NoSuchThingError", error)
    return missing.visit.message(missing.kind, HTTPStatus.NOT_FOUND, **missing.values)


async def _not_routed(request: Request, error: Exception) -> Response:
    refused = cast("RoutingError", error)
    if refused.status_code != HTTPStatus.NOT_FOUND:
        # A dependency's refusal (not logged in) and a method that no route has stay what they are.
        return await http_exception_handler(request, refused)
    return Site.of(request).visit(request).message("unknown_page", HTTPStatus.NOT_FOUND)


def _unreadable(request: Request, error: Exception) -> Response:
    log.error("The page cannot read the bi views.", error=str(error).splitlines()[0], path=request.url.path)
    response = Site.of(request).visit(request).message("unavailable", HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = "60"
    return response
