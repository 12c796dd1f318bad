"""The SQL files of include/sql: read, filled with identifiers, run."""

import re
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template
from sqlalchemy import Connection, TextClause, text

REPOSITORY_ROOT = Path(__file__).resolve().parents[3]
SQL_ROOT = REPOSITORY_ROOT / "include" / "sql"
MIGRATIONS_ROOT = REPOSITORY_ROOT / "include" / "migrations"

_PLAIN_PART = re.compile(r"[a-z_][a-z0-9_]*\Z")
# Autoescape is for HTML. What is filled in here is quoted by `identifier` before it reaches the template.
_TEMPLATES = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701


def identifier(name: str) -> str:
    """Return a table or column name, schema included ("staging.dossier_1"), safe to stand in SQL.

    Parts of lower-case letters, digits and underscores stay as they are, others are quoted.
    """
    parts = name.split(".")
    if not all(parts) or "\x00" in name:
        raise ValueError(f"{name!r} is no SQL identifier: a part is empty or holds a NUL character.")
    return ".".join(part if _PLAIN_PART.match(part) else '"' + part.replace('"', '""') + '"' for part in parts)


@cache
def _template(path: str) -> Template:
    return _TEMPLATES.from_string((SQL_ROOT / path).read_text(encoding="utf-8"))


def rendered(path: str, **identifiers: str | Sequence[str]) -> str:
    """Return the text of include/sql/<path>, its ``{{ names }}`` replaced by quoted identifiers.

    A sequence of names is one in the template too, for loops over columns; "" is a name that is not there.
    """
    quoted = {
        name: [identifier(one) for one in value] if not isinstance(value, str) else identifier(value) if value else ""
        for name, value in identifiers.items()
    }
    return _template(path).render(quoted)


def statement(path: str, **identifiers: str | Sequence[str]) -> TextClause:
    """Return include/sql/<path> as a statement: ``{{ names }}`` become quoted identifiers, ``:values`` stay binds."""
    return text(rendered(path, **identifiers))


def run_script(connection: Connection, script: str) -> None:
    """Run SQL text of one or several statements as it stands, without binds, in the connection's transaction."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(script)
