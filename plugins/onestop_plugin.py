"""What onestop adds to Airflow: its timetable, and the page in the navigation, open to logged-in users only."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

from onestop.airflow_bridge import IntervalTimetable

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


class OnestopPlugin(AirflowPlugin):
    """Found by Airflow in the plugins folder."""

    name = "onestop"
    timetables = (IntervalTimetable,)
    fastapi_apps = ({"name": "onestop", "app": page_when_asked, "url_prefix": "/onestop"},)
    external_views = (
        {
            "name": "Dịch vụ công trực tuyến",
            "href": "/onestop/",
            "destination": "nav",
            "url_route": "onestop",
        },
    )
