"""The agencies' own PostgreSQL: one server, a database for each agency, tables in their own naming.

A real system of record keeps dossiers as they are today, not as they were at a month's end: every dossier is here in
its last state, and the source's query shows it as at the end of the month.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import psycopg2
from psycopg2 import sql

from example_province.dialects import Dialect
from example_province.dirt import Delivery, Record
from example_province.dossiers import Dossier, Province
from example_province.months import FIRST_PERIOD, LAST_PERIOD, LONGEST_LAG, PERIODS, SIGN
from example_province.processes import free_port
from example_province.systems import SYSTEMS, System
from example_province.units import UNITS_BY_CODE
from onestop.warehouse.embedded import SUPERUSER, EmbeddedServer

_SETTINGS = {
    "shared_buffers": "32MB", "maintenance_work_mem": "64MB", "work_mem": "16MB", "max_connections": "40",
    "fsync": "off",
    "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "1GB", "timezone": "Asia/Ho_Chi_Minh",
}  # fmt: skip
"""Its data can be made again: nothing waits for the disk."""

CLOSED_COLUMN = "ngay_dong"
"""When nothing more was to do; the source's query needs it."""

READER_SUFFIX = "_chi_doc"
"""The read-only role of the database `cuc_thue` is `cuc_thue_chi_doc`."""

_ROWS_A_COPY = 20_000


class AgencyServer(EmbeddedServer):
    """The embedded server, reachable over TCP on loopback, by password."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir, _SETTINGS)
        self.port = free_port()

    def start(self, timeout_seconds: float = 60) -> None:
        """Start the server on a free port; one that an earlier run has left behind is stopped first."""
        self.stop(timeout_seconds)
        super().start(timeout_seconds)

    def connect(self, database: str) -> psycopg2.extensions.connection:
        """Connect as the superuser, over the socket."""
        return psycopg2.connect(
            host=str(self.socket_dir), port=self.port, user=SUPERUSER, dbname=database, connect_timeout=10
        )

    _connect = connect

    def _write_settings(self) -> None:
        super()._write_settings()
        with (self.data_dir / "onestop.conf").open("a", encoding="utf-8") as stream:
            stream.write(f"listen_addresses = '127.0.0.1'\nport = '{self.port}'\n")
        rules = self.data_dir / "pg_hba.conf"
        rules.write_text(
            "# Written by the example province at every start.\n"
            f"local all {SUPERUSER} trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
            encoding="utf-8",
        )
        self._give(rules)

    def _create_roles_and_databases(self) -> None:
        pass  # `fill` makes the agencies'


def fill(server: AgencyServer, province: Province, passwords: dict[str, str]) -> None:
    """Make every agency's database, with its dossiers and its read-only role, unless it is there."""
    for system in SYSTEMS:
        if system.kind == "database":
            _make_database(server, system, passwords[system.source])
            connection = server.connect(system.source)
            try:
                with connection, connection.cursor() as cursor:
                    _make_table(cursor, system, province)
            finally:
                connection.close()


def _make_database(server: AgencyServer, system: System, password: str) -> None:
    reader = sql.Identifier(system.source + READER_SUFFIX)
    connection = server.connect(SUPERUSER)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_roles where rolname = %s", (system.source + READER_SUFFIX,))
            verb = sql.SQL("alter" if cursor.fetchone() else "create")
            cursor.execute(sql.SQL("{} role {} login password %s").format(verb, reader), (password,))
            cursor.execute(
                sql.SQL("alter role {} set default_transaction_read_only = on").format(reader),
            )
            cursor.execute("select 1 from pg_database where datname = %s", (system.source,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("create database {}").format(sql.Identifier(system.source)))
    finally:
        connection.close()


def _make_table(cursor: psycopg2.extensions.cursor, system: System, province: Province) -> None:
    table = sql.Identifier(system.form)
    cursor.execute("select to_regclass(%s)", (system.form,))
    row = cursor.fetchone()
    if row is not None and row[0] is not None:
        return
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(_type(system.dialect, name)))
        for name, column in {**system.dialect.columns, "closed_at": CLOSED_COLUMN}.items()
    )
    cursor.execute(sql.SQL("create table {} ({})").format(table, columns))
    cursor.execute(sql.SQL("comment on table {} is {}").format(table, sql.Literal(SIGN)))
    copy = sql.SQL("copy {} from stdin with (format csv)").format(table)
    for block in _blocks(system, province):
        cursor.copy_expert(copy, block)
    cursor.execute(sql.SQL("create index on {} ({})").format(table, sql.Identifier(CLOSED_COLUMN)))
    cursor.execute(sql.SQL("grant select on {} to {}").format(table, sql.Identifier(system.source + READER_SUFFIX)))


def _type(dialect: Dialect, name: str) -> str:
    if name == "fee_amount":
        return "numeric"
    return "timestamp" if name.endswith("_at") and dialect.moment == "iso" else "text"


def _blocks(system: System, province: Province) -> Iterator[io.StringIO]:
    """Give the table's rows as CSV, some at a time."""
    dialect = system.dialect
    with_closing = Dialect(**{**vars(dialect), "columns": {**dialect.columns, "closed_at": CLOSED_COLUMN}})
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(with_closing.values(_all_records(system, province)), start=1):
        writer.writerow(row)
        if number % _ROWS_A_COPY == 0:
            buffer.seek(0)
            yield buffer
            buffer = io.StringIO()
            writer = csv.writer(buffer)
    buffer.seek(0)
    yield buffer


def _all_records(system: System, province: Province) -> Iterator[Record]:
    unit = UNITS_BY_CODE[system.source]
    for month in range(FIRST_PERIOD, LAST_PERIOD + LONGEST_LAG + 1):
        for cell in province.cells_closed_in(unit, month):
            if cell.received_in <= LAST_PERIOD:
                dossiers: Iterator[Dossier] = province.of_cell(unit, cell, 0, cell.count, ends_at=None)
                yield from map(Record, dossiers)
    for month in PERIODS:
        yield from Delivery(province, unit, month).extra
