"""The embedded server starts, stops and comes back whatever happened to it. A failure here breaks `make demo`."""

import multiprocessing
from pathlib import Path

import pytest
from sqlalchemy import text

from onestop.warehouse import EmbeddedServer, engine, owned_server
from onestop.warehouse.embedded import OWNER, TEST_SETTINGS, ServerError


def number_of_databases(server: EmbeddedServer) -> int:
    here = engine(server.url("warehouse", OWNER))
    with here.connect() as connection:
        count: int = connection.execute(
            text("select count(*) from pg_database where datname in ('airflow', 'warehouse')")
        ).scalar_one()
    here.dispose()
    return count


def start(data_dir: Path) -> None:
    EmbeddedServer(data_dir, TEST_SETTINGS).start()


def test_a_server_started_twice_is_one_server_and_stopping_twice_is_harmless(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    starters = [multiprocessing.get_context("spawn").Process(target=start, args=(data_dir,)) for _ in range(2)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(60)
    server = EmbeddedServer(data_dir, TEST_SETTINGS)
    try:
        assert [starter.exitcode for starter in starters] == [0, 0]
        with owned_server(data_dir, TEST_SETTINGS):
            assert number_of_databases(server) == 2
        assert server.is_running(), "the server belonged to those who started it first"
    finally:
        server.stop()
    server.stop()
    assert not server.is_running()


def test_a_killed_server_starts_again_even_when_its_process_number_is_taken(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "data", TEST_SETTINGS)
    server.start()
    process = server._process()
    assert process is not None
    family = [process, *process.children(recursive=True)]
    for member in family:
        member.kill()
    process.wait(10)
    lock = server.data_dir / "postmaster.pid"
    lock.write_text(lock.read_text().replace(str(process.pid), "1", 1))
    try:
        server.start()
        assert number_of_databases(server) == 2
    finally:
        server.stop()


def test_a_long_path_gets_a_short_socket(tmp_path: Path) -> None:
    data_dir = tmp_path / ("a_folder_with_a_very_long_name_" * 3) / "data"
    with owned_server(data_dir, TEST_SETTINGS) as server:
        assert len(str(server.socket_dir)) < 60
        assert number_of_databases(server) == 2
    assert not server.socket_dir.exists()


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "data", {"shared_buffers": "many"})
    with pytest.raises(ServerError, match="shared_buffers"):
        server.start()
