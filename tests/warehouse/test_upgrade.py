"""A warehouse is brought up to date whole or not at all. A failure here means that set-up leaves a broken warehouse."""

import hashlib
import shutil
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from onestop.warehouse import EmbeddedServer, UpgradeError, embedded, engine, upgrade
from onestop.warehouse.embedded import BI, OWNER, STEWARD
from onestop.warehouse.migration import replaceables
from onestop.warehouse.sql import MIGRATIONS_ROOT, SQL_ROOT

# The migrations as warehouses have run them. A new one gets a line; the line of another never changes: see below.
RUN_ELSEWHERE = {
    "0001_warehouse.sql": "a5fa7af78aaabb3a",
    "0002_datasets.sql": "61334c58e051e9f1",
    "0003_marts.sql": "f8d0a1bfff06e828",
    "0004_delivery_is_full.sql": "d6a94788087387dd",
    "0005_publications.sql": "9edb2923635b87f0",
    "0006_channel_internal.sql": "f624fcaa5f26401a",
    "0007_dimensions_over_time.sql": "119c57631fbcd416",
    "0008_deliveries.sql": "db71e3c4b0107802",
    "0009_taken_up_again.sql": "17ff206dbf51d97e",
    "0010_delivery_index.sql": "0e0ae19b2c462fba",
    "0011_quality_of_each_month.sql": "edbb5994cdd4f213",
    "0012_indexes_of_each_month.sql": "884b6452b77acb73",
    "0013_counted_months.sql": "d012ca70e15f6c65",
    "0014_ended_versions.sql": "d31f0abba4b79b0b",
    "0015_withdrawn_records.sql": "30c1aa94dfe14d17",
    "0016_counting_rules.sql": "eba0d52331cbb64f",
    "0017_procedure_definitions.sql": "e372403351dbdda0",
    "0018_confirmed_codes.sql": "dc34eee5d45e1402",
    "0019_confirmed_months.sql": "8641f12b84006043",
}
_APPLIED = text("select object_name, applied_at from ops.replaceable order by object_name")


@pytest.fixture
def sql_root(tmp_path: Path) -> Path:
    """A copy of include/sql that a test may change."""
    return Path(shutil.copytree(SQL_ROOT, tmp_path / "sql"))


def test_upgrading_again_changes_nothing(warehouse_engine: Engine) -> None:
    with warehouse_engine.connect() as connection:
        before = connection.execute(_APPLIED).all()
    assert upgrade(warehouse_engine)
    with warehouse_engine.connect() as connection:
        assert connection.execute(_APPLIED).all() == before


def test_no_migration_is_edited_that_warehouses_have_run() -> None:
    """It is not run again: what was changed in it is in new warehouses only, and the next upgrade of others fails."""
    files = sorted((MIGRATIONS_ROOT / "versions").glob("0*.sql"))
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:16] for file in files} == RUN_ELSEWHERE


def at_revision(server: EmbeddedServer, administrator: Engine, name: str, revision: str) -> Engine:
    """Make a warehouse with the tables of a migration, and return its owner's engine."""
    with administrator.connect() as connection:
        connection.execute(text(f"create database {name} owner {OWNER}"))
    owner_engine = engine(server.url(name, OWNER))
    with owner_engine.begin() as connection:
        connection.execute(text("create schema ops"))
        migrations = Config()
        migrations.set_main_option("script_location", str(MIGRATIONS_ROOT))
        migrations.attributes["connection"] = connection
        command.upgrade(migrations, revision)
    return owner_engine


def test_a_warehouse_with_publications_of_an_earlier_program_is_brought_up_to_date(
    postgres_server: EmbeddedServer, administrator: Engine
) -> None:
    owner_engine = at_revision(postgres_server, administrator, "of_an_earlier_program", "0010")
    with owner_engine.begin() as connection:
        connection.execute(
            text("""
                with configuration as (
                    insert into ops.configuration (configuration_hash, jurisdiction, content) values ('c', 's', '{}')
                    returning configuration_hash
                ),
                publication as (
                    insert into ops.publication (period, kind, state, reason, requested_by, as_of, configuration_hash)
                    select '2019-04', 'official', 'published', 'r', 'p', now(), configuration_hash from configuration
                    returning publication_id, period
                )
                insert into mart.quality_month (publication_id, period, unit_code, source_id, state, delivery_count)
                select publication_id, period, 'so_y_te', 'y_te', 'missing', 0 from publication
            """)
        )
    assert upgrade(owner_engine) == max(RUN_ELSEWHERE)[:4]
    with owner_engine.connect() as connection:
        assert connection.scalar(text("select delivery_period from mart.quality_month")) == "2019-04"
        assert connection.execute(text("select * from bi.quality_month")).all() == []
    owner_engine.dispose()


