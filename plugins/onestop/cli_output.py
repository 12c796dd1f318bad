"""How commands answer: tables that Vietnamese officials read, or JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from onestop.cli_database import database_problems_told

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from onestop.publication.page.texts import Wording

Scope = Literal["total", "own", "communes"]
SCOPES = {"total": "toàn đơn vị", "own": "tại đơn vị", "communes": "cấp xã"}
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON instead of tables.")]

_WIDTH_WITHOUT_TERMINAL = 200


@contextmanager
def warehouse_connection() -> Iterator[Connection]:
    """Give a connection of the pipeline's role; what the command does not commit is rolled back.

    What the question, the configuration or the database lacks is told in its own words, and ends the command with 1.
    """
    from onestop.warehouse import ConfigurationInUseError, engine  # noqa: PLC0415 - the database driver takes its time

    with (
        database_problems_told("warehouse_url", ConfigurationInUseError) as address,
        engine(address).connect() as connection,
    ):
        yield connection


def person() -> str:
    """Who runs the command, for what is recorded under a name."""
    return os.environ.get("USER") or "unknown"


def wording(connection: Connection) -> Wording:
    """The Vietnamese words and numbers of the page, moments in the timezone of the last configuration."""
    from sqlalchemy import text  # noqa: PLC0415

    from onestop.publication.page.texts import Wording  # noqa: PLC0415 - imports the page's libraries

    timezone = connection.scalar(
        text("select content ->> 'timezone' from ops.configuration order by recorded_at desc limit 1")
    )
    return Wording("vi", timezone or "UTC")


def share(words: Wording, numerator: int | None, denominator: int | None) -> str:
    """Write a numerator and its denominator; a dash for no data."""
    return "—" if denominator is None else f"{words.count(numerator)}/{words.count(denominator)}"


def print_json(value: Any) -> None:
    """Print dataclasses, lists and moments as JSON."""
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[str] = ()
) -> None:
    """Print a table; the columns `numbers` are aligned at their right. Without a column that has a name: no head."""
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    has_head = any(columns)
    style = box.SIMPLE_HEAD if has_head else None
    table = Table(
        title=title, title_justify="left", box=style, show_header=has_head, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # what a source or a person wrote is no markup
    _console().print(table)


def _console() -> Any:
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL, highlight=False)
