"""Publishing one month over months of history: `python -m benchmarks.history ORDER`, a process of its own.

Loads the deliveries that are named, and publishes what is named: the month before and, provisionally as every day does,
the month itself. Or measures and publishes the month several times, each in a transaction that is rolled back, so that
every repetition meets the same warehouse; with a warehouse of another history, in turns with it, since machines swing
by more within minutes than what is looked for. Prints one line of JSON: medians by warehouse.
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

    from onestop.jurisdiction import Jurisdiction
    from onestop.publication.revision import Kind


@dataclass(frozen=True)
class Loading:
    """What to load into a warehouse (month and object of each delivery), and what to publish then."""

    base: Order
    deliveries: list[tuple[str, str]]
    publications: list[tuple[str, Kind]]

    @property
    def arguments(self) -> list[str]:
        """The arguments of the process that does it."""
        return ["-m", "benchmarks.history", json.dumps({"loading": asdict(self)})]


@dataclass(frozen=True)
class Measuring:
    """The warehouses in which to publish the month in turns, and how often in each."""

    bases: list[Order]
    repetitions: int

    @property
    def arguments(self) -> list[str]:
        """The arguments of the process that does it."""
        return ["-m", "benchmarks.history", json.dumps({"measuring": asdict(self)})]


def _publish(
    connection: Connection, jurisdiction: Jurisdiction, base: Order, month: str, kind: Kind = "official"
) -> None:
    from onestop import publication  # noqa: PLC0415

    period = jurisdiction.period(month)
    built = publication.build(connection, jurisdiction, period, kind=kind, reason="benchmark", requested_by="benchmark")
    publish_built(connection, built, base.exports_root)


def load(loading: Loading) -> None:
    """Load, index the months as they were indexed when they were published, and publish."""
    from onestop import warehouse  # noqa: PLC0415
    from onestop.jurisdiction import load_jurisdiction  # noqa: PLC0415

    for month, object_path in loading.deliveries:
        take(replace(loading.base, month=month), object_path)
    engine = warehouse.engine(loading.base.warehouse_url)
    with engine.begin() as connection:
        warehouse.index_months(connection)
        for month, kind in loading.publications:
            _publish(connection, load_jurisdiction(loading.base.jurisdiction), loading.base, month, kind)


def measure(measuring: Measuring) -> list[dict[str, float]]:
    """Return the median seconds of publishing the month and of reading it in `bi`, by warehouse."""
    from sqlalchemy import text  # noqa: PLC0415

    from onestop import warehouse  # noqa: PLC0415
    from onestop.jurisdiction import load_jurisdiction  # noqa: PLC0415

    query = text("select * from bi.compliance_month where period = :period")
    warehouses = [
        (base, load_jurisdiction(base.jurisdiction), warehouse.engine(base.warehouse_url)) for base in measuring.bases
    ]
    seconds: list[dict[str, list[float]]] = [{"publish": [], "query": []} for _ in warehouses]
    for _ in range(measuring.repetitions):
        for (base, jurisdiction, engine), own in zip(warehouses, seconds, strict=True):
            with engine.connect() as connection:
                started = time.perf_counter()
                _publish(connection, jurisdiction, base, base.month)
                own["publish"].append(time.perf_counter() - started)
                started = time.perf_counter()
                connection.execute(query, {"period": base.month}).all()
                own["query"].append(time.perf_counter() - started)
                connection.rollback()
    return [{name: statistics.median(every) for name, every in own.items()} for own in seconds]


def _order(said: dict[str, object]) -> Order:
    return Order(**said)  # type: ignore[arg-type]


def main(said: dict[str, dict[str, object]]) -> None:
    """Carry out an order."""
    if "loading" in said:
        load(Loading(**{**said["loading"], "base": _order(said["loading"]["base"])}))  # type: ignore[arg-type]
        print("{}")
    else:
        bases = [_order(base) for base in said["measuring"]["bases"]]  # type: ignore[attr-defined]
        print(json.dumps({"medians": measure(Measuring(**{**said["measuring"], "bases": bases}))}))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
