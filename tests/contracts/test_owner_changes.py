"""A dossier that changes its owner, or has two. A failure counts it twice, or at the wrong unit."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.contracts.conftest import Agency, row
from tests.contracts.test_reconsidering import delivered_at, replay

CODE = "000.00.12.H02-190405-0001"
NAMES = {"so_y_te": "Sở Y tế", "lang_giang": "Huyện Lạng Giang", "so_tai_chinh": "Sở Tài chính"}
COUNTED = "select owner_unit_code from core.dossier_as_of(clock_timestamp()) where dossier_code = :code order by 1"


def take(agency: Agency, day: int, *records: dict[str, str]) -> None:
    agency.pulled_at = datetime(2019, 5, day, tzinfo=UTC)
    agency.settings = {"state_as_of": "pull"}
    agency.take([*records, row(dossier_code="000.00.12.H02-190405-0002")])


def counted(agency: Agency, code: str = CODE) -> list[str]:
    return [one.owner_unit_code for one in agency.rows(COUNTED, code=code)]


@pytest.mark.parametrize(("first", "then"), [("so_y_te", "lang_giang"), ("lang_giang", "so_y_te")])
def test_a_dossier_whose_source_moves_it_to_another_unit_counts_there_and_there_only(
    agency: Agency, first: str, then: str
) -> None:
    """What was known before stays: figures as of then count it at the first owner."""
    take(agency, 2, row(dossier_code=CODE, unit=NAMES[first]))
    assert counted(agency) == [first]
    before = agency.one("select clock_timestamp() as moment").moment
    take(agency, 3, row(dossier_code=CODE, unit=NAMES[then]))
    assert counted(agency) == [then]
    as_of = "select owner_unit_code from core.dossier_as_of(:moment) where dossier_code = :code"
    assert [one.owner_unit_code for one in agency.rows(as_of, moment=before, code=CODE)] == [first]
    take(agency, 4, row(dossier_code=CODE, unit=NAMES[first]))
    assert counted(agency) == [first], "and back"


def test_a_dossier_that_two_units_report_counts_where_it_was_received_first(agency: Agency) -> None:
    take(
        agency, 2,
        row(dossier_code=CODE, unit=NAMES["lang_giang"], received_at="06/04/2019 08:00"),
        row(dossier_code=CODE, unit=NAMES["so_y_te"], received_at="05/04/2019 08:00"),
    )  # fmt: skip
    assert counted(agency) == ["so_y_te"]
    assert agency.rows("select owner_unit_code, counted_unit_code from core.dossier_elsewhere") == [
        ("lang_giang", "so_y_te")
    ]


@pytest.mark.parametrize(
    ("came_to_nothing", "finished"), [("3", ""), ("7", "05/04/2019 09:00")], ids=["refused", "withdrawn"]
)
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_dossier_that_came_to_nothing_at_the_unit_that_received_it_first_counts_where_it_went_on(
    agency: Agency, came_to_nothing: str, finished: str, order: tuple[int, int]
) -> None:
    """An applicant who went to the wrong counter is sent to the right one with the same code."""
    times = {"received_at": "05/04/2019 08:00", "finished_at": finished}
    records = [
        row(dossier_code=CODE, unit=NAMES["so_y_te"], status=came_to_nothing, **times),
        row(dossier_code=CODE, unit=NAMES["lang_giang"], received_at="06/04/2019 08:00"),
    ]
    take(agency, 2, *(records[place] for place in order))
    assert counted(agency) == ["lang_giang"]


SUCCESSORS = [
    ("so_ke_hoach_dau_tu", "Sở Kế hoạch và Đầu tư", "so_tai_chinh", "Sở Tài chính"),
    ("so_thong_tin_truyen_thong", "Sở Thông tin và Truyền thông", "so_khoa_hoc_cong_nghe", "Sở Khoa học và Công nghệ"),
]


def followed(agency: Agency, units: tuple[str, str, str, str], *, order: tuple[int, int]) -> None:
    """A dossier that a department received in February 2025, open, and that its successor finished in March."""
    before, name_before, after, name_after = units
    record = {"dossier_code": CODE, "received_at": "20/02/2025 08:00", "submitted_at": "", "returned_at": ""}
    opened = row(**record, unit=name_before, due_at="12/03/2025", status="4", finished_at="")
    finished = row(**record, unit=name_after, due_at="12/03/2025", status="9", finished_at="10/03/2025 09:00")
    deliveries = [
        (before, "2025-02", datetime(2025, 3, 4, tzinfo=UTC), opened),
        (after, "2025-03", datetime(2025, 4, 4, tzinfo=UTC), finished),
    ]
    for place in order:
        source, period, pulled_at, delivered = deliveries[place]
        agency.source_id, agency.pulled_at, agency.settings = source, pulled_at, {"units": [source]}
        assert agency.take([delivered], period).accepted_count == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("units", SUCCESSORS, ids=["later by code", "earlier by code"])
def test_a_dossier_that_a_successor_goes_on_with_counts_there_though_the_ended_unit_never_closed_it(
    agency: Agency, units: tuple[str, str, str, str], order: tuple[int, int]
) -> None:
    followed(agency, units, order=order)
    assert counted(agency) == [units[2]]


def test_what_both_had_finished_before_one_succeeded_the_other_counts_where_it_was_received_first(
    agency: Agency,
) -> None:
    names = {"so_ke_hoach_dau_tu": "Sở Kế hoạch và Đầu tư", "so_tai_chinh": "Sở Tài chính"}
    record = {"dossier_code": CODE, "submitted_at": "", "returned_at": "", "due_at": ""}
    agency.settings = {"units": [*names]}
    agency.take(
        [
            row(**record, unit=names["so_ke_hoach_dau_tu"], received_at="05/04/2019 08:00", status="4", finished_at=""),
            row(**record, unit=names["so_tai_chinh"], received_at="06/04/2019 08:00", finished_at="08/04/2019 09:00"),
        ]
    )
    assert counted(agency) == ["so_ke_hoach_dau_tu"]


RENAMED = ("ban_dan_toc", "Ban Dân tộc", "so_dan_toc_ton_giao", "Sở Dân tộc và Tôn giáo")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_under_its_new_name_a_unit_goes_on_with_the_dossiers_that_it_received_under_the_old_one(
    agency: Agency, order: tuple[int, int]
) -> None:
    followed(agency, RENAMED, order=order)
    known = "select owner_unit_code, status_group from core.dossier where dossier_code = :code"
    assert agency.rows(known, code=CODE) == [("ban_dan_toc", "resolved")]


def test_of_several_units_that_a_new_one_succeeds_nothing_tells_which_received_a_dossier(agency: Agency) -> None:
    agency.settings = {"units": ["so_nong_nghiep_moi_truong"]}
    agency.pulled_at = datetime(2025, 4, 4, tzinfo=UTC)
    later = {"submitted_at": "", "due_at": "", "returned_at": "", "finished_at": "", "status": "4"}
    name = "Sở Nông nghiệp và Môi trường"
    taken = agency.take(
        [
            row(dossier_code=CODE, unit=name, received_at="20/02/2025 08:00", **later),
            row(dossier_code="000.00.12.H02-250305-0001", unit=name, received_at="05/03/2025 08:00", **later),
        ],
        "2025-03",
    )
    assert taken.accepted_count == 1
    (refused,) = agency.rows("select reasons from quarantine.row")
    (reason,) = refused.reasons
    assert (reason["rule"], reason["value"]) == ("unit_unknown", name)
    assert reason["remedy"].endswith("hồ sơ tiếp nhận trước khi đơn vị thành lập: ghi đơn vị đã tiếp nhận.")


def test_a_dossier_that_a_delivery_did_not_understand_is_not_absent_once_it_does(agency: Agency) -> None:
    """Nor is it counted at the other unit meanwhile longer than until then."""
    understood = {"unit": {"MC": "so_y_te"}}
    others = [row(unit="MC", dossier_code=f"000.00.12.H02-190405-{number:04}") for number in (3, 4, 5)]
    for day, name in ((2, "MC"), (3, "MC moi")):
        agency.pulled_at = datetime(2019, 5, day, tzinfo=UTC)
        agency.settings = {"state_as_of": "pull", "value_maps": understood}
        agency.take([row(dossier_code=CODE, unit=name), *others])
    agency.source_id = "huyen"
    take(agency, 3, row(dossier_code=CODE, unit=NAMES["lang_giang"], received_at="06/04/2019 08:00"))
    assert counted(agency) == ["lang_giang"], "absent at the unit that received it first"

    agency.source_id = "so_y_te"
    agency.settings = {"state_as_of": "pull", "value_maps": {"unit": {"MC": "so_y_te", "MC moi": "so_y_te"}}}
    for delivery_id in (2, 1, 2):
        replay(agency, delivery_id)
        assert agency.rows("select 1 from core.dossier_absence where known_to = 'infinity'") == []
        assert counted(agency) == ["so_y_te"]


ABSENT = (
    "select owner_unit_code from core.dossier_absence where known_to = 'infinity' and dossier_code = :code order by 1"
)


def taken_in_order(agency: Agency, order: str, deliveries: dict[str, tuple[str, str, bool]], code: str = CODE) -> None:
    """Deliver, in an order of arrival, by name: the unit that has the dossier ("" for none), source, whether full.

    They were observed in the order of their names. Each differs from the others: the same bytes are one delivery.
    """
    for name in order:
        other = row(dossier_code="000.00.77.H02-190405-0002", fee_amount=str(ord(name)))
        unit, agency.source_id, is_full = deliveries[name]
        received = {"received_at": "06/04/2019 08:00"} if agency.source_id == "huyen" else {}
        had = [row(dossier_code=code, unit=NAMES[unit], **received)] if unit else []
        delivered_at(agency, [*had, other], f"2019-05-0{ord(name) - ord('A') + 2}", is_full=is_full)


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_a_dossier_that_its_source_moved_counts_there_whichever_delivery_comes_first(
    agency: Agency, order: str
) -> None:
    taken_in_order(agency, order, {"A": ("lang_giang", "so_y_te", True), "B": ("so_y_te", "so_y_te", True)})
    assert [one.owner_unit_code for one in agency.rows(ABSENT, code=CODE)] == ["lang_giang"]
    assert counted(agency) == ["so_y_te"]


@pytest.mark.parametrize("is_full", [True, False])
@pytest.mark.parametrize("order", ["ABC", "ACB", "CBA", "BCA", "CAB"])
def test_what_the_last_delivery_has_is_not_absent_whichever_comes_first(
    agency: Agency, order: str, is_full: bool
) -> None:
    deliveries = {
        "A": ("lang_giang", "so_y_te", True),
        "B": ("so_y_te", "so_y_te", True),
        "C": ("lang_giang", "so_y_te", is_full),
    }
    taken_in_order(agency, order, deliveries)
    absent = ["so_y_te"] if is_full else []
    assert [one.owner_unit_code for one in agency.rows(ABSENT, code=CODE)] == absent
    assert counted(agency) == ["lang_giang"]
    for delivery_id in (1, 2, 3):
        replay(agency, delivery_id)
    assert [one.owner_unit_code for one in agency.rows(ABSENT, code=CODE)] == absent
    assert counted(agency) == ["lang_giang"]


@pytest.mark.parametrize("order", ["ABC", "ACB", "CAB", "CBA"])
def test_a_dossier_that_the_first_unit_does_not_have_any_more_counts_at_the_other(agency: Agency, order: str) -> None:
    """Though the delivery that lacks it has no other code that begins as its code does."""
    deliveries = {
        "A": ("so_y_te", "so_y_te", True),
        "B": ("lang_giang", "huyen", True),
        "C": ("", "so_y_te", True),
    }
    taken_in_order(agency, order, deliveries)
    assert [one.owner_unit_code for one in agency.rows(ABSENT, code=CODE)] == ["so_y_te"]
    assert counted(agency) == ["lang_giang"]


def test_a_dossier_that_the_first_unit_withdraws_counts_at_the_other(agency: Agency) -> None:
    understood = {"2": "online"}
    agency.settings["value_maps"] = {"channel": {**understood, "X": "online"}}
    others = [row(dossier_code=f"B-{number}") for number in range(5)]
    first = delivered_at(agency, [row(dossier_code=CODE, channel="X"), *others], "2019-05-02")
    agency.source_id = "huyen"
    moved = row(dossier_code=CODE, unit=NAMES["lang_giang"], received_at="06/04/2019 08:00")
    delivered_at(agency, [moved], "2019-05-02")
    assert counted(agency) == ["so_y_te"]
    agency.source_id, agency.settings["value_maps"] = "so_y_te", {"channel": understood}
    replay(agency, first)
    assert counted(agency) == ["lang_giang"]
    agency.settings["value_maps"] = {"channel": {**understood, "X": "online"}}
    replay(agency, first)
    assert counted(agency) == ["so_y_te"]


@pytest.mark.parametrize("code", ["HS-190405-0001", "H02.12-190405/1"])
def test_a_dossier_of_another_shape_of_code_that_its_source_moves_is_one_dossier(agency: Agency, code: str) -> None:
    deliveries = {
        "A": ("so_y_te", "so_y_te", True),
        "B": ("lang_giang", "so_y_te", True),
        "C": ("so_y_te", "so_y_te", True),
    }
    expected = {"A": ["so_y_te"], "B": ["lang_giang"], "C": ["so_y_te"]}
    for name in "ABC":
        taken_in_order(agency, name, deliveries, code)
        assert counted(agency, code) == expected[name]
    assert len(agency.rows("select 1 from core.dossier_elsewhere")) == 2


@pytest.mark.parametrize("order", ["BA", "ACB", "CBA"])
def test_a_moved_dossier_of_another_shape_is_one_whichever_delivery_comes_first(agency: Agency, order: str) -> None:
    deliveries = {
        "A": ("so_y_te", "so_y_te", True),
        "B": ("lang_giang", "so_y_te", True),
        "C": ("lang_giang", "so_y_te", True),
    }
    taken_in_order(agency, order, deliveries, "HS-1")
    assert counted(agency, "HS-1") == ["lang_giang"]


_sources = itertools.count(1)
_moves = st.lists(st.sets(st.sampled_from(sorted(NAMES))), min_size=2, max_size=5)
_arrivals = _moves.flatmap(lambda moves: st.permutations(list(enumerate(moves))))
_FIRST, _THEN = {"so_y_te"}, {"lang_giang"}


def deliver_moves(agency: Agency, code: str, arrivals: list[tuple[int, set[str]]]) -> None:
    number = next(_sources)
    agency.source_id, agency.settings["units"] = f"source_{number}", list(NAMES)
    others = [f"000.00.{number + 100}.H02-190405-{other:04}" for other in range(5)]
    for day, units in arrivals:
        records = [row(dossier_code=code, unit=NAMES[unit]) for unit in sorted(units)]
        records += [row(dossier_code=other, fee_amount=str(day)) for other in others]
        delivered_at(agency, records, f"2019-05-0{day + 2}")


@example([(0, _FIRST | _THEN), (1, set())])
@example([(0, _FIRST), (1, _THEN), (2, _FIRST), (3, set())])
@example([(0, _THEN), (2, _THEN), (1, _FIRST)])
@given(_arrivals)
def test_any_moves_count_a_dossier_of_another_shape_where_the_last_delivery_that_has_it_does(
    agency: Agency, arrivals: list[tuple[int, set[str]]]
) -> None:
    """Whatever the order in which its source's full deliveries come, though the last of them may not have it at all.

    `arrivals` are days, and the units that have it then.
    """
    code = f"HS-{next(_sources)}"
    deliver_moves(agency, code, arrivals)
    last = max((arrival for arrival in arrivals if arrival[1]), default=(0, set()))
    assert counted(agency, code) == sorted(last[1])


@pytest.mark.parametrize("order", ["ABCD", "ADBC", "DCBA"])
def test_a_dossier_that_is_gone_counts_where_a_delivery_of_changes_had_it_last(agency: Agency, order: str) -> None:
    deliveries = {
        "A": ("so_y_te", "so_y_te", True),
        "B": ("lang_giang", "so_y_te", True),
        "C": ("so_y_te", "so_y_te", False),
        "D": ("", "so_y_te", True),
    }
    taken_in_order(agency, order, deliveries, "HS-1")
    assert counted(agency, "HS-1") == ["so_y_te"]


def test_a_dossier_that_was_moved_twice_and_is_gone_is_told_to_count_where_it_was_last(agency: Agency) -> None:
    agency.settings["units"] = list(NAMES)
    other = row(dossier_code="000.00.77.H02-190405-0002")
    for day, unit in enumerate(["lang_giang", "so_tai_chinh", "so_y_te"], start=2):
        delivered_at(agency, [row(dossier_code="HS-1", unit=NAMES[unit]), other], f"2019-05-0{day}")
    delivered_at(agency, [other], "2019-05-05")
    assert counted(agency, "HS-1") == ["so_y_te"]
    told = (
        "select owner_unit_code, counted_unit_code from core.dossier_elsewhere where known_to = 'infinity' order by 1"
    )
    assert agency.rows(told) == [("lang_giang", "so_y_te"), ("so_tai_chinh", "so_y_te")]


@example([(2, set()), (1, _FIRST), (0, _THEN)])
@given(_arrivals)
def test_any_moves_count_a_dossier_of_the_national_shape_once(
    agency: Agency, arrivals: list[tuple[int, set[str]]]
) -> None:
    """At the first of those that have it last, or had it if none has it any more: all received it at one moment."""
    code = f"000.00.{next(_sources)}.H03-190405-0001"
    deliver_moves(agency, code, arrivals)
    _, last = max(arrivals, key=lambda arrival: arrival[0])
    assert counted(agency, code) == sorted(last or set().union(*(units for _, units in arrivals)))[:1]


def test_two_sources_that_share_a_code_of_another_shape_have_two_dossiers(agency: Agency) -> None:
    """Though the one does not have it any more."""
    deliveries = {
        "A": ("so_y_te", "so_y_te", True),
        "B": ("lang_giang", "huyen", True),
        "C": ("", "so_y_te", True),
        "D": ("lang_giang", "huyen", True),
    }
    taken_in_order(agency, "ABCD", deliveries, "HS-1")
    assert counted(agency, "HS-1") == ["lang_giang", "so_y_te"]


def test_a_move_that_was_a_mistake_of_the_map_is_undone(agency: Agency) -> None:
    maps = {"unit": {"YT": "so_y_te", "MC": "lang_giang"}}
    others = [row(unit="YT", dossier_code=f"B-{number}") for number in range(5)]
    agency.settings["value_maps"] = maps
    delivered_at(agency, [row(unit="YT", dossier_code="HS-1"), *others], "2019-05-02")
    second = delivered_at(agency, [row(unit="MC", dossier_code="HS-1"), *others], "2019-05-03")
    assert counted(agency, "HS-1") == ["lang_giang"]
    maps["unit"]["MC"] = "so_y_te"
    replay(agency, second)
    assert counted(agency, "HS-1") == ["so_y_te"]
