"""docs/sources.md, followed literally with servers that come as Debian packages: MariaDB and Dovecot."""

from __future__ import annotations

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from onestop.pipeline import Pipeline
from onestop.sources import SourceAccess
from tests.conftest import *  # noqa: F403 - the fixtures of a warehouse
from tests.jurisdiction.test_sources_document import (
    CONNECTIONS,
    ISO,
    collected,
    documented,  # noqa: F401 - a fixture
    mailed_workbook,
    pipeline,  # noqa: F401 - a fixture
    rows,
)
from tests_slow.connectors.test_mail import MailServer, send
from tests_slow.connectors.test_mail import server as mail_server  # noqa: F401 - a fixture
from tests_slow.connectors.test_mariadb import server as mariadb_server  # noqa: F401 - a fixture


def test_the_example_of_a_mailbox_collects_a_month(pipeline: Pipeline, mail_server: MailServer) -> None:  # noqa: F811
    said = CONNECTIONS["hop_thu"]
    assert (said["conn_type"], said["port"], said["extra"]["security"]) == ("imap", 993, "tls")
    reached = mail_server.access("hop_thu", extra=said["extra"])
    with mail_server.box("hop_thu") as box:
        send(
            box,
            mailed_workbook(),
            subject="Báo cáo hồ sơ tháng 04/2019",
            sender="motcua@so-van-hoa.bacgiang.example",
            name="HS 201904.xlsx",
            headers=(
                ("Authentication-Results", "mx.bacgiang.example; dmarc=pass header.from=so-van-hoa.bacgiang.example"),
            ),
        )
        collected(pipeline, "hop_thu", reached)
        box.folder.set("Da lay")
        assert [message.subject for message in box.fetch()] == ["Báo cáo hồ sơ tháng 04/2019"]


def test_the_example_of_mysql_collects_a_month(pipeline: Pipeline, mariadb_server: int) -> None:  # noqa: F811
    said = CONNECTIONS["csdl_mysql"]
    root = create_engine(f"mysql+pymysql://root@127.0.0.1:{mariadb_server}/", poolclass=NullPool)
    with root.begin() as connection:
        for command in (
            "create database tai_lieu character set utf8mb4",
            "grant select on tai_lieu.* to onestop@'%'",
            "create table tai_lieu.ho_so (ma_ho_so varchar(40) primary key, ma_tthc varchar(40), kenh varchar(10),"
            " trang_thai varchar(10), ngay_nhan datetime, ngay_xong datetime)",
        ):
            connection.execute(text(command))
        for row in rows(ISO):
            values = {f"c{index}": value or None for index, value in enumerate(row)}
            connection.execute(text("insert into tai_lieu.ho_so values (:c0, :c1, :c2, :c3, :c4, :c5)"), values)
    login = {"login": "onestop", "password": "the-secret-password", "schema": "tai_lieu"}
    collected(pipeline, "csdl_mysql", SourceAccess(host="127.0.0.1", port=mariadb_server, extra=said["extra"], **login))
