"""The peers that do the same from the same file, in an environment of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from ruamel.yaml import YAML

from benchmarks.processes import Run, run
from benchmarks.server import Server
from onestop.warehouse.embedded import SUPERUSER

_HERE = Path(__file__).with_name("peers")
_UV = Path(sys.executable).with_name("uv")

_VERSIONS = """
import importlib.metadata, json
print(json.dumps({name: importlib.metadata.version(name) for name in ("dlt", "dbt-core", "pandas")}))
"""

Figures = dict[str, tuple[int, int]]
"""By unit: dossiers handled online, and all."""


@dataclass(frozen=True)
class PeerRun:
    """What a peer took (its processes one after another), and the figures it found."""

    seconds: float
    peak_mb: float
    cpu_seconds: float
    figures: Figures


class Peers:
    """The peers, installed below a folder."""

    def __init__(self, folder: Path, server: Server) -> None:
        self._folder, self._server = folder / "peers", server
        self._venv = folder / "peers-venv"
        self._folder.mkdir(exist_ok=True)

    def install(self) -> None:
        """Install the locked versions, compiled as ours are."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        python = self._venv / "bin" / "python"
        uv = str(_UV) if _UV.exists() else "uv"
        if not python.exists():
            subprocess.run(
                [uv, "venv", "--quiet", "--python", sys.executable, str(self._venv)], check=True, env=environment
            )
        subprocess.run(
            [uv, "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python", str(python),
             str(_HERE / "requirements.txt")],
            check=True, env=environment,
        )  # fmt: skip

    def versions(self) -> dict[str, str]:
        """Return the versions of what was installed by name."""
        return self._python(["-c", _VERSIONS]).said

    def naive_pandas(self, csv_file: Path) -> PeerRun:
        """Load with pandas and `to_sql`."""
        url = self._database()
        done = self._python([str(_HERE / "naive_pandas.py"), url, str(csv_file)])
        figures = self._figures('select "DonViXuLy", numerator, denominator from naive_compliance')
        return PeerRun(done.seconds, done.peak_mb, done.cpu_seconds, figures)

    def dlt_and_dbt(self, csv_file: Path) -> PeerRun:
        """Load with dlt, then type, judge and count with dbt, and run dbt's tests."""
        url = self._database()
        work = self._folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        self._write_profile(work)
        loaded = self._python([str(_HERE / "dlt_load.py"), url, str(csv_file), str(work)])
        built = self._python(
            ["-m", "dbt.cli.main", "--no-send-anonymous-usage-stats", "build", "--project-dir", str(_HERE / "dbt"),
             "--profiles-dir", str(work), "--target-path", str(work / "target"), "--log-path", str(work)]
        )  # fmt: skip
        figures = self._figures("select unit_code, numerator, denominator from public.compliance")
        return PeerRun(
            loaded.seconds + built.seconds,
            max(loaded.peak_mb, built.peak_mb),
            loaded.cpu_seconds + built.cpu_seconds,
            figures,
        )

    def _python(self, arguments: list[str]) -> Run:
        return run(arguments, python=self._venv / "bin" / "python", cwd=self._folder, log=self._folder / "log.txt")

    def _database(self) -> str:
        self._server.empty("peer")
        self._server.settle()
        return f"postgresql://{SUPERUSER}:unused@localhost/peer?host={self._server.embedded.socket_dir}"

    def _figures(self, query: str) -> Figures:
        connection = self._server.connect("peer")
        try:
            return read_figures(connection, query)
        finally:
            connection.close()

    def _write_profile(self, work: Path) -> None:
        target = {
            "type": "postgres",
            "host": str(self._server.embedded.socket_dir),
            "port": 5432,
            "user": SUPERUSER,
            "password": "",
            "dbname": "peer",
            "schema": "public",
            "threads": 2,
        }
        with (work / "profiles.yml").open("w", encoding="utf-8") as stream:
            YAML().dump({"benchmark": {"target": "benchmark", "outputs": {"benchmark": target}}}, stream)


def read_figures(connection: psycopg2.extensions.connection, query: str) -> Figures:
    """Return figures by unit; units without a dossier are left out, because a peer has no roster."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {unit: (int(numerator), int(whole)) for unit, numerator, whole in cursor.fetchall() if whole}
