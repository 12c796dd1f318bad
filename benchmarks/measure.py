"""What is measured, in which order: every run stands between two measurements of the limit, and runs alternate."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks import data, limit, province
from benchmarks.history import Loading, Measuring
from benchmarks.month import Order
from benchmarks.peer_runs import Figures, Peers, read_figures
from benchmarks.processes import Run, run
from benchmarks.server import Server
from onestop import warehouse
from onestop.landing import Landing
from onestop.publication.revision import Kind

MONTH = "2019-04"
STREAM_COUNTS = (1, 2)
LARGE = 5_000_000
"""From this size on, one repetition, the first load only and no peer."""

HISTORY_MONTH = "2020-12"
HISTORY_SPANS = (1, 12, 36, 60)
_A_YEAR_BEFORE = "2019-12"
_WORKING = "benchmark"
_ONE_MONTH = "benchmark_one_month"
_IMPORTING = "from onestop.contracts import importing; importing.import_great_expectations()"
_FIGURES = """
    select unit_name_vi, numerator, denominator
    from bi.compliance_month
    where period = '2019-04' and metric_id = 'resolved_all' and scope = 'total'
"""


@dataclass(frozen=True)
class Record:
    """One run. `limit` is the mean of the limits measured right before and after it."""

    what: str
    dossiers: int
    streams: int
    is_preloaded: bool
    seconds: float
    limit: float
    peak_mb: float
    largest_process_mb: float
    wal_mb: float
    cpu_seconds: float
    """Of processors, by our processes and the server together."""
    limit_cpu_seconds: float
    steps: dict[str, float]
    counts: dict[str, int]


@dataclass
class Bench:
    """The server, the folder of files and landed deliveries, and what was measured so far."""

    server: Server
    folder: Path
    say: Callable[[str], None]
    records: list[Record] = field(default_factory=list)
    limits: dict[int, list[float]] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    agreements: dict[str, bool] = field(default_factory=dict)
    """By peer and size: whether its figures are ours, unit by unit."""
    peer_versions: dict[str, str] = field(default_factory=dict)
    import_seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.landing = Landing(self.folder / "landing")
        self.files = self.folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        self._figures: dict[int, Figures] = {}
        self._provinces: dict[int, province.Province] = {}
        self._whole_files: dict[int, Path] = {}

    def month(self, sizes: Sequence[int], repetitions: int, peer_repetitions: int) -> None:
        """Measure the month of every size: ours by one source and by two, the reruns, the peers."""
        cases = [_Case(self, dossiers, streams) for dossiers in sizes for streams in STREAM_COUNTS]
        peers = Peers(self.folder, self.server) if peer_repetitions else None
        if peers is not None:
            peers.install()
            self.peer_versions = peers.versions()
        for repetition in range(repetitions):
            self.import_seconds.append(run(["-c", _IMPORTING], log=self.folder / "log.txt").seconds)
            for case in cases:
                if repetition and case.dossiers >= LARGE:
                    continue
                case.first(is_preloaded=False)
                if case.dossiers < LARGE:
                    case.first(is_preloaded=True)
                    case.again()
                if peers is not None and repetition < peer_repetitions and case.streams == 1 and case.dossiers < LARGE:
                    self._peers(peers, case)

    def spans(self, dossiers_a_month: int, repetitions: int) -> None:
        """Measure publishing a month with more and more months of history before it."""
        months = [f"{year}-{month:02d}" for year in range(2016, 2021) for month in range(1, 13)][::-1]
        loaded = 0
        for span in HISTORY_SPANS:
            first = date.fromisoformat(f"{months[span - 1]}-01")
            made = province.make(
                self.folder / f"province_history_{span}", stream_count=1, expected_from=first, month=HISTORY_MONTH
            )
            if loaded:
                self.server.synchronise(_WORKING, made.jurisdiction)
            else:
                self.server.warehouse(_WORKING, made.jurisdiction)
            base = self._order(made, HISTORY_MONTH, [], is_preloaded=True)
            deliveries = [(month, self._land(made, month, dossiers_a_month, "whole")) for month in months[loaded:span]]
            publications: list[tuple[str, Kind]] = [(HISTORY_MONTH, "provisional")]
            late = []
            if span > 1:
                publications.insert(0, (months[1], "official"))
                # Of a month that the last publication counted one dossier in twenty is another since; of another month
                # for every span.
                changed = months[1 + HISTORY_SPANS.index(span)]
                late = [(changed, self._land(made, changed, dossiers_a_month, "whole", again="changed"))]
            log = self.folder / "log.txt"
            run(Loading(base, deliveries, publications).arguments, log=log)
            self.server.vacuum(_WORKING)  # as autovacuum has done with what is older than some minutes
            run(Loading(base, late, []).arguments, log=log)
            if not loaded:
                self.server.copy(_WORKING, _ONE_MONTH)
                one_month = replace(base, warehouse_url=self.server.embedded.url(_ONE_MONTH))
            self.server.settle()
            done = run(Measuring([one_month, base], repetitions).arguments, log=log)
            loaded = span
            of_one, measured = done.said["medians"]
            self.history.append(
                {"months": span, "dossiers_a_month": dossiers_a_month, "one_month": of_one["publish"], **measured}
            )
            self.say(
                f"history of {span} months of {dossiers_a_month:,}: published in {measured['publish']:.2f} s, "
                f"{measured['publish'] / of_one['publish']:.2f} of what one month takes in turns with it"
            )
        self.server.drop(_ONE_MONTH)

    def measure_limit(self, dossiers: int) -> tuple[float, float]:
        """Measure the limit now: seconds, and seconds of processors."""
        with closing(self.server.connect(self._limit_database())) as connection:
            binary_file = self.files / f"{dossiers}.binary"
            if not binary_file.exists():
                limit.prepare(connection, self._whole_file(dossiers), binary_file)
                binary_file.chmod(0o644)  # the server reads it itself, as its own user
            self.server.settle()
            cpu = self.server.cpu_seconds()
            seconds = limit.measure(connection, binary_file).seconds
            cpu = self.server.cpu_seconds() - cpu
        self.limits.setdefault(dossiers, []).append(seconds)
        return seconds, cpu

    def measured(self, what: str, case: _Case, is_preloaded: bool, work: Callable[[], Run]) -> Run:
        """Do the work between two measurements of the limit, and record it."""
        before, limit_cpu = self.measure_limit(case.dossiers)
        self.server.settle()
        wal, cpu = self.server.wal_bytes(), self.server.cpu_seconds()
        done = work()
        wal, cpu = self.server.wal_bytes() - wal, self.server.cpu_seconds() - cpu
        after, limit_cpu_after = self.measure_limit(case.dossiers)
        mean = (before + after) / 2
        seconds = float(done.said["seconds"]) if is_preloaded else done.seconds
        record = Record(
            what=what,
            dossiers=case.dossiers,
            streams=case.streams,
            is_preloaded=is_preloaded,
            seconds=seconds,
            limit=mean,
            peak_mb=done.peak_mb,
            largest_process_mb=done.largest_process_mb,
            wal_mb=wal / 1e6,
            cpu_seconds=cpu + done.cpu_seconds,
            limit_cpu_seconds=(limit_cpu + limit_cpu_after) / 2,
            steps=done.said.get("steps", {}),
            counts=done.said.get("counts", {}),
        )
        self.records.append(record)
        self.say(
            f"{case.dossiers:>10,} {what}, {case.streams} source(s){', imported before' if is_preloaded else ''}: "
            f"{seconds:.2f} s = {seconds / mean:.2f} L, {done.peak_mb:.0f} MB, WAL {wal / 1e6:.0f} MB"
        )
        return done

    def _peers(self, peers: Peers, case: _Case) -> None:
        csv_file = self._whole_file(case.dossiers)
        for name, work in (("naive pandas", peers.naive_pandas), ("dlt + dbt", peers.dlt_and_dbt)):
            found: list[Figures] = []

            def measured(work: Callable[[Path], Any] = work, found: list[Figures] = found) -> Run:
                done = work(csv_file)
                found.append(done.figures)
                return Run(done.seconds, done.peak_mb, done.peak_mb, done.cpu_seconds, {})

            self.measured(name, case, False, measured)
            self.agreements[f"{name}, {case.dossiers:,}"] = found[0] == self._figures[case.dossiers]
        self.server.drop("peer")

    def remember_figures(self, case: _Case) -> None:
        """Keep what was published, and hold it against what was published before."""
        with closing(self.server.connect(_WORKING)) as connection:
            figures = read_figures(connection, _FIGURES)
        known = self._figures.setdefault(case.dossiers, figures)
        self.agreements[f"ours by {case.streams} source(s), {case.dossiers:,}"] = figures == known

    def index_months(self) -> float:
        """Make the indexes of new months, as the pipeline does when it has published, and return how long it took."""
        engine = warehouse.engine(self.server.embedded.url(_WORKING))
        started = time.perf_counter()
        with engine.begin() as connection:
            warehouse.index_months(connection)
        seconds = time.perf_counter() - started
        engine.dispose()
        return seconds

    def _limit_database(self) -> str:
        self.server.empty("benchmark_limit")
        return "benchmark_limit"

    def _whole_file(self, dossiers: int) -> Path:
        if dossiers not in self._whole_files:
            self._whole_files[dossiers] = self._file(self.made_for(1), MONTH, dossiers, None)
        return self._whole_files[dossiers]

    def made_for(self, streams: int) -> province.Province:
        """Return the benchmark's jurisdiction with a number of sources."""
        if streams not in self._provinces:
            folder, first_day = self.folder / f"province_{streams}", date.fromisoformat(f"{MONTH}-01")
            self._provinces[streams] = province.make(folder, stream_count=streams, expected_from=first_day, month=MONTH)
        return self._provinces[streams]

    def _file(
        self,
        made: province.Province,
        month: str,
        dossiers: int,
        source_id: str | None,
        *,
        is_changed: bool = False,
    ) -> Path:
        with closing(self.server.connect()) as connection:
            return data.make_csv(
                connection,
                self.files,
                made,
                month=month,
                dossiers=dossiers,
                source_id=source_id,
                is_changed=is_changed,
                one_open_of=_one_open_of(month),
            )

    def _land(
        self, made: province.Province, month: str, dossiers: int, source_id: str, *, again: str | None = None
    ) -> str:
        csv_file = self._file(made, month, dossiers, source_id, is_changed=again == "changed")
        pulled_at = datetime(2021, 2, 1, tzinfo=UTC)
        end = b"\n" if again == "same dossiers" else b""
        landed = data.land(self.landing, made, csv_file, source_id=source_id, month=month, pulled_at=pulled_at, end=end)
        return landed.object_path

    def land_all(self, made: province.Province, dossiers: int, again: str | None = None) -> list[str]:
        """Land one delivery of each source, and return their objects."""
        return [self._land(made, MONTH, dossiers, stream.source_id, again=again) for stream in made.streams]

    def _order(
        self, made: province.Province, month: str, objects: list[str], *, is_preloaded: bool, into: str = _WORKING
    ) -> Order:
        return Order(
            jurisdiction=str(made.folder),
            warehouse_url=self.server.embedded.url(into),
            landing_root=str(self.folder / "landing"),
            exports_root=str(self.folder / "exports" / into),
            month=month,
            objects=objects,
            is_preloaded=is_preloaded,
        )

    def publish(self, made: province.Province, objects: list[str], *, is_preloaded: bool, into: str = _WORKING) -> Run:
        """Take the deliveries into a warehouse and publish the month, in a process of its own."""
        order = self._order(made, MONTH, objects, is_preloaded=is_preloaded, into=into)
        return run(order.arguments, log=self.folder / f"{into}.log")


