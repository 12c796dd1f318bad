"""A province small enough to count by hand: its configuration, deliveries of a few dossiers, and its published figures.

Three departments, a vertical agency with two sources, two districts with a commune each, and a committee that no source
is expected to report for. Metrics, targets and calendars are those of Bắc Giang.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, RowMapping, text

from onestop import publication, warehouse
from onestop.jurisdiction import Jurisdiction, load_jurisdiction
from onestop.publication.revision import Kind
from onestop.warehouse import EmbeddedServer, engine
from onestop.warehouse.embedded import OWNER
from onestop.warehouse.sql import REPOSITORY_ROOT

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_BAC_GIANG = REPOSITORY_ROOT / "include" / "jurisdictions" / "bac_giang"
UNIT_TABLE = """\
unit_code,name_vi,name_en,unit_type,unit_group,parent_unit_code,gso_code,roster_order,valid_from,valid_to,note
so_y_te,Sở Y tế,Department of Health,department,departments,,,10,2016-01-01,,
so_tu_phap,Sở Tư pháp,Department of Justice,department,departments,,,20,2016-01-01,,
so_noi_vu,Sở Nội vụ,Department of Home Affairs,department,departments,,,30,2016-01-01,,
cuc_thue,Cục Thuế tỉnh,Tax Department,vertical,departments,,,40,2016-01-01,,
yen_the,Huyện Yên Thế,Yen The District,district,districts,,215,50,2016-01-01,,
tan_yen,Huyện Tân Yên,Tan Yen District,district,districts,,216,60,2016-01-01,,
ban_dan_toc,Ban Dân tộc,Ethnic Committee,department,departments,,,70,2016-01-01,,
"""
UNITS = ("so_y_te", "so_tu_phap", "so_noi_vu", "cuc_thue", "yen_the", "tan_yen", "ban_dan_toc")
COMMUNE_TABLE = """\
commune_code,name_vi,district_unit_code,valid_from,valid_to
07243,Xã Đồng Tiến,yen_the,2016-01-01,
07339,Xã Lan Giới,tan_yen,2016-01-01,
"""
SUCCESSION_HEADER = "from_unit_code,to_unit_code,effective_on,kind\n"
_PROCEDURES = """\
procedure_code,name_vi,field_vi,administrative_level,service_level,valid_from,valid_to
1.000178,Khiếu nại lần đầu,Khiếu nại,Cấp tỉnh,3,2016-01-01,
"""
SOURCE_FILE = """\
id: {id}
title_vi: {id}
units: [{unit}]
dataset: dossier
connection_id: {id}
timezone: Asia/Ho_Chi_Minh
state_as_of: period_end
expected_from: 2019-01-01
access: {{kind: folder, path: "{{code}}.csv"}}
format: {{kind: csv}}
fields: {{dossier_code: a, procedure_code: b, status: c, received_at: d, finished_at: e}}
timestamp_formats: [iso]
"""
SOURCES = {
    "y_te": "so_y_te",
    "tu_phap": "so_tu_phap",
    "noi_vu": "so_noi_vu",
    "thue_ho_so": "cuc_thue",
    "thue_hoa_don": "cuc_thue",
    "yen_the": "yen_the",
    "tan_yen": "tan_yen",
}
_COLUMNS = (
    "row_number", "unit_code", "dossier_code", "procedure_code", "service_level", "channel", "status_code",
    "status_group", "applicant_key", "commune_code", "submitted_at", "received_at", "due_at", "finished_at",
    "fee_amount", "payment_method", "row_hash",
)  # fmt: skip
_STATUS_CODES = {"resolved": 9, "in_process": 4, "paused": 5, "withdrawn": 7, "not_accepted": 3}


def local(moment: str) -> datetime:
    """A moment in the province's time: "2019-04-30 23:59:59", or a day at noon."""
    parsed = datetime.fromisoformat(moment)
    return (parsed if len(moment) > len("2019-04-30") else parsed.replace(hour=12)).replace(tzinfo=HANOI)


@dataclass(frozen=True)
class Dossiers:
    """`count` dossiers alike. Those of one `name` are the same dossiers in every delivery."""

    count: int
    channel: str = "direct"
    finished: str | None = "2019-04-10"
    level: int | None = 3
    received: str = "2019-04-01"
    status: str = "resolved"
    commune: str | None = None
    name: str = ""
    procedure: str | None = "1.000178"
    submitted: str | None = None
    due: str | None = None
    fee: int | None = None
    paid_by: str | None = None
    applicant: str | None = None

    def rows(self, unit: str, first_row: int) -> Iterable[tuple[object, ...]]:
        name = self.name or f"{self.channel}-{self.level}-{self.received}-{self.finished}-{self.status}-{self.commune}"
        more = (self.procedure, self.submitted, self.due, self.fee, self.paid_by, self.applicant)
        if not self.name and more != ("1.000178", None, None, None, None, None):
            name += f"-{more}"
        attributes = (self.channel, self.level, self.received, self.finished, self.status, self.commune, *more)
        for number in range(self.count):
            yield (
                first_row + number, unit, f"{name}-{number}", self.procedure, self.level, self.channel,
                _STATUS_CODES[self.status], self.status, self.applicant and self.applicant.encode(),
                self.commune, self.submitted and local(self.submitted), local(self.received),
                self.due and local(self.due), self.finished and local(self.finished), self.fee, self.paid_by,
                hash(attributes),
            )  # fmt: skip