def test_a_warehouse_that_has_what_0011_makes_is_brought_up_to_date(
    postgres_server: EmbeddedServer, administrator: Engine
) -> None:
    """A program made the column and the one index in 0003 and 0008 for some days."""
    owner_engine = at_revision(postgres_server, administrator, "of_a_program_between", "0010")
    with owner_engine.begin() as connection:
        for statement in (
            MONTH_OF_0010,
            "alter table mart.quality_month drop constraint quality_month_pkey",
            "alter table mart.quality_month add delivery_period text not null",
            "alter table mart.quality_month add primary key (publication_id, unit_code, source_id, delivery_period)",
            "drop index core.dossier_version_delivery_id_idx",
            "alter index core.dossier_version_delivery_id_idx1 rename to dossier_version_delivery_id_idx",
        ):
            connection.execute(text(statement))
    assert upgrade(owner_engine) == max(RUN_ELSEWHERE)[:4]
    with owner_engine.connect() as connection:
        held = connection.execute(INDEXES, {"table": "dossier_version_2019_04"}).all()
    assert sum("brin (delivery_id)" in index.definition for index in held) == 1
    owner_engine.dispose()


@pytest.mark.parametrize("made_between", [(), ("alter table core.counted_month add column differing_count integer",)])
def test_a_warehouse_that_counted_months_by_0013_remembers_which_differ(
    postgres_server: EmbeddedServer, administrator: Engine, made_between: tuple[str, ...]
) -> None:
    """A program made the column in 0013 for some hours, after others had run 0013 without it."""
    name = f"of_0013_{len(made_between)}"
    owner_engine = at_revision(postgres_server, administrator, name, "0013")
    with owner_engine.begin() as connection:
        for statement in made_between:
            connection.execute(text(statement))
        connection.execute(text("insert into core.counted_month values ('calendar', '2019-03', now(), 'r')"))
    assert upgrade(owner_engine) == max(RUN_ELSEWHERE)[:4]
    with owner_engine.connect() as connection:
        assert connection.execute(text("select period, differing_count from core.counted_month")).all() == [
            ("2019-03", None)
        ]
    owner_engine.dispose()


def test_publications_of_an_earlier_program_get_the_procedures_of_the_catalogue_they_were_measured_with(
    postgres_server: EmbeddedServer, administrator: Engine
) -> None:
    """The recorded one, though another is in force now; where none was recorded, today's."""
    owner_engine = at_revision(postgres_server, administrator, "of_0016", "0016")
    with owner_engine.begin() as connection:
        for statement in (
            "insert into core.procedure (procedure_code, name_vi, service_level, valid_from)"
            " values ('1.000001', 'Nay', 4, '2016-01-01')",
            "insert into core.period (calendar, period, year, month, starts_on, ends_on, starts_at, ends_at, due_at,"
            " closes_at) values ('calendar', '2019-04', 2019, 4, '2019-04-01', '2019-05-01', '2019-04-01',"
            " '2019-05-01', '2019-05-05', '2019-05-10')",
            """
            insert into ops.dimension_state (dimension_hash, content)
            values ('d', '[{"table": "core.procedure", "rows": [
                {"procedure_code": "1.000001", "name_vi": "Xưa", "service_level": 3,
                 "valid_from": "2016-01-01", "valid_to": "2019-04-30"},
                {"procedure_code": "1.000001", "name_vi": "Khi ấy", "service_level": 3,
                 "valid_from": "2019-04-30", "valid_to": "infinity"}
            ]}]')
            """,
            "insert into ops.configuration (configuration_hash, jurisdiction, content) values ('c', 's', '{}')",
            "insert into ops.publication (period, kind, revision, state, reason, requested_by, as_of,"
            " configuration_hash, dimension_hash) values"
            " ('2019-04', 'official', 1, 'published', 'r', 'p', now(), 'c', 'd'),"
            " ('2019-04', 'official', 2, 'published', 'r', 'p', now(), 'c', null)",
        ):
            connection.execute(text(statement))
    assert upgrade(owner_engine) == max(RUN_ELSEWHERE)[:4]
    with owner_engine.connect() as connection:
        kept = connection.execute(
            text("""
                select revision, name_vi, service_level
                from mart.procedure_definition
                inner join ops.publication using (publication_id)
                order by revision
            """)
        ).all()
    assert kept == [(1, "Khi ấy", 3), (2, "Nay", 4)]
    owner_engine.dispose()


