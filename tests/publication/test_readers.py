"""Readers and publishers at once, on connections of their own. A failure means that a half-made month was seen."""

import hashlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from onestop import publication
from onestop.publication.revision import Kind
from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import BI
from tests.province import UNITS, Province, direct, online

ROWS_OF_A_PUBLICATION = 4 * (len(UNITS) + 2 * 2)  # metrics × (units in total, and two districts' own desk and communes)
LOOK = """
with fact as (
    select 'month' as mart, publication_id, numerator, denominator from bi.compliance_month{suffix}
    where period = '2019-04'
    union all
    select 'ytd', publication_id, numerator, denominator from bi.compliance_ytd{suffix} where period = '2019-04'
)
select mart, count(*), min(publication_id) as first_id, max(publication_id) as last_id, sum(denominator) as all_count
from fact
group by mart
"""


@pytest.fixture
def reader_engine(postgres_server: EmbeddedServer, warehouse_database: str) -> Iterator[Engine]:
    """An engine of the readers' role."""
    reader_engine = engine(postgres_server.url(warehouse_database, BI))
    yield reader_engine
    reader_engine.dispose()


@contextmanager
def looking(reader_engine: Engine, suffix: str, seen: list[tuple[int, int]]) -> Iterator[None]:
    """Look at the month again and again, and note which publication is seen, with how many dossiers."""
    stop = threading.Event()

    def look() -> None:
        with reader_engine.connect() as connection:
            while not stop.is_set():
                rows = connection.execute(text(LOOK.format(suffix=suffix))).all()
                connection.rollback()
                if not rows:
                    continue
                assert [row.count for row in rows] == [ROWS_OF_A_PUBLICATION] * 2, rows
                ids = {number for row in rows for number in (row.first_id, row.last_id)}
                assert len(ids) == 1, rows
                assert len({row.all_count for row in rows}) == 1, rows
                seen.append((ids.pop(), int(rows[0].all_count)))

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(look) for _ in range(2)]
        try:
            yield
        finally:
            stop.set()
        for future in futures:
            future.result()


@contextmanager
def looking_at_files(reader_engine: Engine, month: Path, seen: set[int]) -> Iterator[None]:
    """Look at the month's files again and again: where a descriptor stands, they are whole, and published."""
    stop = threading.Event()

    def look() -> None:
        with reader_engine.connect() as connection:
            while not stop.is_set():
                for descriptor in sorted(month.glob("[!.]*/datapackage.json")):
                    try:
                        written = descriptor.read_bytes()
                        package = json.loads(written)
                        contents = [(descriptor.parent / file["path"]).read_bytes() for file in package["resources"]]
                        is_steady = descriptor.read_bytes() == written
                    except FileNotFoundError:
                        continue  # provisional files are being replaced
                    if is_steady:
                        hashes = [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in contents]
                        assert hashes == [file["hash"] for file in package["resources"]]
                        number = package["publication_id"]
                        states = text("select state from bi.publication where publication_id = :id")
                        assert connection.scalar(states, {"id": number}) in {"published", "replaced"}
                        connection.rollback()
                        seen.add(number)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(look)
        try:
            yield
        finally:
            stop.set()
        future.result()


@pytest.mark.parametrize(
    ("kind", "suffix", "publications"), [("official", "", 50), ("provisional", "_provisional", 12)]
)
def test_readers_never_see_a_mixture_of_publications_or_a_part_of_one(
    open_province: Province, reader_engine: Engine, kind: Kind, suffix: str, publications: int
) -> None:
    published: dict[int, int] = {}
    seen: list[tuple[int, int]] = []
    seen_files: set[int] = set()
    open_province.deliver("yen_the", "2019-04", direct(1))
    files = looking_at_files(reader_engine, open_province.exports_root / "calendar" / "2019-04", seen_files)
    with looking(reader_engine, suffix, seen), files:
        for number in range(publications):
            open_province.deliver("y_te", "2019-04", online(2, name=f"more {number}"))
            result = open_province.publish("2019-04", kind)
            published[result.publication_id] = 4 * (2 * number + 3) + 4  # four metrics; a district is told twice
    assert set(seen) <= set(published.items())
    assert len(set(seen)) > publications / 4
    assert seen_files <= set(published)
    assert seen_files


