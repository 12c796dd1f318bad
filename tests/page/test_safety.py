"""Who may read what, and what happens without data, without a warehouse, with hostile names."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.routing import APIRoute
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from onestop import publication
from onestop.jurisdiction import Jurisdiction
from onestop.publication.page import create_app, kept_files
from onestop.publication.page.routes import router
from onestop.warehouse import EmbeddedServer, engine
from tests.page.conftest import Site
from tests.province import Province, direct, online

PATHS = ("/", "/deliveries", "/alerts", "/publications", "/units/so_y_te", "/compliance.csv")
HOSTILE = "<script>alert('1')</script> & \"Sở\""


def nowhere(server: EmbeddedServer) -> Engine:
    return engine(server.url("no_such_warehouse"))


def test_the_paths_tested_here_are_all_there_are() -> None:
    assert {path.replace("so_y_te", "{unit_code}") for path in PATHS} == {
        route.path for route in router.routes if isinstance(route, APIRoute)
    }


@pytest.mark.parametrize("path", PATHS)
def test_whoever_is_not_let_in_gets_nothing_and_costs_the_warehouse_nothing(
    path: str, postgres_server: EmbeddedServer, small_jurisdiction: Jurisdiction
) -> None:
    def nobody() -> None:
        raise HTTPException(401, "Not authenticated")

    app = create_app(nowhere(postgres_server), jurisdiction=small_jurisdiction, dependencies=[Depends(nobody)])
    response = Site(app).get(path)
    assert (response.status_code, response.json()) == (401, {"detail": "Not authenticated"})


def test_every_route_there_is_asks_first_who_the_reader_is(
    postgres_server: EmbeddedServer, small_jurisdiction: Jurisdiction
) -> None:
    """Those of the files kept of a delivery among them, whatever is wrong with what is asked for."""

    def nobody() -> None:
        raise HTTPException(401, "Not authenticated")

    app = create_app(nowhere(postgres_server), jurisdiction=small_jurisdiction, dependencies=[Depends(nobody)])
    paths = {route.path for route in (*router.routes, *kept_files.router.routes) if isinstance(route, APIRoute)}
    assert {"/deliveries/{delivery_id}/errors.{suffix}", "/deliveries/{delivery_id}/checks"} <= paths
    for path in paths:
        for number, suffix in (("1", "xlsx"), ("x", "exe"), ("-1", "csv")):
            asked = path.format(delivery_id=number, suffix=suffix, unit_code="so_y_te")
            assert Site(app).get(asked).status_code == 401, asked


@pytest.mark.parametrize("path", PATHS)
def test_without_a_warehouse_the_page_says_so(
    path: str, postgres_server: EmbeddedServer, small_jurisdiction: Jurisdiction
) -> None:
    site = Site(create_app(nowhere(postgres_server), jurisdiction=small_jurisdiction))
    assert site.page(path, 503).one("h1").text == "Chưa đọc được số liệu"
    assert site.get(path).headers["retry-after"] == "60"
    assert "no_such_warehouse" not in site.get(path).text


@pytest.mark.parametrize("path", ["/", "/deliveries", "/alerts", "/publications"])
def test_before_the_first_publication_the_page_says_so(
    path: str, site_of: Callable[[Jurisdiction], Site], small_jurisdiction: Jurisdiction
) -> None:
    assert site_of(small_jurisdiction).page(path).one("h1").text == "Chưa có kỳ nào được công bố"


def test_before_the_first_publication_there_is_no_unit_and_no_file(
    site_of: Callable[[Jurisdiction], Site], small_jurisdiction: Jurisdiction
) -> None:
    site = site_of(small_jurisdiction)
    assert site.page("/units/so_y_te", 404).one("h1").text == "Không có đơn vị “so_y_te”"
    assert site.page("/compliance.csv", 404).one("h1").text == "Chưa có kỳ nào được công bố"
    assert site.page("/?period=2019-04", 404).one("h1").text == "Không có kỳ “2019-04”"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/?period=2019-01", "Không có kỳ “2019-01”"),
        ("/?period=2019-13", "Không có kỳ “2019-13”"),
        ("/?period=%27;drop+table", "Không có kỳ “';drop table”"),
        ("/compliance.csv?period=x", "Không có kỳ “x”"),
        ("/units/nobody", "Không có đơn vị “nobody”"),
        ("/units/%3Cb%3E", "Không có đơn vị “<b>”"),
        ("/nothing/here", "Không có trang này"),
    ],
)
def test_what_is_not_there_is_said_in_vietnamese_with_the_way_back(site: Site, path: str, title: str) -> None:
    page = site.page(path, 404)
    assert page.one("h1").text == title
    if "here" not in path:
        periods = [a.attributes["href"] for a in page.one("nav", "periods").every("a")]
        assert [href.split("?")[1] for href in periods] == ["period=2019-04", "period=2019-03"]


def test_what_is_not_there_is_said_in_english_too(site: Site) -> None:
    assert site.page("/units/nobody?lang=en", 404).one("h1").text == "There is no unit “nobody”"


def test_a_method_that_no_page_has_is_refused(site: Site) -> None:
    for path in PATHS:
        assert site.get(path, "POST").status_code == 405


@pytest.mark.parametrize("path", [*PATHS[:-1], "/nothing", "/units/nobody"])
def test_a_browser_may_run_and_fetch_nothing(site: Site, path: str) -> None:
    response = site.get(path)
    policy = response.headers["content-security-policy"]
    style = response.text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy
    assert "script" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "private, no-cache"
    assert not site.page(path, response.status_code).every("script")
    assert " style=" not in response.text


def test_names_and_reasons_are_shown_as_text_whatever_they_hold(
    province: Province, site_of: Callable[[Jurisdiction], Site]
) -> None:
    province.deliver("y_te", "2019-04", online(1), direct(3))
    jurisdiction = province.jurisdiction
    with province.engine.begin() as connection:
        number = publication.build(
            connection, jurisdiction, jurisdiction.period("2019-04"), kind="official", reason=HOSTILE, requested_by="x"
        )
    province.check(number)
    with province.engine.begin() as connection:
        publication.approve(connection, number, HOSTILE, {})
    province.release(number)
    with province.engine.begin() as connection:
        connection.execute(text("update core.unit set name_vi = :hostile, name_en = :hostile"), {"hostile": HOSTILE})
        connection.execute(
            text("""
                insert into ops.alert (alert_key, rule, unit_code, period, state, severity, message_vi, facts)
                values ('a', :hostile, 'so_y_te', '2019-04', 'open', :hostile, :hostile, '{}')
            """),
            {"hostile": HOSTILE},
        )
    site = site_of(jurisdiction)
    for path in PATHS[:-1]:
        response = site.get(path)
        assert response.status_code == 200
        assert "<script" not in response.text
        assert HOSTILE in site.page(path).text


def test_the_pages_role_reads_bi_and_nothing_else(page_warehouse: Engine) -> None:
    with page_warehouse.connect() as connection:
        tables = connection.execute(
            text("""
                select n.nspname, c.relname
                from pg_class as c
                inner join pg_namespace as n on c.relnamespace = n.oid
                where
                    c.relkind in ('r', 'v', 'm', 'p')
                    and n.nspname in ('core', 'mart', 'ops', 'quarantine', 'staging', 'bi')
            """)
        ).all()
        readable = {schema for schema, _ in tables if schema == "bi"}
        connection.rollback()
        for schema, table in tables:
            try:
                connection.execute(text(f'select 1 from {schema}."{table}" limit 0'))  # noqa: S608 - from the catalogue
            except DBAPIError as error:
                assert "permission denied" in str(error)  # noqa: PT017 - either outcome is looked at
                assert schema != "bi"
            else:
                readable.add(schema)
            connection.rollback()
    assert len(tables) > 20
    assert readable == {"bi"}


def test_the_pages_role_writes_nothing(page_warehouse: Engine) -> None:
    with page_warehouse.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text("create table bi.anything (x int)"))


def test_mounted_under_a_path_every_link_stays_under_it(
    page_warehouse: Engine, small_jurisdiction: Jurisdiction
) -> None:
    around = FastAPI()
    around.mount("/onestop", create_app(page_warehouse, jurisdiction=small_jurisdiction))
    site = Site(around)
    for path in ("/onestop/", "/onestop/units/so_y_te", "/onestop/deliveries"):
        for link in site.page(path).every("a"):
            href = link.attributes["href"]
            if href.startswith("#"):
                continue
            target = str(site.get(path).url.join(href))
            assert target.startswith("http://page/onestop/")
            assert site.get(target.removeprefix("http://page")).status_code == 200, target
