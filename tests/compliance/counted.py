"""Units whose monthly counts a test gives itself: hundreds of cases judged by the marts' SQL in one go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import RowMapping, text

from onestop.compliance.counting import count_metrics, drop_counts
from onestop.warehouse.sql import statement
from tests.province import Province


@dataclass(frozen=True)
class CountedUnit:
    """A unit with (online dossiers, all dossiers) by month; a month that is not given is missing."""

    code: str
    months: Mapping[str, tuple[int, int]]
    unit_type: str = "department"


def judge(province: Province, period: str, units: Iterable[CountedUnit], mart: str) -> dict[str, RowMapping]:
    """Fill `mart` for the period from these counts alone; its rows of the official metric by unit."""
    units = list(units)
    months = [
        row["period"]
        for row in province.rows(
            "select period from core.period where calendar = 'calendar' and period <= :period"
            " order by period desc limit 12",
            period=period,
        )
    ]
    with province.engine.begin() as connection:
        connection.execute(
            text("""
                insert into core.unit (unit_code, name_vi, name_en, unit_type, unit_group, roster_order, valid_from)
                values (:code, :code, :code, :type, 'departments', 0, '2016-01-01')
            """),
            [{"code": unit.code, "type": unit.unit_type} for unit in units],
        )
        publication_id: int = connection.execute(
            text("""
                insert into ops.publication (period, kind, state, reason, requested_by, as_of, configuration_hash)
                values (:period, 'official', 'built', 'a test', 'a test', '2030-01-01', :hash)
                returning publication_id
            """),
            {"period": period, "hash": province.jurisdiction.configuration_hash},
        ).scalar_one()
        connection.execute(
            text("""
                insert into mart.reporting_status_month (
                    publication_id, period, unit_key, unit_code, reporting_status, figures_from,
                    sources_expected, sources_missing
                )
                select :id, :period, unit_key, unit_code, :status, 'dossiers', 1, '{}'
                from core.unit where unit_code = :code
            """),
            [
                {
                    "id": publication_id,
                    "period": month,
                    "code": unit.code,
                    "status": "reported" if month in unit.months else "missing",
                }
                for unit in units
                for month in months
            ],
        )
        connection.execute(
            text("""
                insert into mart.dossier_count_month (
                    publication_id, period, unit_code, is_commune, event, channel, service_level, dossier_count
                )
                values (:id, :period, :code, false, 'resolved', :channel, 3, :count)
            """),
            [
                {"id": publication_id, "period": month, "code": unit.code, "channel": channel, "count": count}
                for unit in units
                for month, (online, total) in unit.months.items()
                for channel, count in (("online", online), ("direct", total - online))
            ],
        )
        count_metrics(connection, publication_id)
        connection.execute(statement(f"mart/{mart}.sql"), {"publication_id": publication_id})
        drop_counts(connection)
        rows = connection.execute(
            text(f"select * from mart.{mart} where publication_id = :id and metric_id = 'resolved_all'"),  # noqa: S608 - a test names the mart
            {"id": publication_id},
        ).mappings()
        return {row["unit_code"]: row for row in rows}
