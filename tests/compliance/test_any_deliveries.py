"""Any deliveries, in any order, against the definitions in plain Python.

A failure means that a figure depends on something it must not depend on; hypothesis shows the smallest such deliveries.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from onestop.jurisdiction import Jurisdiction
from tests.compliance.model import Delivery, Figures, expected
from tests.province import SOURCES, Dossiers, OneTransaction, Province

RECEIVED = ("2017-05-01", "2019-02-10", "2019-03-05", "2019-04-01", "2019-05-02")
FINISHED = (None, "2019-03-20", "2019-04-10", "2019-04-30", "2019-05-03")
COUNTS = (
    "numerator", "denominator", "online_level_3_count", "online_level_4_count", "online_other_count", "direct_count",
    "post_count",
)  # fmt: skip
STATUSES = ("resolved", "resolved", "resolved", "in_process", "withdrawn", "not_accepted")


def dossiers(names: Sequence[str]) -> st.SearchStrategy[tuple[Dossiers, ...]]:
    alike = st.builds(
        Dossiers,
        count=st.integers(1, 3),
        channel=st.sampled_from(("online", "online", "direct", "post")),
        received=st.sampled_from(RECEIVED),
        finished=st.sampled_from(FINISHED),
        level=st.sampled_from((None, 2, 3, 4)),
        status=st.sampled_from(STATUSES),
        commune=st.sampled_from((None, "07243")),
        name=st.sampled_from(names),
    ).map(lambda one: replace(one, finished=None) if one.finished and one.finished < one.received else one)
    return st.lists(alike, max_size=3, unique_by=lambda one: one.name).map(tuple)


DELIVERIES = st.lists(
    st.builds(
        Delivery,
        source_id=st.sampled_from(tuple(SOURCES)),
        period=st.sampled_from(("2019-03", "2019-04")),
        number=st.integers(1, 1000),
        dossiers=dossiers(("a", "b", "c")),
        decision=st.sampled_from(("accepted", "accepted", "accepted", "rejected")),
        delivered_at=st.sampled_from((None, "2019-04-02", "2019-05-20")),
    ),
    max_size=8,
    unique_by=lambda one: one.number,
)


@contextmanager
def fresh_province(engine: Engine, jurisdiction: Jurisdiction) -> Iterator[Province]:
    """The province before its first delivery; everything is taken back afterwards."""
    with engine.connect() as connection:
        province = Province(OneTransaction(connection), jurisdiction, Path("unused"))
        province.synchronise(jurisdiction)
        yield province
        connection.rollback()


def built(province: Province, deliveries: Sequence[Delivery]) -> int:
    for one in deliveries:
        province.deliver(
            one.source_id,
            one.period,
            *one.dossiers,
            decision=one.decision,  # type: ignore[arg-type]
            delivered_at=one.delivered_at,
            number=one.number,
        )
    return province.build("2019-04")


def measured(province: Province, publication_id: int) -> dict[tuple[str, str, str, str], Figures]:
    figures: dict[tuple[str, str, str, str], Figures] = {}
    for span, judged in (("month", "reporting_status"), ("ytd", "months_reported")):
        query = f"select * from mart.compliance_{span} where publication_id = :id"  # noqa: S608 - the spans stand above
        for row in province.rows(query, id=publication_id):
            counts = [row[name] for name in COUNTS]
            figures[span, row.unit_code, row.scope, row.metric_id] = Figures(
                *counts, row.status, row[judged], row["rank"]
            )
    return figures


@given(deliveries=DELIVERIES, chance=st.randoms(use_true_random=False))
def test_the_figures_are_those_of_the_definitions_in_whatever_order_deliveries_come(
    loader_engine: Engine, small_jurisdiction: Jurisdiction, deliveries: list[Delivery], chance: random.Random
) -> None:
    with fresh_province(loader_engine, small_jurisdiction) as province:
        publication_id = built(province, deliveries)
        figures = measured(province, publication_id)
        assert figures == expected(deliveries)
        for (span, unit, scope, metric), total in figures.items():
            parts = (total.level_3, total.level_4, total.other, total.direct, total.post)
            assert total.denominator is None or sum(part or 0 for part in parts) == total.denominator
            if (span, unit, "own", metric) in figures and scope == "total" and total.denominator is not None:
                own, communes = (figures[span, unit, desk, metric] for desk in ("own", "communes"))
                assert (own.denominator or 0) + (communes.denominator or 0) == total.denominator
        blocking = {f.finding for f in province.check(publication_id) if f.severity == "block"}
        nobody = all(one.denominator is None for (span, *_), one in figures.items() if span == "month")
        assert blocking == ({"nobody_reported"} if nobody else set())
        content_hash = province.stored(publication_id)["content_hash"]
        assert province.stored(province.build("2019-04"))["content_hash"] == content_hash
    shuffled = list(deliveries)
    chance.shuffle(shuffled)
    with fresh_province(loader_engine, small_jurisdiction) as province:
        assert province.stored(built(province, shuffled))["content_hash"] == content_hash
