"""Bringing a warehouse up to date: roles, tables (Alembic), then the functions, views and grants of include/sql."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from onestop.warehouse.sql import MIGRATIONS_ROOT, SQL_ROOT, run_script

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_UPGRADE_LOCK = 7_301_000_001  # pg_advisory lock keys of this project: 7 301 0xx xxx
_OLDEST_SERVER = 180_000  # PostgreSQL 18: constraints that are not enforced, array_sort
_REPLACEABLE = re.compile(
    r"(?:\s|--[^\n]*\n)*create\s+(?:or\s+replace\s+)?(function|view)\s+([a-z_][a-z0-9_.]*)", re.IGNORECASE
)
_NOT_YET_THERE = {"42P01", "42703", "42883", "3F000"}  # undefined table, column, function, schema
_CHANGED_SHAPE = {"42P16", "42P13"}  # a view's columns, a function's result cannot be replaced


class UpgradeError(Exception):
    """The warehouse could not be brought up to date; nothing was changed."""


@dataclass(frozen=True)
class Replaceable:
    """A function or view that a file of include/sql creates, with what belongs to it (comments)."""

    kind: str
    name: str
    path: Path
    script: str

    @property
    def sha256(self) -> str:
        """The digest of the file: an object whose digest is recorded is not touched."""
        return hashlib.sha256(self.script.encode()).hexdigest()


def replaceables(root: Path = SQL_ROOT) -> list[Replaceable]:
    """Return what include/sql creates: every file whose first statement is `create [or replace] function` or `view`.

    Functions come before views. Files that begin otherwise are statements that the library runs, and are left out.
    """
    found: dict[str, Replaceable] = {}
    for path in sorted(root.rglob("*.sql")):
        script = path.read_text(encoding="utf-8")
        head = _REPLACEABLE.match(script)
        if head is None:
            continue
        kind, name = head[1].lower(), head[2].lower()
        if "." not in name:
            raise UpgradeError(f"{path}: `{name}` is created without its schema; write schema.{name}.")
        if name in found:
            raise UpgradeError(f"{path}: {name} is already created by {found[name].path}; one object, one file.")
        found[name] = Replaceable(kind, name, path, script)
    return sorted(found.values(), key=lambda item: item.kind != "function")


def upgrade(owner_engine: Engine, sql_root: Path = SQL_ROOT) -> str:
    """Bring the warehouse behind `owner_engine` (role onestop_owner) up to date, and return its revision.

    One transaction under an advisory lock: either everything is new or nothing is, and of two upgrades at once the
    second finds nothing left to do. Running it again changes nothing. Raises UpgradeError.
    """
    with owner_engine.begin() as connection:
        _require_server(connection)
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        connection.execute(text("set local lock_timeout = '60s'"))
        _run_file(connection, sql_root / "ops" / "roles.sql")
        connection.execute(text("create schema if not exists ops"))
        before = _revision(connection)
        head = _migrate(connection)
        wanted = replaceables(sql_root)
        grants = sql_root / "ops" / "grants.sql"
        digests = {item.name: (item.kind, item.sha256) for item in wanted}
        digests["ops/grants.sql"] = ("grants", hashlib.sha256(grants.read_bytes()).hexdigest())
        recorded = {
            name: (kind, sha256)
            for name, kind, sha256 in connection.execute(text("select object_name, kind, sha256 from ops.replaceable"))
        }
        if before != head or recorded != digests:
            _replace(connection, wanted, dropped=[n for n in recorded.items() if n[0] not in digests])
            _run_file(connection, grants)
            connection.execute(text("delete from ops.replaceable"))
            connection.execute(
                text("insert into ops.replaceable (object_name, kind, sha256) values (:name, :kind, :sha256)"),
                [{"name": name, "kind": kind, "sha256": sha256} for name, (kind, sha256) in digests.items()],
            )
    return head


def _require_server(connection: Connection) -> None:
    version = int(connection.scalar(text("show server_version_num")) or 0)
    if version < _OLDEST_SERVER:
        raise UpgradeError(
            f"The warehouse's server is PostgreSQL {connection.scalar(text('show server_version'))}; the tables need "
            f"{_OLDEST_SERVER // 10_000} or a later one. Upgrade the server (pg_upgrade, or dump and restore), then "
            "run this again."
        )


def _configuration() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - only an upgrade needs the library; every task imports this module

    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS_ROOT))
    return configuration


def _script_directory() -> ScriptDirectory:
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(_configuration())


def _revision(connection: Connection) -> str | None:
    if connection.scalar(text("select to_regclass('ops.alembic_version')")) is None:
        return None
    revision: str | None = connection.scalar(text("select version_num from ops.alembic_version"))
    return revision


def _migrate(connection: Connection) -> str:
    from alembic import command  # noqa: PLC0415

    configuration = _configuration()
    configuration.attributes["connection"] = connection
    known = {script.revision for script in _script_directory().walk_revisions()}
    current = _revision(connection)
    if current is not None and current not in known:
        raise UpgradeError(
            f"The warehouse is at revision {current}, which this program does not know (it knows up to "
            f"{_script_directory().get_current_head()}). It was upgraded by a newer onestop: run that one."
        )
    command.upgrade(configuration, "head")
    head = _revision(connection)
    if head is None:
        raise UpgradeError(f"No migration was found in {MIGRATIONS_ROOT}.")
    return head


def _run_file(connection: Connection, path: Path) -> None:
    run_script(connection, path.read_text(encoding="utf-8"))


def _sqlstate(error: DBAPIError | Exception) -> str | None:
    state: str | None = getattr(getattr(error, "orig", error), "pgcode", None)
    return state


def _replace(connection: Connection, items: list[Replaceable], dropped: list[tuple[str, tuple[str, str]]]) -> None:
    """Create or replace all items, whatever order their references ask for.

    An object whose shape changed cannot be replaced: then all of ours are dropped together, and made again. An object
    of somebody else that stands on them stops the upgrade and is named.
    """
    for kind in ("view", "function"):
        _drop(connection, kind, [name for name, (was, _) in dropped if was == kind])
    changed_shape = _create(connection, items)
    if changed_shape:
        for kind in ("view", "function"):
            _drop(connection, kind, [item.name for item in items if item.kind == kind])
        _create(connection, items)


def _drop(connection: Connection, kind: str, names: list[str]) -> None:
    if names:
        try:
            run_script(connection, f"drop {kind} if exists {', '.join(names)}")
        except Exception as error:
            raise UpgradeError(
                f"Replacing {', '.join(names)} failed: {error} Objects outside of include/sql that stand on them "
                "must be dropped by their owner first, and made again afterwards."
            ) from error


def _create(connection: Connection, items: list[Replaceable]) -> bool:
    """Create the items in rounds until all stand; return whether one changed its shape and could not be."""
    waiting = items
    while waiting:
        failed: list[tuple[Replaceable, Exception]] = []
        for item in waiting:
            savepoint = connection.begin_nested()
            try:
                run_script(connection, item.script)
            except Exception as error:
                savepoint.rollback()
                state = _sqlstate(error)
                if state in _CHANGED_SHAPE:
                    return True
                if state not in _NOT_YET_THERE:
                    raise UpgradeError(f"{item.path}: {error}") from error
                failed.append((item, error))
            else:
                savepoint.commit()
        if len(failed) == len(waiting):
            told = "\n".join(f"{item.path}: {error}" for item, error in failed)
            raise UpgradeError(f"These files refer to something that nothing creates:\n{told}")
        waiting = [item for item, _ in failed]
    return False
