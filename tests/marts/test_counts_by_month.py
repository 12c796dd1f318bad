"""Any dossiers against the counts by month in plain Python, in both calendars and with dossiers counted elsewhere.

A failure means that a share is of other dossiers than its definition says; hypothesis shows the smallest case.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Engine

from onestop.jurisdiction import Jurisdiction
from tests.marts.conftest import Office
from tests.province import Dossiers, OneTransaction, local

DAYS = (
    "2017-06-01", "2018-04-30 23:59:59", "2018-05-01 00:00:00", "2018-05-15 00:00:00", "2018-12-20 12:00:00",
    "2019-03-14 23:59:59", "2019-03-15 00:00:00", "2019-03-31 23:59:59", "2019-04-01 00:00:00", "2019-04-01 08:00:00",
    "2019-04-14 23:59:59", "2019-04-15 00:00:00", "2019-04-30 23:59:59", "2019-05-01 00:00:00", "2019-05-20",
)  # fmt: skip
ANY = st.builds(
    Dossiers,
    count=st.integers(1, 3),
    channel=st.sampled_from(("online", "direct", "post", "internal")),
    received=st.sampled_from(DAYS),
    finished=st.sampled_from((None, *DAYS)),  # before receipt too: no rule may be what a count depends on
    level=st.sampled_from((None, 2, 3, 4)),
    status=st.sampled_from(("resolved", "resolved", "resolved", "in_process", "withdrawn", "not_accepted")),
    commune=st.sampled_from((None, "07243")),
    procedure=st.sampled_from((None, "1.000003", "1.000178")),
)


def counts(dossiers: list[Dossiers], months: dict[str, tuple[datetime, datetime]]) -> Counter[tuple[object, ...]]:
    """By month, desk, event, channel and level: of what came before the last month's end, received and resolved.

    Nothing is resolved before it is received.
    """
    counted: Counter[tuple[object, ...]] = Counter()
    for one in dossiers:
        if one.channel == "internal" or local(one.received) >= max(ends for _, ends in months.values()):
            continue
        happened = {"received": local(one.received) if one.status != "not_accepted" else None}
        is_resolved = one.status == "resolved" and one.finished is not None
        happened["resolved"] = max(local(one.finished or ""), local(one.received)) if is_resolved else None
        for period, (starts, ends) in months.items():
            for event, moment in happened.items():
                if moment is not None and starts <= moment < ends:
                    key = (period, one.commune is not None, event, one.channel, one.level or 0)
                    counted[key] += one.count
    return counted


@pytest.mark.parametrize("calendar", ["calendar", "administrative"])
@example(dossiers=[Dossiers(1, received="2019-04-20", finished="2019-02-10")], elsewhere=set())
@example(dossiers=[Dossiers(1, received="2019-04-20", finished="2017-02-10")], elsewhere=set())
@example(dossiers=[Dossiers(1, received="2019-02-20", finished="2019-01-10")], elsewhere=set())
@example(dossiers=[Dossiers(1, received="2017-06-01", finished="2019-02-10")], elsewhere=set())
@example(dossiers=[Dossiers(2, received="2019-02-20", status="not_accepted")], elsewhere=set())
@example(dossiers=[Dossiers(1, received="2019-04-12"), Dossiers(2, received="2019-03-12")], elsewhere={0})
@given(dossiers=st.lists(ANY, max_size=8), elsewhere=st.sets(st.integers(0, 7), max_size=2))
def test_what_was_received_and_resolved_in_each_of_twelve_months(
    shared_engine: Engine,
    small_jurisdiction: Jurisdiction,
    calendar: str,
    dossiers: list[Dossiers],
    elsewhere: set[int],
) -> None:
    named = [replace(one, name=f"d{number}") for number, one in enumerate(dossiers)]
    with shared_engine.connect() as connection:
        province = Office(OneTransaction(connection), small_jurisdiction, Path("unused"))
        province.deliver("yen_the", "2019-04", *named)
        for number in elsewhere:
            province.execute(
                "insert into core.dossier_elsewhere (owner_unit_code, dossier_code, counted_unit_code, known_from)"
                " select owner_unit_code, dossier_code, 'tan_yen', '-infinity' from core.dossier"
                " where dossier_code like :name",
                name=f"d{number}-%",
            )
        months = {
            row.period: (row.starts_at, row.ends_at)
            for row in province.rows(
                "select period, starts_at, ends_at from core.period where calendar = :calendar and period <= '2019-04'"
                " order by period desc limit 12",
                calendar=calendar,
            )
        }
        publication_id = province.build("2019-04", calendar=calendar)
        found = province.rows(
            "select period, is_commune, event, channel, service_level, dossier_count from mart.dossier_count_month"
            " where publication_id = :id and unit_code = 'yen_the'",
            id=publication_id,
        )
        connection.rollback()
    kept = [one for number, one in enumerate(named) if number not in elsewhere]
    assert {tuple(row.values())[:5]: row.dossier_count for row in found} == counts(kept, months)
