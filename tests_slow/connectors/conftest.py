"""Servers that come as Debian packages (mariadb-server, dovecot-imapd), started by the tests on loopback."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onestop.landing import Landing


def program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None:
        pytest.fail(f"{name} is not installed: apt-get install --no-install-recommends {package}")
    return found


@contextmanager
def started(command: list[str], is_up: Callable[[], bool], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends; it must answer within half a minute."""
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            for _ in range(300):
                if is_up():
                    break
                if process.poll() is not None:
                    pytest.fail(f"{command[0]} ended: {log.read_text(errors='replace')[-2000:]}")
                time.sleep(0.1)
            else:
                pytest.fail(f"{command[0]} does not answer: {log.read_text(errors='replace')[-2000:]}")
            yield process
        finally:
            process.terminate()
            process.wait(20)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")