def test_a_reader_who_stays_in_one_transaction_keeps_one_publication(
    open_province: Province, reader_engine: Engine
) -> None:
    open_province.deliver("y_te", "2019-04", direct(1))
    open_province.publish("2019-04")
    steady = reader_engine.execution_options(isolation_level="REPEATABLE READ")
    with steady.connect() as connection:
        before = connection.execute(text(LOOK.format(suffix=""))).all()
        open_province.deliver("y_te", "2019-04", direct(2))
        assert open_province.publish("2019-04").revision == 2
        assert connection.execute(text(LOOK.format(suffix=""))).all() == before


def test_of_two_who_publish_a_month_at_once_one_goes_through_and_the_other_is_told(open_province: Province) -> None:
    open_province.deliver("y_te", "2019-04", online(3), direct(4))
    both_have_built = threading.Barrier(2)

    def publish_it() -> int | None:
        publication_id = open_province.build("2019-04")
        both_have_built.wait(30)
        try:
            open_province.check(publication_id)
            open_province.approve(publication_id)
            return open_province.release(publication_id).revision
        except publication.PublicationReplacedError:
            return None

    with ThreadPoolExecutor(2) as pool:
        revisions = [future.result() for future in [pool.submit(publish_it) for _ in range(2)]]
    assert sorted(revisions, key=str) == [1, None]
    assert [row["state"] for row in open_province.rows("select state from ops.publication order by 1")] == [
        "published",
        "replaced",
    ]


def await_waiting(province: Province, work: Future[Any]) -> None:
    """Return when the work waits for a lock. Fails if it goes through without waiting."""
    waiting = "select exists (select 1 from pg_locks where not granted) as is_waiting"
    for _attempt in range(500):
        if work.done() or province.rows(waiting)[0]["is_waiting"]:
            break
        province.execute("select pg_sleep(0.01)")
    assert not work.done()


def test_who_publishes_what_another_is_publishing_waits_and_gets_the_same_answer(open_province: Province) -> None:
    open_province.deliver("y_te", "2019-04", online(3), direct(4))
    publication_id = open_province.build("2019-04")
    open_province.check(publication_id)
    open_province.approve(publication_id)
    with ThreadPoolExecutor(1) as pool, open_province.engine.begin() as connection:
        first = publication.publish(connection, publication_id, open_province.exports_root)
        published_at = connection.scalar(text("select published_at from ops.publication"))
        second = pool.submit(open_province.release, publication_id)
        await_waiting(open_province, second)
        connection.commit()
        assert second.result(30) == first
    assert open_province.stored(publication_id)["published_at"] == published_at


def test_a_build_waits_for_a_decision_under_way_so_that_its_moment_says_the_same_for_ever(
    open_province: Province,
) -> None:
    open_province.deliver("y_te", "2019-04", direct(1))
    decide = text("""
        insert into ops.delivery (
            source_id, dataset, period, sha256, object_path, byte_count, part_count, pulled_at, observed_at, state,
            reasons, decided_at
        )
        values (
            'noi_vu', 'dossier', '2019-04', 'x', 'x', 1, 1, now(), now(), 'rejected', '[]', clock_timestamp()
        )
    """)
    with ThreadPoolExecutor(1) as pool, open_province.engine.begin() as connection:
        connection.execute(decide)
        building = pool.submit(open_province.build, "2019-04")
        await_waiting(open_province, building)
        connection.commit()
        built = open_province.stored(building.result(30))
    again = open_province.stored(open_province.build("2019-04", as_of=built.as_of))
    assert again.content_hash == built.content_hash
    statuses = open_province.rows(
        "select reporting_status from mart.compliance_month where publication_id = :id and unit_code = 'so_noi_vu'",
        id=again.publication_id,
    )
    assert {row.reporting_status for row in statuses} == {"rejected"}


def test_months_published_at_once_do_not_disturb_each_other(open_province: Province) -> None:
    months = [f"2019-{month:02d}" for month in range(1, 5)]
    for period in months:
        open_province.deliver("y_te", period, direct(1, f"{period}-10", received="2019-01-01"))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(open_province.publish, months))
    assert [(result.period, result.revision) for result in results] == [(period, 1) for period in months]
    assert [open_province.figures("compliance_ytd", period)["so_y_te"].denominator for period in months] == [1, 2, 3, 4]
