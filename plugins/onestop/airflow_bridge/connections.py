"""What Airflow's connections open: the agencies' systems, and the mail server."""

from __future__ import annotations

from smtplib import SMTPException
from typing import TYPE_CHECKING

from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from onestop.airflow_bridge.configuration import current_jurisdiction
from onestop.settings import get_settings
from onestop.sources import SourceAccess, SourceMisconfigured

if TYPE_CHECKING:
    from onestop.notice import Notice


def source_access(connection_id: str) -> SourceAccess:
    """Host, login and secret of an Airflow connection (environment `AIRFLOW_CONN_…`, a secrets backend, or the
    metadata database). A source whose files are uploaded needs none: its access is the folder of uploads.

    Raises SourceMisconfigured when no such connection exists.
    """
    if any(
        one.connection_id == connection_id and one.access.kind == "upload" for one in current_jurisdiction().sources
    ):
        return SourceAccess(extra={"root": get_settings().uploads_root})
    try:
        connection = Connection.get(connection_id)
    except AirflowNotFoundException as error:
        raise SourceMisconfigured(
            source_id=connection_id,
            period=None,
            endpoint=f"connection {connection_id}",
            expected="an Airflow connection of this name",
            seen="none",
            remedy=f"Add it as AIRFLOW_CONN_{connection_id.upper()}, in the secrets backend, or with "
            f"`airflow connections add {connection_id}`.",
        ) from error
    return SourceAccess(
        host=connection.host,
        port=connection.port,
        login=connection.login,
        password=connection.password,
        schema=connection.schema,
        extra=connection.extra_dejson,
    )


class SmtpSender:
    """Sends notices through an SMTP connection of Airflow, all through one session; use as a context manager.

    Addresses, TLS, login and timeouts are those of Airflow's SMTP provider and its connection (extra `from_email`
    names the sender).
    """

    def __init__(self, connection_id: str = "smtp_default") -> None:
        """Name the connection; nothing is opened yet."""
        self._hook = SmtpHook(smtp_conn_id=connection_id)

    def __enter__(self) -> SmtpSender:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        if self._hook._smtp_client is not None:  # the hook takes it for granted, and nothing may have been sent
            self._hook.__exit__(None, None, None)

    def __call__(self, notice: Notice) -> None:
        """Send one notice. Raises smtplib.SMTPException or OSError when the server does not take it."""
        from onestop.notice import mime_message  # noqa: PLC0415 - tasks of notices only need it

        hook = self._hook.get_conn()
        written = mime_message(notice, hook.from_email or hook.smtp_user or "")
        try:
            hook._smtp_client.send_message(written)  # its own sending has no plain-text part
        except (SMTPException, OSError):
            self._close()  # the next notice begins a new session
            raise
