"""Versions of dossiers are right whatever comes, in whatever order. A failure here means wrong published figures."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from onestop.warehouse import MergeResult, merge_dossiers
from onestop.warehouse.sql import REPOSITORY_ROOT, rendered, statement
from tests.warehouse.conftest import (
    CURRENT,
    DELIVERIES,
    FIRST_DAY,
    Delivery,
    Merge,
    Row,
    begin_month,
    register,
    stage,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

_VERSIONS = text(
    "select dossier_code, status_code, known_to = 'infinity' as is_current from core.dossier_version "
    "order by dossier_code, known_from"
)


def versions(engine: Engine) -> list[tuple[str, int, bool]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(_VERSIONS)]


def written(connection: Connection) -> int:
    """Rows of core that the session has written: compare with before."""
    count: int = connection.execute(
        text(
            "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) from pg_stat_xact_all_tables "
            "where schemaname = 'core'"
        )
    ).scalar_one()
    return count


def test_a_changed_dossier_ends_its_version_and_begins_the_next(merge: Merge, warehouse_engine: Engine) -> None:
    assert merge(Delivery(30, (Row("a"), Row("b")))) == MergeResult(2, 0, 0, 0)
    assert merge(Delivery(60, (Row("a", 9), Row("b"), Row("c")))) == MergeResult(1, 1, 1, 0)
    assert versions(warehouse_engine) == [("a", 4, False), ("a", 9, True), ("b", 4, True), ("c", 4, True)]
    with warehouse_engine.connect() as connection:
        gapless = text(
            "select count(*) from core.dossier_version as ended "
            "join core.dossier_version as begun using (dossier_code) where ended.known_to = begun.known_from"
        )
        assert connection.scalar(gapless) == 1


def test_running_a_delivery_again_writes_nothing(loader_engine: Engine, warehouse_engine: Engine) -> None:
    delivery = Delivery(30, (Row("a"), Row("b")))
    with loader_engine.begin() as connection:
        delivery_id = register(connection, delivery, "sha")
        table = stage(connection, delivery_id, delivery.rows)
        merge_dossiers(connection, delivery_id, table)
    with loader_engine.begin() as connection:
        before = written(connection)
        assert merge_dossiers(connection, delivery_id, table) == MergeResult(0, 0, 2, 0)
        assert written(connection) == before
    assert len(versions(warehouse_engine)) == 2


def test_an_unchanged_later_delivery_writes_no_version(merge: Merge, warehouse_engine: Engine) -> None:
    merge(Delivery(30, (Row("a"), Row("b"))))
    assert merge(Delivery(60, (Row("a"), Row("b")))) == MergeResult(0, 0, 2, 0)
    assert len(versions(warehouse_engine)) == 2


def test_an_older_delivery_changes_nothing_that_is_known_better(merge: Merge, warehouse_engine: Engine) -> None:
    merge(Delivery(60, (Row("a", 9),)))
    assert merge(Delivery(30, (Row("a", 4), Row("b")))) == MergeResult(1, 0, 0, 1)
    assert versions(warehouse_engine) == [("a", 9, True), ("b", 4, True)]


def test_an_older_delivery_does_not_undo_what_a_later_one_confirmed(merge: Merge, warehouse_engine: Engine) -> None:
    merge(Delivery(30, (Row("a", 4),)))
    merge(Delivery(90, (Row("a", 4),)))
    assert merge(Delivery(60, (Row("a", 9),))) == MergeResult(0, 0, 0, 1)
    assert versions(warehouse_engine) == [("a", 4, True)]


def test_of_two_deliveries_observed_at_one_moment_the_later_registered_wins(
    loader_engine: Engine, warehouse_engine: Engine
) -> None:
    first, second = Delivery(30, (Row("a", 4),)), Delivery(30, (Row("a", 9),))
    with loader_engine.begin() as connection:
        ids = [register(connection, delivery, f"sha-{delivery.rows}") for delivery in (first, second)]
        merge_dossiers(connection, ids[1], stage(connection, ids[1], second.rows))
        assert merge_dossiers(connection, ids[0], stage(connection, ids[0], first.rows)).older == 1
    assert versions(warehouse_engine) == [("a", 9, True)]


@pytest.mark.parametrize("moved_to", [45, -45, 400])
def test_a_corrected_receipt_in_another_month_leaves_one_current_version(
    merge: Merge, warehouse_engine: Engine, moved_to: int
) -> None:
    merge(Delivery(30, (Row("a"), Row("b", received_on=10))))
    assert merge(Delivery(60, (Row("a", received_on=moved_to),))) == MergeResult(0, 1, 0, 0)
    with warehouse_engine.connect() as connection:
        current = connection.execute(text("select dossier_code, received_at from core.dossier order by 1")).all()
    assert current == [("a", FIRST_DAY + timedelta(days=moved_to)), ("b", FIRST_DAY + timedelta(days=10))]


def test_a_dossier_in_the_feeds_of_two_sources_is_counted_once_in_its_later_state(
    merge: Merge, warehouse_engine: Engine
) -> None:
    merge(Delivery(30, (Row("a", 9),), source_id="so_y_te"))
    merge(Delivery(20, (Row("a", 4),), source_id="trung_tam"))
    merge(Delivery(40, (Row("a", 10),), source_id="trung_tam"))
    with warehouse_engine.connect() as connection:
        assert connection.execute(text("select status_code, source_id from core.dossier")).all() == [(10, "trung_tam")]


def test_the_same_code_at_two_units_is_two_dossiers(merge: Merge, warehouse_engine: Engine) -> None:
    merge(Delivery(30, (Row("a"), Row("a", unit_code="so_xay_dung"))))
    with warehouse_engine.connect() as connection:
        assert connection.scalar(text("select count(*) from core.dossier")) == 2


def test_refused_rows_are_not_merged(loader_engine: Engine) -> None:
    delivery = Delivery(30, (Row("a"), Row("b")))
    with loader_engine.begin() as connection:
        delivery_id = register(connection, delivery, "sha")
        table = stage(connection, delivery_id, delivery.rows)
        connection.execute(text(f"update {table} set reasons = '[]' where dossier_code = 'b'"))  # noqa: S608
        assert merge_dossiers(connection, delivery_id, table) == MergeResult(1, 0, 0, 0)


def test_a_delivery_without_accepted_rows_changes_nothing(merge: Merge) -> None:
    assert merge(Delivery(30, ())) == MergeResult(0, 0, 0, 0)


def test_an_unknown_delivery_is_named(loader_engine: Engine) -> None:
    with loader_engine.begin() as connection, pytest.raises(ValueError, match="Delivery 77 is not in"):
        merge_dossiers(connection, 77, "staging.dossier_77_typed")


def test_versions_at_one_place_in_two_months_are_told_apart(merge: Merge, warehouse_engine: Engine) -> None:
    """Each month's table counts its places from the first: a failure means that an unchanged dossier is ended."""
    merge(Delivery(60, (Row("a"), Row("b"), Row("c", received_on=40), Row("d", received_on=40))))
    changed = (Row("a"), Row("b", 9), Row("c", 9, 40), Row("d", received_on=40))
    assert merge(Delivery(61, changed)) == MergeResult(0, 2, 2, 0)
    current = [(code, state) for code, state, is_current in versions(warehouse_engine) if is_current]
    assert current == [("a", 4), ("b", 9), ("c", 9), ("d", 4)]


