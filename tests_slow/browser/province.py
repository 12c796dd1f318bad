"""Bắc Giang in a warehouse, January to April 2019, with the dossiers that give the figures of dispatch 1730.

Dossiers are made by SQL, merged and published by the pipeline's own functions. Beside them what a page must be able to
show: an agency that never reports, a refused and a late delivery, rows held back, a month published twice, alerts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from example_province.calibration import Calibration
from example_province.months import month_number
from example_province.units import UNITS, Unit
from onestop import publication, warehouse
from onestop.jurisdiction import Jurisdiction

PERIODS = ("2019-01", "2019-02", "2019-03", "2019-04")
NEVER = "cong_an_tinh"
REFUSED, LATE = ("ban_dan_toc", "2019-04"), ("luc_nam", "2019-04")
AFTERWARDS = ("so_tu_phap", "2019-03")
"""Comes after the month was published: the month is published again."""

_HELD_BACK = {
    ("so_xay_dung", "2019-04"): [("finish_date_missing", "Bổ sung ngày kết thúc xử lý, hoặc sửa trạng thái.", 14)],
    ("luc_ngan", "2019-04"): [
        ("date_unreadable", "Sửa lại ngày theo đúng dạng đã đăng ký.", 31),
        ("unit_unknown", "Sửa tên hoặc mã đơn vị, hoặc báo tên gọi mới để bổ sung.", 6),
    ],
}
_REFUSAL = {
    "rule": "column_missing",
    "field": None,
    "value": None,
    "expected": "Đủ các cột: MaHoSo, MaTTHC, NgayTiepNhan, NgayTra",
    "remedy": "Bổ sung cột còn thiếu, đúng tên cột đã đăng ký, rồi gửi lại.",
    "message": "ban_dan_toc, 2019-04: expected the columns MaHoSo, MaTTHC, NgayTiepNhan, NgayTra; seen: no NgayTra.",
}
_ALERTS = (
    ("warning", "below_target_ytd", "so_y_te", "Tỷ lệ lũy kế 0,4 %, dưới chỉ tiêu 30 %; đã 4 tháng liền chưa đạt."),
    (
        "critical",
        "missing_delivery",
        "cong_an_tinh",
        "Chưa nhận được dữ liệu hồ sơ tháng 4/2019; đã 4 tháng liền chưa nộp.",
    ),
    ("critical", "zero_online", "luc_ngan", "Chưa phát sinh hồ sơ trực tuyến từ đầu năm."),
)
_TABLE = """
    create unlogged table {table} (
        row_number bigint, unit_code text, dossier_code text, procedure_code text, service_level smallint,
        channel text, status_code smallint, status_group text, applicant_type text, applicant_key bytea,
        commune_code text, submitted_at timestamptz, received_at timestamptz, due_at timestamptz,
        finished_at timestamptz, returned_at timestamptz, fee_amount numeric(18, 2), payment_method text,
        row_hash bigint, reasons jsonb
    )
"""
_DOSSIERS = """
    insert into {table} (
        row_number, unit_code, dossier_code, procedure_code, service_level, channel, status_code, status_group,
        commune_code, received_at, due_at, finished_at, row_hash
    )
    select
        number,
        :unit_code,
        :unit_code || '-' || :period || '-' || number,
        '1.000178',
        case when number % 3 = 0 then 4 when number > :online and number % 3 = 1 then 2 else 3 end,
        case when number <= :online then 'online' when number % 23 = 0 then 'post' else 'direct' end,
        9,
        'resolved',
        case
            when number % 5 < 3 then (cast(:communes as text[]))[1 + number % cardinality(cast(:communes as text[]))]
        end,
        cast(:starts_at as timestamptz) + interval '8 hours' + interval '1 day' * (number % 20),
        cast(:starts_at as timestamptz) + interval '8 hours' + interval '1 day' * (number % 20 + 7),
        cast(:starts_at as timestamptz) + interval '15 hours' + interval '1 day' * (number % 20 + number % 8),
        number
    from generate_series(1, :resolved) as number
