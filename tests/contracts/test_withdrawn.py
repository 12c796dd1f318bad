"""Replays in any order, of records that several deliveries brought. A failure counts a dossier at a unit that nobody
names, counts what is refused, or loses what is accepted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from tests.contracts.conftest import Agency, numbered, row
from tests.contracts.test_datasets import PAYMENTS, delivering, table
from tests.contracts.test_reconsidering import delivered_at, replay

CODE = "000.00.12.H02-190405-0001"
CURRENT = (
    "select owner_unit_code, channel, status_code, delivery_id from core.dossier_version"
    " where known_to = 'infinity' and dossier_code = :code order by 1"
)
COUNTED = "select owner_unit_code from core.dossier where dossier_code = :code"
OWNERS = (
    "select owner_unit_code from core.dossier_version where known_to = 'infinity' and dossier_code = :code order by 1"
)


def owners(agency: Agency) -> list[str]:
    return [one.owner_unit_code for one in agency.rows(OWNERS, code=CODE)]


def replayed(agency: Agency, order: Iterable[int]) -> int:
    return sum(replay(agency, delivery_id).withdrawn_count for delivery_id in order)


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_a_wrong_owner_loses_what_later_deliveries_confirmed_once_all_are_replayed(
    agency: Agency, order: tuple[int, ...]
) -> None:
    agency.settings["value_maps"] = {"unit": {"MC": "so_y_te", "YT": "so_y_te"}}
    for day in (2, 3, 4):
        others = [row(unit="YT", dossier_code=f"B-{day}-{number}") for number in range(2)]
        delivered_at(agency, [row(unit="MC"), *others], f"2019-05-0{day}")
    assert owners(agency) == ["so_y_te"]
    agency.settings["value_maps"] = {"unit": {"MC": "lang_giang", "YT": "so_y_te"}}
    for delivery_id in order[:2]:
        replay(agency, delivery_id)
        assert owners(agency) == ["lang_giang", "so_y_te"], "one delivery still says so"
    replay(agency, order[2])
    assert owners(agency) == ["lang_giang"]
    assert agency.rows(COUNTED, code=CODE) == [("lang_giang",)]
    assert agency.rows("select 1 from core.dossier_confirmation where owner_unit_code = 'so_y_te'") == []
    assert agency.one("select count(*) from core.dossier_version where known_to = 'infinity'") == (7,)
    before = agency.rows("select * from core.dossier_version order by dossier_code, known_from")
    assert replayed(agency, (*order, *order)) == 0
    assert agency.rows("select * from core.dossier_version order by dossier_code, known_from") == before

    agency.settings["value_maps"] = {"unit": {"MC": "so_y_te", "YT": "so_y_te"}}
    replayed(agency, order)
    assert owners(agency) == ["so_y_te"], "and back"
    assert agency.rows(COUNTED, code=CODE) == [("so_y_te",)]


@pytest.mark.parametrize("order", [(1, 2, 3), (1, 3, 2), (3, 2, 1)])
def test_a_payment_of_a_wrong_owner_is_gone_once_all_that_brought_it_are_replayed(
    agency: Agency, order: tuple[int, ...]
) -> None:
    unit = {"MC": "so_y_te"}
    maps = {"statement": {"": "agency"}, "unit": unit}
    delivering(agency, "payment", PAYMENTS, state_as_of="pull", value_maps=maps)
    line = "{};MC;000.00.12.H02-190405-0001;1;paid;150000;05/04/2019 08:00"
    for day in (2, 3, 4):
        agency.pulled_at = datetime(2019, 5, day, tzinfo=UTC)
        agency.take(table(PAYMENTS, line.format("GD1"), line.format(f"GD{day}")))
    unit["MC"] = "lang_giang"
    replayed(agency, order)
    current = "select owner_unit_code from core.payment_version where known_to = 'infinity' and payment_code = 'GD1'"
    assert agency.rows(current) == [("lang_giang",)]


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (1, 2, 1)])
def test_a_state_that_is_refused_now_does_not_hold_again(agency: Agency, order: tuple[int, ...]) -> None:
    understood = {"1": "direct", "2": "online"}
    agency.settings["value_maps"] = {"channel": {**understood, "X": "online"}}
    in_process = row(channel="X", status="4", finished_at="", returned_at="")
    for day, first in ((2, in_process), (3, row(channel="X"))):
        delivered_at(agency, [first, *numbered(5)[1:]], f"2019-05-0{day}")
    agency.settings["value_maps"] = {"channel": understood}
    assert replayed(agency, order) > 0
    assert agency.rows(CURRENT, code=CODE) == []


def test_a_state_that_a_replay_refused_and_a_later_one_understands_holds_again(agency: Agency) -> None:
    """Of the first delivery, though the second was withdrawn when the first had been refused."""
    understood = {"1": "direct", "2": "online"}
    agency.settings["value_maps"] = {"channel": {**understood, "X": "online"}}
    in_process = row(channel="X", status="4", finished_at="", returned_at="")
    delivered_at(agency, [in_process, *numbered(5)[1:]], "2019-05-02")
    delivered_at(agency, [row(channel="X"), *numbered(5)[1:]], "2019-05-03")
    agency.settings["value_maps"] = {"channel": understood}
    replayed(agency, (1, 2))
    agency.settings["value_maps"] = {"channel": {**understood, "X": "direct"}}
    replayed(agency, (1,))
    assert agency.rows(CURRENT, code=CODE) == [("so_y_te", "direct", 4, 1)]
    replayed(agency, (2,))
    assert agency.rows(CURRENT, code=CODE) == [("so_y_te", "direct", 10, 2)]


def test_a_confirmed_state_outlives_the_delivery_that_wrote_it(agency: Agency) -> None:
    """The first refuses it now, the second says the same in other words, the third is withdrawn."""
    understood = {"1": "direct", "2": "online"}
    agency.settings["value_maps"] = {"channel": {**understood, "X": "online"}}
    for day, first in ((2, row(channel="X")), (3, row(channel="2")), (4, row(channel="X", status="9"))):
        delivered_at(agency, [first, *numbered(5)[1:]], f"2019-05-0{day}")
    agency.settings["value_maps"] = {"channel": understood}
    for order in itertools.permutations((1, 3)):
        replayed(agency, order)
        assert agency.rows(CURRENT, code=CODE) == [("so_y_te", "online", 10, 2)]


@pytest.mark.parametrize("late", ["2", "1"])
def test_what_a_delivery_that_came_late_has_is_not_lost_with_the_later_one(agency: Agency, late: str) -> None:
    """It left no row, being of the same meaning or older than what was known."""
    understood = {"1": "direct", "2": "online"}
    agency.settings["value_maps"] = {"channel": {**understood, "X": "online"}}
    later = delivered_at(agency, [row(channel="X"), *numbered(5)[1:]], "2019-05-04")
    for day in (2, 3):
        delivered_at(agency, [row(channel=late, status=str(7 + day)), *numbered(5)[1:]], f"2019-05-0{day}")
    agency.settings["value_maps"] = {"channel": understood}
    seen = replay(agency, later)
    assert agency.rows(CURRENT, code=CODE) == [("so_y_te", understood[late], 10, 3)]
    assert (seen.withdrawn_count, [one.delivery_id for one in seen.beside]) == (1, [2, 3])
    before = agency.rows("select * from core.dossier_version order by dossier_code, known_from")
    replayed(agency, (later, 2, 3, later))
    assert agency.rows("select * from core.dossier_version order by dossier_code, known_from") == before


def test_what_a_later_delivery_says_in_other_words_stays_when_it_refuses_it(agency: Agency) -> None:
    understood = {"1": "direct", "2": "online"}
    agency.settings["value_maps"] = {"channel": {**understood, "X": "online"}}
    for day, channel in ((2, "2"), (3, "X")):
        delivered_at(agency, [row(channel=channel), *numbered(5)[1:]], f"2019-05-0{day}")
    agency.settings["value_maps"] = {"channel": understood}
    assert replay(agency, 2).beside == ()
    assert agency.rows(CURRENT, code=CODE) == [("so_y_te", "online", 10, 1)]