def test_a_merge_ends_what_it_compared_or_nothing(merge: Merge, loader_engine: Engine) -> None:
    """Versions are found again by their place: a failure means that a dossier may be counted twice."""
    merge(Delivery(30, (Row("a"), Row("b"))))

    def interfere(_: Any, cursor: Any, statement: str, *__: object) -> None:
        if statement.startswith("-- Ends the current versions of one month"):
            cursor.execute("delete from core.dossier_version where dossier_code = 'b'")

    event.listen(loader_engine, "before_cursor_execute", interfere)
    with pytest.raises(RuntimeError, match="1 versions were ended for 2 changed rows: another session writes"):
        merge(Delivery(31, (Row("a", 9), Row("b", 9))))
    event.remove(loader_engine, "before_cursor_execute", interfere)
    assert versions(loader_engine) == [("a", 4, True), ("b", 4, True)]
    assert merge(Delivery(31, (Row("a", 9), Row("b", 9)))) == MergeResult(0, 2, 0, 0)


def test_dossiers_as_known_at_a_moment_do_not_change_with_what_comes_later(
    merge: Merge, warehouse_engine: Engine
) -> None:
    as_of = text("select dossier_code, status_code from core.dossier_as_of(:moment) order by 1")
    settled = text("select core.settled_moment()")
    moments, seen = [], []
    for state in (4, 5, 9):
        merge(Delivery(30 + state, (Row("a", state),)))
        with warehouse_engine.connect() as connection:
            moments.append(connection.scalar(settled))
            seen.append(connection.execute(as_of, {"moment": moments[-1]}).all())
    assert seen == [[("a", 4)], [("a", 5)], [("a", 9)]]
    with warehouse_engine.connect() as connection:
        assert [connection.execute(as_of, {"moment": moment}).all() for moment in moments] == seen


