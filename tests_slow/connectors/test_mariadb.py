"""Pulling from an agency's own MariaDB. A failure here means lost rows, a wrong hour, or a server's answer not
understood.
"""

from __future__ import annotations

import getpass
import subprocess
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from example_province.processes import free_port
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
from tests_slow.connectors.conftest import listens, program, started

QUERY = "select * from ho_so where ngay_nhan >= :starts_at and ngay_nhan < :ends_at order by so"
ENDLESS = "select count(*) as so from seq_1_to_100000000 as a cross join seq_1_to_1000 as b"
SOURCE = a_source(kind="database", query=QUERY)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("mariadb")
    data, port = folder / "data", free_port()
    subprocess.run(
        [
            program("mariadb-install-db", "mariadb-server"), "--no-defaults", f"--datadir={data}", "--skip-test-db",
            "--auth-root-authentication-method=normal", f"--user={getpass.getuser()}",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    command = [
        program("mariadbd", "mariadb-server"), "--no-defaults", f"--datadir={data}", f"--socket={folder}/s.sock",
        f"--port={port}", "--bind-address=127.0.0.1", f"--user={getpass.getuser()}", f"--pid-file={folder}/pid",
        "--default-time-zone=+00:00", "--innodb-buffer-pool-size=32M",
    ]  # fmt: skip
    with started(command, lambda: listens(port), folder / "log"):
        administrator = create_engine(
            f"mysql+pymysql://root@localhost/?unix_socket={folder}/s.sock", poolclass=NullPool
        )
        with administrator.begin() as connection:
            for statement in (
                "create database motcua character set utf8mb4",
                "create user onestop@'%' identified by 'the-secret-password'",
                "grant select on motcua.* to onestop@'%'",
                "create table motcua.ho_so (so int primary key, ma_ho_so varchar(40), ten text,"
                " ngay_nhan timestamp null, ngay_hen date, le_phi decimal(12, 2), nhi_phan varbinary(4))",
                "create table motcua.cua_nguoi_khac (so int)",
            ):
                connection.execute(text(statement))
            # Received hour by hour from 31 March 23:00 in Hanoi, which is 16:00 UTC.
            connection.execute(
                text(
                    "insert into motcua.ho_so select seq, concat('H', seq), 'Trần Thị Bưởi 🌾', "
                    "timestampadd(hour, seq, '2019-03-31 16:00:00'), '2019-04-15', 12000.50, x'00ff' "
                    "from motcua.seq_0_to_1000"
                )
            )
        yield port


def access_to(server: int, **changes: Any) -> SourceAccess:
    values = {
        "host": "127.0.0.1",
        "port": server,
        "login": "onestop",
        "password": "the-secret-password",
        "schema": "motcua",
        "extra": {"driver": "mysql+pymysql"},
    }
    return SourceAccess(**{**values, **changes})


def test_the_rows_of_the_period_are_those_of_the_province_s_clock(server: int, landing: Landing) -> None:
    manifest = take(SOURCE, access_to(server), landing)
    rows = [orjson.loads(line) for line in bytes_of(landing, manifest)[0].splitlines()]
    assert len(rows) == manifest.declared_count == 30 * 24
    assert rows[0] == {
        "so": 1,
        "ma_ho_so": "H1",
        "ten": "Trần Thị Bưởi 🌾",
        "ngay_nhan": "2019-04-01T00:00:00",
        "ngay_hen": "2019-04-15",
        "le_phi": "12000.50",
        "nhi_phan": "00ff",
    }
    assert rows[-1]["ngay_nhan"] == "2019-04-30T23:00:00"


def test_a_large_answer_is_streamed(server: int, landing: Landing) -> None:
    query = "select seq as so, repeat('x', 200) as chu from seq_1_to_300000"
    tracemalloc.start()
    manifest = take(a_source(kind="database", query=query, timeout_seconds=60), access_to(server), landing)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert manifest.declared_count == 300_000
    assert manifest.byte_count > 60 << 20
    assert peak < 24 << 20


def test_a_query_that_takes_too_long_is_cut_off(server: int, landing: Landing) -> None:
    source = a_source(kind="database", query=ENDLESS, timeout_seconds=0.5)
    with pytest.raises(SourceCutOff, match="the query was interrupted"):
        take(source, access_to(server), landing)
    assert nothing_was_kept(landing)


def test_a_server_that_dies_while_reading_is_cut_off(server: int, landing: Landing) -> None:
    query = "select connection_id() as ours, seq as so, repeat('x', 2000) as chu from seq_1_to_2000000"
    url = f"mysql+pymysql://onestop:the-secret-password@127.0.0.1:{server}/motcua"

    def kill() -> None:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            for row in connection.execute(text("show processlist")).mappings().all():
                if str(row["Info"]).startswith("select connection_id()"):
                    connection.exec_driver_sql(f"kill {int(row['Id'])}")

    timer = threading.Timer(1.0, kill)
    timer.start()
    with pytest.raises(SourceCutOff):
        take(a_source(kind="database", query=query, timeout_seconds=60), access_to(server), landing)
    timer.join()
    assert nothing_was_kept(landing)


@pytest.mark.parametrize(
    ("changes", "query", "kind", "words"),
    [
        ({"password": "wrong-secret"}, QUERY, SourceUnauthorised, "expected to be let in as onestop"),
        ({"schema": "mysql"}, QUERY, SourceUnauthorised, "Access denied"),
        ({"schema": "no_such"}, QUERY, SourceUnauthorised, "Access denied"),
        ({"port": 1}, QUERY, SourceUnavailable, "expected a database server"),
        ({}, "select khong_co from ho_so", SourceMisconfigured, "tables and columns as the query names them"),
        ({}, "select * from khong_co", SourceMisconfigured, "correct access.query of the source so_y_te"),
        ({}, "selekt", SourceMisconfigured, "correct access.query"),
        ({}, "insert into ho_so (so) values (-1)", SourceUnauthorised, "INSERT command denied"),
        ({}, "select * from ho_so where so = :quy", SourceMisconfigured, ":quy"),
    ],
)
def test_what_the_server_refuses_is_told_without_the_secret(  # noqa: PLR0917 - a row of the table
    server: int, landing: Landing, changes: dict[str, Any], query: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        take(a_source(kind="database", query=query), access_to(server, **changes), landing)
    assert "secret" not in str(caught.value)
    assert "period 2019-04, database 127.0.0.1:" in str(caught.value)
    assert nothing_was_kept(landing)


def test_trying_a_source_names_the_columns_without_reading_the_rows(server: int) -> None:
    assert try_source(SOURCE, access_to(server)).endswith("lets us in.")
    large = a_source(kind="database", query="select seq as so, repeat('x', 2000) as chu from seq_1_to_2000000")
    assert try_source(large, access_to(server), APRIL).endswith("gives the columns so, chu.")


def test_a_server_that_does_not_speak_tls_is_not_talked_to_when_tls_is_declared(
    server: int, landing: Landing, tmp_path: Path
) -> None:
    import trustme

    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    extra = {"driver": "mysql+pymysql", "ca_file": str(tmp_path / "ca.pem")}
    with pytest.raises(SourceUnavailable, match="SSL"):
        take(SOURCE, access_to(server, extra=extra), landing)