def _one_open_of(month: str) -> int | None:
    """Of how many dossiers of a month one is still open when the month of the benchmark is published."""
    if month in {MONTH, HISTORY_MONTH}:
        return None
    # The longer history must not have more to carry over: what is open after a year is rare.
    return 200 if month >= _A_YEAR_BEFORE else 20_000


class _Case:
    """One size and number of sources: its deliveries landed, and an empty warehouse to copy."""

    def __init__(self, bench: Bench, dossiers: int, streams: int) -> None:
        self.bench, self.dossiers, self.streams = bench, dossiers, streams
        self._province = bench.made_for(streams)
        self._empty = f"benchmark_empty_{streams}"
        bench.server.warehouse(self._empty, self._province.jurisdiction)
        self._objects = bench.land_all(self._province, dossiers)
        self._rerun = {
            what: bench.land_all(self._province, dossiers, what)
            for what in (("same dossiers", "changed") if dossiers < LARGE else ())
        }

    def first(self, *, is_preloaded: bool) -> None:
        """Take the month into an empty warehouse and publish it."""
        self.bench.server.copy(self._empty, _WORKING)
        self._measured("first load", self._objects, is_preloaded)
        self.bench.records[-1].steps["indexes"] = self.bench.index_months()
        self.bench.remember_figures(self)

    def again(self) -> None:
        """Take it again: the same bytes, the same dossiers in other bytes, and with one of twenty changed."""
        self.bench.server.vacuum(_WORKING)  # as autovacuum does within minutes; its writing is not the rerun's
        self._measured("same bytes", self._objects, True)
        for what, objects in self._rerun.items():
            self._measured(what, objects, True)

    def _measured(self, what: str, objects: list[str], is_preloaded: bool) -> None:
        self.bench.measured(
            what, self, is_preloaded, lambda: self.bench.publish(self._province, objects, is_preloaded=is_preloaded)
        )
