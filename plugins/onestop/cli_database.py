"""How the commands reach a database, and what they say where they cannot: one line, and never a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import typer

from onestop.cli_problems import problems_told
from onestop.settings import get_settings

DatabaseSetting = Literal["warehouse_url", "owner_url", "bi_url"]
_ROLES: dict[DatabaseSetting, str] = {
    "warehouse_url": "onestop_loader",
    "owner_url": "onestop_owner",
    "bi_url": "onestop_bi",
}


def database_url(setting: DatabaseSetting) -> str:
    """Return the address that a setting holds. Raises ValueError, naming the variable, where there is none."""
    url: str = getattr(get_settings(), setting)
    if not url.strip():
        raise ValueError(
            f"{_variable(setting)} is not set: it is the warehouse's address as the role {_ROLES[setting]}. "
            "`. .onestop/environment` sets what `make demo` has made; docs/configuration.md lists all settings."
        )
    return url


@contextmanager
def database_problems_told(setting: DatabaseSetting = "warehouse_url", *others: type[Exception]) -> Iterator[str]:
    """Give the address that a setting holds; tell as one problem that it is missing or wrong, or that the server fails.

    As `problems_told` otherwise, which ends the command with 1. `others`: what else the command may be refused for.
    """
    with problems_told(*others):
        url = database_url(setting)
        _password_of(setting, url)
        with server_failures_told(setting):
            yield url


@contextmanager
def server_failures_told(setting: DatabaseSetting = "warehouse_url") -> Iterator[None]:
    """Tell as one problem that the server fails, and end the command with 1; nothing else is taken for a problem."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - commands that only read a folder need no database

    try:
        yield
    except OperationalError as error:
        # The driver's own words: SQLAlchemy's have the statement and its values too.
        told = " ".join(str(error.orig).split())
        password = _password_of(setting, database_url(setting))
        told = told.replace(password, "***") if password else told
        typer.echo(f"{_variable(setting)}: {told}", err=True)
        raise typer.Exit(1) from error


def _password_of(setting: DatabaseSetting, url: str) -> str | None:
    """Return the password of an address. Raises ValueError, which shows nothing of it, where it cannot be used."""
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    expected = "expected postgresql+psycopg2://ROLE:PASSWORD@HOST:PORT/DATABASE, with %40 for an @ of the password"
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except (ArgumentError, ImportError, ValueError):
        parsed = None
    # Of a password with an @ the rest would be taken for the host, and told by the driver.
    if parsed is None or "@" in (parsed.host or ""):
        raise ValueError(f"{_variable(setting)} is no address of a database: {expected}.")
    return str(parsed.password) if parsed.password else None


def _variable(setting: DatabaseSetting) -> str:
    return f"ONESTOP_{setting.upper()}"
