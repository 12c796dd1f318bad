"""The dimensions say what the configuration says. A failure here means units or targets of another configuration."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, Engine, text

from onestop.warehouse import ConfigurationInUseError, synchronise

if TYPE_CHECKING:
    from onestop.jurisdiction import Jurisdiction

_TAKE_OVER = text(
    "select core.take_over('core.procedure', array['procedure_code', 'valid_from'], "
    "array['procedure_code', 'valid_from', 'name_vi', 'service_level', 'valid_to'], "
    "cast(:incoming as jsonb))"
)


def take_over(connection: Connection, *procedures: tuple[str, int]) -> int:
    incoming = [
        {
            "procedure_code": code,
            "valid_from": "2016-01-01",
            "valid_to": "infinity",
            "name_vi": code,
            "service_level": level,
        }
        for code, level in procedures
    ]
    written: int = connection.execute(_TAKE_OVER, {"incoming": json.dumps(incoming)}).scalar_one()
    return written


def test_only_what_differs_is_written_and_keys_stay(loader_engine: Engine) -> None:
    keys = text("select procedure_code, procedure_key from core.procedure order by procedure_code")
    with loader_engine.begin() as connection:
        assert take_over(connection, ("a", 2), ("b", 3)) == 2
        before = dict(tuple(row) for row in connection.execute(keys))
        assert take_over(connection, ("a", 2), ("b", 3)) == 0
        assert take_over(connection, ("b", 4), ("c", 4)) == 3
        after = dict(tuple(row) for row in connection.execute(keys))
    assert set(after) == {"b", "c"}
    assert after["b"] == before["b"]


def test_the_configuration_of_bac_giang_arrives_whole_and_fast(
    loader_engine: Engine, jurisdiction: Jurisdiction
) -> None:
    with loader_engine.begin() as connection:
        assert synchronise(connection, jurisdiction) > 2_642
    with loader_engine.begin() as connection:
        started = time.monotonic()
        assert synchronise(connection, jurisdiction) == 0
        assert time.monotonic() - started < 2
        counts = connection.execute(
            text(
                "select (select count(*) from core.unit), (select count(*) from core.procedure), "
                "(select count(*) from core.metric), (select count(*) from core.target), "
                "(select count(*) from core.commune), (select count(*) from core.unit_succession)"
            )
        ).one()
        assert tuple(counts) == tuple(
            map(
                len,
                (
                    jurisdiction.units,
                    jurisdiction.procedures,
                    jurisdiction.metrics,
                    jurisdiction.targets,
                    jurisdiction.communes,
                    jurisdiction.successions,
                ),
            )
        )
        recorded = text("select configuration_hash, jurisdiction from ops.configuration")
        assert connection.execute(recorded).all() == [(jurisdiction.configuration_hash, jurisdiction.name)]


def test_the_planner_knows_the_dimensions_at_once(loader_engine: Engine, jurisdiction: Jurisdiction) -> None:
    """A failure means that the first publications after `onestop warehouse upgrade` may take minutes instead of
    seconds, until autovacuum has come by.
    """
    known = text("""
        select c.relname
        from pg_class as c
        where c.relnamespace = 'core'::regnamespace and c.relname = any(:names)
        and exists (select from pg_stats as s where s.schemaname = 'core' and s.tablename = c.relname)
    """)
    filled = ["unit", "commune", "procedure", "metric", "target", "period", "period_rollup", "expected_source"]
    with loader_engine.begin() as connection:
        connection.execute(text("delete from core.period"))  # something to write, whatever an earlier test has left
        synchronise(connection, jurisdiction)
        assert set(connection.scalars(known, {"names": filled})) == set(filled)


def test_periods_follow_each_other_without_gap_in_both_calendars(
    loader_engine: Engine, jurisdiction: Jurisdiction
) -> None:
    with loader_engine.begin() as connection:
        synchronise(connection, jurisdiction)
        gaps = text(
            "select count(*), count(*) filter (where starts_at is distinct from before_ends_at) from ("
            "select starts_at, lag(ends_at) over (partition by calendar order by period) as before_ends_at "
            "from core.period) as period"
        )
        assert connection.execute(gaps).one() == (288, 2)
        april = text("select starts_at, ends_at from core.period where calendar = 'calendar' and period = '2019-04'")
        assert [moment.isoformat() for moment in connection.execute(april).one()] == [
            "2019-03-31T17:00:00+00:00",
            "2019-04-30T17:00:00+00:00",
        ]


def test_every_unit_of_a_source_is_expected_of_it(loader_engine: Engine, jurisdiction: Jurisdiction) -> None:
    with loader_engine.begin() as connection:
        synchronise(connection, jurisdiction)
        expected = connection.execute(text("select source_id, unit_code from core.expected_source")).all()
    assert {tuple(row) for row in expected} == {
        (source.id, unit) for source in jurisdiction.sources for unit in source.units
    }


def test_a_unit_with_published_figures_cannot_leave_the_configuration(
    loader_engine: Engine, jurisdiction: Jurisdiction
) -> None:
    left = jurisdiction.model_copy(update={"units": jurisdiction.units[1:]})
    with loader_engine.begin() as connection:
        synchronise(connection, jurisdiction)
        connection.execute(
            text(
                "insert into ops.publication (period, kind, state, reason, requested_by, as_of, configuration_hash) "
                "values ('2019-04', 'official', 'built', 'test', 'test', now(), :hash)"
            ),
            {"hash": jurisdiction.configuration_hash},
        )
        connection.execute(
            text(
                "insert into mart.compliance_month (publication_id, period, unit_key, unit_code, scope, metric_id, "
                "metric_version, status, reporting_status) select publication_id, '2019-04', unit_key, unit_code, "
                "'total', 'resolved_all', 1, 'no_data', 'missing' from ops.publication, core.unit "
                "where unit_code = :unit"
            ),
            {"unit": jurisdiction.units[0].unit_code},
        )
        with pytest.raises(ConfigurationInUseError, match=jurisdiction.units[0].unit_code):
            synchronise(connection, left)
