"""What `onestop …` says where its database is not named, cannot be reached or is too old.

A failure here leaves an engineer with a stack trace, or a password on the screen.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from onestop import settings as settings_module
from onestop.cli import app
from onestop.settings import Settings
from onestop.warehouse import migration

PASSWORD = "bi-mat-1730"
UNREACHABLE = f"postgresql+psycopg2://onestop:{PASSWORD}@127.0.0.1:9/warehouse"
COMMANDS = {
    "publication list": "WAREHOUSE_URL",
    "explain so_y_te 2019-04": "WAREHOUSE_URL",
    "alerts list": "WAREHOUSE_URL",
    "deliveries list": "WAREHOUSE_URL",
    "deliveries show 1": "WAREHOUSE_URL",
    "deliveries replay 1": "WAREHOUSE_URL",
    "jurisdiction diff": "WAREHOUSE_URL",
    "warehouse upgrade": "OWNER_URL",
    "warehouse dictionary": "OWNER_URL",
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("WAREHOUSE_URL", "OWNER_URL", "BI_URL"):
        monkeypatch.delenv(f"ONESTOP_{name}", raising=False)
    settings_module.get_settings.cache_clear()
    yield
    settings_module.get_settings.cache_clear()


def refused(command: str) -> str:
    """What a command that ends with 1 says, which is one line."""
    result = CliRunner().invoke(app, command.split())
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), repr(result.exception)
    assert result.stdout == ""
    (told,) = result.stderr.splitlines()
    assert PASSWORD not in told
    return told


@pytest.mark.parametrize(("command", "variable"), [*COMMANDS.items(), ("url", "BI_URL")])
def test_a_variable_that_is_not_set_is_named_with_what_to_do(command: str, variable: str) -> None:
    told = refused(command)
    assert told.startswith(f"ONESTOP_{variable} is not set: ")
    assert "`. .onestop/environment`" in told


@pytest.mark.parametrize(("command", "variable"), COMMANDS.items())
def test_a_server_that_does_not_answer_is_told_with_its_variable_and_without_the_password(
    monkeypatch: pytest.MonkeyPatch, command: str, variable: str
) -> None:
    monkeypatch.setenv(f"ONESTOP_{variable}", UNREACHABLE)
    told = refused(command)
    assert told.startswith(f'ONESTOP_{variable}: connection to server at "127.0.0.1", port 9 failed: ')


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://onestop:{PASSWORD}",
        f"postgres+psycopg2://onestop:{PASSWORD}@localhost/warehouse",
        f"postgresql+psycopg2://onestop:an@{PASSWORD}@localhost/warehouse",
        PASSWORD,
    ],
)
def test_what_is_no_address_is_told_without_showing_it(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("ONESTOP_WAREHOUSE_URL", address)
    assert refused("publication list").startswith("ONESTOP_WAREHOUSE_URL is no address of a database: expected ")


def test_a_server_that_is_too_old_is_told_as_one_problem(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONESTOP_OWNER_URL", settings.owner_url)
    monkeypatch.setattr(migration, "_OLDEST_SERVER", 990_000)
    assert "the tables need 99 or a later one. Upgrade the server" in refused("warehouse upgrade")
