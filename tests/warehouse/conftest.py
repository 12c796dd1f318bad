"""Small deliveries, and the table that checking leaves for the merge."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from onestop.warehouse import MergeResult, copy_rows, merge_dossiers

FIRST_DAY = datetime(2019, 4, 1, tzinfo=UTC)
COLUMNS = (
    "row_number", "unit_code", "dossier_code", "procedure_code", "service_level", "channel", "status_code",
    "status_group", "received_at", "finished_at", "row_hash", "reasons",
)  # fmt: skip
_TYPED = """
create unlogged table {table} (
    row_number bigint, unit_code text, dossier_code text, procedure_code text, service_level smallint, channel text,
    status_code smallint, status_group text, applicant_type text, applicant_key bytea, commune_code text,
    submitted_at timestamptz, received_at timestamptz, due_at timestamptz, finished_at timestamptz,
    returned_at timestamptz, fee_amount numeric(18, 2), payment_method text, row_hash bigint, reasons jsonb
)
"""


@dataclass(frozen=True)
class Row:
    """A dossier in one state. The state stands for all its attributes; the receipt may be corrected."""

    dossier_code: str
    state: int = 4
    received_on: int = 0  # days after FIRST_DAY
    unit_code: str = "so_y_te"

    def values(self, number: int) -> tuple[object, ...]:
        received_at = FIRST_DAY + timedelta(days=self.received_on)
        finished_at = received_at + timedelta(days=5) if self.state == 9 else None
        group = "resolved" if self.state == 9 else "in_process"
        row_hash = hash((self.state, self.received_on))
        return (
            number, self.unit_code, self.dossier_code, "1.001193", 3, "online", self.state, group, received_at,
            finished_at, row_hash, None,
        )  # fmt: skip


@dataclass(frozen=True)
class Delivery:
    """What a source showed of its dossiers on one day."""

    observed_on: int
    rows: tuple[Row, ...]
    source_id: str = "so_y_te"
    is_full: bool = True


def register(connection: Connection, delivery: Delivery, sha256: str) -> int:
    """Register a delivery as landed and return its id."""
    delivery_id: int = connection.execute(
        text(
            "insert into ops.delivery (source_id, dataset, period, sha256, object_path, byte_count, part_count, "
            "pulled_at, observed_at, is_full) "
            "values (:source_id, 'dossier', '2019-04', :sha256, 'x', 1, 1, :at, :at, :is_full) returning delivery_id"
        ),
        {
            "source_id": delivery.source_id,
            "sha256": sha256,
            "at": FIRST_DAY + timedelta(days=delivery.observed_on),
            "is_full": delivery.is_full,
        },
    ).scalar_one()
    return delivery_id


def begin_month(connection: Connection) -> None:
    """Make the month of the deliveries known, so that full ones confirm what they show of it as a whole."""
    connection.execute(
        text(
            "insert into core.period (calendar, period, year, month, starts_on, ends_on, starts_at, ends_at, due_at, "
            "closes_at) values ('calendar', '2019-04', 2019, 4, '2019-04-01', '2019-05-01', '2019-04-01', "
            "'2019-05-01', '2019-05-05', '2019-05-10')"
        )
    )


def stage(connection: Connection, delivery_id: int, rows: Iterable[Row]) -> str:
    """Make the typed staging table of a delivery and return its name."""
    table = f"staging.dossier_{delivery_id}_typed"
    connection.execute(text(f"drop table if exists {table}"))
    connection.execute(text(_TYPED.format(table=table)))
    copy_rows(connection, table, COLUMNS, (row.values(number) for number, row in enumerate(rows, 1)))
    return table


Merge = Callable[[Delivery], MergeResult]


@pytest.fixture
def merge(loader_engine: Engine) -> Merge:
    """Register, stage and merge a delivery in one transaction, as the pipeline's role."""
    numbers = iter(range(1000))

    def merge(delivery: Delivery) -> MergeResult:
        with loader_engine.begin() as connection:
            delivery_id = register(connection, delivery, f"sha-{next(numbers)}")
            return merge_dossiers(connection, delivery_id, stage(connection, delivery_id, delivery.rows))

    return merge


CURRENT = text("select owner_unit_code, dossier_code, status_code, received_at from core.dossier order by 1, 2")

_ROWS = st.lists(
    st.builds(Row, st.sampled_from("ab"), st.sampled_from([4, 9]), st.sampled_from([0, 0, 40])),
    min_size=1,
    unique_by=lambda row: row.dossier_code,
).map(tuple)
DELIVERIES = st.lists(
    st.builds(
        Delivery,
        st.sampled_from([30, 60, 90]),
        _ROWS,
        st.sampled_from(["so_y_te", "so_y_te", "trung_tam"]),
        st.booleans(),
    ),
    min_size=2,
    max_size=6,
)
