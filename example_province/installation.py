"""onestop with everything around it on one machine: embedded PostgreSQL, the example province, Airflow's four
processes.

All of its state is in one folder, and starting it again on that folder continues where it was.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from cryptography.fernet import Fernet

from example_province.processes import REPOSITORY_ROOT, Processes, reserved_port, write_privately
from example_province.progress import Progress
from onestop.warehouse import engine, upgrade
from onestop.warehouse.embedded import BI, OWNER, EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LAST_DAY_OF_DATA = "2019-05-31"
TIMEZONE = "Asia/Ho_Chi_Minh"
ADMINISTRATOR = "admin"
STARTING_TIMEOUT_SECONDS = 180

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

SCHEDULER = ("scheduler", "--skip-serve-logs")
AIRFLOW = (("api-server",), ("dag-processor",), SCHEDULER, ("triggerer", "--skip-serve-logs"))

PYTHON = sys.executable


class InstallationFailed(Exception):  # noqa: N818 - named by what happened
    """Something did not start; the message says what, and where its log is."""


class Installation:
    """The processes on one state folder; use as a context manager, which ends every one of them."""

    def __init__(
        self, state_dir: Path, *, jurisdiction: str = "bac_giang", say: Callable[[str], None] = lambda _: None
    ) -> None:
        """`jurisdiction` is the name or the path of a configuration folder; `say` is told what has been reached."""
        self.state_dir = state_dir.resolve()
        self.jurisdiction = jurisdiction
        self._say = say
        self._stack = ExitStack()
        self.server = EmbeddedServer(self.state_dir / "postgres")

    def __enter__(self) -> Installation:
        with ExitStack() as stack:
            self.state_dir.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((self.state_dir / "installation.lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InstallationFailed(
                    f"Another one is running on {self.state_dir}. End it, or name another folder with --state-dir."
                ) from None
            stack.callback(self.server.stop)
            self.processes = stack.enter_context(Processes(self.state_dir))
            self.keys = self._stored_keys()
            self.port = stack.enter_context(reserved_port(8080))
            self.environment = self._environment()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        # A signal that comes now waits until everything has ended.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING_SIGNALS)
        try:
            self._stack.close()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @property
    def address(self) -> str:
        """Where Airflow's pages are."""
        return f"http://127.0.0.1:{self.port}"

    def start(
        self, periods: Sequence[str], *, scale: float = 1.0, instead: Mapping[str, Mapping[str, Any]] | None = None
    ) -> Progress:
        """Start everything, the province `scale` times as large as it is by itself; return what watches the periods.

        `instead`: connection id → parts of the connection that Airflow is told instead of the right ones.
        """
        province = self.state_dir / "province"
        self._connections_path = connections = province / "connections.json"
        connections.unlink(missing_ok=True)
        self.processes.start(
            "province",
            [PYTHON, "-m", "example_province", "serve", "--state-dir", str(province), "--scale", str(scale)],
            {"PYTHONPATH": self.environment["PYTHONPATH"]},
        )
        self.server.start()
        self._say("PostgreSQL is up")
        self.processes.start("metadata", [PYTHON, "-m", "onestop.cli", "airflow-metadata"], self.environment)
        owner = engine(self.server.url("warehouse", OWNER))
        upgrade(owner)
        owner.dispose()
        self._say("the warehouse is migrated")
        self.processes.wait("metadata")
        self._say("Airflow's metadata database is migrated")
        self.wait_for("the example province", connections.exists)
        self._say("the example province answers")
        self._tell_connections(instead or {})
        for command in AIRFLOW:
            self.processes.start(command[0], self._airflow(*command), self.environment)
        progress = Progress(engine(self.server.airflow_url), periods)
        self.wait_for("Airflow's api-server", self._answers)
        self._say("Airflow's api-server answers")
        self.wait_for("the DAGs", progress.dags_are_known)
        self._say("Airflow knows the DAGs")
        return progress

    def airflow(self, *arguments: str) -> None:
        """Run an `airflow …` command to its end. Raises ProcessEnded with its output unless it ends with 0."""
        self.processes.run(f"airflow-{arguments[0]}", self._airflow(*arguments), self.environment)
        self._say(f"airflow {' '.join(arguments)}")

    def restart_scheduler(self) -> None:
        """End the scheduler and start it again, with the right connections."""
        self._tell_connections({})
        self.processes.end(SCHEDULER[0])
        self.processes.start(SCHEDULER[0], self._airflow(*SCHEDULER), self.environment)

    def kill_scheduler(self) -> None:
        """Kill the scheduler with its workers and their tasks, and start another one."""
        self.processes.kill(SCHEDULER[0])
        self.processes.start(SCHEDULER[0], self._airflow(*SCHEDULER), self.environment)

    def restart_what_ended(self) -> list[str]:
        """Start Airflow's processes again that have ended by themselves, as a supervisor would; return their names."""
        ended = [command for command in AIRFLOW if self.processes.has_ended(command[0])]
        for command in ended:
            self.processes.end(command[0])
            self.processes.start(command[0], self._airflow(*command), self.environment)
        return [command[0] for command in ended]

    def wait_for(self, what: str, is_so: Callable[[], bool], timeout_seconds: float = STARTING_TIMEOUT_SECONDS) -> None:
        """Wait until something is so. Raises InstallationFailed when it takes too long, ProcessEnded when one has
        died.
        """
        deadline = time.monotonic() + timeout_seconds
        while not is_so():
            self.processes.check()
            if time.monotonic() > deadline:
                raise InstallationFailed(
                    f"{what}: not there after {timeout_seconds:.0f} s. The logs are in {self.processes.log_dir}."
                )
            time.sleep(0.25)

    def _tell_connections(self, instead: Mapping[str, Mapping[str, Any]]) -> None:
        connections: dict[str, dict[str, Any]] = json.loads(self._connections_path.read_text())
        self.environment |= {
            f"AIRFLOW_CONN_{name.upper()}": json.dumps({**connection, **instead.get(name, {})})
            for name, connection in connections.items()
        }
        self._write_environment()

    def _write_environment(self) -> None:
        """Keep the environment for engineers: `. .onestop/environment`, then `airflow …` and `./onestop …` work."""
        lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(self.environment.items())]
        write_privately(self.state_dir / "environment", "".join(lines))

    def _airflow(self, *arguments: str) -> list[str]:
        return [PYTHON, "-m", "airflow", *arguments]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/api/v2/version", timeout=5).is_success
        except httpx.TransportError:
            return False

    def _environment(self) -> dict[str, str]:
        """Give what Airflow's processes and onestop read from the environment."""
        home = self.state_dir / "airflow"
        airflow = {
            "CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__DAGS_FOLDER": str(REPOSITORY_ROOT / "dags"),
            "CORE__PLUGINS_FOLDER": str(REPOSITORY_ROOT / "plugins"),
            "CORE__DEFAULT_TASK_RETRY_DELAY": "3",
            "CORE__DEFAULT_TIMEZONE": TIMEZONE,
            "CORE__EXECUTION_API_SERVER_URL": f"{self.address}/execution/",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__FERNET_KEY": self.keys["fernet_key"],
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__PARALLELISM": "16",
            "DATABASE__SQL_ALCHEMY_CONN": self.server.airflow_url,
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self.port),
            "API__BASE_URL": self.address,
            "API__SECRET_KEY": self.keys["secret_key"],
            "API__WORKERS": "1",
            "API_AUTH__JWT_SECRET": self.keys["jwt_secret"],
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
            "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
            # After a scheduler that was killed, its tasks are taken up within a minute instead of five.
            "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
            "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
            # A worker may miss the end of its task, and then sleeps this long before it takes the next (default 5 s).
            "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        }
        onestop = {
            "ADMIN_PASSWORD": self.keys["admin_password"],
            "BI_URL": self.server.url("warehouse", BI),
            "HOME": str(self.state_dir),
            "IDENTITY_KEY": self.keys["identity_key"],
            "JURISDICTION": self.jurisdiction,
            "OWNER_URL": self.server.url("warehouse", OWNER),
            "SCHEDULE_UNTIL": LAST_DAY_OF_DATA,
            "WAREHOUSE_URL": self.server.url("warehouse"),
        }
        return {
            "AIRFLOW_HOME": str(home),
            "PYTHONPATH": os.pathsep.join(str(REPOSITORY_ROOT / folder) for folder in ("plugins", "config", ".")),
            **{f"AIRFLOW__{name}": value for name, value in airflow.items()},
            **{f"ONESTOP_{name}": value for name, value in onestop.items()},
        }

    def _stored_keys(self) -> dict[str, str]:
        """Secrets, made once for a state folder and readable by its owner only."""
        path = self.state_dir / "secrets.json"
        if not path.exists():
            keys = {
                "fernet_key": Fernet.generate_key().decode(),
                "jwt_secret": secrets.token_urlsafe(64),
                "secret_key": secrets.token_urlsafe(32),
                "identity_key": secrets.token_urlsafe(32),
                "admin_password": secrets.token_urlsafe(12),
            }
            write_privately(path, json.dumps(keys))
        stored: dict[str, str] = json.loads(path.read_text())
        return stored
