"""The server of the benchmark: the embedded PostgreSQL with the settings that the product gives it, fsync on."""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import psycopg2

from onestop import warehouse
from onestop.warehouse.embedded import OWNER, SUPERUSER, EmbeddedServer, owned_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812

    from onestop.jurisdiction import Jurisdiction


@dataclass(frozen=True)
class Server:
    """A running server on which databases are made and dropped."""

    embedded: EmbeddedServer

    def connect(self, database: str = "postgres") -> PsycopgConnection:
        """Return the administrator's connection."""
        host = str(self.embedded.socket_dir)
        return psycopg2.connect(host=host, user=SUPERUSER, dbname=database, options="-c timezone=UTC")

    def version(self) -> str:
        """Return PostgreSQL's version."""
        return str(self._value("show server_version"))

    def wal_bytes(self) -> int:
        """Return how much WAL was written since the server was made."""
        return int(str(self._value("select pg_current_wal_lsn() - '0/0'::pg_lsn")))

    def empty(self, name: str) -> str:
        """Make an empty database anew and return its name."""
        return self._create(name, f"create database {name}")

    def warehouse(self, name: str, jurisdiction: Jurisdiction) -> str:
        """Make a migrated warehouse with a jurisdiction's dimensions, and return its name."""
        self._create(name, f"create database {name} owner {OWNER}")
        owner = warehouse.engine(self.embedded.url(name, OWNER))
        warehouse.upgrade(owner)
        owner.dispose()
        self.synchronise(name, jurisdiction)
        return name

    def synchronise(self, name: str, jurisdiction: Jurisdiction) -> None:
        """Bring a warehouse's dimensions up to a jurisdiction."""
        loader = warehouse.engine(self.embedded.url(name))
        with loader.begin() as connection:
            warehouse.synchronise(connection, jurisdiction)
        loader.dispose()

    def copy(self, template: str, name: str) -> str:
        """Make a copy of a database, and return its name. A checkpoint before and after leaves no work behind."""
        self._create(name, f"create database {name} template {template} strategy file_copy")
        self.settle()
        return name

    def size_mb(self, name: str) -> float:
        """Return what a database takes on disk."""
        return float(str(self._value(f"select pg_database_size('{name}')"))) / 1e6

    def drop(self, name: str) -> None:
        """Drop a database if it is there."""
        self._run(f"drop database if exists {name} with (force)")

    def vacuum(self, name: str) -> None:
        """Vacuum and analyse a database, as autovacuum does within minutes."""
        self._run("vacuum (analyze)", name)

    def cpu_seconds(self) -> float:
        """Return how long the server has used processors, the sessions that ended (reaped children) included."""
        pid = int((self.embedded.data_dir / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        postmaster = psutil.Process(pid)
        own = postmaster.cpu_times()
        total = own.user + own.system + own.children_user + own.children_system
        for session in postmaster.children():
            with suppress(psutil.NoSuchProcess):
                times = session.cpu_times()
                total += times.user + times.system
        return float(total)

    def settle(self) -> None:
        """Write out what waits, so that what is measured next does not pay for what was measured before."""
        self._run("checkpoint")

    def _create(self, name: str, command: str) -> str:
        self.drop(name)
        self._run(command)
        return name

    def _run(self, command: str, database: str = "postgres") -> None:
        with closing(self.connect(database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(command)

    def _value(self, query: str) -> object:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
            return row[0] if row else None


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Start the server on a folder, and stop it at the end."""
    with owned_server(folder / "postgres" / "data") as embedded:
        yield Server(embedded)
