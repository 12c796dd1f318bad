"""Pulling from an agency's own PostgreSQL. A failure here means lost rows, or a server's answer not understood."""

from __future__ import annotations

import threading
import traceback
import tracemalloc
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, make_url, text

from onestop.landing import Landing
from onestop.sources import (
    SourceAccess,
    SourceCutOff,
    SourceMisconfigured,
    SourceUnauthorised,
    SourceUnavailable,
    try_source,
)
from tests.sources.conftest import APRIL, a_source, bytes_of, nothing_was_kept, take

QUERY = "select * from ho_so where ngay_nhan >= :starts_at and ngay_nhan < :ends_at order by ma_ho_so"
SOURCE = a_source(kind="database", query=QUERY)


@pytest.fixture
def agency(warehouse_engine: Engine) -> Engine:
    with warehouse_engine.begin() as connection:
        connection.execute(
            text("""
            create table ho_so (
                ma_ho_so text, ngay_nhan timestamptz, ngay_hen date, le_phi numeric(12, 2), tru boolean
            );
            insert into ho_so
            select
                'H' || n, '2019-03-31 23:00+07'::timestamptz + make_interval(hours => n), '2019-04-15', 12000.50, null
            from generate_series(0, 5000) as n
            """)
        )
    return warehouse_engine


def access_to(agency: Engine, **changes: Any) -> SourceAccess:
    url = make_url(agency.url.render_as_string(hide_password=False))
    host = url.host if url.host and "host" not in url.query else str(url.query["host"])
    values = {"host": host, "port": url.port, "login": url.username, "password": url.password, "schema": url.database}
    return SourceAccess(**{**values, **changes})


def test_the_rows_of_the_period_are_kept_as_ndjson_and_their_number_is_declared(
    agency: Engine, landing: Landing
) -> None:
    manifest = take(SOURCE, access_to(agency), landing)
    rows = [orjson.loads(line) for line in bytes_of(landing, manifest)[0].splitlines()]
    assert len(rows) == manifest.declared_count == 720
    first = min(rows, key=lambda row: int(row["ma_ho_so"][1:]))
    assert first == {
        "ma_ho_so": "H1",
        "ngay_nhan": first["ngay_nhan"],
        "ngay_hen": "2019-04-15",
        "le_phi": "12000.50",
        "tru": None,
    }
    assert first["ngay_nhan"] in {"2019-04-01T00:00:00+07:00", "2019-03-31T17:00:00+00:00"}


def test_the_same_rows_again_are_the_same_delivery(agency: Engine, landing: Landing) -> None:
    assert take(SOURCE, access_to(agency), landing) == take(SOURCE, access_to(agency), landing)


def test_a_month_without_rows_is_a_delivery_of_none(agency: Engine, landing: Landing) -> None:
    source = a_source(kind="database", query="select ma_ho_so from ho_so where ngay_hen = :starts_on")
    manifest = take(source, access_to(agency), landing)
    assert (manifest.declared_count, manifest.byte_count) == (0, 0)


def test_the_agency_s_tables_cannot_be_written(agency: Engine, landing: Landing) -> None:
    source = a_source(kind="database", query="delete from ho_so returning ma_ho_so")
    with pytest.raises((SourceCutOff, SourceMisconfigured)):
        take(source, access_to(agency), landing)
    with agency.connect() as connection:
        assert connection.execute(text("select count(*) from ho_so")).scalar_one() == 5001


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("select ma_hs from ho_so", r'column "ma_hs" does not exist.*correct access\.query of the source so_y_te'),
        ("select 1 from ho_so where ngay_nhan >= :since", "saw :since"),
        ("select 1 / 0 from ho_so", "Run access.query"),
    ],
)
def test_a_query_that_does_not_fit_is_named(agency: Engine, landing: Landing, query: str, words: str) -> None:
    with pytest.raises(SourceMisconfigured, match=words):
        take(a_source(kind="database", query=query), access_to(agency), landing)
    assert nothing_was_kept(landing)


def test_no_log_quotes_a_row_that_broke_the_query(agency: Engine, landing: Landing) -> None:
    """The driver's message does; a log shows an error with those that it came from."""
    query = "select cast('Lê Thị TUYET' || 'NHUNG' || ma_ho_so as integer) from ho_so"
    with pytest.raises(SourceMisconfigured) as broken:
        take(a_source(kind="database", query=query), access_to(agency), landing)
    told = "".join(traceback.format_exception(broken.value))
    assert "22P02" in told
    assert "TUYETNHUNG" not in told


def test_an_account_that_is_not_known_or_may_not_read_is_unauthorised(
    agency: Engine, loader_engine: Engine, landing: Landing
) -> None:
    with pytest.raises(SourceUnauthorised, match="to be let in as nobody"):
        take(SOURCE, access_to(agency, login="nobody", password="secret"), landing)
    with pytest.raises(SourceUnauthorised, match="permission denied"):
        take(SOURCE, access_to(loader_engine), landing)


def test_a_server_that_is_not_there_is_unavailable_and_a_driver_that_is_not_is_named(landing: Landing) -> None:
    with pytest.raises(SourceUnavailable, match="expected a database server"):
        take(SOURCE, SourceAccess(host="127.0.0.1", port=1, login="a", password="secret", schema="b"), landing)
    with pytest.raises(SourceMisconfigured, match="expected the name of an installed SQLAlchemy driver"):
        take(SOURCE, SourceAccess(host="127.0.0.1", extra={"driver": "oracle+nothing"}), landing)


def test_a_query_that_takes_too_long_is_cut_off(agency: Engine, landing: Landing) -> None:
    source = a_source(kind="database", query="select pg_sleep(30)", timeout_seconds=1)
    with pytest.raises(SourceCutOff, match="57014"):
        take(source, access_to(agency), landing)


def test_a_connection_killed_in_the_middle_is_cut_off(agency: Engine, administrator: Engine, landing: Landing) -> None:
    source = a_source(kind="database", query="select n, pg_sleep(0.002) from generate_series(1, 20000) as n")
    # The cursor is declared at once; the connection spends its time in fetching from it.
    kill = text(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where query ilike 'fetch forward%' and datname = :database and pid <> pg_backend_pid()"
    )

    def kill_soon() -> None:
        with administrator.connect() as connection:
            while not connection.execute(kill, {"database": agency.url.database}).all():
                threading.Event().wait(0.02)

    killer = threading.Thread(target=kill_soon, daemon=True)
    killer.start()
    with pytest.raises(SourceCutOff, match="the query was interrupted"):
        take(source, access_to(agency), landing)
    killer.join()
    assert nothing_was_kept(landing)


def test_trying_a_source_says_which_columns_come(agency: Engine) -> None:
    assert try_source(SOURCE, access_to(agency)).endswith("lets us in.")
    assert "gives the columns ma_ho_so, ngay_nhan," in try_source(SOURCE, access_to(agency), APRIL)


def test_a_large_answer_is_streamed(agency: Engine, landing: Landing) -> None:
    query = "select n as so, repeat('x', 200) as chu from generate_series(1, 200000) as n"
    tracemalloc.start()
    manifest = take(a_source(kind="database", query=query, timeout_seconds=60), access_to(agency), landing)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert manifest.declared_count == 200_000
    assert peak < 24 << 20
