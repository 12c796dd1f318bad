"""What differs between database servers: how they connect in time, how a query is limited, and what their errors mean.

PostgreSQL and MySQL or MariaDB are tested against real servers. For SQL Server and Oracle the driver is installed
beside onestop (docs/sources.md); their limits are set as their drivers document them.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy

Meaning = Literal["refused", "interrupted", "misunderstood", "unknown"]
"""Of an error: our rights or login, the query's end, tables and columns that differ, or something else."""

_REFUSED_LOGIN = ("authentication failed", "no password supplied", "access denied", "does not exist", "no pg_hba.conf")


@dataclass(frozen=True)
class Dialect:
    """One kind of server. `codes` are its own error codes; `statements` are run once a connection, before the query,
    and get the connection, the limit in seconds, and the source's offset from UTC such as +07:00.
    """

    connect_arguments: Callable[[float, str | None], dict[str, Any]] = lambda _seconds, _ca_file: {}
    execution_options: Mapping[str, Any] = field(default_factory=dict)
    statements: Callable[[sqlalchemy.Connection, float, str], tuple[str, ...]] = lambda _connection, _seconds, _utc: ()
    only_first_row: str | None = None
    """Statement after which a query gives its first row only, for drivers that read all rows before they let go."""
    takes_timezones: bool = False
    """Whether a bind may carry its offset from UTC; others get the wall clock of the source's timezone."""
    code_of: Callable[[Any], str] = lambda _error: ""
    codes: Mapping[str, Meaning] = field(default_factory=dict)
    prepare: Callable[[Any, float], None] = lambda _raw_connection, _seconds: None
    abandon: Callable[[Any], None] = lambda _raw_connection: None
    """Lets go of a query whose rows are not all read, for drivers that would wait for the rest of them."""

    def meaning(self, error: Any, *, connecting: bool) -> Meaning:
        """Return what a driver's error means."""
        if connecting and any(sign in str(error).lower() for sign in _REFUSED_LOGIN):
            return "refused"
        return self.codes.get(self.code_of(error), "unknown")


def _postgresql_arguments(seconds: float, ca_file: str | None) -> dict[str, Any]:
    # With a server-side cursor the limit counts for each fetch, not for the whole query.
    limits = {"connect_timeout": max(1, int(seconds)), "options": f"-c statement_timeout={int(seconds * 1000)}"}
    return {**limits, "sslmode": "verify-full", "sslrootcert": ca_file} if ca_file else limits


def _mysql_arguments(seconds: float, ca_file: str | None) -> dict[str, Any]:
    whole = max(1, round(seconds))
    limits = {"connect_timeout": whole, "read_timeout": 2 * whole, "write_timeout": whole, "charset": "utf8mb4"}
    return {**limits, "ssl": ssl.create_default_context(cafile=ca_file)} if ca_file else limits


def _mysql_statements(connection: sqlalchemy.Connection, seconds: float, utc_offset: str) -> tuple[str, ...]:
    dialect: Any = connection.dialect
    limit = (
        f"set session max_statement_time = {seconds:f}"
        if dialect.is_mariadb
        else f"set session max_execution_time = {int(seconds * 1000)}"
    )
    return (
        limit,
        f"set session time_zone = '{utc_offset}'",
        "set session transaction read only",
        "start transaction with consistent snapshot",
    )


def _first_argument(error: Any) -> str:
    return str(error.args[0]) if getattr(error, "args", ()) else ""


def _abandon_mysql(raw_connection: Any) -> None:
    # PyMySQL reads what is left when the result is collected, at whatever moment, or fails on the closed connection;
    # it has no public way to be told that nobody wants it.
    if raw_connection._result is not None:
        raw_connection._result.unbuffered_active = False
        raw_connection._result = None
    raw_connection._force_close()


def _limit_oracle(raw_connection: Any, seconds: float) -> None:
    raw_connection.call_timeout = int(seconds * 1000)


def _limit_sql_server(raw_connection: Any, seconds: float) -> None:
    raw_connection.timeout = max(1, round(seconds))


POSTGRESQL = Dialect(
    takes_timezones=True,
    connect_arguments=_postgresql_arguments,
    execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    code_of=lambda error: str(getattr(error, "pgcode", None) or ""),
    codes={
        **dict.fromkeys(("28000", "28P01", "42501"), "refused"),
        **dict.fromkeys(("57014", "57P01", "57P02", "57P03", "53300", "40001", "40P01"), "interrupted"),
    },
)
MYSQL = Dialect(
    only_first_row="set session sql_select_limit = 1",
    abandon=_abandon_mysql,
    connect_arguments=_mysql_arguments,
    execution_options={"isolation_level": "REPEATABLE READ"},
    statements=_mysql_statements,
    code_of=_first_argument,
    codes={
        **dict.fromkeys(("1044", "1045", "1142", "1143", "1227", "1698"), "refused"),
        **dict.fromkeys(("1049", "1054", "1064", "1146", "1305"), "misunderstood"),
        **dict.fromkeys(("1205", "1213", "1317", "1969", "3024", "1053", "2006", "2013"), "interrupted"),
    },
)
SQL_SERVER = Dialect(
    connect_arguments=lambda seconds, _ca_file: {"timeout": max(1, round(seconds))},
    code_of=_first_argument,
    codes={"28000": "refused", "42S02": "misunderstood", "42S22": "misunderstood", "HYT00": "interrupted"},
    prepare=_limit_sql_server,
)
ORACLE = Dialect(
    connect_arguments=lambda seconds, _ca_file: {"tcp_connect_timeout": seconds},
    code_of=lambda error: str(getattr(error.args[0], "full_code", "")) if getattr(error, "args", ()) else "",
    codes={
        "ORA-01017": "refused",
        "ORA-01031": "refused",
        "ORA-00942": "misunderstood",
        "ORA-00904": "misunderstood",
        "DPY-4024": "interrupted",
    },
    prepare=_limit_oracle,
)
_DIALECTS: Mapping[str, Dialect] = {
    "postgresql": POSTGRESQL,
    "mysql": MYSQL,
    "mariadb": MYSQL,
    "mssql": SQL_SERVER,
    "oracle": ORACLE,
}


def dialect_of(url: sqlalchemy.URL) -> Dialect:
    """Return what is known of the server that a URL names; nothing is asked of one that is not known."""
    return _DIALECTS.get(url.get_backend_name(), Dialect())