def test_the_as_of_function_leaves_out_the_partitions_of_other_months(merge: Merge, warehouse_engine: Engine) -> None:
    merge(Delivery(90, (Row("a"), Row("b", received_on=40), Row("c", received_on=70))))
    with warehouse_engine.connect() as connection:
        plan = connection.execute(
            text(
                "explain select count(*) from core.dossier_as_of('2019-07-01') "
                "where received_at >= '2019-05-01' and received_at < '2019-06-01'"
            )
        ).scalars()
        scanned = [line for line in plan if "dossier_version" in line]
    assert len(scanned) == 1
    assert "2019_05" in scanned[0]


def test_partitions_are_months_of_local_time_made_once(loader_engine: Engine) -> None:
    with loader_engine.begin() as connection:
        connection.execute(
            text(
                "insert into core.period (calendar, period, year, month, starts_on, ends_on, starts_at, ends_at, "
                "due_at, closes_at) values ('calendar', '2019-04', 2019, 4, '2019-04-01', '2019-05-01', "
                "'2019-04-01 00:00+07', '2019-05-01 00:00+07', '2019-05-05', '2019-05-10')"
            )
        )
        create = text("select name from core.create_partitions(cast(:moments as timestamptz[]))")
        moments = {"moments": ["2019-04-30 16:59:59+00", "2019-04-30 17:00:00+00", "infinity"]}
        made = connection.scalars(create, moments).all()
        assert len(made) == 2
        for name in made:
            connection.execute(text("select core.attach_partition(:name)"), {"name": name})
        assert not connection.scalars(create, moments).all()
        bounds = text(
            "select relname, pg_get_expr(relpartbound, oid) from pg_class where relname ~ '^dossier_version_2019_05$'"
        )
        assert connection.execute(bounds).one()[1] == (
            "FOR VALUES FROM ('2019-04-30 17:00:00+00') TO ('2019-05-31 17:00:00+00')"
        )


def test_a_month_can_be_read_without_taking_whole_rows_apart(merge: Merge, warehouse_engine: Engine) -> None:
    """PostgreSQL takes apart all columns before one that is read, quickly while they have one width and are never null.

    A failure means that every index and every mart of a month costs up to twice as much.
    """
    merge(Delivery(30, (Row("a"),)))
    columns = text(
        "select attname, attlen > 0 and attnotnull as is_quick from pg_attribute "
        "where attrelid = 'core.dossier_version_2019_04'::regclass and attnum > 0 order by attnum"
    )
    with warehouse_engine.connect() as connection:
        found = [(row.attname, row.is_quick) for row in connection.execute(columns)]
        parent = connection.execute(text("select * from core.dossier_version where false")).keys()
    names = [name for name, _ in found]
    assert sorted(names) == sorted(parent)
    assert [is_quick for _, is_quick in found] == sorted((is_quick for _, is_quick in found), reverse=True)
    assert names.index("dossier_code") < names.index("applicant_type")


def test_months_of_an_earlier_program_stand_beside_later_ones(
    merge: Merge, loader_engine: Engine, warehouse_engine: Engine
) -> None:
    """Their columns stand in another order, which nothing may go by."""
    with warehouse_engine.begin() as connection:
        connection.execute(
            text(
                "create table core.dossier_version_2019_04 partition of core.dossier_version "
                "for values from ('2019-04-01 00:00+00') to ('2019-05-01 00:00+00')"
            )
        )
        connection.execute(text("select core.index_partition('dossier_version_2019_04')"))  # as its program left it
    assert merge(Delivery(60, (Row("a"), Row("b", received_on=40)))) == MergeResult(2, 0, 0, 0)
    assert merge(Delivery(90, (Row("a", 9, 40), Row("b", 9, 2)))) == MergeResult(0, 2, 0, 0)
    with warehouse_engine.connect() as connection:
        held = text(
            "select dossier_code, procedure_code, service_level, channel, status_code, "
            "known_to = 'infinity' as is_current, received_at from core.dossier_version order by 1, 6"
        )
        told = [
            (name, "1.001193", 3, "online", state, is_current, FIRST_DAY + timedelta(days=day))
            for name, state, is_current, day in (
                ("a", 4, False, 0), ("a", 9, True, 40), ("b", 4, False, 40), ("b", 9, True, 2),
            )
        ]  # fmt: skip
        assert connection.execute(held).all() == told
        assert (
            connection.scalar(text("select count(*) from pg_inherits where inhparent::regclass::text like '%version'"))
            == 2
        )
    with loader_engine.begin() as connection, pytest.raises(DBAPIError, match="violates check constraint"):
        connection.execute(text("update core.dossier_version set channel = 'pigeon'"))


