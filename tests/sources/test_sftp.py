"""Pulling from SFTP servers. A failure here means a file was read that must not be, or taken before it was finished."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime
from typing import Any

import paramiko
import pytest

from onestop.landing import Landing
from onestop.sources import (
    SourceAccess,
    SourceCutOff,
    SourceMisconfigured,
    SourceNotReady,
    SourceUnauthorised,
    SourceUnavailable,
    try_source,
)
from onestop.sources import files as files_module
from tests.sources.conftest import APRIL, QUICK, a_source, bytes_of, nothing_was_kept, take
from tests.sources.servers import LOGIN, PASSWORD, FileServer, file_server, private_key_text

CONTENT = b"MaHoSo;KenhThucHien\r\nH0001;2\r\n" * 20_000
SOURCE = a_source(kind="sftp", path="/outbox/hoso_{code_compact}.csv")


def access_to(files: FileServer, **changes: Any) -> SourceAccess:
    extra = {"host_key": files.host_key, **changes.pop("extra", {})}
    values = {"host": "127.0.0.1", "port": files.port, "login": LOGIN, "password": PASSWORD, "extra": extra}
    return SourceAccess(**{**values, **changes})


def test_the_file_of_the_period_is_kept_as_it_is_and_dated_by_the_server(files: FileServer, landing: Landing) -> None:
    path = files.root / "outbox" / "hoso_201904.csv"
    path.write_bytes(CONTENT)
    os.utime(path, (1556700000, 1556700000))
    manifest = take(SOURCE, access_to(files), landing)
    assert bytes_of(landing, manifest) == [CONTENT]
    assert manifest.parts[0].name == "hoso_201904.csv"
    assert manifest.delivered_at == datetime.fromtimestamp(1556700000, UTC)


@pytest.mark.parametrize("year", [2009, 2029])
def test_a_clock_ten_years_off_says_nothing_about_lateness(files: FileServer, landing: Landing, year: int) -> None:
    path = files.root / "outbox" / "hoso_201904.csv"
    path.write_bytes(CONTENT)
    moment = datetime(year, 5, 2, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    manifest = take(SOURCE, access_to(files), landing)
    assert manifest.delivered_at is None
    assert "its clock is wrong" in manifest.notes[0]


def test_a_pattern_takes_every_file_it_means_in_order_and_leaves_hidden_ones(
    files: FileServer, landing: Landing
) -> None:
    for name in ("hoso_201904_b.csv", "hoso_201904_a.csv", ".hoso_201904_c.csv", "hoso_201903_a.csv"):
        (files.root / "outbox" / name).write_text(name)
    source = a_source(kind="sftp", path="/outbox/*{code_compact}_*.csv")
    manifest = take(source, access_to(files), landing)
    assert [part.name for part in manifest.parts] == ["hoso_201904_a.csv", "hoso_201904_b.csv"]


def test_a_private_key_is_let_in(files: FileServer, landing: Landing) -> None:
    key = paramiko.ECDSAKey.generate()
    (files.root / "outbox" / "hoso_201904.csv").write_bytes(CONTENT)
    with file_server(files.root, key) as server:
        access = access_to(server, password=None, extra={"private_key": private_key_text(key)})
        assert take(SOURCE, access, landing).byte_count == len(CONTENT)
    with pytest.raises(SourceMisconfigured, match="wrong passphrase looks the same"):
        take(SOURCE, access_to(files, extra={"private_key": "-----BEGIN nothing"}), landing)


def test_another_host_key_is_refused_with_both_fingerprints(files: FileServer, landing: Landing) -> None:
    other = paramiko.ECDSAKey.generate()
    access = access_to(files, extra={"host_key": f"{other.get_name()} {other.get_base64()}"})
    with pytest.raises(SourceMisconfigured, match=r"SHA256:.*SHA256:.*Somebody may stand in between"):
        take(SOURCE, access, landing)


@pytest.mark.parametrize("host_key", ["", "ssh-ed25519", "not a key"])
def test_without_a_host_key_nothing_is_connected(files: FileServer, landing: Landing, host_key: str) -> None:
    with pytest.raises(SourceMisconfigured, match="expected the extra host_key"):
        take(SOURCE, access_to(files, extra={"host_key": host_key}), landing)


def test_a_wrong_password_is_refused_without_showing_it(files: FileServer, landing: Landing) -> None:
    with pytest.raises(SourceUnauthorised, match="to be let in as onestop") as caught:
        take(SOURCE, access_to(files, password="wrong-secret"), landing)
    assert "secret" not in str(caught.value)


def test_a_missing_file_is_not_ready_and_no_delivery(files: FileServer, landing: Landing) -> None:
    with pytest.raises(SourceNotReady, match=r"sftp://127\.0\.0\.1:\d+/outbox/hoso_201904\.csv: expected the file of"):
        take(SOURCE, access_to(files), landing)
    assert nothing_was_kept(landing)


@pytest.mark.parametrize("when", ["appended", "rewritten", "removed"])
def test_a_file_that_changes_while_it_is_read_is_no_delivery(files: FileServer, landing: Landing, when: str) -> None:
    path = files.root / "outbox" / "hoso_201904.csv"
    path.write_bytes(CONTENT)

    def change() -> None:
        match when:
            case "appended":
                path.write_bytes(CONTENT * 2)
            case "rewritten":
                os.utime(path, (1, 1))
            case "removed":
                path.unlink()

    files.while_reading = change
    with pytest.raises(SourceCutOff):
        take(SOURCE, access_to(files), landing)
    assert nothing_was_kept(landing)


def test_a_connection_that_breaks_is_cut_off(files: FileServer, landing: Landing) -> None:
    (files.root / "outbox" / "hoso_201904.csv").write_bytes(CONTENT)
    files.breaks_after_bytes = 100_000
    with pytest.raises(SourceCutOff, match="the connection broke"):
        take(SOURCE, access_to(files), landing)


def test_a_server_that_is_not_there_is_unavailable(files: FileServer, landing: Landing) -> None:
    with pytest.raises(SourceUnavailable, match="expected an SSH server"):
        take(SOURCE, access_to(files, port=1), landing)


def test_a_path_that_climbs_is_refused_before_it_is_asked_for(files: FileServer, landing: Landing) -> None:
    with pytest.raises(SourceMisconfigured, match="which leaves it"):
        take(a_source(kind="sftp", path="/outbox/../../secret.csv"), access_to(files), landing)


@pytest.mark.parametrize("root", ["/", "/outbox"])
def test_a_link_out_of_the_root_is_not_followed(files: FileServer, landing: Landing, root: str) -> None:
    secret = (files.root.parent if root == "/" else files.root) / "secret.csv"
    secret.write_text("other people's")
    (files.root / "outbox" / "hoso_201904.csv").symlink_to(secret)
    source = a_source(kind="sftp", path="hoso_{code_compact}.csv") if root == "/outbox" else SOURCE
    if root == "/":  # a server that does not confine its accounts shows the real path, outside of any declared root
        (files.root / "declared").mkdir()
        (files.root / "declared" / "outbox").symlink_to(files.root / "outbox")
        root = "/declared"
    with pytest.raises(SourceMisconfigured, match="a link that leads out of it"):
        take(source, access_to(files, extra={"root": root}), landing)


def test_trying_a_source_names_the_files_of_the_period(files: FileServer) -> None:
    (files.root / "outbox" / "hoso_201904.csv").write_text("12345")
    sentence = try_source(SOURCE, access_to(files), APRIL)
    assert sentence.endswith("lets us in and holds hoso_201904.csv for 2019-04 (5 bytes).")
    assert "its root / holds 1 entries" in try_source(SOURCE, access_to(files))
    with pytest.raises(SourceUnauthorised):
        try_source(SOURCE, dataclasses.replace(access_to(files), password="wrong"), retry=QUICK)


def test_unfinished_files_are_left_alone_until_the_done_file_is_there(files: FileServer, landing: Landing) -> None:
    outbox = files.root / "outbox"
    for name in ("hoso_201904_a.csv", "hoso_201904_b.csv.part", "hoso_201904_c.csv.filepart", "~hoso_201904.csv"):
        (outbox / name).write_text(name)
    source = a_source(kind="sftp", path="/outbox/*{code_compact}*", done_file="{code_compact}.xong")
    with pytest.raises(SourceNotReady, match=r"the file 201904\.xong, by which the agency says"):
        take(source, access_to(files), landing)
    (outbox / "201904.xong").touch()
    source.access = source.access.model_copy(update={"path": "/outbox/hoso_{code_compact}*"})
    assert [part.name for part in take(source, access_to(files), landing).parts] == ["hoso_201904_a.csv"]


def test_a_file_that_grows_while_one_waits_is_left_alone(
    files: FileServer, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files.root / "outbox" / "hoso_201904.csv"
    path.write_bytes(CONTENT)
    monkeypatch.setattr(files_module.time, "sleep", lambda _seconds: path.write_bytes(CONTENT * 2))
    source = a_source(kind="sftp", path="/outbox/hoso_{code_compact}.csv", settle_seconds=0.01)
    with pytest.raises(SourceNotReady, match="still being written"):
        take(source, access_to(files), landing)
    assert nothing_was_kept(landing)
