"""Publishing one month over months of history: `python -m benchmarks.history ORDER`, a process of its own.

Loads the deliveries that are named, and publishes what is named: the month before and, provisionally as every day does,
the month itself. In a second process, loads what came after that, then measures and publishes the month several times,
each in a transaction that is rolled back, so that every repetition meets the same warehouse. Prints one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from benchmarks.month import Order, publish_built, take

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from onestop.publication.revision import Kind


@dataclass(frozen=True)
class HistoryOrder:
    """What to load (month and object of each delivery), what to publish, and how often to measure the base's month."""

    base: Order
    deliveries: list[tuple[str, str]]
    publications: list[tuple[str, Kind]]
    repetitions: int = 0

    @property
    def arguments(self) -> list[str]:
        """The arguments of the process that does it."""
        return ["-m", "benchmarks.history", json.dumps(asdict(self))]


def main(order: HistoryOrder) -> None:
    """Load, publish, and print the medians."""
    from sqlalchemy import text  # noqa: PLC0415

    from onestop import publication, warehouse  # noqa: PLC0415
    from onestop.jurisdiction import load_jurisdiction  # noqa: PLC0415

    for month, object_path in order.deliveries:
        take(replace(order.base, month=month), object_path)
    jurisdiction = load_jurisdiction(order.base.jurisdiction)
    engine = warehouse.engine(order.base.warehouse_url)

    def publish(connection: Connection, month: str, kind: Kind = "official") -> None:
        built = publication.build(
            connection,
            jurisdiction,
            jurisdiction.period(month),
            kind=kind,
            reason="benchmark",
            requested_by="benchmark",
        )
        publish_built(connection, built, order.base.exports_root)

    with engine.begin() as connection:
        warehouse.index_months(connection)  # as each month was when it was published
        for month, kind in order.publications:
            publish(connection, month, kind)
    published, queried = [], []
    with engine.connect() as connection:
        for _ in range(order.repetitions):
            started = time.perf_counter()
            publish(connection, order.base.month)
            published.append(time.perf_counter() - started)
            started = time.perf_counter()
            query = text("select * from bi.compliance_month where period = :period")
            connection.execute(query, {"period": order.base.month}).all()
            queried.append(time.perf_counter() - started)
            connection.rollback()
    measured = {"publish": published, "query": queried} if order.repetitions else {}
    print(json.dumps({name: statistics.median(seconds) for name, seconds in measured.items()}))


if __name__ == "__main__":
    said = json.loads(sys.argv[1])
    main(HistoryOrder(**{**said, "base": Order(**said["base"])}))