def test_what_earlier_deliveries_confirmed_is_still_listed(
    postgres_server: EmbeddedServer, administrator: Engine
) -> None:
    owner_engine = at_revision(postgres_server, administrator, "of_0017", "0017")
    with owner_engine.begin() as connection:
        connection.execute(
            text(
                "insert into core.dossier_confirmation values"
                " (1, 'so_y_te', '2019-05-01', '{A-1,\"A, 2\"}'), (2, 'so_y_te', '2019-05-02', '{A-1}')"
            )
        )
    assert upgrade(owner_engine) == max(RUN_ELSEWHERE)[:4]
    listed = "select delivery_id, owner_unit_code, dossier_code from core.confirmed_dossier order by 1, 3"
    counted = "select core.code_count(dossier_codes) from core.dossier_confirmation order by delivery_id"
    with owner_engine.connect() as connection:
        assert connection.execute(text(listed)).all() == [
            (1, "so_y_te", "A, 2"),
            (1, "so_y_te", "A-1"),
            (2, "so_y_te", "A-1"),
        ]
        assert connection.scalars(text(counted)).all() == [2, 1]
    owner_engine.dispose()


MONTH_OF_0010 = (
    "create table core.dossier_version_2019_04 partition of core.dossier_version"
    " for values from ('2019-03-31 17:00+00') to ('2019-04-30 17:00+00')"
)
INDEXES = text(
    "select pg_relation_filenode(indexrelid) as file, replace(pg_get_indexdef(indexrelid), relname, '') as"
    " definition from pg_index join pg_class on indexrelid = pg_class.oid"
    " where indrelid = to_regclass('core.' || :table) order by definition"
)


def test_months_keep_their_indexes_when_those_of_the_whole_table_are_given_up(
    postgres_server: EmbeddedServer, administrator: Engine
) -> None:
    """A failure means that an upgrade makes every index of every year anew, or that months are indexed otherwise.

    Since 0013 they have two more, by which is found what became known of a month since it was counted.
    """
    owner_engine = at_revision(postgres_server, administrator, "with_a_month", "0010")
    with owner_engine.begin() as connection:
        connection.execute(text(MONTH_OF_0010))
    with owner_engine.connect() as connection:
        before = connection.execute(INDEXES, {"table": "dossier_version_2019_04"}).all()
    assert upgrade(owner_engine) == max(RUN_ELSEWHERE)[:4]
    with owner_engine.begin() as connection:
        connection.execute(text("select core.index_partition('dossier_version_2019_04')"))
        after = connection.execute(INDEXES, {"table": "dossier_version_2019_04"}).all()
        of_0012 = [index for index in after if index.file in {old.file for old in before}]
        connection.execute(text("select core.attach_partition(name) from core.create_partitions('{2019-05-10}')"))
        connection.execute(text("select core.index_partition('dossier_version_2019_05')"))
        new = connection.execute(INDEXES, {"table": "dossier_version_2019_05"}).all()
        assert not connection.execute(INDEXES, {"table": "dossier_version"}).all()
        months = text("select count(*) from pg_inherits where inhparent = 'core.dossier_version'::regclass")
        assert connection.scalar(months) == 2
    assert len(of_0012) == 5
    assert len(after) == len(new) == 7
    for index in after:
        assert index.definition.replace("2019_04", "2019_05") in [other.definition for other in new]
    owner_engine.dispose()


