"""What is told, to whom, how often. A failure means a mail lost, a mail twice, or a storm of mails."""

from __future__ import annotations

import smtplib
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from example_province.mail import MailService
from onestop import notice
from onestop.notice import Notice, NoticesNotSent
from onestop.notice.outbox import MOST_ATTEMPTS
from tests.notice.office import MONTHS, Office


class KilledError(BaseException):
    """The process ends here."""


def queued(office: Office) -> None:
    """Two routes with one mail each wait in the outbox."""
    office.month("2019-04", y_te=(2, 10), noi_vu=None)
    office.evaluate(office.province.publish("2019-04").publication_id)


def mailer(port: int) -> Callable[[Notice], None]:
    """Sends what airflow_bridge.SmtpSender sends, without Airflow's connection."""

    def send(letter: Notice) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.send_message(notice.mime_message(letter, "Một cửa <onestop@localhost>"))

    return send


def test_a_backfill_of_four_months_tells_each_change_once_in_one_mail_a_month_and_recipient(office: Office) -> None:
    for period in MONTHS:
        office.month(period, y_te=(2, 10), tu_phap=(0 if period < "2019-03" else 1, 10), noi_vu=(9, 10))
    publications = [office.province.publish(period).publication_id for period in MONTHS]
    for publication_id in (publications[0], publications[3], publications[1], publications[2], *publications):
        office.notify(publication_id)
    # All four were published before the first was told of: the newest alone speaks of the year.
    assert Counter(letter.route for letter in office.letters) == {"van_phong_ubnd": 1}
    assert office.letters[0].subject.endswith("tháng 4/2019: 2 đơn vị chưa đạt chỉ tiêu")


def test_a_unit_that_is_missing_in_three_months_is_one_unit_in_the_subject(office: Office) -> None:
    """Alerts of a backfill are judged with every month, and told with the last."""
    for period in MONTHS[1:]:
        office.month(period, noi_vu=None)
        published = office.province.publish(period).publication_id
        with office.province.engine.begin() as connection:
            notice.evaluate(connection, office.jurisdiction, published)
    with office.province.engine.begin() as connection:
        notice.queue(connection, office.jurisdiction, published)
    office.deliver()
    letter = next(letter for letter in office.letters if letter.route == "so_thong_tin_truyen_thong")
    assert letter.body_text.count("Sở Nội vụ: Chưa nhận được số liệu.") == 3
    assert letter.subject == "Dịch vụ công trực tuyến tháng 4/2019: 1 đơn vị chưa có số liệu"


def test_months_told_one_after_the_other_tell_only_what_changed(office: Office) -> None:
    shares = {"2019-01": (0, 10), "2019-02": (0, 10), "2019-03": (1, 10), "2019-04": (1, 10)}
    for period in MONTHS:
        office.publish(period, y_te=(2, 10), tu_phap=shares[period])
    told = [letter.subject.partition(": ")[2] for letter in office.letters]
    assert told == [
        "1 đơn vị chưa đạt chỉ tiêu, 1 đơn vị chưa phát sinh",
        "1 đơn vị chưa đạt chỉ tiêu, 1 cảnh báo kết thúc",
    ]
    assert [row["publication_id"] for row in office.outbox()] == [1, 3]


def test_a_crash_before_the_commit_leaves_neither_the_change_nor_its_mail(office: Office) -> None:
    office.month("2019-04", y_te=(2, 10))
    publication_id = office.province.publish("2019-04").publication_id
    with office.province.engine.connect() as connection:
        notice.evaluate(connection, office.jurisdiction, publication_id)
        assert notice.queue(connection, office.jurisdiction, publication_id) == 1
        connection.rollback()  # the server does so with what a dead process leaves
    assert (office.states(), office.outbox()) == ({}, [])
    assert len(office.notify(publication_id).opened) == 1
    assert len(office.letters) == 1


def test_a_crash_between_queueing_and_sending_loses_nothing(office: Office) -> None:
    queued(office)
    assert [row["state"] for row in office.outbox()] == ["pending", "pending"]
    assert office.deliver() == 2
    assert office.deliver() == 0
    assert [letter.route for letter in office.letters] == ["van_phong_ubnd", "so_thong_tin_truyen_thong"]


def test_a_deliverer_killed_after_the_server_took_a_mail_sends_that_one_twice_and_no_other(office: Office) -> None:
    queued(office)
    taken: list[Notice] = []

    def send_and_die(letter: Notice) -> None:
        taken.append(letter)
        if len(taken) == 2:
            raise KilledError

    with pytest.raises(KilledError):
        office.deliver(send_and_die)
    assert [row["state"] for row in office.outbox()] == ["sent", "pending"]
    office.deliver(taken.append)
    assert Counter(letter.route for letter in taken) == {"van_phong_ubnd": 1, "so_thong_tin_truyen_thong": 2}
    assert taken[1] == taken[2]


