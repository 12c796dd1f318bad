"""A source that sends A, then B, then A again takes B back: a failure means that we keep what nobody says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from onestop.contracts import DeliveryRefused
from tests.contracts.conftest import csv_text, numbered, row
from tests.contracts.test_reconsidering import replay

FIRST = numbered(3)
SECOND = [*numbered(2), row(dossier_code="000.00.12.H02-190405-0003", channel="1")]


def on(agency, day):
    agency.pulled_at = datetime(2019, 5, day, tzinfo=UTC)
    return agency


def channels(agency):
    return agency.rows("select dossier_code, channel from core.dossier order by 1")


def test_the_first_bytes_again_are_a_delivery_of_their_own_and_what_they_say_is_known(agency):
    on(agency, 2).take(FIRST)
    before = channels(agency)
    assert on(agency, 3).take(SECOND).merge.changed == 1
    assert channels(agency) != before

    taken = on(agency, 4).take(FIRST)

    assert (taken.merge.changed, taken.merge.unchanged) == (1, 2)
    assert channels(agency) == before
    deliveries = agency.rows("select delivery_id, sha256, object_path, manifest_path from ops.delivery order by 1")
    assert [one.delivery_id for one in deliveries] == [1, 2, 3]
    assert deliveries[0].sha256 == deliveries[2].sha256 != deliveries[1].sha256
    assert deliveries[0].object_path == deliveries[2].object_path, "the same bytes are kept once"
    assert len({one.manifest_path for one in deliveries}) == 3, "each delivery has its own manifest"
    last = agency.landing.read_manifest(deliveries[2].manifest_path)
    assert last.pulled_at == datetime(2019, 5, 4, tzinfo=UTC)
    third = "select channel from core.dossier_version where dossier_code like '%0003' order by known_from"
    assert agency.rows(third) == [
        ("online",), ("direct",), ("online",)
    ]  # fmt: skip


def test_what_is_pulled_again_with_nothing_in_between_is_the_same_delivery(agency):
    for day, rows in ((2, FIRST), (3, SECOND), (4, FIRST)):
        on(agency, day).take(rows)
    assert on(agency, 5).deliver(FIRST) == 3
    assert on(agency, 6).deliver(SECOND) == 4
    assert on(agency, 7).deliver(SECOND) == 4
    assert on(agency, 8).deliver(FIRST) == 5


def test_dossiers_that_a_delivery_left_out_are_there_again(agency):
    on(agency, 2).take(FIRST)
    on(agency, 3).take(numbered(2))
    absent = "select dossier_code from core.dossier_absence where known_to = 'infinity'"
    assert agency.rows(absent) == [("000.00.12.H02-190405-0003",)]
    on(agency, 4).take(FIRST)
    assert agency.rows(absent) == []


def test_after_a_refused_delivery_the_one_before_counts_as_delivered_again(agency):
    on(agency, 2).take(FIRST)
    with pytest.raises(DeliveryRefused):
        on(agency, 3).take("MaHoSo;DonVi\r\n1;2\r\n")
    taken = on(agency, 4).take(FIRST)
    assert (taken.merge.changed, taken.merge.inserted, taken.merge.unchanged) == (0, 0, 3)
    assert agency.rows("select delivery_id, state from ops.delivery order by 1") == [
        (1, "accepted"), (2, "rejected"), (3, "accepted")
    ]  # fmt: skip


def test_a_delivery_that_was_landed_but_never_registered_is_completed_by_the_next_pull(agency):
    on(agency, 2).take(FIRST)
    on(agency, 3).take(SECOND)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.contracts.conftest.register_delivery", lambda *_: None)
        on(agency, 4).deliver(FIRST)  # killed before the row was written
    delivery_id = on(agency, 5).deliver(FIRST)
    assert agency.one("select pulled_at from ops.delivery where delivery_id = :id", id=delivery_id) == (
        datetime(2019, 5, 4, tzinfo=UTC),
    )
    agency.load(delivery_id)
    assert agency.check(delivery_id).merge.changed == 1
    assert agency.one("select count(*) from ops.delivery") == (3,)


def test_replaying_what_was_taken_back_leaves_the_last_word_to_the_last_delivery(agency):
    for day, rows in ((2, FIRST), (3, SECOND), (4, FIRST)):
        on(agency, day).take(rows)
    known = channels(agency)
    for delivery_id in (2, 1, 3, 2):
        replay(agency, delivery_id)
    assert channels(agency) == known


def test_content_that_differs_in_what_the_source_declares_is_refused_again_after_another(agency):
    on(agency, 2).take(FIRST)
    on(agency, 3).take(SECOND)
    delivery_id = on(agency, 4).deliver(csv_text(FIRST), declared_count=9)
    with pytest.raises(DeliveryRefused, match="9"):
        agency.load(delivery_id)
