"""The data dictionary. A failure means that readers would have a column that nobody explained, or explained wrongly."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from typer.testing import CliRunner

from onestop import publication
from onestop.publication import CommentMissingError
from onestop.settings import get_settings
from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import OWNER
from onestop.warehouse.sql import REPOSITORY_ROOT, SQL_ROOT

DOCUMENT = REPOSITORY_ROOT / "docs" / "data-dictionary.md"


@pytest.fixture
def owner_connection(shared_engine: Engine, postgres_server: EmbeddedServer) -> Iterator[Connection]:
    """A connection that may change views; what it changes is taken back."""
    owner_engine = engine(postgres_server.url(shared_engine.url.database or "", OWNER))
    with owner_engine.connect() as connection:
        yield connection
        connection.rollback()
    owner_engine.dispose()


def test_the_document_is_what_the_comments_say(owner_connection: Connection) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == publication.data_dictionary(owner_connection), (
        "docs/data-dictionary.md differs from the comments in include/sql/bi: run `onestop warehouse dictionary`"
    )


def test_every_view_of_bi_is_explained_in_both_languages(owner_connection: Connection) -> None:
    document = publication.data_dictionary(owner_connection)
    views = {path.stem for path in (SQL_ROOT / "bi").glob("*.sql")}
    assert {line.removeprefix("## bi.") for line in document.splitlines() if line.startswith("## ")} == views
    assert "| `gap_pp` | numeric | Rate minus target, in percentage points. |" in document
    assert "| Chênh lệch so với chỉ tiêu, điểm phần trăm. |" in document


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("comment on view bi.delivery is null", "bi.delivery"),
        ("comment on column bi.delivery.state is null", "bi.delivery.state"),
        ("comment on column bi.delivery.state is 'Trạng thái.'", "bi.delivery.state"),
        ("comment on column bi.delivery.state is ' | State.'", "bi.delivery.state"),
        ("comment on column bi.delivery.state is 'Trạng thái. | State. | More.'", "bi.delivery.state"),
        ("create view bi.unexplained as select 1 as one", "bi.unexplained, bi.unexplained.one"),
    ],
)
def test_a_view_or_column_without_both_sentences_is_named(
    owner_connection: Connection, change: str, named: str
) -> None:
    owner_connection.execute(text(change))
    with pytest.raises(CommentMissingError, match=rf"on {named}: add"):
        publication.data_dictionary(owner_connection)


def test_the_command_writes_the_document(
    owner_connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from onestop.cli import app

    monkeypatch.setenv("ONESTOP_OWNER_URL", owner_connection.engine.url.render_as_string(hide_password=False))
    get_settings.cache_clear()
    try:
        path = tmp_path / "new" / "dictionary.md"
        result = CliRunner().invoke(app, ["warehouse", "dictionary", "--path", str(path)])
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()
    assert (result.exit_code, result.exception) == (0, None)
    assert path.read_text(encoding="utf-8") == publication.data_dictionary(owner_connection)