def online(count: int, finished: str | None = "2019-04-10", **more: Any) -> Dossiers:
    """Dossiers filed online."""
    return Dossiers(count, "online", finished, **more)


def direct(count: int, finished: str | None = "2019-04-10", **more: Any) -> Dossiers:
    """Dossiers filed at the counter."""
    return Dossiers(count, "direct", finished, **more)


def living(table: str, code: str, begins: str = "2016-01-01", ends: str = "") -> str:
    """The table of units with this one's life."""
    line = next(line for line in table.splitlines() if line.startswith(f"{code},"))
    return table.replace(line, line.replace("2016-01-01,,", f"{begins},{ends},"))


def load(folder: Path, units: str = UNIT_TABLE, changed: Mapping[str, str] | None = None) -> Jurisdiction:
    """The province's configuration, written to `folder`; `changed` are files by name that stand in place of its own."""
    (folder / "sources").mkdir(parents=True)
    for name in ("calendar.yaml", "contracts.yaml", "metrics.yaml", "targets.csv", "alerts.yaml", "routes.yaml"):
        shutil.copyfile(_BAC_GIANG / name, folder / name)
    files = {
        "jurisdiction.yaml": "name: small\ntitle_vi: Nhỏ\ntitle_en: Small\ntexts: {}\n",
        "units.csv": units,
        "unit_successions.csv": SUCCESSION_HEADER,
        "communes.csv": COMMUNE_TABLE,
        "procedures.csv": _PROCEDURES,
    }
    files |= {f"sources/{name}.yaml": SOURCE_FILE.format(id=name, unit=unit) for name, unit in SOURCES.items()}
    for name, content in {**files, **(changed or {})}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return load_jurisdiction(folder)


def redefined(metrics: str, online_levels: str = "[4]", since: str = "2019-01-01") -> str:
    """The text of metrics.yaml with a second version of every metric since a day of the past."""
    day_before = datetime.fromisoformat(since).date() - timedelta(days=1)
    head, *old = re.split(r"(?m)^(?=  - metric_id)", metrics)
    new = [
        one.replace("metric_version: 1", "metric_version: 2")
        .replace("online_levels: [3, 4]", f"online_levels: {online_levels}")
        .replace("valid_from: 2016-01-01", f"valid_from: {since}")
        for one in old
    ]
    return "".join([head, *(f"{one.rstrip()}\n    valid_to: {day_before}\n" for one in old), *new])


@contextmanager
def warehouse_of(
    jurisdiction: Jurisdiction, database: str, server: EmbeddedServer, administrator: Engine, template: str
) -> Iterator[Engine]:
    """An engine of the pipeline's role on a new copy of the template that knows the jurisdiction, and no delivery."""
    with administrator.connect() as connection:
        connection.execute(text(f"create database {database} template {template} owner {OWNER}"))
    loader_engine = engine(server.url(database))
    with loader_engine.begin() as connection:
        warehouse.synchronise(connection, jurisdiction)
    yield loader_engine
    loader_engine.dispose()


@dataclass
class OneTransaction:
    """Stands for an engine whose transactions are parts of a single one: a test takes them back together."""

    connection: Connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.connection.begin_nested():
            yield self.connection


