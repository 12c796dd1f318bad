"""All of the province's systems in one process, on one state folder.

The folder keeps the credentials (made once), the files dropped, the database, the mails, and what is broken on request.
It belongs to one seed and scale: started with others, it makes its files and database anew.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from example_province.agency_database import READER_SUFFIX, AgencyServer, fill
from example_province.calibration import Calibration
from example_province.dossiers import Province
from example_province.faults import Faults
from example_province.files import Drops
from example_province.mail import MailService
from example_province.months import SIGN
from example_province.processes import write_privately
from example_province.rest import Services, english_service, one_stop_service
from example_province.sftp import SftpService
from example_province.statements import STATEMENTS, write_all
from example_province.systems import SYSTEMS

HOST = "127.0.0.1"
GENERATION = 2
"""Of the generator: raised when the same seed and scale give other dossiers."""

_STARTING_SECONDS = 30.0


class NotStarted(Exception):  # noqa: N818 - named by what happened
    """A server did not come up; the message says which."""


@dataclass(frozen=True)
class Credentials:
    """Made once for a state folder."""

    passwords: dict[str, str]
    host_key: str
    admin_token: str

    @classmethod
    def of(cls, path: Path) -> Credentials:
        """Return those kept in a file, made and kept (readable by the owner only) if it is not there."""
        if not path.exists():
            key = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
            made = {
                "passwords": {system.source: secrets.token_urlsafe(18) for system in SYSTEMS},
                "host_key": key.decode(),
                "admin_token": secrets.token_urlsafe(24),
            }
            write_privately(path, json.dumps(made))
        return cls(**json.loads(path.read_text(encoding="utf-8")))


class Servers:
    """Everything the province runs; a context manager that ends all of it."""

    def __init__(self, state_dir: Path, calibration: Calibration) -> None:
        self.state_dir = state_dir.resolve()
        self.calibration = calibration
        self._stack = ExitStack()

    def __enter__(self) -> Servers:
        self.state_dir.mkdir(parents=True, exist_ok=True)
        for name in ("connections.json", "endpoints.json", "ready"):
            (self.state_dir / name).unlink(missing_ok=True)
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        (self.state_dir / "ready").unlink(missing_ok=True)
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        self.database = AgencyServer(self.state_dir / "agency_database")
        stack.callback(self.database.stop)
        self._forget_other_province()
        self.credentials = Credentials.of(self.state_dir / "credentials.json")
        province = Province(self.calibration)
        passwords = self.credentials.passwords
        self.faults = Faults(self.state_dir / "faults.json", self.calibration.seed)

        # The database takes longest, and mostly waits.
        filling = _Background(lambda: (self.database.start(), fill(self.database, province, passwords)))

        self.drops = Drops(self.state_dir / "drops", province)
        services = Services(province, self.faults, passwords, self.credentials.admin_token)
        self.one_stop = stack.enter_context(_Web(one_stop_service(services), "one_stop"))
        self.english = stack.enter_context(_Web(english_service(services), "service"))
        host_key = paramiko.Ed25519Key.from_private_key(io.StringIO(self.credentials.host_key))
        self.host_key = f"{host_key.get_name()} {host_key.get_base64()}"
        of_sftp = {system.source: passwords[system.source] for system in SYSTEMS if system.kind == "sftp"}
        self.sftp = SftpService(host_key, self.drops, self.faults, of_sftp)
        self.sftp.start()
        stack.callback(self.sftp.stop)
        self.mail = MailService(self.state_dir / "mail")
        self.mail.start()
        stack.callback(self.mail.stop)
        for system in SYSTEMS:
            if system.kind == "folder":
                self.drops.ensure_all(system)
        write_all(self.drops.root, province)
        filling.wait()
        write_privately(self.state_dir / "endpoints.json", json.dumps(self.endpoints(), indent=1))
        write_privately(self.state_dir / "connections.json", json.dumps(self.connections(), indent=1))
        (self.state_dir / "ready").write_text(f"{os.getpid()}\n", encoding="utf-8")

    def _forget_other_province(self) -> None:
        path = self.state_dir / "province.json"
        mine = {"seed": self.calibration.seed, "scale": str(self.calibration.scale), "generation": GENERATION}
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) == mine:
            return
        self.database.stop()
        for name in ("drops", "agency_database"):
            shutil.rmtree(self.state_dir / name, ignore_errors=True)
        path.write_text(json.dumps(mine), encoding="utf-8")

    def connections(self) -> dict[str, dict[str, Any]]:
        """Return the Airflow connections by id."""
        found = {system.source: self._connection(system.source, system.kind) for system in SYSTEMS}
        found |= {statement.source: self._folder(statement.source) for statement in STATEMENTS}
        found["smtp_default"] = {
            "conn_type": "smtp", "host": HOST, "port": self.mail.port,
            "extra": {"disable_ssl": True, "disable_tls": True, "from_email": "onestop@bacgiang.example"},
        }  # fmt: skip
        return found

    def _connection(self, source: str, kind: str) -> dict[str, Any]:
        secret = self.credentials.passwords[source]
        match kind:
            case "one_stop" | "service":
                port = (self.one_stop if kind == "one_stop" else self.english).port
                return {"conn_type": "http", "schema": "http", "host": HOST, "port": port, "password": secret}
            case "sftp":
                extra = {"host_key": self.host_key}
                return {
                    "conn_type": "sftp", "host": HOST, "port": self.sftp.port, "login": source, "password": secret,
                    "extra": extra,
                }  # fmt: skip
            case "database":
                return {
                    "conn_type": "postgres", "host": HOST, "port": self.database.port, "schema": source,
                    "login": source + READER_SUFFIX, "password": secret,
                }  # fmt: skip
        return self._folder(source)

    def _folder(self, source: str) -> dict[str, Any]:
        folder = str(self.drops.root / source)
        return {"conn_type": "fs", "extra": {"path": folder, "root": folder}}

    def endpoints(self) -> dict[str, Any]:
        """Return where everything is, for people and tests."""
        return {
            "label": SIGN,
            "one_stop": f"http://{HOST}:{self.one_stop.port}",
            "service": f"http://{HOST}:{self.english.port}",
            "sftp": {"host": HOST, "port": self.sftp.port, "host_key": self.host_key},
            "database": {"host": HOST, "port": self.database.port},
            "folder": str(self.drops.root),
            "smtp": {"host": HOST, "port": self.mail.port},
            "mail_folder": str(self.state_dir / "mail"),
            "faults_file": str(self.faults.path),
            "admin": {"url": f"http://{HOST}:{self.one_stop.port}/admin/faults", "token": self.credentials.admin_token},
        }


class _Web:
    """A web service in a thread of its own, on a free port."""

    def __init__(self, app: FastAPI, name: str) -> None:
        self._name = name
        self._socket = socket.create_server((HOST, 0), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name=name, daemon=True)

    def __enter__(self) -> _Web:
        self._thread.start()
        deadline = time.monotonic() + _STARTING_SECONDS
        while not self._server.started:
            if time.monotonic() > deadline or not self._thread.is_alive():
                raise NotStarted(f"the service {self._name} did not start on port {self.port}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()


class _Background:
    """Work in a thread; what it raises is raised where it is waited for."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="agency-database", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - handed over to who waits
            self._error = error

    def wait(self) -> None:
        """Wait until it is done."""
        self._thread.join()
        if self._error is not None:
            raise self._error