_PREFIX_CODES = st.sampled_from(
    ["000.01.H02-1-1", "000.01.H02-1-2", "000.01.H02-9", "000.01.H02.1-1-1", "000.02.H02-1-1", "7", "a-b", "a-b.c-1-2"]
)


@given(codes=st.sets(st.tuples(st.sampled_from(["so_y_te", "trung_tam"]), _PREFIX_CODES)))
@example(codes={("so_y_te", "000.01.H02-1-1"), ("so_y_te", "000.01.H02.1-1-1")})
@example(codes={("so_y_te", "000.01.H02-1-1"), ("so_y_te", "000.02.H02-1-1"), ("trung_tam", "000.02.H02-1-1")})
def test_agency_parts_are_those_of_every_accepted_code(loader_engine: Engine, codes: set[tuple[str, str]]) -> None:
    """Whether the codes of a unit are all read for them or not: a part that is missed has dossiers counted twice."""
    with loader_engine.connect() as connection, connection.begin() as transaction:
        rows = tuple(Row(code, unit_code=unit) for unit, code in sorted(codes))
        delivery_id = register(connection, Delivery(30, rows), "sha")
        table = stage(connection, delivery_id, rows)
        merge_dossiers(connection, delivery_id, table)
        parts = connection.execute(statement("core/dossier_prefix.sql", typed=table)).all()
        transaction.rollback()
    assert sorted(tuple(row) for row in parts) == sorted(
        {(unit, code.split("-")[0]) for unit, code in codes if re.search(r"[.].*-.*-", code)}
    )


def test_codes_that_begin_alike_are_not_read_for_their_agency_part(loader_engine: Engine) -> None:
    """A failure means that a delivery's dossiers are read once more than needed."""
    with loader_engine.begin() as connection:
        for alike, codes in (
            (True, ("000.01.H02-1-1", "000.01.H02-2-1")),
            (False, ("000.01.H02-1-1", "000.02.H02-1-1")),
        ):
            rows = tuple(map(Row, codes))
            delivery_id = register(connection, Delivery(30, rows), f"sha-{alike}")
            table = stage(connection, delivery_id, rows)
            merge_dossiers(connection, delivery_id, table)
            plan = connection.scalars(text(f"explain analyze {rendered('core/dossier_prefix.sql', typed=table)}"))
            (scan,) = [line for line in plan if f"Scan on {table.split('.')[1]}" in line]
            assert ("never executed" in scan) is alike


def test_a_settled_moment_waits_for_merges_under_way(loader_engine: Engine, warehouse_engine: Engine) -> None:
    moments: list[object] = []

    def take() -> None:
        with warehouse_engine.connect() as connection:
            moments.append(connection.scalar(text("select core.settled_moment()")))

    delivery = Delivery(30, (Row("a"),))
    with loader_engine.begin() as connection:
        delivery_id = register(connection, delivery, "sha")
        merge_dossiers(connection, delivery_id, stage(connection, delivery_id, delivery.rows))
        reader = threading.Thread(target=take)
        reader.start()
        reader.join(0.3)
        assert reader.is_alive()
    reader.join(10)
    with warehouse_engine.connect() as connection:
        assert connection.scalar(text("select known_from < :moment from core.dossier"), {"moment": moments[0]})


def test_two_merges_of_one_unit_wait_for_each_other_and_lose_nothing(
    loader_engine: Engine, warehouse_engine: Engine
) -> None:
    deliveries = [Delivery(30 + n, tuple(Row(f"{code:03}", n) for code in range(n, n + 50))) for n in range(6)]
    with loader_engine.begin() as connection:
        staged = []
        for n, delivery in enumerate(deliveries):
            delivery_id = register(connection, delivery, f"sha-{n}")
            staged.append((delivery_id, stage(connection, delivery_id, delivery.rows)))

    def run(delivery_id: int, table: str) -> None:
        with loader_engine.begin() as connection:
            merge_dossiers(connection, delivery_id, table)

    threads = [threading.Thread(target=run, args=arguments) for arguments in staged]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    expected = {row.dossier_code: row.state for delivery in deliveries for row in delivery.rows}
    with warehouse_engine.connect() as connection:
        current = connection.execute(text("select dossier_code, status_code from core.dossier")).all()
    assert dict(tuple(row) for row in current) == expected
    assert len(current) == len(expected)


