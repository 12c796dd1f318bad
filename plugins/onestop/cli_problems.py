"""How the commands tell what is wrong with a configuration or a question."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from onestop.jurisdiction import JurisdictionError


@contextmanager
def problems_told() -> Iterator[None]:
    """Tell what is wrong with the configuration or the question in its own words, without a stack trace."""
    try:
        yield
    except (JurisdictionError, LookupError, ValueError) as error:
        typer.echo(str(error.args[0] if isinstance(error, LookupError) else error), err=True)
        raise typer.Exit(1) from error