def test_two_upgrades_of_an_empty_database_at_once_both_succeed(
    postgres_server: EmbeddedServer, administrator: Engine
) -> None:
    with administrator.connect() as connection:
        connection.execute(text(f"create database upgraded_twice owner {OWNER}"))
    owner_engine = engine(postgres_server.url("upgraded_twice", OWNER))
    revisions: list[str] = []
    threads = [threading.Thread(target=lambda: revisions.append(upgrade(owner_engine))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    owner_engine.dispose()
    assert len(revisions) == 2
    assert revisions[0] == revisions[1]


def test_a_view_may_change_its_columns_with_others_standing_on_it(warehouse_engine: Engine, sql_root: Path) -> None:
    view, above = sql_root / "bi" / "a_view.sql", sql_root / "bi" / "a_view_above.sql"
    above.write_text("create or replace view bi.a_view_above as select one from bi.a_view_z;")
    view.write_text("create or replace view bi.a_view_z as select 1 as one, 2 as two;")
    upgrade(warehouse_engine, sql_root)
    view.write_text("create or replace view bi.a_view_z as select '2'::text as two, 1 as one;")
    upgrade(warehouse_engine, sql_root)
    with warehouse_engine.connect() as connection:
        assert connection.execute(text("select two, one from bi.a_view_z")).one() == ("2", 1)
        assert connection.scalar(text("select one from bi.a_view_above")) == 1
        assert connection.scalar(text(f"select has_table_privilege('{BI}', 'bi.a_view_above', 'select')"))
    view.unlink()
    above.unlink()
    upgrade(warehouse_engine, sql_root)
    with warehouse_engine.connect() as connection:
        assert connection.scalar(text("select to_regclass('bi.a_view_z')")) is None


def test_a_broken_file_is_named_and_changes_nothing(warehouse_engine: Engine, sql_root: Path) -> None:
    (sql_root / "bi" / "a_good_view.sql").write_text("create or replace view bi.a_good_view as select 1 as one;")
    (sql_root / "bi" / "broken.sql").write_text("create or replace view bi.broken as select one from bi.nothing;")
    with pytest.raises(UpgradeError, match=r"broken\.sql.*bi\.nothing"):
        upgrade(warehouse_engine, sql_root)
    with warehouse_engine.connect() as connection:
        assert connection.scalar(text("select to_regclass('bi.a_good_view')")) is None


def test_a_warehouse_of_a_newer_program_is_left_alone(warehouse_engine: Engine) -> None:
    with warehouse_engine.begin() as connection:
        connection.execute(text("update ops.alembic_version set version_num = '9999'"))
    with pytest.raises(UpgradeError, match="revision 9999, which this program does not know"):
        upgrade(warehouse_engine)


class Server16(EmbeddedServer):
    """The older server that comes in the same wheel."""

    def _run(self, program: str, *arguments: str, timeout: float) -> None:
        known = [argument for argument in arguments if "locale" not in argument]
        super()._run(program, *known, timeout=timeout)


def test_a_server_that_is_too_old_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_BINARIES", Path(embedded.POSTGRES_VERSIONS[16]))
    server = Server16(tmp_path / "data", embedded.TEST_SETTINGS)
    server.start()
    owner_engine = engine(server.url("warehouse", OWNER))
    try:
        with pytest.raises(UpgradeError, match=r"server is PostgreSQL 16\.\d+; the tables need 18 or a later one"):
            upgrade(owner_engine)
        with owner_engine.connect() as connection:
            assert connection.scalar(text("select to_regnamespace('ops')")) is None
    finally:
        owner_engine.dispose()
        server.stop()


def test_every_file_that_creates_something_is_found() -> None:
    assert {"core.dossier", "core.dossier_as_of", "core.create_partitions"} <= {item.name for item in replaceables()}


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        (BI, "select * from core.dossier_version"),
        (BI, "select * from mart.compliance_month"),
        (BI, "select * from quarantine.row"),
        (BI, "create temporary table t (c integer)"),
        (STEWARD, "select * from core.dossier_version"),
        (STEWARD, "delete from quarantine.row"),
        ("onestop_loader", "drop table core.unit"),
        ("onestop_loader", "create table core.mine (c integer)"),
        ("onestop_loader", "delete from ops.alembic_version"),
        ("onestop_loader", "delete from ops.publication"),
        ("onestop_loader", "select core.attach_partition('unit')"),
        ("onestop_loader", "select core.index_partition('unit')"),
    ],
)
def test_a_role_may_not(warehouse_database: str, postgres_server: EmbeddedServer, role: str, statement: str) -> None:
    role_engine = engine(postgres_server.url(warehouse_database, role))
    with role_engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(text(statement))
    role_engine.dispose()


def test_no_role_of_the_warehouse_is_a_superuser(warehouse_engine: Engine) -> None:
    with warehouse_engine.connect() as connection:
        roles = text("select count(*), bool_or(rolsuper) from pg_roles where rolname like 'onestop%'")
        assert connection.execute(roles).one() == (4, False)
