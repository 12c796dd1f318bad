"""`onestop alerts …`: who is told of what, and what waits in the outbox."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from onestop.cli_output import Json, person, print_json, print_table, warehouse_connection, wording
from onestop.cli_problems import problems_told
from onestop.jurisdiction import load_jurisdiction
from onestop.settings import get_settings

alert_commands = typer.Typer(no_args_is_help=True, help="Alerts, and the mails that tell of them.")

State = Literal["open", "acknowledged", "silenced", "resolved"]
NoticeState = Literal["pending", "sent", "failed"]
_STATES = {"open": "đang mở", "acknowledged": "đã nhận xử lý", "silenced": "tạm ngừng nhắc", "resolved": "đã kết thúc"}
_NOTICE_STATES = {"pending": "chờ gửi", "sent": "đã gửi", "failed": "gửi không được"}


def register(app: typer.Typer) -> None:
    """Add these commands to `onestop`."""
    app.add_typer(alert_commands, name="alerts")


@alert_commands.command("list")
def list_alerts(
    state: Annotated[
        State | None, typer.Option(help="Only of this state; by default all that are not resolved.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Only of this unit.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule of alerts.yaml.")] = None,
    as_json: Json = False,
) -> None:
    """List alerts, the newest first."""
    from onestop import notice  # noqa: PLC0415 - the library takes a second

    with warehouse_connection() as connection:
        found = notice.alerts(connection, state=state, unit_code=unit, rule=rule)
        if as_json:
            print_json(found)
            return
        words = wording(connection)
    print_table(
        f"Cảnh báo ({len(found)})",
        ("Số", "Trạng thái", "Mức", "Đơn vị", "Kỳ", "Quy tắc", "Nội dung", "Mở lúc", "Đổi bởi", "Ngừng nhắc đến"),
        [
            (
                str(one.alert_id),
                _STATES[one.state],
                one.severity,
                one.unit_code or "—",
                one.period,
                one.rule,
                one.message_vi,
                words.moment(one.opened_at),
                one.changed_by or "—",
                "—" if one.silenced_until is None else f"{one.silenced_until:%d/%m/%Y} ({one.silenced_reason})",
            )
            for one in found
        ],
        numbers=("Số",),
    )


@alert_commands.command("acknowledge")
def acknowledge(alert_ids: Annotated[list[int], typer.Argument(metavar="ALERT…", help="Numbers of `list`.")]) -> None:
    """Record that you take care of alerts. They stay acknowledged until they are resolved; all of them, or none."""
    from onestop import notice  # noqa: PLC0415

    with warehouse_connection() as connection:
        for alert_id in alert_ids:
            notice.acknowledge(connection, alert_id, person())
        connection.commit()
    typer.echo(f"acknowledged by {person()}: {', '.join(map(str, alert_ids))}")


@alert_commands.command("silence")
def silence(
    alert_ids: Annotated[list[int], typer.Argument(metavar="ALERT…", help="Numbers of `list`.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day of silence.")],
    reason: Annotated[str, typer.Option(help="Why nobody needs to be told until then.")],
) -> None:
    """Stop telling of alerts up to and including a day; one that is not resolved by then opens again."""
    from onestop import notice  # noqa: PLC0415

    with problems_told():
        today = _today(datetime.now(UTC))
    if until.date() < today:
        raise typer.BadParameter("that day is over", param_hint="--until")
    if not reason.strip():
        raise typer.BadParameter("silence needs a reason", param_hint="--reason")
    with warehouse_connection() as connection:
        for alert_id in alert_ids:
            notice.silence(connection, alert_id, person(), until=until.date(), reason=reason)
        connection.commit()
    typer.echo(f"silenced by {person()} until {until:%Y-%m-%d}: {', '.join(map(str, alert_ids))}")


@alert_commands.command("notices")
def notices(
    state: Annotated[NoticeState | None, typer.Option(help="Only of this state; by default what is not sent.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    as_json: Json = False,
) -> None:
    """List the mails of the outbox: what waits, what failed and why."""
    from onestop import notice  # noqa: PLC0415

    with warehouse_connection() as connection:
        found = notice.outbox_notices(connection, state=state, limit=limit)
        if as_json:
            print_json(found)
            return
        words = wording(connection)
    print_table(
        f"Thư ({len(found)})",
        ("Số", "Trạng thái", "Tuyến", "Người nhận", "Tiêu đề", "Ghi lúc", "Gửi lúc", "Lần thử", "Lỗi"),
        [
            (
                str(one.notice_id),
                _NOTICE_STATES[one.state],
                one.route,
                one.recipient,
                one.subject,
                words.moment(one.queued_at),
                words.moment(one.sent_at),
                str(one.attempts),
                one.last_error or "",
            )
            for one in found
        ],
        numbers=("Số", "Lần thử"),
    )


@alert_commands.command("requeue")
def requeue(
    notice_ids: Annotated[list[int] | None, typer.Argument(metavar="[NOTICE]…", help="Numbers of `notices`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every mail that failed for good.")] = False,
) -> None:
    """Have mails that failed for good tried again, by the next task that sends."""
    from onestop import notice  # noqa: PLC0415

    if bool(notice_ids) == every:
        raise typer.BadParameter("name notices, or --all that failed")
    with warehouse_connection() as connection:
        again = notice.requeue(connection, notice_ids or None)
        connection.commit()
    typer.echo(f"waiting again: {', '.join(map(str, again)) or 'none had failed'}")


def _today(now: datetime) -> date:
    """Return the day it is in the jurisdiction, whose people are told, wherever the command runs."""
    return now.astimezone(ZoneInfo(load_jurisdiction(get_settings().jurisdiction).timezone)).date()
