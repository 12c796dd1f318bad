"""A source that is asked for its changes only, month and warehouse together. A failure here means dossiers that vanish
because they did not change, or changes that never arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from onestop.jurisdiction import Jurisdiction, Source
from onestop.pipeline import Pipeline
from onestop.settings import Settings
from onestop.sources import SourceAccess
from tests.contracts.conftest import COLUMNS, row
from tests.sources.hostile import Services, running, services

BEGAN = datetime(2019, 4, 20, 1, tzinfo=UTC)


def record(number: int, changed: datetime, **fields: str) -> dict[str, Any]:
    cells = row(dossier_code=f"000.00.12.H02-190405-{number:04}", **fields)
    return {**{column: cells[name] for name, column in COLUMNS.items() if name != "unit"}, "sua": changed.isoformat()}


def changing_source() -> Source:
    return Source.model_validate(
        {
            "id": "y_te_thay_doi",
            "title_vi": "Sở Y tế",
            "units": ["so_y_te"],
            "dataset": "dossier",
            "connection_id": "y_te_thay_doi",
            "timezone": "Asia/Ho_Chi_Minh",
            "state_as_of": "pull",
            "access": {
                "kind": "rest",
                "path": "/changes",
                "authentication": "none",
                "paging": {"kind": "page_number", "parameter": "page"},
                "incremental": {"parameter": "since", "overlap_minutes": 0},
            },
            "format": {"kind": "json_records"},
            "fields": {name: column for name, column in COLUMNS.items() if name != "unit"},
            "timestamp_formats": ["dd/MM/yyyy HH:mm", "dd/MM/yyyy"],
        }
    )


class Month:
    """April 2019, day after day."""

    def __init__(self, pipeline: Pipeline, state: Services, access: SourceAccess) -> None:
        self.pipeline, self.state, self.access, self.day = pipeline, state, access, 0

    def collect(self, **options: Any) -> int:
        """Pull, load and check; the next time is a day later, for the service too."""
        moment = BEGAN + timedelta(days=self.day)
        self.state.now, self.day = moment, self.day + 1
        delivery_id = self.pipeline.pull("y_te_thay_doi", "2019-04", self.access, pulled_at=moment, **options)
        self.pipeline.load("y_te_thay_doi", delivery_id)
        self.pipeline.check("y_te_thay_doi", delivery_id, "2019-04")
        return delivery_id

    def change(self, number: int, **fields: str) -> None:
        """Change a dossier an hour before the next pull."""
        changed = BEGAN + timedelta(days=self.day, hours=-1)
        self.state.records[number - 1] = record(number, changed, **fields)

    def asked(self, query: str, **binds: object) -> Any:
        with self.pipeline.engine.connect() as connection:
            return connection.execute(text(query), binds).all()

    def statuses(self) -> dict[str, int]:
        found = self.asked("select status_code, count(*) from core.dossier group by 1 order by 1")
        return {str(code): count for code, count in found}


@pytest.fixture
def month(settings: Settings, jurisdiction: Jurisdiction) -> Iterator[Month]:
    province = jurisdiction.model_copy(update={"sources": (changing_source(),)})
    state = Services(records=[record(number, BEGAN - timedelta(days=2)) for number in range(1, 41)])
    pipeline = Pipeline(province, settings, run_id="test")
    pipeline.prepare()
    with running(services(state)) as port:
        yield Month(pipeline, state, SourceAccess(host="127.0.0.1", port=port, schema="http"))
    pipeline.engine.dispose()


def test_only_what_changed_is_asked_for_and_what_did_not_stays(month: Month) -> None:
    first = month.collect()
    assert month.statuses() == {"10": 40}
    month.change(7, status="4", finished_at="", returned_at="")
    second = month.collect()
    assert month.statuses() == {"10": 39, "4": 1}
    rows = month.asked("select delivery_id, is_full, record_count, state from ops.delivery order by 1")
    assert [tuple(one) for one in rows] == [(first, True, 40, "accepted"), (second, False, 1, "accepted")]


def test_a_day_without_changes_after_a_full_one_is_no_empty_month(month: Month) -> None:
    month.collect()
    month.collect()
    assert month.statuses() == {"10": 40}
    (latest,) = month.asked("select record_count, state from ops.delivery where not is_full")
    assert tuple(latest) == (0, "accepted")


def test_changes_are_not_compared_with_a_whole_month(month: Month) -> None:
    month.collect()
    month.change(1, status="4", finished_at="", returned_at="")
    partial = month.collect()
    whole = month.collect(full=True)
    query = "select is_met from ops.expectation_result where delivery_id = :id and expectation = 'row_count_far'"
    assert [is_met for (is_met,) in month.asked(query, id=partial)] == [True]
    assert [is_met for (is_met,) in month.asked(query, id=whole)] == [True]


def test_a_dossier_that_changes_there_and_back_ends_where_it_ends(month: Month) -> None:
    month.collect()
    for status in ("4", "10", "4", "10", "4"):
        month.change(1, status=status, **({"finished_at": "", "returned_at": ""} if status == "4" else {}))
        month.state.records[0]["sua"] = "2030-01-01T00:00:00+07:00"  # the bytes say nothing about when
        month.collect()
    assert month.statuses() == {"10": 39, "4": 1}


def test_a_full_pull_is_made_on_demand_and_the_next_goes_on_from_it(month: Month) -> None:
    month.collect()
    month.change(1, status="4", finished_at="", returned_at="")
    month.collect(full=True)
    assert "since" not in month.state.asked[-1]
    month.collect()
    assert "since=2019-04-21T08%3A00%3A00%2B0700" in month.state.asked[-1]


def test_a_refused_delivery_does_not_move_the_moment(month: Month) -> None:
    month.collect()
    month.change(1, received_at="nothing")  # all of this delivery's rows are refused
    from onestop.reading import DeliveryRefused

    with pytest.raises(DeliveryRefused):
        month.collect()
    month.change(2, status="4", finished_at="", returned_at="")
    month.change(1, status="4", finished_at="", returned_at="")
    month.collect()
    assert "since=2019-04-20T08%3A00%3A00%2B0700" in month.state.asked[-1]
    assert month.statuses() == {"10": 38, "4": 2}
