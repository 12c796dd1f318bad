"""Any dossiers against form 06a and timeliness in plain Python.

A failure means that some dossier is in two columns of a signed form, or in none; hypothesis shows the smallest case.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine

from onestop.jurisdiction import Jurisdiction
from tests.marts.conftest import Office
from tests.province import Dossiers, OneTransaction, local

DAYS = (
    "2017-06-01", "2019-02-28", "2019-03-01 00:00:00", "2019-03-31 23:59:59", "2019-04-01 00:00:00", "2019-04-15",
    "2019-04-30 23:59:59", "2019-05-01 00:00:00", "2019-05-20",
)  # fmt: skip
MOMENT = st.sampled_from(DAYS)
ANY = st.builds(
    Dossiers,
    count=st.integers(1, 3),
    channel=st.sampled_from(("online", "direct", "post")),
    received=MOMENT,
    finished=st.sampled_from((None, None, *DAYS)),
    due=st.none() | MOMENT,
    level=st.sampled_from((None, 2, 3, 4)),
    status=st.sampled_from(("resolved", "resolved", "in_process", "paused", "withdrawn", "withdrawn", "not_accepted")),
    commune=st.sampled_from((None, "07243")),
    fee=st.sampled_from((None, 0, 10)),
    paid_by=st.sampled_from((None, "none", "counter", "local_gateway")),
    procedure=st.sampled_from((None, "1.000003", "1.000178")),
)


def as_a_source_may_say(one: Dossiers) -> Dossiers:
    """Rows that are refused before they are counted: resolved without a date. Finished before received may be a day or
    two, by timezones, and no month may be blocked by it."""
    return replace(one, status="in_process") if one.status == "resolved" and one.finished is None else one


def form(dossiers: list[Dossiers], month: int) -> Counter[str]:
    """What the form of a month must say of these dossiers, and what stands beside it."""
    starts, ends = local(f"2019-{month:02d}-01 00:00:00"), local(f"2019-{month + 1:02d}-01 00:00:00")
    counted: Counter[str] = Counter()
    for one in dossiers:
        received = local(one.received)
        ended = None
        if one.status in {"resolved", "withdrawn"}:
            ended = local(one.finished) if one.finished else received
        if one.status == "not_accepted" or received >= ends or (received < starts and ended and ended < starts):
            continue
        origin = "received" if received >= starts else "carried_over"
        if one.status == "withdrawn" and ended and ended < ends:
            counted[f"withdrawn_{origin}"] += one.count
            continue
        kind = "received_online" if one.channel == "online" else "received_direct"
        counted[kind if origin == "received" else "carried_over"] += one.count
        counted["received_total"] += one.count
        due = local(one.due).date() if one.due else None
        if ended and ended < ends:
            column = "on_time" if due is None or ended.date() == due else "early" if ended.date() < due else "late"
            counted["resolved_total"] += one.count
            counted[f"resolved_{column}"] += one.count
        else:
            counted["pending_total"] += one.count
            counted["pending_overdue" if due and due < ends.date() else "pending_in_time"] += one.count
    return counted


@example(dossiers=[Dossiers(1, received="2019-04-01 00:00:00", finished="2019-03-31 23:59:59")])
@example(dossiers=[Dossiers(2, received="2019-03-01 00:00:00", finished="2019-02-28", status="withdrawn")])
@given(dossiers=st.lists(ANY.map(as_a_source_may_say), max_size=8))
def test_every_dossier_has_its_place_in_the_form_and_months_hand_over_what_is_open(
    shared_engine: Engine, small_jurisdiction: Jurisdiction, dossiers: list[Dossiers]
) -> None:
    named = [replace(one, name=f"d{number}") for number, one in enumerate(dossiers)]
    with shared_engine.connect() as connection:
        province = Office(OneTransaction(connection), small_jurisdiction, Path("unused"))
        province.deliver("yen_the", "2019-03")
        province.deliver("yen_the", "2019-04", *named)
        rows = {}
        for month in (3, 4):
            publication_id = province.build(f"2019-{month:02d}")
            assert not {f for f in province.findings(publication_id) if f[0] == "block"}
            (row,) = province.rows(
                "select * from mart.form_06a where publication_id = :id and unit_code = 'yen_the'", id=publication_id
            )
            expected = form(named, month)
            shown = {name: value for name, value in row.items() if isinstance(value, int) and name != "publication_id"}
            assert shown == {name: expected[name] for name in shown}
            rows[month] = row
        assert rows[3].pending_total == rows[4].carried_over + rows[4].withdrawn_carried_over
        connection.rollback()
