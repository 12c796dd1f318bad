"""An agency's own database, by SQLAlchemy: one declared query, read through a server-side cursor.

A query has no bytes of its own. What counts as received is our rendering of its rows, in the order they came: NDJSON in
UTF-8, one object a row with the query's column names, dates and times in ISO 8601, exact decimals as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import sqlalchemy
from sqlalchemy import exc
from sqlalchemy.pool import NullPool

from onestop.landing import DeliveryFacts, Part
from onestop.sources.access import Request, period_values
from onestop.sources.errors import (
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceUnauthorised,
    SourceUnavailable,
)
from onestop.sources.retrying import retrying

DEFAULT_DRIVER = "postgresql+psycopg2"
ROWS_A_FETCH = 2000
PART_NAME = "query.ndjson"
_POSTGRESQL_REFUSALS = {"28000", "28P01", "42501"}
_POSTGRESQL_INTERRUPTIONS = {"57014", "57P01", "57P02", "57P03", "53300", "40001", "40P01"}
_REFUSED_LOGIN = ("authentication failed", "no password supplied", "access denied", "does not exist", "no pg_hba.conf")


def fetch(request: Request, facts: DeliveryFacts) -> Iterator[Part]:
    """Give the query's rows as one part; their number is what the delivery declares. See `Connector.fetch`."""
    yield Part(PART_NAME, _rows(request, facts))


def try_out(request: Request) -> str:
    """Log in, and with a period fetch the query's first row. See `Connector.try_out`."""
    with retrying(request.retry)(_connect, request) as connection:
        if request.period is None:
            with _told(request):
                connection.execute(sqlalchemy.text("select 1"))
            return f"{_endpoint(request)} lets us in."
        with _told(request):
            first = connection.execute(*_statement(request)).mappings().first()
        columns = f"the columns {', '.join(first.keys())}" if first else "no row"
        return f"{_endpoint(request)} lets us in; the query of {request.period.code} gives {columns}."


def _rows(request: Request, facts: DeliveryFacts) -> Iterator[bytes]:
    row_count = 0
    with retrying(request.retry)(_connect, request) as connection, _told(request):
        result = connection.execution_options(yield_per=ROWS_A_FETCH).execute(*_statement(request))
        columns = list(result.keys())
        for rows in result.partitions():
            row_count += len(rows)
            lines = [orjson.dumps(dict(zip(columns, row, strict=True)), default=_plain) for row in rows]
            yield b"\n".join(lines) + b"\n"
    facts.declared_count = row_count


def _statement(request: Request) -> tuple[sqlalchemy.TextClause, dict[str, Any]]:
    access: Any = request.source.access
    assert request.period is not None  # noqa: S101 - only a pull has a query
    statement = sqlalchemy.text(access.query)
    known = period_values(request.period)
    wanted = set(statement.compile().params)
    if unknown := sorted(wanted - set(known)):
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected="a query with binds of the period, such as :starts_at and :ends_at",
            seen=", ".join(f":{name}" for name in unknown),
            remedy=f"Correct access.query of the source {request.source.id} in the jurisdiction's folder.",
        )
    return statement, {name: known[name] for name in wanted}


def _engine(request: Request) -> sqlalchemy.Engine:
    url, timeout = _url(request), request.source.timeout_seconds
    arguments: dict[str, Any] = {}
    if url.get_backend_name() == "postgresql":
        # With a server-side cursor the limit counts for each fetch, not for the whole query.
        arguments = {"connect_timeout": int(timeout), "options": f"-c statement_timeout={int(timeout * 1000)}"}
    return sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)


def _connect(request: Request) -> sqlalchemy.Connection:
    engine = _engine(request)
    with _told(request, connecting=True):
        connection = engine.connect()
        if engine.dialect.name == "postgresql":
            return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return connection


def _url(request: Request) -> sqlalchemy.URL:
    access = request.access
    socket = access.host if access.host and access.host.startswith("/") else None
    try:
        url = sqlalchemy.URL.create(
            str(access.extra.get("driver") or DEFAULT_DRIVER),
            username=access.login,
            password=access.password,
            host=None if socket else access.host,
            port=access.port,
            database=access.schema,
            query={"host": socket} if socket else {},
        )
        url.get_dialect()
    except (exc.ArgumentError, exc.NoSuchModuleError, ImportError) as error:
        raise request.error(
            SourceMisconfigured,
            _endpoint(request),
            expected="the name of an installed SQLAlchemy driver",
            seen=f"{access.extra.get('driver')!r} ({error})",
            remedy=f"Correct the extra driver of the connection {request.source.connection_id}, or install the driver.",
        ) from error
    return url


def _endpoint(request: Request) -> str:
    access = request.access
    port = f":{access.port}" if access.port else ""
    return f"database {access.host or 'localhost'}{port}/{access.schema or ''}"


@contextmanager
def _told(request: Request, *, connecting: bool = False) -> Iterator[None]:
    """Turn what the driver raises into an error that says what to do.

    The driver's text may quote rows: once connected it is shown only for a query the server does not understand.
    """
    endpoint = _endpoint(request)
    connection = f"the connection {request.source.connection_id}"
    try:
        yield
    except exc.DBAPIError as error:
        code = str(getattr(error.orig, "pgcode", None) or "")
        text = (str(error.orig).strip().splitlines() or [""])[0]
        refused_login = connecting and any(sign in str(error.orig).lower() for sign in _REFUSED_LOGIN)
        if refused_login or code in _POSTGRESQL_REFUSALS:
            raise request.error(
                SourceUnauthorised,
                endpoint,
                expected=f"to be let in as {request.access.login} and to read what the query names",
                seen=text,
                remedy=f"Ask the agency for valid credentials or the right to select, and correct {connection}.",
            ) from error
        if connecting:
            raise request.error(
                SourceUnavailable,
                endpoint,
                expected="a database server",
                seen=text,
                remedy=f"Ask the agency whether its server is up, and check host and port of {connection}.",
            ) from error
        if isinstance(error, exc.ProgrammingError):
            raise request.error(
                SourceMisconfigured,
                endpoint,
                expected="tables and columns as the query names them",
                seen=text,
                remedy=f"The agency's tables differ: correct access.query of the source {request.source.id}.",
            ) from error
        interrupted = isinstance(error, exc.OperationalError | exc.InternalError | exc.InterfaceError)
        if interrupted or code in _POSTGRESQL_INTERRUPTIONS:
            raise _interrupted(request, endpoint, f"{type(error.orig).__name__} {code}".strip()) from error
        raise request.error(
            SourceMisconfigured,
            endpoint,
            expected="a query that runs to its end",
            seen=f"{type(error.orig).__name__} {code}".strip(),
            remedy=f"Run access.query of the source {request.source.id} by hand for this period and correct it.",
        ) from error


def _interrupted(request: Request, endpoint: str, seen: str) -> SourceError:
    return request.error(
        SourceCutOff,
        endpoint,
        expected="all rows of the query",
        seen=f"the query was interrupted ({seen})",
        remedy="It is pulled again by itself. If it keeps stopping, raise timeout_seconds or ask for an index.",
    )


def _plain(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)