def test_a_merge_whose_backend_is_terminated_leaves_nothing(loader_engine: Engine, warehouse_engine: Engine) -> None:
    delivery = Delivery(30, (Row("a"), Row("b", received_on=40)))
    with loader_engine.begin() as connection:
        delivery_id = register(connection, delivery, "sha")
        table = stage(connection, delivery_id, delivery.rows)

    def merge_and_lose_the_backend() -> None:
        with loader_engine.begin() as connection:
            merge_dossiers(connection, delivery_id, table)
            backend = connection.scalar(text("select pg_backend_pid()"))
            with warehouse_engine.connect() as other:
                other.execute(text("grant onestop_loader to onestop_owner"))
                assert other.scalar(text("select pg_terminate_backend(:backend, 5000)"), {"backend": backend})
            connection.execute(text("select 1"))

    with pytest.raises(OperationalError):
        merge_and_lose_the_backend()
    assert versions(warehouse_engine) == []
    with loader_engine.begin() as connection:
        assert merge_dossiers(connection, delivery_id, table) == MergeResult(2, 0, 0, 0)


_MERGE_AND_STAY = """
import sys, time
from onestop.warehouse import engine, merge_dossiers
with engine(sys.argv[1]).begin() as connection:
    print(merge_dossiers(connection, int(sys.argv[2]), sys.argv[3]), flush=True)
    time.sleep(60)
"""


def test_a_merge_whose_process_is_killed_leaves_nothing(loader_engine: Engine, warehouse_engine: Engine) -> None:
    first, second = Delivery(30, (Row("a"),)), Delivery(60, (Row("a", 9), Row("b", received_on=40)))
    with loader_engine.begin() as connection:
        delivery_id = register(connection, first, "sha-1")
        merge_dossiers(connection, delivery_id, stage(connection, delivery_id, first.rows))
        delivery_id = register(connection, second, "sha-2")
        table = stage(connection, delivery_id, second.rows)
    url = loader_engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", _MERGE_AND_STAY, url, str(delivery_id), table],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY_ROOT / "plugins")},
    )
    assert process.stdout is not None
    assert "inserted=1, changed=1" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert versions(warehouse_engine) == [("a", 4, True)]
    started = time.monotonic()
    with loader_engine.begin() as connection:
        assert merge_dossiers(connection, delivery_id, table) == MergeResult(1, 1, 0, 0)
    assert time.monotonic() - started < 10  # the dead process holds no lock
    assert versions(warehouse_engine) == [("a", 4, False), ("a", 9, True), ("b", 4, True)]


@settings(max_examples=max(80, settings.default.max_examples))
@given(deliveries=DELIVERIES, data=st.data())
def test_any_order_of_any_deliveries_ends_in_the_same_state_and_again_changes_nothing(
    loader_engine: Engine, deliveries: list[Delivery], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(deliveries))))
    repeated = data.draw(st.lists(st.sampled_from(order), max_size=3) if order else st.just([]))
    expected: dict[str, tuple[tuple[int, int], Row]] = {}
    with loader_engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text("delete from core.dossier_version"))
        if data.draw(st.booleans(), "month known"):
            begin_month(connection)
        staged = []
        for n, delivery in enumerate(deliveries):
            delivery_id = register(connection, delivery, f"sha-{n}")
            staged.append((delivery_id, stage(connection, delivery_id, delivery.rows)))
            for row in delivery.rows:
                rank = (delivery.observed_on, delivery_id)
                expected[row.dossier_code] = max(expected.get(row.dossier_code, ((0, 0), row)), (rank, row), key=first)
        for n in order:
            merge_dossiers(connection, *staged[n])
        state = connection.execute(CURRENT).all()
        assert state == [
            ("so_y_te", code, row.state, FIRST_DAY + timedelta(days=row.received_on))
            for code, (_, row) in sorted(expected.items())
        ]
        before = written(connection)
        for n in repeated:
            result = merge_dossiers(connection, *staged[n])
            assert (result.inserted, result.changed) == (0, 0)
        assert connection.execute(CURRENT).all() == state
        assert written(connection) == before
        transaction.rollback()


def first(pair: tuple[tuple[int, int], Row]) -> tuple[int, int]:
    return pair[0]
