"""The demonstration's processes: each in a session of its own, with its output in a file, and none left behind.

A session is what a process and everything it forks share, whatever they call themselves or whoever their parent
becomes: ending a session ends them all. The sessions started are on record in a file, so that a demonstration that
was killed is cleared up by the next one.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

REPOSITORY_ROOT = Path(__file__).resolve().parents[1]
_PR_SET_PDEATHSIG = 1
_LOOPBACK = "127.0.0.1"


class ProcessEnded(Exception):  # noqa: N818 - named by what happened
    """A process that should run has ended."""

    def __init__(self, name: str, returncode: int, log_path: Path) -> None:
        """Show the end of the log, where the reason stands."""
        super().__init__(f"{name} ended with code {returncode}. The end of its log ({log_path}):\n{tail(log_path)}")


class Processes:
    """Starts processes and ends them all; use as a context manager."""

    def __init__(self, state_dir: Path) -> None:
        """Keep logs under `state_dir`/logs, and the record of sessions beside them."""
        self.log_dir = state_dir / "logs"
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self._record = state_dir / "processes.json"
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Processes:
        self._end_sessions(self._recorded())
        self._write_record()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Path:
        """Start a process and return the path of its log."""
        log_path = self.log_dir / f"{name}.log"
        with log_path.open("wb") as log:
            self._running[name] = subprocess.Popen(
                [*command],
                cwd=REPOSITORY_ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - no threads yet
            )
        self._write_record()
        return log_path

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a process and wait for its end. Raises ProcessEnded unless it ends with 0."""
        self.start(name, command, environment)
        self.wait(name)

    def wait(self, name: str) -> None:
        """Wait for the end of a started process. Raises ProcessEnded unless it ends with 0."""
        while not self.is_done(name):
            self.check()
            time.sleep(0.1)

    def is_done(self, name: str) -> bool:
        """Say whether a process that is meant to end has done so. Raises ProcessEnded unless it ended with 0."""
        if name not in self._running:
            return True
        returncode = self._running[name].poll()
        if returncode is None:
            return False
        del self._running[name]
        if returncode:
            raise ProcessEnded(name, returncode, self.log_dir / f"{name}.log")
        return True

    def pid(self, name: str) -> int:
        """Return the process number, which is also its session's."""
        return self._running[name].pid

    def check(self) -> None:
        """Raise ProcessEnded when a process has failed."""
        for name, process in self._running.items():
            if process.poll():
                raise ProcessEnded(name, process.returncode, self.log_dir / f"{name}.log")

    def has_ended(self, name: str) -> bool:
        """Say whether a process has ended by itself."""
        return self._running[name].poll() is not None

    def kill(self, name: str) -> None:
        """Kill a process and all of its session at once, as a machine that fails would."""
        self._end_sessions({str(self._running[name].pid): 0.0})
        self._running.pop(name).wait()
        self._write_record()

    def end(self, *names: str, patience_seconds: float = 15) -> None:
        """End these processes and all of their sessions: asked first, then killed, until none is left."""
        ending = {name: self._running[name] for name in reversed(names)}
        sessions = {str(process.pid): 0.0 for process in ending.values()}
        for process in ending.values():
            process.terminate()
        deadline = time.monotonic() + patience_seconds
        for process in ending.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        self._end_sessions(sessions)
        for name, process in ending.items():
            process.wait()
            del self._running[name]
        self._write_record()

    def stop(self) -> None:
        """End every process and session."""
        self.end(*self._running)

    def _end_sessions(self, sessions: Mapping[str, float]) -> None:
        """Kill what is left of these sessions. The number in the record is when the session began: older processes
        are not ours.
        """
        for _ in range(50):
            members = [process for process in psutil.process_iter() if _is_member(process, sessions)]
            if not members:
                return
            for process in members:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(members, timeout=0.2)

    def _recorded(self) -> dict[str, float]:
        try:
            recorded: dict[str, float] = json.loads(self._record.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return recorded

    def _write_record(self) -> None:
        began = {}
        for process in self._running.values():
            with contextlib.suppress(psutil.NoSuchProcess):
                began[str(process.pid)] = psutil.Process(process.pid).create_time()
        self._record.write_text(json.dumps(began))


def _is_member(process: psutil.Process, sessions: Mapping[str, float]) -> bool:
    try:
        session = str(os.getsid(process.pid))
        return (
            session in sessions
            and process.create_time() >= sessions[session]
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False


def _die_with_parent() -> None:
    """Ask Linux to end this process when the demonstration is killed and cannot do it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def reserved_port(preferred: int) -> Iterator[int]:
    """Keep a port of the loopback for a server that listens later, and may be started again: `preferred`, or one of
    the hundred after it.

    Until its server listens a port looks free to everybody: the lock keeps the next one to choose from choosing the
    same. It ends with its process, however that ends. Raises OSError when none of these ports can be had.
    """
    for port in range(preferred, preferred + 100):
        try:
            lock = (Path(tempfile.gettempdir()) / f"onestop-port-{port}.lock").open("a")
        except OSError:  # another user has it
            continue
        with lock:
            if _is_locked_now(lock) and _is_free(port):
                yield port
                return
    raise OSError(f"no port of {_LOOPBACK} from {preferred} to {preferred + 99} is free")


def _is_locked_now(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections that have ended do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True


def tail(path: Path, lines: int = 25) -> str:
    """Return the last lines of a log."""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def write_privately(path: Path, content: str) -> None:
    """Write a file under its name at once, readable by the owner only."""
    incoming = path.with_name(f"{path.name}.incoming")
    incoming.touch(mode=0o600)
    incoming.write_text(content, encoding="utf-8")
    incoming.replace(path)