def test_a_mail_that_is_refused_waits_with_its_error_and_the_others_go_out(office: Office) -> None:
    queued(office)
    sent: list[str] = []

    def refuse_the_office(letter: Notice) -> None:
        if letter.route == "van_phong_ubnd":
            raise smtplib.SMTPRecipientsRefused({letter.recipient: (550, b"no such mailbox")})
        sent.append(letter.route)

    with pytest.raises(NoticesNotSent, match="1 notice"):
        office.deliver(refuse_the_office)
    assert sent == ["so_thong_tin_truyen_thong"]
    refused = office.outbox()[0]
    assert (refused["state"], refused["attempts"]) == ("pending", 1)
    assert "no such mailbox" in refused["last_error"]
    assert office.deliver() == 1
    assert [(row["state"], row["last_error"]) for row in office.outbox()] == [("sent", None), ("sent", None)]


def test_a_mail_that_fails_again_and_again_is_given_up_visibly(office: Office) -> None:
    queued(office)

    def fail(_: Notice) -> None:
        raise OSError("the mail server does not answer")

    for attempt in range(MOST_ATTEMPTS):
        with pytest.raises(NoticesNotSent, match="does not answer") as raised:
            office.deliver(fail)
        assert raised.value.failed == (2 if attempt == MOST_ATTEMPTS - 1 else 0)
    assert [(row["state"], row["attempts"]) for row in office.outbox()] == [("failed", MOST_ATTEMPTS)] * 2
    assert office.deliver() == 0


def test_two_deliverers_at_once_never_send_one_mail_twice(office: Office) -> None:
    queued(office)
    sending, go_on = threading.Event(), threading.Event()
    slow: list[str] = []

    def send_slowly(letter: Notice) -> None:
        slow.append(letter.route)
        sending.set()
        assert go_on.wait(timeout=10)

    thread = threading.Thread(target=office.deliver, args=(send_slowly,))
    thread.start()
    assert sending.wait(timeout=10)
    assert office.deliver() == 1
    go_on.set()
    thread.join(timeout=10)
    assert (slow, [letter.route for letter in office.letters]) == (["van_phong_ubnd"], ["so_thong_tin_truyen_thong"])
    assert [row["state"] for row in office.outbox()] == ["sent", "sent"]


def test_changes_marked_untold_by_hand_are_still_not_queued_a_second_time(office: Office) -> None:
    queued(office)
    with office.province.engine.begin() as connection:
        connection.exec_driver_sql("update ops.alert set told_change = null")
        assert notice.queue(connection, office.jurisdiction, 1) == 0
    assert len(office.outbox()) == 2


def test_a_real_mail_server_gets_both_forms_in_vietnamese_and_waiting_mails_outlive_its_failure(
    office: Office, tmp_path: Path
) -> None:
    queued(office)
    server = MailService(tmp_path / "mail")
    server.start()
    port = server.port
    try:
        assert office.deliver(mailer(port)) == 2
    finally:
        server.stop()
    with pytest.raises(NoticesNotSent, match="1 notice"):
        office.publish("2019-05", y_te=(90, 100), send=mailer(port))
    assert [(row["state"], row["attempts"]) for row in office.outbox()] == [("sent", 1), ("sent", 1), ("pending", 1)]
    taken = [
        BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        for path in sorted((tmp_path / "mail").glob("*.eml"))
    ]
    assert [message["To"] for message in taken] == ["kstt@vpubnd.bacgiang.example", "cntt@stttt.bacgiang.example"]
    assert taken[0]["Subject"] == (
        "Dịch vụ công trực tuyến tháng 4/2019: 1 đơn vị chưa đạt chỉ tiêu, 1 đơn vị chưa có số liệu"
    )
    assert "Sở Y tế: 20,0\N{NO-BREAK SPACE}% (2 trên 10 hồ sơ)" in taken[0].get_body(("plain",)).get_content()
    assert "Sở Y tế" in taken[0].get_body(("html",)).get_content()


@pytest.mark.parametrize("units", [1, 5, 11, 18, 100])
def test_a_long_subject_arrives_with_every_space(office: Office, units: int) -> None:
    queued(office)
    office.deliver()
    subject = (
        f"Dịch vụ công trực tuyến tháng 4/2019: {units} đơn vị chưa đạt chỉ tiêu, {units} đơn vị chưa phát sinh, "
        f"{units} đơn vị chưa có số liệu, {units} cảnh báo kết thúc"
    )
    letter = replace(office.letters[0], subject=subject)
    sent = notice.mime_message(letter, "Một cửa <onestop@localhost>").as_bytes()
    taken = BytesParser(policy=policy.default).parsebytes(sent)
    assert (taken["Subject"], taken["From"]) == (subject, "Một cửa <onestop@localhost>")
    assert max(map(len, sent.partition(b"\n\n")[0].splitlines())) <= 78
