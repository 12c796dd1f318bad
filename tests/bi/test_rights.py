"""What readers may do. A failure means that a dashboard could read dossiers, or change a figure."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import BI, OWNER
from onestop.warehouse.sql import SQL_ROOT, run_script

PERSONAL = {
    "applicant", "applicant_key", "applicant_name", "applicant_type", "dossier_code", "email", "identity_number",
    "name", "phone", "raw",
}  # fmt: skip
EXPLANATION = "compliance_explanation"
"""What a figure was counted from, down to the dossiers' codes: that is what it is for."""
SCHEMAS = ("staging", "quarantine", "core", "mart", "ops")


@pytest.fixture(scope="module")
def warehouse_engine(postgres_server: EmbeddedServer, shared_engine: Engine) -> Iterator[Engine]:
    """An engine of the owner's role."""
    warehouse_engine = engine(postgres_server.url(shared_engine.url.database or "", OWNER))
    yield warehouse_engine
    warehouse_engine.dispose()


@pytest.fixture(scope="module")
def reader_engine(postgres_server: EmbeddedServer, warehouse_engine: Engine) -> Iterator[Engine]:
    """An engine of the readers' role. Rights on a database are not copied with it: they are granted anew."""
    with warehouse_engine.begin() as connection:
        run_script(connection, (SQL_ROOT / "ops" / "grants.sql").read_text(encoding="utf-8"))
    reader_engine = engine(postgres_server.url(warehouse_engine.url.database or "", BI))
    yield reader_engine
    reader_engine.dispose()


def relations(owner: Engine, schemas: tuple[str, ...]) -> list[str]:
    with owner.connect() as connection:
        return list(
            connection.scalars(
                text("""
                    select relnamespace::regnamespace || '.' || relname from pg_class
                    where relnamespace::regnamespace::text = any(:schemas) and relkind in ('r', 'v', 'p', 'm', 'f')
                    order by 1
                """),
                {"schemas": list(schemas)},
            )
        )


def test_readers_read_every_view_of_bi(reader_engine: Engine, warehouse_engine: Engine) -> None:
    views = relations(warehouse_engine, ("bi",))
    assert {view.removeprefix("bi.") for view in views} == {path.stem for path in (SQL_ROOT / "bi").glob("*.sql")}
    with reader_engine.connect() as connection:
        for view in views:
            connection.execute(text(f"select * from {view}"))  # noqa: S608


def test_readers_read_nothing_else(reader_engine: Engine, warehouse_engine: Engine) -> None:
    hidden = relations(warehouse_engine, SCHEMAS)
    assert len(hidden) > 25
    with reader_engine.connect() as connection:
        for relation in hidden:
            with pytest.raises(ProgrammingError, match="permission denied for schema"):
                connection.execute(text(f"select 1 from {relation}"))  # noqa: S608
            connection.rollback()


def test_readers_have_no_right_on_any_table_even_if_a_schema_were_opened(
    reader_engine: Engine, warehouse_engine: Engine
) -> None:
    with reader_engine.connect() as connection:
        allowed = connection.execute(
            text("""
                select class.oid::regclass::text, right_name
                from pg_class as class,
                    unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'maintain']) as right_name
                where class.relkind in ('r', 'v', 'p', 'm', 'f')
                    and class.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'pg_toast')
                    and has_table_privilege(class.oid, right_name)
                order by 1
            """)
        ).all()
    assert [tuple(row) for row in allowed] == [(view, "select") for view in relations(warehouse_engine, ("bi",))]


@pytest.mark.parametrize(
    "statement",
    [
        "update bi.delivery set state = 'accepted'",
        "delete from bi.alert",
        "create table bi.mine (one integer)",
        "create table public.mine (one integer)",
        "create temporary table mine (one integer)",
        "create schema mine",
        "select core.settled_moment()",
    ],
)
def test_readers_write_nothing_even_in_a_transaction_that_they_call_writable(
    reader_engine: Engine, statement: str
) -> None:
    with reader_engine.connect() as connection:
        assert connection.scalar(text("show transaction_read_only")) == "on"
        connection.execute(text("set transaction read write"))
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(text(statement))


def test_a_query_of_a_reader_ends_by_itself(reader_engine: Engine) -> None:
    with reader_engine.connect() as connection:
        assert connection.scalar(text("show statement_timeout")) == "30s"


def test_no_view_shows_an_applicant_and_one_alone_the_codes_of_dossiers(warehouse_engine: Engine) -> None:
    with warehouse_engine.connect() as connection:
        columns = {
            (view, column)
            for view, column in connection.execute(
                text("select table_name, column_name from information_schema.columns where table_schema = 'bi'")
            )
        }
    assert len(columns) > 50
    assert {shown for shown in columns if shown[1] in PERSONAL} == {(EXPLANATION, "dossier_code")}


def test_no_notice_shows_a_mailbox(warehouse_engine: Engine) -> None:
    with warehouse_engine.connect() as connection:
        shown = connection.scalars(
            text("""
                select column_name from information_schema.columns
                where table_schema = 'bi' and table_name = 'notice'
            """)
        ).all()
    assert {"recipient", "body_text", "body_html", "dedup_key"} & set(shown) == set()


def test_no_view_but_the_explanation_reads_the_dossiers(warehouse_engine: Engine) -> None:
    """Neither itself nor through the views that it stands on."""
    with warehouse_engine.connect() as connection:
        read = set(
            connection.scalars(
                text("""
                    with recursive reads as (
                        select oid as relation from pg_class
                        where relnamespace = 'bi'::regnamespace and relname <> :explanation
                        union
                        select dependency.refobjid
                        from reads
                        inner join pg_rewrite on pg_rewrite.ev_class = reads.relation
                        inner join pg_depend as dependency
                            on dependency.classid = 'pg_rewrite'::regclass
                            and dependency.objid = pg_rewrite.oid
                            and dependency.refclassid = 'pg_class'::regclass
                    )
                    select relation::regclass::text from reads
                """),
                {"explanation": EXPLANATION},
            )
        )
    assert {"mart.compliance_month", "ops.publication", "core.unit"} <= read
    assert not {relation for relation in read if "dossier" in relation or relation.startswith("staging")}


@pytest.mark.parametrize(
    "table", ["ops.delivery_decision", "ops.delivery_override", "ops.dimension_state", "quarantine.row_before"]
)
def test_the_pipeline_adds_to_what_was_decided_and_rewrites_nothing(loader_engine: Engine, table: str) -> None:
    with loader_engine.connect() as connection:
        rights = {
            right: connection.scalar(
                text("select has_table_privilege(:table, :right)"), {"table": table, "right": right}
            )
            for right in ("select", "insert", "update", "delete", "truncate")
        }
    assert rights == {"select": True, "insert": True, "update": False, "delete": False, "truncate": False}
