"""A mail server that delivers to nobody: every message becomes a file."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailService:
    """The server; `start` and `stop` once each. Messages are `<folder>/<number>.eml`, in the order they came."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._controller = _FreePortController(_Folder(folder), hostname="127.0.0.1", port=0)

    def start(self) -> None:
        """Take messages from now on."""
        self._controller.start()

    def stop(self) -> None:
        """Close the port."""
        self._controller.stop(no_assert=True)

    @property
    def port(self) -> int:
        """The port, once started."""
        return int(self._controller.port)


class _FreePortController(Controller):
    """A controller on whatever port is free."""

    def _trigger_server(self) -> None:
        # Starting ends with a first connection, which would go to port 0.
        assert self.server is not None  # noqa: S101 - listening by now
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()


class _Folder:
    """Writes each message with its recipients above it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        last = max((int(path.stem) for path in folder.glob("*.eml") if path.stem.isdigit()), default=0)
        self._numbers = count(last + 1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        path = self._folder / f"{next(self._numbers):05d}.eml"
        content = envelope.original_content or b""
        recipients = "".join(f"X-Envelope-To: {recipient}\r\n" for recipient in envelope.rcpt_tos)
        incoming = path.with_suffix(".incoming")
        incoming.write_bytes(recipients.encode() + content)
        incoming.replace(path)
        return "250 Message kept"
