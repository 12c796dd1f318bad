"""Two installations on one machine. A failure here means: the second one's api-server dies of an address in use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from example_province.installation import Installation
from example_province.processes import REPOSITORY_ROOT, reserved_port


@pytest.fixture
def preferred() -> int:
    """A port that nobody has, and that the kernel gives to nobody who asks for any."""
    for port in range(20_000 + os.getpid() % 100 * 100, 32_000, 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("every port is taken")


def test_two_installations_started_at_once_have_ports_of_their_own(tmp_path: Path) -> None:
    with Installation(tmp_path / "one") as one, Installation(tmp_path / "other") as other:
        assert one.address != other.address
        assert other.environment["AIRFLOW__API__PORT"] == str(other.port)


def test_a_port_is_kept_before_anybody_listens_and_free_again_afterwards(preferred: int) -> None:
    with reserved_port(preferred) as first, reserved_port(preferred) as second:
        assert (first, second) == (preferred, preferred + 1)
    with reserved_port(preferred) as again:
        assert again == preferred


def test_a_port_on_which_somebody_listens_is_passed_over(preferred: int) -> None:
    with socket.create_server(("127.0.0.1", preferred)), reserved_port(preferred) as port:
        assert port == preferred + 1


def test_a_killed_process_keeps_no_port(preferred: int) -> None:
    keeping = (
        "import sys, time\nfrom example_province.processes import reserved_port\n"
        f"with reserved_port({preferred}) as port:\n    print(port, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", keeping], stdout=subprocess.PIPE, cwd=REPOSITORY_ROOT) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == preferred
        with reserved_port(preferred) as port:
            assert port == preferred + 1
        process.kill()
    with reserved_port(preferred) as port:
        assert port == preferred
