"""What is broken: by itself, so that collecting has something to get over, and on request, for tests.

Lasting: Công an tỉnh refuses its password always; Thanh tra tỉnh answers 503 for the whole of 2019-03. Passing: some
pages of the REST services fail at the first request for them and come at the next.
On request: `faults.json` in the state folder, {source: {"fault": FAULT, "periods": [..] or null}}, read whenever it
changes; also by POST and DELETE on /admin/faults/{source}. {"fault": "none"} repairs what is broken by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from example_province.catalogue import number_of

UNAUTHORISED, UNAVAILABLE, CUT_OFF, SLOW, NOT_READY, NONE = (
    "unauthorised", "unavailable", "cut_off", "slow", "not_ready", "none"
)  # fmt: skip
FAULTS = (UNAUTHORISED, UNAVAILABLE, CUT_OFF, SLOW, NOT_READY, NONE)
"""REST knows the first four; SFTP `unauthorised`, `cut_off` and `not_ready`."""

LASTING: Mapping[str, tuple[str, str | None]] = {
    "cong_an_tinh": (UNAUTHORISED, None),
    "thanh_tra_tinh": (UNAVAILABLE, "2019-03"),
}
"""Source → fault, and the month it is about (None: all)."""

SLOW_ONCE = ("so_xay_dung", "2019-02")
"""This one does not answer in time, once."""

_FAILING_PAGES = 6
"""One page in so many fails once."""

_FIRST_FAULTS = (UNAVAILABLE, CUT_OFF)


class Faults:
    """What is broken at the moment. Thread-safe; what has failed once is remembered as long as the servers run."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.seed = path, seed
        self._spent: set[tuple[str, str, str]] = set()
        self._lock = Lock()
        self._requested: dict[str, dict[str, Any]] = {}
        self._read_at: int | None = None

    def lasting(self, source: str, period: str | None) -> str | None:
        """Return what is broken about a source in a month; without a month only what is broken in all."""
        with self._lock:
            requested = self._requests().get(source)
        if requested is not None:
            periods = requested.get("periods")
            if periods is None or period in periods:
                return None if requested["fault"] == NONE else str(requested["fault"])
            return None
        fault, month = LASTING.get(source, (None, None))
        return fault if month is None or month == period else None

    def of_page(self, source: str, period: str, place: str) -> str | None:
        """Return how this request for a page fails, if it does; a passing fault only once."""
        if fault := self.lasting(source, period):
            return fault
        passing = self._passing(source, period, place)
        with self._lock:
            if passing is None or (source, period, place) in self._spent:
                return None
            self._spent.add((source, period, place))
            return passing

    def _passing(self, source: str, period: str, place: str) -> str | None:
        if (source, period) == SLOW_ONCE:
            return SLOW
        drawn = number_of(self.seed, "fault", source, period, place)
        return None if drawn % _FAILING_PAGES else _FIRST_FAULTS[drawn // _FAILING_PAGES % len(_FIRST_FAULTS)]

    def request(self, source: str, fault: str, periods: list[str] | None = None) -> None:
        """Break a source, or repair it (`none`). Raises ValueError for a fault there is not."""
        if fault not in FAULTS:
            raise ValueError(f"{fault!r} is no fault: expected one of {', '.join(FAULTS)}")
        self._change(source, {"fault": fault, "periods": periods})

    def withdraw(self, source: str) -> None:
        """Leave a source to what is broken by itself."""
        self._change(source, None)

    def _change(self, source: str, entry: dict[str, Any] | None) -> None:
        with self._lock:
            requests = dict(self._requests())
            requests.pop(source, None)
            if entry is not None:
                requests[source] = entry
            incoming = self.path.with_suffix(".incoming")
            incoming.write_text(json.dumps(requests, indent=1), encoding="utf-8")
            incoming.replace(self.path)
            self._requested, self._read_at = requests, self.path.stat().st_mtime_ns

    def _requests(self) -> dict[str, dict[str, Any]]:
        try:
            changed_at = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            self._requested, self._read_at = {}, None
            return self._requested
        if changed_at != self._read_at:
            self._requested, self._read_at = json.loads(self.path.read_text(encoding="utf-8")), changed_at
        return self._requested
