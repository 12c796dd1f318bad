"""Rows and names arrive in SQL as they were. A failure here means corrupted data or an injection."""

import pytest
from sqlalchemy import Engine, text

from onestop.warehouse import copy_rows
from onestop.warehouse.sql import identifier


def test_copied_rows_come_back_as_they_were(loader_engine: Engine) -> None:
    rows = [
        (1, "tab\t newline\n return\r backslash\\ \\N Sở Y tế", b"\x00\\x\xff", True),
        (2, None, None, None),
        (3, "", b"", False),
    ]
    with loader_engine.begin() as connection:
        connection.execute(text("create table staging.copied (n integer, t text, b bytea, f boolean)"))
        assert copy_rows(connection, "staging.copied", ("n", "t", "b", "f"), iter(rows)) == 3
        found = connection.execute(text("select n, t, b, f from staging.copied order by n")).all()
    assert [(n, t, None if b is None else bytes(b), f) for n, t, b, f in found] == rows


def test_more_rows_than_a_buffer_arrive_complete(loader_engine: Engine) -> None:
    with loader_engine.begin() as connection:
        connection.execute(text("create table staging.many (n integer, t text)"))
        assert copy_rows(connection, "staging.many", ("n", "t"), ((n, "ă" * 50) for n in range(20_000))) == 20_000
        assert connection.scalar(text("select sum(n) from staging.many")) == 199_990_000


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("staging.dossier_1", "staging.dossier_1"),
        ('x"; drop table core.unit; --', '"x""; drop table core"."unit; --"'),
        ("Đơn vị", '"Đơn vị"'),
    ],
)
def test_an_identifier_stays_one_identifier(name: str, quoted: str) -> None:
    assert identifier(name) == quoted


@pytest.mark.parametrize("name", ["", "a..b", "a\x00b"])
def test_what_is_no_identifier_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no SQL identifier"):
        identifier(name)
