"""`onestop alerts …`. A failure here leaves a steward unable to answer an alert, or a mail unsent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from onestop import cli_alert
from onestop import settings as settings_module
from onestop.cli import app
from onestop.notice import Notice, NoticesNotSent
from onestop.notice.outbox import MOST_ATTEMPTS
from tests.notice.office import Office

Run = Callable[..., Any]


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command on the office's warehouse; give its output, or its answer where it is JSON."""
    assert isinstance(office.province.engine, Engine)
    monkeypatch.setenv("ONESTOP_WAREHOUSE_URL", office.province.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("USER", "steward")
    settings_module.get_settings.cache_clear()

    def run(*arguments: str, exit_code: int = 0) -> Any:
        result = CliRunner().invoke(app, ["alerts", *arguments])
        assert result.exit_code == exit_code, result.output
        return json.loads(result.stdout) if "--json" in arguments else result.output

    yield run
    settings_module.get_settings.cache_clear()


def test_alerts_are_listed_acknowledged_and_silenced_under_the_persons_name(run: Run, office: Office) -> None:
    office.publish("2019-04", y_te=(1, 10), noi_vu=(0, 10), tu_phap=None)
    listed = {one["unit_code"]: one for one in run("list", "--json")}
    assert {code: one["rule"] for code, one in listed.items()} == {
        "so_y_te": "below_target_ytd",
        "so_noi_vu": "zero_online",
        "so_tu_phap": "missing_delivery",
    }
    told = run("list")
    assert "Lũy kế đến hết tháng 4/2019: 1/10 hồ sơ xử lý trực tuyến" in told
    number = {code: str(one["alert_id"]) for code, one in listed.items()}
    run("acknowledge", number["so_y_te"])
    run("silence", number["so_noi_vu"], number["so_tu_phap"], "--until", "2099-12-31", "--reason", "chuyển trụ sở")
    after = {one["unit_code"]: one for one in run("list", "--json")}
    assert {code: (one["state"], one["changed_by"]) for code, one in after.items()} == {
        "so_y_te": ("acknowledged", "steward"),
        "so_noi_vu": ("silenced", "steward"),
        "so_tu_phap": ("silenced", "steward"),
    }
    assert "31/12/2099 (chuyển trụ sở)" in run("list", "--state", "silenced", "--unit", "so_noi_vu")
    assert run("list", "--state", "resolved", "--json") == run("list", "--rule", "no_such_rule", "--json") == []


def test_what_cannot_be_answered_changes_nothing(run: Run, office: Office) -> None:
    office.publish("2019-04", y_te=(1, 10))
    (alert,) = run("list", "--json")
    number = str(alert["alert_id"])
    assert "There is no alert 1730" in run("acknowledge", number, "1730", exit_code=1)
    run("silence", number, "--until", "2019-05-01", "--reason", "x", exit_code=2)
    run("silence", number, "--until", "2099-01-01", "--reason", " ", exit_code=2)
    assert run("list", "--json") == [alert]


def test_mails_that_failed_for_good_are_told_and_queued_again(run: Run, office: Office) -> None:
    def refuse(notice: Notice) -> None:
        raise OSError(f"550 {{'{notice.recipient}': 'no such mailbox'}}")

    office.month("2019-04", y_te=(1, 10))
    office.evaluate(office.province.publish("2019-04").publication_id)
    for _attempt in range(MOST_ATTEMPTS):
        with pytest.raises(NoticesNotSent):
            office.deliver(refuse)
    (failed,) = run("notices", "--json")
    assert (failed["state"], failed["attempts"]) == ("failed", MOST_ATTEMPTS)
    assert "gửi không được" in run("notices")
    shown = office.province.rows("select * from bi.notice")[0]
    assert failed["recipient"].rpartition("@")[2] == shown.recipient_domain
    assert failed["recipient"] not in str(dict(shown))
    assert "no such mailbox" in shown.last_error
    assert "unknown: 1730" in run("requeue", str(failed["notice_id"]), "1730", exit_code=1)
    assert run("notices", "--state", "pending", "--json") == []
    assert str(failed["notice_id"]) in run("requeue", "--all")
    assert office.deliver() == 1
    (sent,) = run("notices", "--state", "sent", "--json")
    assert "unknown" in run("requeue", str(sent["notice_id"]), exit_code=1)
    assert "none had failed" in run("requeue", "--all")
    run("requeue", exit_code=2)


def test_the_last_day_of_silence_ends_with_the_provinces_midnight_not_the_machines(run: Run, office: Office) -> None:
    office.publish("2019-04", y_te=(1, 10))
    assert cli_alert._today(datetime(2026, 11, 25, 16, 59, tzinfo=UTC)) == date(2026, 11, 25)
    assert cli_alert._today(datetime(2026, 11, 25, 17, 0, tzinfo=UTC)) == date(2026, 11, 26)
    (alert,) = run("list", "--json")
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    reason = ("--reason", "chuyển trụ sở")
    run("silence", str(alert["alert_id"]), "--until", str(today - timedelta(days=1)), *reason, exit_code=2)
    run("silence", str(alert["alert_id"]), "--until", str(today), *reason)
