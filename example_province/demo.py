"""The whole pipeline on the example province, as `make demo` and `make demo-once` run it.

Starts the embedded PostgreSQL, the province's source systems and Airflow; collects January to April 2019 with
`airflow backfill create`; waits for the publications; prints the published table beside the dispatch's figures.
Everything it makes is in one state folder (.onestop): the next run finds it there, collects nothing twice and changes
no figure.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from cryptography.fernet import Fernet
from example_province.comparison import compare, comparison_table
from rich.console import Console

from example_province.processes import REPOSITORY_ROOT, ProcessEnded, Processes, free_port
from example_province.progress import Progress, follow
from onestop.warehouse import engine, upgrade
from onestop.warehouse.embedded import BI, OWNER, EmbeddedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PERIODS = ("2019-01", "2019-02", "2019-03", "2019-04")
LAST_DAY_OF_DATA = "2019-05-31"
TIMEZONE = "Asia/Ho_Chi_Minh"
ADMINISTRATOR = "admin"
STARTING_TIMEOUT_SECONDS = 180

PYTHON = sys.executable
AIRFLOW = [PYTHON, "-m", "airflow"]


class DemoFailed(Exception):  # noqa: N818 - named by what happened
    """The demonstration did not come to its end; the message says where to look."""


class Stopped(BaseException):
    """SIGTERM, SIGHUP or Ctrl-C."""


@dataclass(frozen=True)
class Clock:
    """Where the time goes: the seconds since the demonstration began, printed with each step."""

    console: Console
    began: float

    def say(self, text: str) -> None:
        """Print a step with the time."""
        self.console.print(f"[dim]{time.monotonic() - self.began:6.1f} s[/]  {text}", highlight=False)


def run(*, state_dir: Path, once: bool, scale: float = 1.0) -> int:
    """Run the demonstration; return 0 when every published figure agrees with the dispatch.

    Stays up until Ctrl-C unless `once`. Ends every process it has started, however it ends.
    """
    console = Console(highlight=False)
    clock = Clock(console, time.monotonic())
    try:
        with _stopped_by_signals(), _only_one(state_dir), ExitStack() as stack:
            return _run(stack, clock, state_dir, once=once, scale=scale)
    except Stopped:
        console.print("Stopped; every process has ended.")
        return 130
    except (DemoFailed, ProcessEnded) as error:
        console.print(f"[bold red]The demonstration failed.[/]\n{error}", markup=True)
        return 1


def _run(stack: ExitStack, clock: Clock, state_dir: Path, *, once: bool, scale: float) -> int:
    server = EmbeddedServer(state_dir / "postgres")
    stack.callback(server.stop)
    processes = stack.enter_context(Processes(state_dir))

    keys = _keys(state_dir)
    province = state_dir / "province"
    connections_path = province / "connections.json"
    connections_path.unlink(missing_ok=True)
    processes.start(
        "province",
        [PYTHON, "-m", "example_province", "serve", "--state-dir", str(province), "--scale", str(scale)],
        {"PYTHONPATH": _python_path()},
    )
    server.start()
    clock.say("PostgreSQL is up")

    port = free_port(8080)
    environment = _environment(state_dir, server, keys, port)
    processes.start("metadata", [PYTHON, "-m", "onestop.cli", "airflow-metadata"], environment)
    owner_engine = engine(server.url("warehouse", OWNER))
    upgrade(owner_engine)
    clock.say("the warehouse is migrated")
    processes.wait("metadata")
    clock.say("Airflow's metadata database is ready")

    _wait(processes, "the example province", connections_path.exists)
    clock.say("the example province answers")
    environment |= {
        f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection)
        for name, connection in json.loads(connections_path.read_text()).items()
    }
    for name, arguments in {
        "api-server": ["api-server"],
        "dag-processor": ["dag-processor"],
        "scheduler": ["scheduler", "--skip-serve-logs"],
        "triggerer": ["triggerer", "--skip-serve-logs"],
    }.items():
        processes.start(name, [*AIRFLOW, *arguments], environment)
    airflow_engine = engine(server.airflow_url)
    progress = Progress(airflow_engine, PERIODS)
    _wait(processes, "Airflow's api-server", lambda: _answers(port))
    clock.say("Airflow's api-server answers")
    _wait(processes, "the DAGs", progress.dags_are_known)
    clock.say("the DAGs are known")

    if progress.months_to_collect():
        processes.run("backfill", [*AIRFLOW, *_backfill()], environment)
        clock.say("`airflow " + " ".join(_backfill()) + "`")
    else:
        clock.say("the four months have been collected before; nothing is collected twice")
    follow(progress, clock.console, check=processes.check)
    clock.say("the four months are published")

    loader_engine = engine(server.url("warehouse", BI))
    comparison = compare(loader_engine)
    clock.console.print(comparison_table(comparison))
    agrees = all(row.agrees for row in comparison)
    clock.say("every figure agrees with the dispatch" if agrees else "[bold red]figures differ from the dispatch[/]")
    for an_engine in (owner_engine, airflow_engine, loader_engine):
        an_engine.dispose()
    if once:
        return 0 if agrees else 1

    clock.console.print(
        f"\nThe page:   http://127.0.0.1:{port}/plugin/onestop\n"
        f"Airflow:    http://127.0.0.1:{port}/\n"
        f"Login:      {ADMINISTRATOR} / {keys['admin_password']}\n"
        f"Warehouse:  {server.url('warehouse', BI)}\n"
        f"Logs:       {processes.log_dir}\n"
        "All dossiers are synthetic. Ctrl-C ends everything; the next `make demo` finds it as it is.",
        highlight=False,
    )
    while True:
        processes.check()
        time.sleep(1)


def _environment(state_dir: Path, server: EmbeddedServer, keys: dict[str, str], port: int) -> dict[str, str]:
    """Give what Airflow's processes and onestop read from the environment."""
    home = state_dir / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    airflow = {
        "CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__DAGS_FOLDER": str(REPOSITORY_ROOT / "dags"),
        "CORE__PLUGINS_FOLDER": str(REPOSITORY_ROOT / "plugins"),
        "CORE__DEFAULT_TASK_RETRY_DELAY": "3",
        "CORE__DEFAULT_TIMEZONE": TIMEZONE,
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__FERNET_KEY": keys["fernet_key"],
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__MAX_ACTIVE_TASKS_PER_DAG": "8",
        "CORE__PARALLELISM": "16",
        "DATABASE__SQL_ALCHEMY_CONN": server.airflow_url,
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__SECRET_KEY": keys["secret_key"],
        "API__WORKERS": "1",
        "API_AUTH__JWT_SECRET": keys["jwt_secret"],
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        # A worker may miss the end of its task and sleep for this long before it takes the next one (default 5).
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    onestop = {
        "ADMIN_PASSWORD": keys["admin_password"],
        "BI_URL": server.url("warehouse", BI),
        "HOME": str(state_dir),
        "IDENTITY_KEY": keys["identity_key"],
        "JURISDICTION": "bac_giang",
        "OWNER_URL": server.url("warehouse", OWNER),
        "SCHEDULE_UNTIL": LAST_DAY_OF_DATA,
        "WAREHOUSE_URL": server.url("warehouse"),
    }
    return {
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": _python_path(),
        **{f"AIRFLOW__{name}": value for name, value in airflow.items()},
        **{f"ONESTOP_{name}": value for name, value in onestop.items()},
    }


def _python_path() -> str:
    return os.pathsep.join(str(REPOSITORY_ROOT / folder) for folder in ("plugins", "config", "."))


def _backfill() -> list[str]:
    return [
        "backfill", "create", "--dag-id", "collect_dossiers",
        "--from-date", "2019-01-01T00:00+07:00", "--to-date", "2019-04-30T00:00+07:00",
        "--max-active-runs", str(len(PERIODS)), "--reprocess-behavior", "failed",
    ]  # fmt: skip


def _keys(state_dir: Path) -> dict[str, str]:
    """Secrets, made once for a state folder and readable by its owner only."""
    path = state_dir / "secrets.json"
    if not path.exists():
        keys = {
            "fernet_key": Fernet.generate_key().decode(),
            "jwt_secret": secrets.token_urlsafe(64),
            "secret_key": secrets.token_urlsafe(32),
            "identity_key": secrets.token_urlsafe(32),
            "admin_password": secrets.token_urlsafe(12),
        }
        incoming = path.with_suffix(".incoming")
        incoming.touch(mode=0o600)
        incoming.write_text(json.dumps(keys))
        incoming.replace(path)
    stored: dict[str, str] = json.loads(path.read_text())
    return stored


def _wait(processes: Processes, what: str, is_ready: Any) -> None:
    deadline = time.monotonic() + STARTING_TIMEOUT_SECONDS
    while not is_ready():
        processes.check()
        if time.monotonic() > deadline:
            raise DemoFailed(
                f"{what} did not answer within {STARTING_TIMEOUT_SECONDS} s. The logs are in {processes.log_dir}."
            )
        time.sleep(0.25)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/v2/version", timeout=5).is_success
    except httpx.TransportError:
        return False


@contextmanager
def _only_one(state_dir: Path) -> Iterator[None]:
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoFailed(
                f"Another demonstration is running on {state_dir}. End it, or give this one its own folder "
                "with --state-dir."
            ) from None
        yield


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """Turn the signals that end a program into an exception, so that everything started is ended."""

    def stop(*_: object) -> None:
        for number in numbers:  # a second Ctrl-C must not interrupt the cleaning up
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
