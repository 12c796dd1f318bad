"""What onestop adds to Airflow: its timetable, and two pages in the navigation, open to logged-in users only."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

from onestop.airflow_bridge import IntervalTimetable, text_in_airflow

if TYPE_CHECKING:
    from fastapi import FastAPI


@cache
def page() -> FastAPI:
    """The page, every route of it asking Airflow who the reader is: plugin routes are otherwise open to anyone."""
    from airflow.api_fastapi.core_api.security import get_user  # noqa: PLC0415 - only the api-server serves the page
    from fastapi import Depends  # noqa: PLC0415

    from onestop.publication.page import create_app  # noqa: PLC0415
    from onestop.settings import get_settings  # noqa: PLC0415
    from onestop.warehouse.connection import engine  # noqa: PLC0415

    return create_app(engine(get_settings().bi_url), dependencies=[Depends(get_user)])


async def page_when_asked(scope: Any, receive: Any, send: Any) -> None:
    """Build the page at its first request: plugins are loaded in every process, and only one of them serves it."""
    await page()(scope, receive, send)


@cache
def drop_page() -> FastAPI:
    """The drop page: who may hand in for which source is decided by Airflow's user and the sources' configuration."""
    from airflow.api_fastapi.core_api.security import get_user  # noqa: PLC0415 - only the api-server serves the page
    from fastapi import Depends  # noqa: PLC0415

    from onestop.airflow_bridge import current_jurisdiction  # noqa: PLC0415
    from onestop.intake import Office, Officer, create_app  # noqa: PLC0415
    from onestop.landing import Uploads  # noqa: PLC0415
    from onestop.settings import get_settings  # noqa: PLC0415
    from onestop.warehouse.connection import engine  # noqa: PLC0415

    def officer(user: Any = Depends(get_user)) -> Officer:  # noqa: B008 - FastAPI's way to ask
        # The FAB manager's users have roles with names, the simple manager's one role.
        roles = [role.name for role in getattr(user, "roles", [])] or [str(getattr(user, "role", ""))]
        return Officer(user.get_name(), frozenset(roles) - {""})

    settings = get_settings()
    office = Office(
        engine(settings.warehouse_url),
        Uploads(settings.uploads_root),
        current_jurisdiction,
        until=settings.schedule_until,
    )
    return create_app(office, officer)


async def drop_page_when_asked(scope: Any, receive: Any, send: Any) -> None:
    """Build the drop page at its first request."""
    await drop_page()(scope, receive, send)


class OnestopPlugin(AirflowPlugin):
    """Found by Airflow in the plugins folder."""

    name = "onestop"
    timetables = (IntervalTimetable,)
    fastapi_apps = (
        {"name": "onestop", "app": page_when_asked, "url_prefix": "/onestop"},
        {"name": "onestop_intake", "app": drop_page_when_asked, "url_prefix": "/onestop-intake"},
    )
    external_views = (
        {
            "name": text_in_airflow("site_title"),
            "href": "/onestop/",
            "destination": "nav",
            "url_route": "onestop",
        },
        {
            "name": text_in_airflow("hand_in"),
            "href": "/onestop-intake/",
            "destination": "nav",
            "url_route": "onestop-intake",
        },
    )
