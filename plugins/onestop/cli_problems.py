"""How the commands tell what is wrong with a configuration or a question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from onestop.jurisdiction import JurisdictionError


@contextmanager
def problems_told(*others: type[Exception]) -> Iterator[None]:
    """Tell what is wrong with the configuration or the question in its own words, without a stack trace.

    It ends the command with 1. `others`: what else the command may be refused for.
    """
    refusals: tuple[type[Exception], ...] = (JurisdictionError, LookupError, ValueError, *others)
    try:
        yield
    except refusals as error:
        typer.echo(str(error.args[0] if isinstance(error, LookupError) and error.args else error), err=True)
        raise typer.Exit(1) from error
