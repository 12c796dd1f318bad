"""An agency's own database, by SQLAlchemy: one declared query, read through a server-side cursor.

A query has no bytes of its own. What counts as received is our rendering of its rows, in the order they came: NDJSON in
UTF-8, one object a row with the query's column names, dates and times in ISO 8601, exact decimals as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy
from sqlalchemy import exc
from sqlalchemy.pool import NullPool

from onestop.landing import DeliveryFacts, Part
from onestop.sources.access import Request, period_values
from onestop.sources.dialects import dialect_of
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
            if limit := dialect_of(_url(request)).only_first_row:
                connection.exec_driver_sql(limit)
            streamed = connection.execution_options(stream_results=True, max_row_buffer=1)
            first = streamed.execute(*_statement(request)).mappings().first()
        columns = f"the columns {', '.join(first.keys())}" if first else "no row"
        return f"{_endpoint(request)} lets us in; the query of {request.period.code} gives {columns}."


def _rows(request: Request, facts: DeliveryFacts) -> Iterator[bytes]:
    row_count = 0
    with retrying(request.retry)(_connect, request) as connection, _told(request), _abandoned(request, connection):
        result = connection.execution_options(yield_per=ROWS_A_FETCH).execute(*_statement(request))
        columns = list(result.keys())
        for rows in result.partitions(ROWS_A_FETCH):  # without a size it would take the connection's as "all of them"
            row_count += len(rows)
            lines = [orjson.dumps(dict(zip(columns, row, strict=True)), default=_plain) for row in rows]
            yield b"\n".join(lines) + b"\n"
    facts.declared_count = row_count


@contextmanager
def _abandoned(request: Request, connection: sqlalchemy.Connection) -> Iterator[None]:
    """Let go of the server when its rows are not read to their end, whatever the reason."""
    raw = connection.connection.dbapi_connection
    try:
        yield
    except BaseException:
        dialect_of(_url(request)).abandon(raw)
        connection.invalidate()
        raise


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
    binds = {name: known[name] for name in wanted}
    if not dialect_of(_url(request)).takes_timezones:
        zone = ZoneInfo(request.source.timezone)
        moments = {name: bind for name, bind in binds.items() if isinstance(bind, datetime)}
        binds |= {name: moment.astimezone(zone).replace(tzinfo=None) for name, moment in moments.items()}
    return statement, binds


def _utc_offset(request: Request) -> str:
    """Return the offset of the source's timezone when the period begins, such as +07:00."""
    moment = request.period.starts_at if request.period else datetime.now(UTC)
    return moment.astimezone(ZoneInfo(request.source.timezone)).isoformat()[-6:]


def _connect(request: Request) -> sqlalchemy.Connection:
    """Log in, with a limit to each statement, one state of the data for the whole query, and no right to write."""
    url, seconds = _url(request), request.source.timeout_seconds
    dialect = dialect_of(url)
    with _told(request, connecting=True):
        arguments = dialect.connect_arguments(seconds, request.access.extra.get("ca_file"))
        engine = sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)
        connection = engine.connect()
        dialect.prepare(connection.connection.dbapi_connection, seconds)
        if dialect.execution_options:
            connection = connection.execution_options(**dialect.execution_options)
        for statement in dialect.statements(connection, seconds, _utc_offset(request)):
            connection.exec_driver_sql(statement)
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

    The driver's text may quote rows: once connected it is shown only for a query the server does not understand, and no
    error that quotes them stays behind ours, where a log would show it.
    """
    endpoint = _endpoint(request)
    connection = f"the connection {request.source.connection_id}"
    try:
        yield
    except exc.DBAPIError as error:
        dialect = dialect_of(_url(request))
        code = dialect.code_of(error.orig)
        text = (str(error.orig).strip().splitlines() or [""])[0]
        meaning = dialect.meaning(error.orig, connecting=connecting)
        if meaning == "refused":
            raise request.error(
                SourceUnauthorised,
                endpoint,
                expected=f"to be let in as {request.access.login} and to read what the query names",
                seen=text,
                remedy=f"Ask the agency for valid credentials or the right to select, and correct {connection}.",
            ) from error
        if connecting and meaning != "misunderstood":
            raise request.error(
                SourceUnavailable,
                endpoint,
                expected="a database server",
                seen=text,
                remedy=f"Ask the agency whether its server is up, and check host and port of {connection}.",
            ) from error
        if meaning == "misunderstood" or isinstance(error, exc.ProgrammingError):
            raise request.error(
                SourceMisconfigured,
                endpoint,
                expected="tables and columns as the query names them",
                seen=text,
                remedy=f"The agency's tables differ: correct access.query of the source {request.source.id}.",
            ) from error
        interrupted = isinstance(error, exc.OperationalError | exc.InternalError | exc.InterfaceError)
        if interrupted or meaning == "interrupted":
            raise _interrupted(request, endpoint, f"{type(error.orig).__name__} {code}".strip()) from None
        raise request.error(
            SourceMisconfigured,
            endpoint,
            expected="a query that runs to its end",
            seen=f"{type(error.orig).__name__} {code}".strip(),
            remedy=f"Run access.query of the source {request.source.id} by hand for this period and correct it.",
        ) from None


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
