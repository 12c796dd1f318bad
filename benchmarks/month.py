"""One month from landed bytes to its publication, in a process of its own: `python -m benchmarks.month ORDER`.

ORDER is JSON (`Order`). Several sources run in parallel processes forked from this one, as Airflow runs their tasks.
Prints one line of JSON: the seconds of the whole and of each step.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import wraps
from pathlib import Path
from typing import Any

IDENTITY_KEY = b"a key for benchmarks"


@dataclass(frozen=True)
class Order:
    """What to do, on which warehouse. With `is_preloaded`, Great Expectations is imported before time is taken."""

    jurisdiction: str
    warehouse_url: str
    landing_root: str
    exports_root: str
    month: str
    objects: list[str]
    is_preloaded: bool
    publishes: bool = True

    @property
    def arguments(self) -> list[str]:
        """The arguments of the process that does it."""
        return ["-m", "benchmarks.month", json.dumps(asdict(self))]


class Steps(dict[str, float]):
    """Seconds by step."""

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, adding up its time under a name."""

        @wraps(function)
        def measured(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self[name] = self.get(name, 0) + time.perf_counter() - started

        return measured


def take(order: Order, object_path: str) -> tuple[Steps, dict[str, int]]:
    """Load and check one delivery."""
    from onestop import contracts, reading, warehouse  # noqa: PLC0415 - the imports are a part of what is measured
    from onestop.jurisdiction import load_jurisdiction  # noqa: PLC0415
    from onestop.landing import Landing, register_delivery  # noqa: PLC0415

    steps = Steps()
    for module, name, step in (
        ("check", "judge", "rules in SQL"),
        ("decision", "decide", "Great Expectations"),
        ("decision", "mark_absences", "marks"),
        ("decision", "mark_elsewhere", "marks"),
    ):
        place = sys.modules[f"onestop.contracts.{module}"]
        setattr(place, name, steps.timed(step, getattr(place, name)))
    warehouse.merge = steps.timed("versions", warehouse.merge)
    jurisdiction = steps.timed("configuration", load_jurisdiction)(order.jurisdiction)
    landing = Landing(order.landing_root)
    manifest = landing.read_manifest(object_path)
    source = jurisdiction.source(manifest.source_id)
    engine = warehouse.engine(order.warehouse_url)
    with engine.begin() as connection:
        delivery_id = register_delivery(connection, manifest, None)
    with engine.connect() as connection:
        steps.timed("load", reading.load)(connection, source, landing, delivery_id, identity_key=IDENTITY_KEY)
        connection.commit()
        result = steps.timed("check, all", contracts.check)(
            connection, source, jurisdiction, delivery_id, jurisdiction.period(order.month)
        )
        connection.commit()
    engine.dispose()
    counts = {"accepted": result.accepted_count, "quarantined": result.quarantined_count, **asdict(result.merge)}
    return steps, counts


def publish(order: Order) -> Steps:
    """Build, check, approve and publish the month."""
    from onestop import publication, warehouse  # noqa: PLC0415
    from onestop.jurisdiction import load_jurisdiction  # noqa: PLC0415

    steps = Steps()
    jurisdiction = load_jurisdiction(order.jurisdiction)
    engine = warehouse.engine(order.warehouse_url)
    with engine.connect() as connection:
        built = steps.timed("measure", publication.build)(
            connection,
            jurisdiction,
            jurisdiction.period(order.month),
            kind="official",
            reason="benchmark",
            requested_by="benchmark",
        )
        connection.commit()
        steps.timed("publish", publish_built)(connection, built, order.exports_root)
        connection.commit()
    engine.dispose()
    return steps


def publish_built(connection: Any, publication_id: int, exports_root: str) -> None:
    """Check, approve and publish what was built; fails on a blocking finding."""
    from onestop import publication  # noqa: PLC0415

    blocking = [f for f in publication.check(connection, publication_id) if f.severity == "block"]
    if blocking:
        raise RuntimeError(f"the benchmark's month cannot be published: {blocking}")
    publication.approve(connection, publication_id, "benchmark", {})
    publication.publish(connection, publication_id, Path(exports_root))


def _take_all(order: Order) -> tuple[Steps, dict[str, int]]:
    if len(order.objects) == 1:
        return take(order, order.objects[0])
    steps, counts = Steps(), dict[str, int]()
    with multiprocessing.get_context("fork").Pool(len(order.objects)) as pool:
        for own_steps, own_counts in pool.starmap(take, [(order, path) for path in order.objects], chunksize=1):
            for name, seconds in own_steps.items():  # they run side by side: the longest counts
                steps[name] = max(steps.get(name, 0), seconds)
            for name, count in own_counts.items():
                counts[name] = counts.get(name, 0) + count
        pool.close()
        pool.join()
    return steps, counts


def main(order: Order) -> None:
    """Carry out an order and print what it took."""
    started = time.perf_counter()
    from onestop import contracts, publication, reading  # noqa: F401, PLC0415

    imported = time.perf_counter() - started
    if order.is_preloaded:
        from onestop.contracts.importing import import_great_expectations  # noqa: PLC0415

        import_great_expectations()
        started = time.perf_counter()
    steps, counts = _take_all(order)
    if order.publishes:
        steps |= publish(order)
    whole = time.perf_counter() - started
    print(json.dumps({"seconds": whole, "steps": {"imports": imported, **steps}, "counts": counts}))


if __name__ == "__main__":
    main(Order(**json.loads(sys.argv[1])))
