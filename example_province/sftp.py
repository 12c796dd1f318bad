"""An SFTP server with one folder for each agency that drops files, read-only, by login and password."""

from __future__ import annotations

import io
import logging
import os
import secrets
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import paramiko

from example_province import faults as fault_kinds
from example_province.faults import Faults
from example_province.files import Drops
from example_province.months import PERIODS, month_code
from example_province.systems import SYSTEMS_BY_SOURCE, System, file_name, month_of_file

_FOLDER_MODE, _FILE_MODE = 0o040555, 0o100444
_OUTBOX = "outbox"
_POLL_SECONDS = 0.5
_HANDSHAKE_SECONDS = 30.0


class SftpService:
    """The server; `start` and `stop` once each."""

    def __init__(self, host_key: paramiko.PKey, drops: Drops, faults: Faults, passwords: Mapping[str, str]) -> None:
        """`passwords`: source → password; the login is the source's id."""
        self._host_key, self._drops, self._faults, self._passwords = host_key, drops, faults, passwords
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._transports: set[paramiko.Transport] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="sftp", daemon=True)

    def start(self) -> None:
        """Take connections from now on."""
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and the port."""
        self._stopping.set()
        self._thread.join(5)
        self._listener.close()
        for transport in list(self._transports):
            transport.close()

    def _listen(self) -> None:
        self._listener.settimeout(_POLL_SECONDS)
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), name="sftp-session", daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(_HANDSHAKE_SECONDS)
        transport = paramiko.Transport(connection)
        self._transports.add(transport)
        try:
            transport.add_server_key(self._host_key)
            door = _Door(self._faults, self._passwords)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files, self._drops, self._faults, door)
            transport.start_server(server=door)
            while transport.is_active() and not self._stopping.is_set():
                transport.join(_POLL_SECONDS)
        except (paramiko.SSHException, EOFError, OSError):
            pass  # who went away does not need an answer
        finally:
            transport.close()
            self._transports.discard(transport)


class _Door(paramiko.ServerInterface):
    """Who may come in, and who has."""

    def __init__(self, faults: Faults, passwords: Mapping[str, str]) -> None:
        self._faults, self._passwords = faults, passwords
        self.login = ""

    def check_auth_password(self, username: str, password: str) -> int:
        known = self._passwords.get(username)
        refused = self._faults.lasting(username, None) == fault_kinds.UNAUTHORISED
        if known is None or refused or not secrets.compare_digest(known.encode(), password.encode()):
            return paramiko.AUTH_FAILED
        self.login = username
        return paramiko.AUTH_SUCCESSFUL

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's signature
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - paramiko's signature
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _Files(paramiko.SFTPServerInterface):
    """An agency's own files: /outbox and the file of every month in it."""

    def __init__(self, server: paramiko.ServerInterface, drops: Drops, faults: Faults, door: _Door) -> None:
        super().__init__(server)
        self._drops, self._faults, self._door = drops, faults, door

    @property
    def _system(self) -> System:
        return SYSTEMS_BY_SOURCE[self._door.login]

    def _month(self, path: str) -> int | None:
        where = PurePosixPath(self.canonicalize(path))
        month = month_of_file(self._system, where.name) if where.parent == PurePosixPath("/", _OUTBOX) else None
        if month is None or self._fault(month) == fault_kinds.NOT_READY:
            return None
        return month

    def _fault(self, month: int) -> str | None:
        return self._faults.lasting(self._door.login, month_code(month))

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        match self.canonicalize(path):
            case "/":
                return [_folder(_OUTBOX)]
            case "/outbox":
                there = [month for month in PERIODS if self._fault(month) != fault_kinds.NOT_READY]
                return [_attributes(self._drops.ensure(self._system, month), self._system, month) for month in there]
        return paramiko.SFTP_NO_SUCH_FILE

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        if self.canonicalize(path) in {"/", "/outbox"}:
            return _folder(PurePosixPath(path).name or "/")
        month = self._month(path)
        if month is None:
            return paramiko.SFTP_NO_SUCH_FILE
        return _attributes(self._drops.ensure(self._system, month), self._system, month)

    lstat = stat

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:  # noqa: ARG002
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
            return paramiko.SFTP_PERMISSION_DENIED
        month = self._month(path)
        if month is None:
            return paramiko.SFTP_NO_SUCH_FILE
        file = self._drops.ensure(self._system, month)
        cut_at = file.stat().st_size // 2 if self._fault(month) == fault_kinds.CUT_OFF else None
        return _Handle(file, cut_at)


class _Handle(paramiko.SFTPHandle):
    """A file being read; once `cut_at` bytes are reached, reading fails."""

    def __init__(self, path: Path, cut_at: int | None) -> None:
        super().__init__(os.O_RDONLY)
        self._path, self._cut_at = path, cut_at
        self._stream: io.BufferedReader = path.open("rb")

    def read(self, offset: int, length: int) -> bytes | int:
        if self._cut_at is not None and offset + length > self._cut_at:
            return paramiko.SFTP_FAILURE
        self._stream.seek(offset)
        return self._stream.read(length)

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(self._path.stat())

    def close(self) -> None:
        with suppress(OSError):
            self._stream.close()


def _folder(name: str) -> paramiko.SFTPAttributes:
    attributes = paramiko.SFTPAttributes()
    attributes.st_mode, attributes.filename = _FOLDER_MODE, name
    return attributes


def _attributes(path: Path, system: System, month: int) -> paramiko.SFTPAttributes:
    attributes: Any = paramiko.SFTPAttributes.from_stat(path.stat())
    attributes.st_mode, attributes.filename = _FILE_MODE, file_name(system, month)
    return attributes  # type: ignore[no-any-return]
