"""Engines on the warehouse, and streaming rows into it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, text

from onestop.warehouse.sql import identifier


class ReadableBytes(Protocol):
    """What COPY reads: `read(n)` gives at most n bytes, and none at the end."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes."""


def engine(url: str | URL) -> Engine:
    """Return an engine for the warehouse at `url` (psycopg2 driver).

    Sessions speak UTC, so that nothing depends on the machine's timezone; a connection lost while idle is replaced.
    """
    return create_engine(
        url,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC", "application_name": "onestop"},
    )


_FEW_ROWS = text("select set_config('default_statistics_target', '10', true)")
_FREE_PROCESSORS = text("""
select
    set_config('parallel_tuple_cost', '0', true),
    set_config('parallel_setup_cost', :setup_cost, true),
    set_config('min_parallel_table_scan_size', '1MB', true),
    set_config(setting.name, greatest(cast(setting.reset_val as integer) - others.busy, 0)::text, true)
from pg_settings as setting
cross join (
    select count(*) as busy
    from pg_stat_activity
    where
        datname = current_database()
        and state = 'active'
        and wait_event_type is distinct from 'Lock'
        and backend_type = 'client backend'
        and pid <> pg_backend_pid()
) as others
where setting.name in ('max_parallel_workers_per_gather', 'max_parallel_maintenance_workers')
""")


def use_free_processors(connection: Connection, *, setup_cost: int = 0) -> None:
    """Let statements use the processors that no other session keeps busy, until the transaction ends.

    `setup_cost`: PostgreSQL's parallel_setup_cost; 1000, its default, leaves statements on few rows to one processor.

    Others count of this role and database: of another role's session PostgreSQL does not tell what it does.

    The planner holds many more rows than there are for changed, failing or distinct, and would use one. Where
    other deliveries are worked on at the same time, sharing a statement out only costs: its rows are handed over.
    """
    connection.execute(_FREE_PROCESSORS, {"setup_cost": str(setup_cost)})


def analyse_few_rows(connection: Connection) -> None:
    """Let this transaction analyse by 3,000 rows: they tell how many a table has, and that is what plans turn on.

    Autovacuum looks at 30,000 later.
    """
    connection.execute(_FEW_ROWS)


@contextmanager
def without_sorting(connection: Connection) -> Iterator[None]:
    """Let statements group by hash: the planner, which expects as many groups as rows, would sort a million rows.

    A statement that fails ends the transaction, and the setting with it.
    """
    connection.execute(text("select set_config('enable_sort', 'off', true)"))
    yield
    connection.execute(text("select set_config('enable_sort', 'on', true)"))


def copy_rows(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]] | ReadableBytes,
) -> int:
    """Stream rows into `table` by COPY, in the connection's transaction; return how many arrived.

    `rows` is an iterable of tuples in the order of `columns` (None is null; everything else is written as `str` gives
    it, booleans as t / f, bytes as bytea), or an object with `read` that gives COPY's text format already.
    Memory does not grow with the number of rows.
    """
    stream = rows if hasattr(rows, "read") else _TextFormat(iter(rows))
    names = ", ".join(identifier(column) for column in columns)
    with closing(connection.connection.cursor()) as cursor:
        cursor.copy_expert(f"copy {identifier(table)} ({names}) from stdin", stream)
        count: int = cursor.rowcount
    return count


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return str(value).translate(_ESCAPES)


class _TextFormat:
    """Rows as a stream of COPY's text format."""

    def __init__(self, rows: Iterator[Sequence[object]]) -> None:
        self._rows = rows
        self._rest = b""

    def read(self, size: int = -1, /) -> bytes:
        pieces, length = [self._rest], len(self._rest)
        while size < 0 or length < size:
            row = next(self._rows, None)
            if row is None:
                break
            line = ("\t".join(map(_field, row)) + "\n").encode()
            pieces.append(line)
            length += len(line)
        data = b"".join(pieces)
        if size < 0:
            self._rest = b""
            return data
        self._rest = data[size:]
        return data[:size]
