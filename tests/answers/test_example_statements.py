"""What the example province delivers beside dossiers is read, judged and merged as its sources are configured."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from example_province.calibration import Calibration
from example_province.dossiers import Province
from example_province.months import month_number
from example_province.statements import STATEMENTS, form_06a, write_all
from onestop.jurisdiction import Source
from onestop.pipeline import Pipeline
from onestop.proposing import propose
from onestop.proposing.meanings import TODO
from onestop.reading.sampling import take_sample
from onestop.sources import SourceAccess
from tests.settling import all_settled

MONTHS = ("2018-12", "2019-01", "2019-02", "2019-03")


@pytest.fixture(scope="module")
def drops(tmp_path_factory):
    root = tmp_path_factory.mktemp("drops")
    province = Province(Calibration())
    write_all(root, province)
    return root, province


def test_four_months_of_every_source_are_taken_without_a_refused_row(drops, jurisdiction, settings):
    root, province = drops
    steps = Pipeline(all_settled(jurisdiction), settings, run_id="test")
    steps.prepare()
    for period in MONTHS:
        for statement in STATEMENTS:
            folder = str(root / statement.source)
            access = SourceAccess(extra={"path": folder, "root": folder})
            delivery_id = steps.pull(statement.source, period, access, pulled_at=datetime(2019, 6, 1, tzinfo=UTC))
            steps.load(statement.source, delivery_id)
            result = steps.check(statement.source, delivery_id, period)
            assert result.record_count == result.accepted_count > 0, statement.source
    with steps.engine.connect() as connection:

        def rows(query):
            return connection.execute(text(query)).all()

        form = rows(
            "select received_total, received_online, received_direct, carried_over, resolved_total, resolved_early,"
            " resolved_on_time, resolved_late, pending_total, pending_in_time, pending_overdue"
            " from core.reported_total_version where owner_unit_code = 'son_dong' and period = '2019-03'"
        )
        assert form == [form_06a(province, "son_dong", month_number("2019-03"))]
        statements = dict(rows("select statement, count(*) from core.payment_version group by statement"))
        assert statements["gateway"] > statements["bank"] > 0, "the bank's statement lacks some"
        assert rows("select service_level, valid_from::text from core.procedure where procedure_code = '9.900001'") == [
            (2, "2018-12-01"),
            (3, "2019-03-01"),
        ]
        reviews = (
            "select done_on::text from core.register_entry_version"
            " where entry_code = 'KD-2018-so_noi_vu' order by known_from"
        )
        assert rows(reviews) == [(None,), ("2019-02-15",)], "an entry done meanwhile is a new version"
        assert rows("select 1 from ops.notice") == []
        missed = rows("select distinct expectation from ops.expectation_result where not is_met")
        assert {name for (name,) in missed} == {
            "payment_dossier_unknown",  # no dossier has been delivered here
            "rows_left_out",  # the totals of the form
        }


def test_sources_as_they_are_proposed_from_a_sample_take_every_record(drops, jurisdiction, settings):
    """What `onestop sources new` leaves to people is decided as in the hand-written sources."""
    root, _ = drops
    month = month_number("2019-03")
    made = {}
    for statement in STATEMENTS:
        by_hand = jurisdiction.source(statement.source)
        proposal = propose(take_sample(statement.path(root, month)), jurisdiction, by_hand.units, by_hand.dataset)
        decided = {
            name: {
                value: by_hand.value_maps[name][value] if meaning == TODO else meaning
                for value, meaning in found.items()
            }
            for name, found in proposal.value_maps.items()
        }
        made[by_hand.id] = Source.model_validate(
            by_hand.model_dump(mode="json", exclude={"required_columns"})
            | {
                "fields": dict(proposal.fields),
                "format": dict(proposal.sample.format),
                "timestamp_formats": proposal.forms.names or ("iso",),
                "number_format": proposal.numbers.name,
                "value_maps": decided,
            }
        )
    sources = tuple(made.get(source.id, source) for source in jurisdiction.sources)
    steps = Pipeline(jurisdiction.model_copy(update={"sources": sources}), settings, run_id="test")
    steps.prepare()
    for source_id in made:
        folder = str(root / source_id)
        access = SourceAccess(extra={"path": folder, "root": folder})
        delivery_id = steps.pull(source_id, "2019-03", access, pulled_at=datetime(2019, 6, 1, tzinfo=UTC))
        steps.load(source_id, delivery_id)
        result = steps.check(source_id, delivery_id, "2019-03")
        assert result.record_count == result.accepted_count > 0, source_id
