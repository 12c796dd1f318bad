"""Publishing one month over months of history: `python -m benchmarks.history ORDER`, a process of its own.

Loads the deliveries that are named, then measures and publishes the month several times, each in a transaction that is
rolled back, so that every repetition meets the same warehouse. Prints one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass, replace

from benchmarks.month import Order, publish_built, take


@dataclass(frozen=True)
class HistoryOrder:
    """What to load (month and object of each delivery), and the month to publish."""

    base: Order
    deliveries: list[tuple[str, str]]
    repetitions: int

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
    with engine.begin() as connection:
        warehouse.index_months(connection)  # as each month was when it was published
    published, queried = [], []
    with engine.connect() as connection:
        for _ in range(order.repetitions):
            started = time.perf_counter()
            built = publication.build(
                connection,
                jurisdiction,
                jurisdiction.period(order.base.month),
                kind="official",
                reason="benchmark",
                requested_by="benchmark",
            )
            publish_built(connection, built, order.base.exports_root)
            published.append(time.perf_counter() - started)
            started = time.perf_counter()
            query = text("select * from bi.compliance_month where period = :period")
            connection.execute(query, {"period": order.base.month}).all()
            queried.append(time.perf_counter() - started)
            connection.rollback()
    print(json.dumps({"publish": statistics.median(published), "query": statistics.median(queried)}))


if __name__ == "__main__":
    said = json.loads(sys.argv[1])
    main(HistoryOrder(Order(**said["base"]), said["deliveries"], said["repetitions"]))
