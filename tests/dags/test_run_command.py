"""`onestop run --publish`, with Airflow's connections and no scheduler. A failure here leaves whoever publishes a month
by hand in doubt about what was published.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from onestop.settings import get_settings
from onestop.warehouse import EmbeddedServer
from tests.province import Province, direct, load

Run = Callable[..., Result]


@pytest.fixture
def province(
    loader_engine: Engine, postgres_server: EmbeddedServer, warehouse_database: str, tmp_path: Path
) -> Iterator[Province]:
    """April of the small province, delivered by one source and not published; the settings choose it."""
    patch = pytest.MonkeyPatch()
    patch.setenv("ONESTOP_JURISDICTION", str(tmp_path / "configuration"))
    patch.setenv("ONESTOP_HOME", str(tmp_path))
    patch.setenv("ONESTOP_WAREHOUSE_URL", postgres_server.url(warehouse_database))
    patch.setenv("USER", "ke_hoach")
    get_settings.cache_clear()
    province = Province(loader_engine, load(tmp_path / "configuration"), Path(get_settings().exports_root))
    province.synchronise(province.jurisdiction)
    province.deliver("thue_ho_so", "2019-04", direct(5))
    province.deliver("thue_hoa_don", "2019-04", direct(3))
    yield province
    patch.undo()
    get_settings.cache_clear()


@pytest.fixture
def run(province: Province, airflow_metadata: Path, monkeypatch: pytest.MonkeyPatch) -> Run:  # noqa: ARG001
    """Run and publish a month of a source that has no connection; no mail server answers."""
    from onestop.cli import app

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = taken.getsockname()[1]
    extra = {"disable_ssl": True, "disable_tls": True, "retry_limit": 1, "from_email": "onestop@example.org"}
    mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": nobody, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(mail))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["run", "--source", "y_te", "--publish", *arguments])

    return run


def states(province: Province) -> list[tuple[str, int | None]]:
    rows = province.rows("select state, revision from ops.publication order by publication_id")
    return [(row["state"], row["revision"]) for row in rows]


def test_where_only_the_mail_fails_the_revision_is_published_and_said_to_stand(run: Run, province: Province) -> None:
    result = run("--period", "2019-04")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), repr(result.exception)
    assert states(province) == [("published", 1)]
    assert "2019-04: revision 1, new" in result.stdout
    assert "Revision 1 of 2019-04 is published and stands. 2 notice(s) could not be sent" in result.stderr
    assert "Connection refused" in result.stderr
    assert "run the task again" not in result.stderr
    assert result.stderr.splitlines()[-1] == "failed: y_te (2019-04)"


def test_findings_that_block_are_told_without_airflows_advice_and_after_them_what_failed(
    run: Run, province: Province
) -> None:
    result = run("--period", "2019-05")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), repr(result.exception)
    assert states(province) == [("refused", None)]
    assert "of 2019-05 is blocked by 1 finding(s); correct what they name" in result.stderr
    assert "clear `measure`" not in result.stderr
    assert result.stderr.splitlines()[-1] == "failed: y_te (2019-05)"


def test_exports_that_cannot_be_written_publish_nothing_and_are_told(
    run: Run, province: Province, tmp_path: Path
) -> None:
    (tmp_path / "exports").write_text("a file where the folder should be")
    result = run("--period", "2019-04")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), repr(result.exception)
    assert states(province) == [("built", None)]
    assert "exports" in result.stderr
