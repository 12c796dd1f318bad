"""What a full delivery shows unchanged of its month. A failure undoes what is known better, or misses what is there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from onestop.warehouse import MergeResult, merge_dossiers
from tests.warehouse.conftest import CURRENT, DELIVERIES, Delivery, Merge, Row, begin_month, register, stage


@settings(max_examples=max(80, settings.default.max_examples))
@given(deliveries=DELIVERIES, data=st.data())
def test_any_month_confirmed_as_a_whole_is_what_a_list_of_its_codes_says(
    loader_engine: Engine, deliveries: list[Delivery], data: st.DataObject
) -> None:
    """A failure means that a late delivery undoes what is known better, or that a dossier is missed that is there."""
    order = data.draw(st.lists(st.sampled_from(range(len(deliveries))), min_size=2, max_size=10))
    told = []
    for is_whole in (True, False):
        with loader_engine.connect() as connection, connection.begin() as transaction:
            connection.execute(text("delete from core.dossier_version"))
            if is_whole:
                begin_month(connection)
            ids = [register(connection, delivery, f"sha-{n}") for n, delivery in enumerate(deliveries)]
            for n in order:
                merge_dossiers(connection, ids[n], stage(connection, ids[n], deliveries[n].rows))
            confirmed = connection.execute(
                text(
                    "select delivery_id - :first, observed_at, owner_unit_code, dossier_code"
                    " from core.confirmed_dossier"
                ),
                {"first": ids[0]},
            ).all()
            assert len(confirmed) == len(set(confirmed))
            told.append((set(confirmed), connection.execute(CURRENT).all()))
            transaction.rollback()
    assert told[0] == told[1]


def test_a_full_delivery_that_shows_its_month_unchanged_keeps_no_code_of_it(
    merge: Merge, loader_engine: Engine
) -> None:
    """A failure means that every pull of a month writes a code for each dossier that has not changed."""
    with loader_engine.begin() as connection:
        begin_month(connection)
    merge(Delivery(30, (Row("a"), Row("b"), Row("c"), Row("d", received_on=40))))
    merge(Delivery(60, (Row("a"), Row("b", 9), Row("d", received_on=40), Row("e"))))
    merge(Delivery(70, (Row("a"),), source_id="trung_tam"))
    with loader_engine.connect() as connection:
        listed = connection.execute(text("select delivery_id, dossier_codes from core.dossier_confirmation order by 1"))
        assert listed.all() == [(2, "d"), (3, "a")], "of another month, and what another source had brought"
        assert connection.execute(text("select * from core.unconfirmed_dossier")).all() == [(2, "so_y_te", "c")]
        shown = text("select delivery_id, dossier_code from core.confirmed_dossier order by 1, 2")
        assert connection.execute(shown).all() == [(2, "a"), (2, "d"), (3, "a")]
    merge(Delivery(80, (Row("e", 9),)))
    with loader_engine.connect() as connection:
        told = connection.scalars(text("select delivery_id from core.month_confirmation")).all()
        assert told == [2], "one that shows nothing unchanged says nothing"


def test_what_a_late_delivery_tells_otherwise_it_does_not_confirm(merge: Merge, loader_engine: Engine) -> None:
    with loader_engine.begin() as connection:
        begin_month(connection)
    merge(Delivery(30, (Row("a"), Row("b"))))
    merge(Delivery(90, (Row("a"), Row("b"))))
    assert merge(Delivery(60, (Row("a", 9), Row("b")))).older == 1
    with loader_engine.connect() as connection:
        shown = text("select delivery_id, dossier_code from core.confirmed_dossier order by 1, 2")
        assert connection.execute(shown).all() == [(2, "a"), (2, "b"), (3, "b")]


def test_what_comes_late_was_not_confirmed_before_it_came(loader_engine: Engine) -> None:
    """Nor is what has been ended since not confirmed any more. A failure holds an absent dossier for present."""
    deliveries = [
        Delivery(30, (Row("a"), Row("b"))),
        Delivery(60, (Row("a"), Row("late"), Row("c", unit_code="so_tai_chinh"))),
        Delivery(90, (Row("a"), Row("b"))),
        Delivery(95, (Row("a"), Row("b", 9))),
    ]
    with loader_engine.connect() as connection, connection.begin() as transaction:
        begin_month(connection)
        ids = [register(connection, delivery, f"sha-{n}") for n, delivery in enumerate(deliveries)]
        for n in (0, 2, 3, 1):
            merge_dossiers(connection, ids[n], stage(connection, ids[n], deliveries[n].rows))
        shown = text("select delivery_id - :first, dossier_code from core.confirmed_dossier order by 1, 2")
        assert connection.execute(shown, {"first": ids[0]}).all() == [(1, "a"), (2, "a"), (2, "b"), (3, "a")]
        transaction.rollback()


@pytest.mark.parametrize(
    ("first", "late", "older"),
    [
        ((Row("a"), Row("b")), (Row("a", 9),), 0),  # the later one lacks a
        ((Row("a"), Row("b")), (Row("b", 9),), 1),
        ((Row("b"),), (Row("b", received_on=40),), 1),  # of another month, where its receipt is corrected
    ],
)
def test_a_month_confirmed_later_protects_what_it_shows_and_nothing_else(
    merge: Merge, loader_engine: Engine, first: tuple[Row, ...], late: tuple[Row, ...], older: int
) -> None:
    with loader_engine.begin() as connection:
        begin_month(connection)
    merge(Delivery(30, first))
    merge(Delivery(90, (Row("b"),)))
    assert merge(Delivery(60, late)) == MergeResult(0, 1 - older, 0, older)


@pytest.mark.parametrize(
    "lacking", [Row("a", received_on=5, unit_code="so_tai_chinh"), Row("a", received_on=2), Row("a", received_on=7)]
)
def test_what_lies_outside_of_what_a_delivery_was_compared_with_is_not_confirmed(
    merge: Merge, loader_engine: Engine, lacking: Row
) -> None:
    """Of a unit that it does not have, received before or after all that it has."""
    with loader_engine.begin() as connection:
        begin_month(connection)
    merge(Delivery(30, (lacking, Row("b", received_on=5))))
    merge(Delivery(60, (Row("b", received_on=5),)))
    with loader_engine.connect() as connection:
        shown = connection.scalars(text("select dossier_code from core.confirmed_dossier")).all()
        assert shown == ["b"]
        assert connection.scalar(text("select count(*) from core.unconfirmed_dossier")) == 0


def test_what_a_delivery_has_told_as_a_month_is_not_listed_when_it_is_merged_again(loader_engine: Engine) -> None:
    delivery = Delivery(60, (Row("a"), Row("b")))
    with loader_engine.begin() as connection:
        begin_month(connection)
        before = register(connection, Delivery(30, delivery.rows), "sha-1")
        merge_dossiers(connection, before, stage(connection, before, delivery.rows))
        delivery_id = register(connection, delivery, "sha-2")
        table = stage(connection, delivery_id, delivery.rows)
        for _ in range(2):
            merge_dossiers(connection, delivery_id, table)
        assert connection.scalar(text("select count(*) from core.month_confirmation")) == 1
        assert connection.scalar(text("select count(*) from core.dossier_confirmation")) == 0


def test_a_delivery_of_changes_lists_what_it_shows_unchanged_and_lacks_nothing(
    merge: Merge, loader_engine: Engine
) -> None:
    with loader_engine.begin() as connection:
        begin_month(connection)
    merge(Delivery(30, (Row("a"), Row("b"))))
    merge(Delivery(60, (Row("a"),), is_full=False))
    with loader_engine.connect() as connection:
        listed = connection.scalars(text("select dossier_codes from core.dossier_confirmation")).all()
        assert listed == ["a"]
        assert connection.scalar(text("select count(*) from core.month_confirmation")) == 0
