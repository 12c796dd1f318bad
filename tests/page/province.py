"""A small province put straight into the marts: what the page reads is then under the test's own hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

TARGETS = {"departments": (">=", 30, 100), "districts": (">", 30, 100)}


@dataclass(frozen=True)
class Unit:
    """A unit of the roster."""

    code: str
    name: str
    group: str = "departments"


@dataclass(frozen=True)
class Figure:
    """Dossiers of one unit: online (level 4) and all; None is no data."""

    online: int | None
    total: int | None
    reporting: str = "reported"


NO_FIGURE = Figure(None, None, "missing")


def add_units(connection: Connection, units: list[Unit]) -> None:
    """Put units and the two metrics into the dimensions."""
    for order, unit in enumerate(units, start=1):
        connection.execute(
            text(
                "insert into core.unit (unit_code, name_vi, name_en, unit_type, unit_group, roster_order, valid_from)"
                " values (:code, :name, :english, :type, :group, :order, '2016-01-01')"
            ),
            {
                "code": unit.code,
                "name": unit.name,
                "english": f"{unit.name} in English",
                "type": "department" if unit.group == "departments" else "district",
                "group": unit.group,
                "order": order,
            },
        )
    for metric_id, official in (("resolved_all", True), ("received_all", False)):
        connection.execute(
            text(
                "insert into core.metric values (:id, 1, :name, :name, :event, 'all', '{3,4}', :official, 'x', null,"
                " '2019-01-01')"
            ),
            {"id": metric_id, "name": metric_id, "event": metric_id.split("_")[0], "official": official},
        )
    connection.execute(
        text(
            "insert into ops.configuration (configuration_hash, jurisdiction, content) values ('c0ffee', 'test', '{}')"
        )
    )


def _status(figure: Figure, operator: str) -> str:
    if figure.online is None or figure.total is None:
        return "no_data"
    if figure.online == 0:
        return "zero_online"
    met = figure.online * 100 >= 30 * figure.total if operator == ">=" else figure.online * 100 > 30 * figure.total
    return "met" if met else "not_met"


def _rows(units: list[Unit], figures: dict[str, Figure]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for unit in units:
        figure = figures.get(unit.code, NO_FIGURE)
        operator, num, den = TARGETS[unit.group]
        known = figure.online is not None and figure.total is not None
        rate = figure.online / figure.total if known and figure.total else None
        rows.append(
            {
                "code": unit.code,
                "group": unit.group,
                "online": figure.online,
                "total": figure.total,
                "level_3": figure.online // 3 if known else None,
                "level_4": figure.online - figure.online // 3 if known else None,
                "none": 0 if known else None,
                "post": (figure.total - figure.online) // 10 if known else None,
                "direct": figure.total - figure.online - (figure.total - figure.online) // 10 if known else None,
                "operator": operator,
                "num": num,
                "den": den,
                "status": _status(figure, operator),
                "reporting": figure.reporting,
                "rate": rate,
            }
        )
    for row in rows:
        ranked = [other["rate"] for other in rows if other["group"] == row["group"] and other["rate"] is not None]
        row["rank"] = None if row["rate"] is None else 1 + sum(rate > row["rate"] for rate in ranked)
    return rows


def publish(
    connection: Connection,
    units: list[Unit],
    period: str,
    *,
    month: dict[str, Figure],
    year_to_date: dict[str, Figure],
    revision: int = 1,
    reason: str = "Công bố định kỳ",
    kind: str = "official",
) -> int:
    """Put a published revision of a period into the marts, and return its publication_id."""
    publication_id: int = connection.execute(
        text(
            "insert into ops.publication (period, kind, revision, state, reason, requested_by, approver, approved_at,"
            " as_of, configuration_hash, content_hash, published_at) values (:period, :kind, :revision, 'published',"
            " :reason, 'schedule', 'Chánh Văn phòng', '2019-05-10 08:00+07', '2019-05-10 07:00+07', 'c0ffee',"
            " :content, '2019-05-10 09:00+07') returning publication_id"
        ),
        {"period": period, "kind": kind, "revision": revision, "reason": reason, "content": f"{period}/{revision}"},
    ).scalar_one()
    common = (
        "select :publication_id, :period, unit_key, :code, 'total', :metric, 1, :online, :total, :level_3, :level_4,"
        " :none, :direct, :post, :operator, :num, :den, :status"
    )
    months = int(period[5:])
    for metric in ("resolved_all", "received_all"):
        for row in _rows(units, month):
            connection.execute(
                text(
                    "insert into mart.compliance_month (publication_id, period, unit_key, unit_code, scope, metric_id,"
                    " metric_version, numerator, denominator, online_level_3_count, online_level_4_count,"
                    " online_other_count, direct_count, post_count, target_operator, target_num, target_den, status,"
                    f" reporting_status, rank, months_missed_in_a_row) {common}, :reporting, :rank, :missed"
                    " from core.unit where unit_code = :code"
                ),
                {
                    **row,
                    "publication_id": publication_id,
                    "period": period,
                    "metric": metric,
                    "missed": 0 if row["status"] == "met" else months,
                },
            )
        for row in _rows(units, year_to_date):
            connection.execute(
                text(
                    "insert into mart.compliance_ytd (publication_id, period, unit_key, unit_code, scope, metric_id,"
                    " metric_version, numerator, denominator, online_level_3_count, online_level_4_count,"
                    " online_other_count, direct_count, post_count, target_operator, target_num, target_den, status,"
                    f" months_reported, months_expected, rank, online_needed_per_month) {common}, :reported, :expected,"
                    " :rank, :needed from core.unit where unit_code = :code"
                ),
                {
                    **row,
                    "publication_id": publication_id,
                    "period": period,
                    "metric": metric,
                    "reported": 0 if row["online"] is None else months,
                    "expected": months,
                    "needed": 37.2 if row["status"] in {"not_met", "zero_online"} else None,
                },
            )
    for row in _rows(units, month):
        connection.execute(
            text(
                "insert into mart.reporting_status_month select :publication_id, :period, unit_key, :code, :reporting, 1,"
                " case when :reporting = 'missing' then array[:code] else '{}'::text[] end, null"
                " from core.unit where unit_code = :code"
            ),
            {**row, "publication_id": publication_id, "period": period},
        )
    return publication_id