"""


@dataclass
class BacGiang:
    """The province, filled and published by the pipeline's role."""

    engine: Engine
    jurisdiction: Jurisdiction
    exports_root: Path
    calibration: Calibration = field(default_factory=Calibration)

    def fill(self) -> None:
        """Deliver and publish every month; one of them again, after a delivery that came too late for it."""
        with self.engine.begin() as connection:
            warehouse.synchronise(connection, self.jurisdiction)
        for period in PERIODS:
            for unit in UNITS:
                if unit.code != NEVER and (unit.code, period) != AFTERWARDS:
                    self._deliver(unit, period)
            self._fail_to_pull(period)
            self._publish(period, "Công bố định kỳ hằng tháng")
            if period == AFTERWARDS[1]:
                self._deliver(next(unit for unit in UNITS if unit.code == AFTERWARDS[0]), period)
                self._publish(period, "Sở Tư pháp gửi bổ sung số liệu tháng 3 sau ngày công bố")
        self._alert()

    def _deliver(self, unit: Unit, period: str) -> None:
        resolved = self.calibration.resolved(unit, month_number(period))
        of_period = self.jurisdiction.period(period)
        pulled_at = of_period.ends_at + timedelta(days=18 if (unit.code, period) == LATE else 2, hours=8)
        held_back = _HELD_BACK.get((unit.code, period), [])
        refused = (unit.code, period) == REFUSED
        with self.engine.begin() as connection:
            delivery_id: int = connection.execute(
                text("""
                    insert into ops.delivery (
                        source_id, dataset, period, sha256, object_path, byte_count, part_count, pulled_at,
                        delivered_at, observed_at, state, record_count
                    )
                    values (
                        :unit, 'dossier', :period, :unit || :period, 'x', 1, 1, :pulled_at, :pulled_at, :ends_at,
                        'loaded', :count
                    )
                    returning delivery_id
                """),
                {
                    "unit": unit.code,
                    "period": period,
                    "pulled_at": pulled_at,
                    "ends_at": of_period.ends_at,
                    "count": resolved + sum(count for _, _, count in held_back),
                },
            ).scalar_one()
            if not refused:
                self._merge(connection, delivery_id, unit, period)
            self._hold_back(connection, delivery_id, held_back)
            connection.execute(
                text("""
                    update ops.delivery
                    set
                        state = :state, decided_at = clock_timestamp(), accepted_count = :accepted,
                        quarantined_count = record_count - :accepted, reasons = cast(:reasons as jsonb)
                    where delivery_id = :delivery_id
                """),
                {
                    "delivery_id": delivery_id,
                    "state": "rejected" if refused else "accepted",
                    "accepted": 0 if refused else resolved,
                    "reasons": json.dumps([_REFUSAL]) if refused else None,
                },
            )

    def _merge(self, connection: Connection, delivery_id: int, unit: Unit, period: str) -> None:
        table = f"staging.dossier_{delivery_id}_typed"
        connection.execute(text(_TABLE.format(table=table)))
        communes = [c.commune_code for c in self.jurisdiction.communes if c.district_unit_code == unit.code]
        values = {
            "unit_code": unit.code,
            "period": period,
            "online": self.calibration.online(unit, month_number(period)),
            "resolved": self.calibration.resolved(unit, month_number(period)),
            "communes": communes or [None],
            "starts_at": self.jurisdiction.period(period).starts_at,
        }
        connection.execute(text(_DOSSIERS.format(table=table)), values)
        warehouse.merge_dossiers(connection, delivery_id, table)
        connection.execute(text(f"drop table {table}"))

    @staticmethod
    def _hold_back(connection: Connection, delivery_id: int, faults: list[tuple[str, str, int]]) -> None:
        first = 1
        for rule, remedy, count in faults:
            connection.execute(
                text("""
                    insert into quarantine.row (delivery_id, row_number, raw, reasons)
                    select :delivery_id, number, '{}', cast(:reasons as jsonb)
                    from generate_series(cast(:first as int), cast(:last as int)) as number
                """),
                {
                    "delivery_id": delivery_id,
                    "first": first,
                    "last": first + count - 1,
                    "reasons": json.dumps([{"rule": rule, "remedy": remedy}]),
                },
            )
            first += count

    def _fail_to_pull(self, period: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("""
                    insert into ops.pull_attempt (source_id, period, outcome, error)
                    values (:source, :period, 'failed', 'ConnectError: [Errno 111] Connection refused')
                """),
                {"source": NEVER, "period": period},
            )

    def _publish(self, period: str, reason: str) -> None:
        of_period = self.jurisdiction.period(period)
        with self.engine.begin() as connection:
            number = publication.build(
                connection, self.jurisdiction, of_period, kind="official", reason=reason, requested_by="schedule"
            )
        with self.engine.begin() as connection:
            publication.check(connection, number)
        with self.engine.begin() as connection:
            publication.approve(connection, number, "Chánh Văn phòng UBND tỉnh", {})
        with self.engine.begin() as connection:
            publication.publish(connection, number, self.exports_root)

    def _alert(self) -> None:
        with self.engine.begin() as connection:
            for severity, rule, unit_code, message in _ALERTS:
                connection.execute(
                    text("""
                        insert into ops.alert (alert_key, rule, unit_code, period, state, severity, message_vi, facts)
                        values (:rule || :unit, :rule, :unit, '2019-04', 'open', :severity, :message, '{}')
                    """),
                    {"rule": rule, "unit": unit_code, "message": message, "severity": severity},
                )
