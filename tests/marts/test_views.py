"""What the views of the marts answer.

A failure means that readers would see a draft, another month's names, or a rate without its parts.
"""

from decimal import Decimal
from pathlib import Path

import pytest

from onestop.publication.export import VIEWS
from onestop.warehouse import index_months
from tests.marts.conftest import FILES, Office
from tests.province import UNIT_TABLE, UNITS, direct, load, online

OFFICIAL = [view for view in VIEWS["official"] if not view.startswith("compliance")]


@pytest.mark.parametrize("view", OFFICIAL)
def test_readers_see_the_latest_revision_of_each_month_and_no_draft(province: Office, view: str) -> None:
    ids = {}
    for period, count in (("2019-03", 1), ("2019-04", 1), ("2019-04", 2)):
        province.deliver("y_te", period, direct(count, f"{period}-10", received="2019-03-01"))
        province.enter("publicity_activity", f"{period}-{count}", "so_y_te")
        ids[period] = province.publish(period).publication_id
    province.deliver("y_te", "2019-04", direct(3))
    province.build("2019-04")
    province.publish("2019-04", "provisional")
    seen = {row.period: row.publication_id for row in province.rows(f"select period, publication_id from bi.{view}")}  # noqa: S608
    assert seen == ids


@pytest.mark.parametrize("view", [view for view in VIEWS["provisional"] if not view.startswith("compliance")])
def test_a_month_in_flux_is_seen_in_the_provisional_views_alone(province: Office, view: str) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    publication_id = province.publish("2019-04", "provisional").publication_id
    rows = province.rows(f"select publication_id, unit_code from bi.{view}")  # noqa: S608
    assert {row.publication_id for row in rows} == {publication_id}
    assert {row.unit_code for row in rows} == set(UNITS)
    assert province.rows(f"select 1 from bi.{view.removesuffix('_provisional')}") == []  # noqa: S608


def shown(province: Office, view: str, columns: str, condition: str) -> list[tuple[object, ...]]:
    rows = province.rows(f"select {columns} from bi.{view} where {condition}")  # noqa: S608 - a test names them
    return [tuple(row.values()) for row in rows]


def test_every_rate_is_that_of_the_counts_beside_it_and_null_where_nothing_was_counted(province: Office) -> None:
    province.deliver(
        "y_te", "2019-04",
        online(1, fee=10, paid_by="local_gateway", due="2019-04-10", submitted="2019-04-01 11:59:00"),
        direct(2, fee=10, paid_by="counter", due="2019-04-01"),
        direct(3, None, status="in_process"),
    )  # fmt: skip
    province.deliver("tan_yen", "2019-04")
    province.publish("2019-04")
    third, sixth = Decimal("33.3333"), Decimal("16.6667")
    y_te, tan_yen = "unit_code = 'so_y_te'", "unit_code = 'tan_yen'"
    assert shown(
        province,
        "procedure_month",
        "received_online_count, received_online_rate_percent, resolved_online_count, resolved_online_rate_percent,"
        " metric_id, metric_version, procedure_name_vi, service_level",
        f"{y_te} and received_count > 0",
    ) == [(1, sixth, 1, third, "resolved_all", 1, "Khiếu nại lần đầu", 3)]
    for view, column, rate in (
        ("timeliness_month", "on_time_rate_percent", third),
        ("payment_month", "online_payment_rate_percent", third),
        ("missed_online_month", "missed_rate_percent", Decimal("83.3333")),
        ("suspect_filing_month", "rate_percent", sixth),
        ("suspect_filing_month", "adjusted_rate_percent", Decimal(0)),
    ):
        assert shown(province, view, column, y_te) == [(rate,)]
        assert shown(province, view, column, tan_yen) == [(None,)]
    communes = "commune_name_vi, resolved_count, resolved_online_rate_percent"
    assert shown(province, "commune_month", communes, "commune_code = '07339'") == [("Xã Lan Giới", 0, None)]


SHARES = {
    "commune_month": {
        "received_online_rate_percent": ("received_online_count", "received_count"),
        "resolved_online_rate_percent": ("resolved_online_count", "resolved_count"),
    },
    "emulation_score": {"score_percent": ("points", "max_points")},
    "emulation_score_part": {"value_percent": ("numerator", "denominator")},
    "missed_online_month": {"missed_rate_percent": ("direct_count", "eligible_count")},
    "missed_online_procedure_month": {"missed_rate_percent": ("direct_count", "eligible_count")},
    "payment_month": {"online_payment_rate_percent": ("paid_online_count", "with_fee_count")},
    "procedure_month": {
        "received_online_rate_percent": ("received_online_count", "received_count"),
        "resolved_online_rate_percent": ("resolved_online_count", "resolved_count"),
    },
    "suspect_filing_month": {
        "rate_percent": ("online_count", "received_count"),
        "adjusted_rate_percent": ("adjusted_online_count", "received_count"),
    },
    "timeliness_month": {
        "on_time_rate_percent": (
            "resolved_early_count + resolved_on_time_count", "resolved_count - resolved_no_due_date_count"
        )
    },
}  # fmt: skip
"""The parts that a reader finds beside each share; those of a target (target_percent) stand in its configuration."""


