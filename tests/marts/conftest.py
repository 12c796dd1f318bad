"""The small province with a catalogue, thresholds and a formula of its own, and its statements, forms and registers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from onestop.jurisdiction import Jurisdiction
from onestop.warehouse import EmbeddedServer
from tests.province import OneTransaction, Province, load, local, warehouse_of

PROCEDURES = """\
procedure_code,name_vi,field_vi,administrative_level,service_level,valid_from,valid_to
1.000001,Cấp phép,Y tế,Cấp tỉnh,2,2016-01-01,
1.000003,Đăng ký,Y tế,Cấp tỉnh,2,2016-01-01,2019-03-31
1.000003,Đăng ký,Y tế,Cấp tỉnh,3,2019-04-01,
1.000004,Cấp thẻ,Y tế,Cấp tỉnh,4,2016-01-01,
1.000005,Chứng thực,Tư pháp,Cấp xã,3,2016-01-01,
1.000178,Khiếu nại lần đầu,Khiếu nại,Cấp tỉnh,3,2016-01-01,
1.000999,Thủ tục đã bãi bỏ,Khiếu nại,Cấp tỉnh,3,2016-01-01,2019-04-15
"""
SUSPECT_FILING = """\
burst_dossiers_per_minute: 4
dossiers_per_applicant: 3
assisted_minutes: 2
jump_percentage_points: 20
jump_months: 2
jump_min_dossiers: 5
"""
EMULATION = """\
formula_version: 3
title_vi: Điểm
title_en: Score
parts:
  - {id: online, title_vi: Trực tuyến, title_en: Online, figure: online_rate_ytd, max_points: 50, no_points_at: 0,
     full_points_at: target, when_no_data: no_points}
  - {id: on_time, title_vi: Đúng hạn, title_en: On time, figure: on_time_rate, max_points: 30, no_points_at: 50,
     full_points_at: 100, when_no_data: left_out}
  - {id: overdue, title_vi: Quá hạn, title_en: Overdue, figure: pending_overdue_rate, max_points: 20,
     no_points_at: 20, full_points_at: 0, when_no_data: left_out}
"""
FILES = {"procedures.csv": PROCEDURES, "suspect_filing.yaml": SUSPECT_FILING, "emulation.yaml": EMULATION}


@pytest.fixture(scope="session")
def small_jurisdiction(tmp_path_factory: pytest.TempPathFactory) -> Jurisdiction:
    return load(tmp_path_factory.mktemp("jurisdiction") / "small", changed=FILES)


@pytest.fixture(scope="session")
def shared_engine(
    postgres_server: EmbeddedServer, administrator: Engine, warehouse_template: str, small_jurisdiction: Jurisdiction
) -> Iterator[Engine]:
    """An engine of the pipeline's role on a warehouse that knows the province, and never a delivery."""
    with warehouse_of(
        small_jurisdiction, "onestop_marts", postgres_server, administrator, warehouse_template
    ) as shared_engine:
        yield shared_engine


@dataclass
class Office(Province):
    """The province with its statements, forms and registers; what its marts hold is read as a table of words."""

    def only_totals_from(self, *source_ids: str) -> None:
        """From now on these sources send the form 06a of their unit, and no dossiers."""
        sources = [
            source.model_copy(update={"dataset": "reported_total"}) if source.id in source_ids else source
            for source in self.jurisdiction.sources
        ]
        self.synchronise(self.jurisdiction.model_copy(update={"sources": tuple(sources)}))

    def state(self, source_id: str, unit: str, period: str, **columns: int | None) -> None:
        """Receive the unit's form 06a; an earlier one of the month ends."""
        self.deliver(source_id, period)
        self.execute("update ops.delivery set dataset = 'reported_total' where source_id = :id", id=source_id)
        self.execute(
            "update core.reported_total_version set known_to = clock_timestamp()"
            " where (owner_unit_code, period) = (:unit, :period) and known_to = 'infinity'",
            unit=unit,
            period=period,
        )
        self.insert("core.reported_total_version", owner_unit_code=unit, period=period, source_id=source_id, **columns)

    def pay(
        self, unit: str, statement: str, code: str, amount: int, paid: str, *, method: str = "local_gateway",
        status: str = "paid",
    ) -> None:  # fmt: skip
        """A payment stands in a statement."""
        self.insert(
            "core.payment_version", owner_unit_code=unit, statement=statement, payment_code=code, source_id="bank",
            payment_method=method, status=status, amount=amount, paid_at=local(paid),
        )  # fmt: skip

    def enter(self, register: str, code: str, unit: str | None = None, **columns: object) -> None:
        """An entry stands in a register."""
        self.insert(
            "core.register_entry_version", owner_unit_code=unit, register=register, entry_code=code,
            source_id="registers", title="x", **columns,
        )  # fmt: skip

    def insert(self, table: str, **columns: object) -> None:
        """A version becomes known now, from the last delivery."""
        values = ", ".join(f":{name}" for name in columns)
        insert = f"""
            insert into {table} ({", ".join(columns)}, row_hash, delivery_id, observed_at, known_from)
            select {values}, 1, max(delivery_id), clock_timestamp(), clock_timestamp() from ops.delivery
        """  # noqa: S608 - a test names them
        with self.engine.begin() as connection:
            connection.execute(text(insert), columns)

    def table(self, mart: str, columns: str, condition: str = "true", period: str = "2019-04") -> list[str]:
        """The mart's rows of the period's newest publication, a sorted line a row; "-" is null, '' the empty text."""
        rows = self.rows(
            f"select {', '.join(columns.split())} from mart.{mart}"  # noqa: S608 - a test names them
            " where publication_id = (select max(publication_id) from ops.publication where period = :period)"
            f" and {condition}",
            period=period,
        )
        return sorted(" ".join(_shown(value) for value in row.values()) for row in rows)

    def findings(self, publication_id: int) -> set[tuple[str, str, str]]:
        return {(f.severity, f.finding, f.unit_code) for f in self.check(publication_id)}


def _shown(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return "-" if value is None else str(value) or "''"


def lines(table: str) -> list[str]:
    """What `Office.table` must give, written as a table."""
    return sorted(" ".join(line.split()) for line in table.strip().splitlines())


@pytest.fixture
def province(shared_engine: Engine, small_jurisdiction: Jurisdiction, tmp_path: Path) -> Iterator[Office]:
    """The province before its first delivery."""
    with shared_engine.connect() as connection:
        yield Office(OneTransaction(connection), small_jurisdiction, tmp_path / "exports")
        connection.rollback()