@dataclass
class Province:
    """The province on a warehouse of its own; every step in a transaction of its own, as the pipeline's role."""

    engine: Engine | OneTransaction
    jurisdiction: Jurisdiction
    exports_root: Path
    numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def deliver(
        self,
        source_id: str,
        period: str,
        *dossiers: Dossiers,
        delivered_at: str | None = None,
        decision: Literal["accepted", "rejected"] = "accepted",
        number: int | None = None,
        unit: str | None = None,
    ) -> None:
        """Receive a delivery with these dossiers, judged as `decision` says and merged if accepted.

        `number` orders what deliveries show, whatever the order they come in; by default the order they come in.
        """
        number = next(iter(self.numbers)) if number is None else number
        observed_at = self.jurisdiction.period(period).ends_at + timedelta(seconds=number)
        with self.engine.begin() as connection:
            delivery_id: int = connection.execute(
                text("""
                    insert into ops.delivery (
                        source_id, dataset, period, sha256, object_path, byte_count, part_count, pulled_at,
                        delivered_at, observed_at, state, reasons
                    )
                    values (
                        :source_id, 'dossier', :period, :sha256, 'x', 1, 1, :observed_at,
                        :delivered_at, :observed_at, 'loaded', cast(:reasons as jsonb)
                    )
                    returning delivery_id
                """),
                {
                    "source_id": source_id,
                    "period": period,
                    "sha256": str(number),
                    "observed_at": observed_at,
                    "delivered_at": delivered_at and local(delivered_at),
                    "reasons": '[{"message": "column NgayTra is missing"}]' if decision == "rejected" else None,
                },
            ).scalar_one()
            if decision == "accepted":
                self._merge(connection, delivery_id, unit or SOURCES[source_id], dossiers)
            connection.execute(
                text(
                    "update ops.delivery set state = :decision, decided_at = clock_timestamp() where delivery_id = :id"
                ),
                {"id": delivery_id, "decision": decision},
            )

    def _merge(self, connection: Connection, delivery_id: int, unit: str, dossiers: Iterable[Dossiers]) -> None:
        table = f"staging.dossier_{delivery_id}_typed"
        connection.execute(
            text(f"""
                create unlogged table {table} (
                    row_number bigint, unit_code text, dossier_code text, procedure_code text, service_level smallint,
                    channel text, status_code smallint, status_group text, applicant_type text, applicant_key bytea,
                    commune_code text, submitted_at timestamptz, received_at timestamptz, due_at timestamptz,
                    finished_at timestamptz, returned_at timestamptz, fee_amount numeric(18, 2), payment_method text,
                    row_hash bigint, reasons jsonb
                )
            """)
        )
        rows: list[tuple[object, ...]] = []
        for alike in dossiers:
            rows += alike.rows(unit, len(rows) + 1)
        warehouse.copy_rows(connection, table, _COLUMNS, rows)
        warehouse.merge_dossiers(connection, delivery_id, table)
        connection.execute(text(f"drop table {table}"))

    def deliver_nothing(self, period: str, *, besides: Iterable[str] = ()) -> None:
        """Receive an empty delivery from every source but those named."""
        for source_id in SOURCES.keys() - set(besides):
            self.deliver(source_id, period)

    def build(self, period: str, kind: Kind = "official", calendar: str = "calendar", **more: Any) -> int:
        with self.engine.begin() as connection:
            return publication.build(
                connection,
                self.jurisdiction,
                self.jurisdiction.period(period, calendar),
                kind=kind,
                reason="monthly report",
                requested_by="a test",
                **more,
            )

    def check(self, publication_id: int) -> list[publication.Finding]:
        with self.engine.begin() as connection:
            return publication.check(connection, publication_id)

    def difference(self, old_id: int, new_id: int) -> list[publication.Difference]:
        with self.engine.begin() as connection:
            return publication.difference(connection, old_id, new_id)

    def approve(self, publication_id: int) -> None:
        with self.engine.begin() as connection:
            publication.approve(connection, publication_id, "the head of the office", {"ticket": 1730})

    def release(self, publication_id: int) -> publication.PublishResult:
        with self.engine.begin() as connection:
            result = publication.publish(connection, publication_id, self.exports_root)
        with self.engine.begin() as connection:
            publication.reveal(connection, result.publication_id, self.exports_root)
        return result

    def publish(self, period: str, kind: Kind = "official", **more: Any) -> publication.PublishResult:
        """Build, check, approve and publish."""
        publication_id = self.build(period, kind, **more)
        self.check(publication_id)
        self.approve(publication_id)
        return self.release(publication_id)

    def synchronise(self, jurisdiction: Jurisdiction) -> None:
        """Go on with another configuration."""
        self.jurisdiction = jurisdiction
        with self.engine.begin() as connection:
            warehouse.synchronise(connection, jurisdiction)

    def stored(self, publication_id: int) -> RowMapping:
        """The row of a publication in ops.publication."""
        return self.rows("select * from ops.publication where publication_id = :id", id=publication_id)[0]

    def execute(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def rows(self, query: str, **values: object) -> list[RowMapping]:
        with self.engine.begin() as connection:
            return list(connection.execute(text(query), values).mappings())

    def figures(
        self, view: str, period: str, metric_id: str = "resolved_all", scope: str = "total", calendar: str = "calendar"
    ) -> dict[str, RowMapping]:
        """The rows of a view of `bi` for a period, metric and scope, by unit."""
        rows = self.rows(
            f"select * from bi.{view} where calendar = :calendar and period = :period and metric_id = :metric_id "  # noqa: S608 - a test names the view
            "and scope = :scope",
            calendar=calendar,
            period=period,
            metric_id=metric_id,
            scope=scope,
        )
        by_unit = {row["unit_code" if "unit_code" in row else "unit_group"]: row for row in rows}
        assert len(by_unit) == len(rows), f"bi.{view} has several rows of a unit"
        return by_unit