@pytest.mark.parametrize("view", OFFICIAL)
def test_every_share_has_its_numerator_and_denominator_beside_it(province: Office, view: str) -> None:
    """Online at level 3 and below it: a reader need not know which levels count."""
    province.deliver("y_te", "2019-03", online(3), online(4, level=2), direct(5, due="2019-03-01"), direct(6, None))
    province.publish("2019-03")
    columns = province.rows(
        "select column_name from information_schema.columns"
        " where table_schema = 'bi' and table_name = :view and column_name like '%percent'",
        view=view,
    )
    shares = {row.column_name for row in columns} - {"target_percent"}
    assert shares == set(SHARES.get(view, {}))
    for share, (numerator, denominator) in SHARES.get(view, {}).items():
        differing = f"{share} is distinct from round(100.0 * ({numerator}) / nullif({denominator}, 0), 4)"
        assert shown(province, view, "unit_code", differing) == []


def test_services_that_nobody_used_are_listed_by_name(province: Office) -> None:
    province.deliver("y_te", "2019-04", direct(1))
    province.publish("2019-04")
    unused = shown(province, "service_unused_month", "procedure_code, procedure_name_vi, service_level", "true")
    assert set(unused) == {
        ("1.000001", "Cấp phép", 2), ("1.000003", "Đăng ký", 3), ("1.000004", "Cấp thẻ", 4),
        ("1.000005", "Chứng thực", 3),
    }  # fmt: skip


def test_rules_that_quarantined_rows_are_told_in_words(province: Office) -> None:
    province.deliver("y_te", "2019-04")
    province.execute(
        "insert into quarantine.row (delivery_id, row_number, raw, reasons)"
        """ select delivery_id, 1, '{}', '[{"rule": "no_level"}, {"rule": "no_date"}]' from ops.delivery"""
    )
    province.publish("2019-04")
    assert shown(province, "quality_month", "quarantined_by_rule", "source_id = 'y_te'") == [
        ("no_date: 1, no_level: 1",)
    ]


def test_bodies_that_are_not_on_the_roster_stand_in_the_register_beside_its_units(province: Office) -> None:
    province.deliver("y_te", "2019-04")
    province.enter("publicity_activity", "1", None, body_name="Báo Bắc Giang", done_on="2019-04-02", quantity=3)
    province.publish("2019-04")
    rows = shown(province, "directive_month", "body_name, done_count", "register = 'publicity_activity'")
    assert ("Báo Bắc Giang", 1) in rows
    assert ("Sở Y tế", 0) in rows


def test_a_figure_keeps_the_name_that_the_unit_had_then(province: Office, tmp_path: Path) -> None:
    province.deliver("y_te", "2019-03", direct(1, "2019-03-10", received="2019-03-01"))
    province.publish("2019-03")
    health = next(line for line in UNIT_TABLE.splitlines() if line.startswith("so_y_te"))
    renamed = health.replace("2016-01-01,,", "2016-01-01,2019-03-31,") + "\n"
    renamed += health.replace("Sở Y tế", "Sở Y tế mới").replace("2016-01-01", "2019-04-01")
    province.synchronise(load(tmp_path / "renamed", UNIT_TABLE.replace(health, renamed), changed=FILES))
    province.deliver("y_te", "2019-04", direct(1))
    province.publish("2019-04")
    for view in ("form_06a", "procedure_month", "emulation_score", "quality_month"):
        rows = province.rows(f"select distinct period, unit_name_vi from bi.{view} where unit_code = 'so_y_te'")  # noqa: S608
        assert {row.period: row.unit_name_vi for row in rows} == {"2019-03": "Sở Y tế", "2019-04": "Sở Y tế mới"}


def test_what_a_month_carries_over_is_found_by_indexes_and_not_by_reading_history(province: Office) -> None:
    """Publishing stays as fast as it is when years have passed: no partition of an older month is read whole."""
    province.deliver("y_te", "2019-03", *[direct(1, received=f"{year}-02-01") for year in range(2014, 2019)])
    with province.engine.begin() as connection:
        index_months(connection)
    province.execute("set local enable_seqscan = off")
    from onestop.warehouse.sql import rendered

    period = province.jurisdiction.period("2019-04")
    plan = province.rows(
        "explain " + rendered("mart/older_dossier.sql", dossiers="mart.dossier_as_of"),
        as_of=period.ends_at, starts_at=period.starts_at,
        window_starts_at=province.jurisdiction.period("2018-05").starts_at,
    )  # fmt: skip
    lines = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "on dossier_version_2014_02" in lines
    assert "Seq Scan on dossier_version" not in lines
    assert lines.count("known_to") >= 5
    assert lines.count("finished_at") >= 5
