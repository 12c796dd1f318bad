"""What people may upload by mistake or on purpose. A failure here means a traceback for an officer, a file at a place
of the client's choosing, or memory and disk that grow with the attack.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message

from onestop import contracts
from onestop.intake import app as app_module
from onestop.intake import receiving
from tests.intake.conftest import ADDRESS, ORIGIN, Desk, good


def a_zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(64 << 20))
    return packed.getvalue()


HOSTILE = {
    "NUL bytes": b"MaHoSo;TrangThai\r\nH1\0;9\r\n",
    "only NUL bytes": bytes(5000),
    "a program": b"MZ\x90\0" + bytes(range(256)) * 100,
    "UTF-16": "MaHoSo;TrangThai\r\nH1;9\r\n".encode("utf-16"),
    "no header": b"\r\n\r\n\r\n",
    "one huge cell": b"MaHoSo;TrangThai\r\n" + b"x" * 900_000,
    "five thousand columns": b";".join(b"c%d" % n for n in range(5000)) + b"\r\n",
    "an unclosed quote": b'MaHoSo;TrangThai\r\n"H1;9\r\n',
    "a page": b"<html><script>alert(1)</script></html>",
    "a zip bomb": a_zip_bomb(),
    "a workbook's name": b"PK\x03\x04 not really",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_in_words_and_leaves_nothing(desk: Desk, kind: str) -> None:
    response = desk.send(HOSTILE[kind])
    assert response.status_code == 200, response.text
    assert "Chưa nộp được tệp này" in response.text
    assert "Traceback" not in response.text
    assert "<script" not in response.text
    assert not [path for path in desk.office.uploads.root.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\boot.ini",
        "/etc/cron.d/x",
        "a\0b.csv",
        "x" * 5000 + ".csv",
        "<b>.csv",
        ".",
        "..",
        " ",
    ],
)
def test_a_name_is_only_ever_shown(desk: Desk, name: str) -> None:
    response = desk.send(good(), name=name)
    root = desk.office.uploads.root
    kept = [path for path in root.parent.rglob("*") if path.is_file() and "landing" not in path.parts]
    assert all(path.parent == root / "drafts" and path.stem.isalnum() for path in kept)
    assert response.status_code in {200, 422}
    assert "<b>" not in response.text
    if response.status_code == 200:
        desk.post(desk.confirm_path(response))
        confirmed = desk.office.uploads.confirmed("so_y_te_nop", "2019-04")
        assert len(confirmed) == 1
        assert not set("/\\\0") & set(confirmed[0].file_name)
        assert len(confirmed[0].file_name) <= 120


def test_a_file_over_the_limit_is_not_read_to_its_end(desk: Desk) -> None:
    response = desk.send(b"x" * (2 << 20))
    assert response.status_code == 413
    assert "Tệp lớn hơn 1 MB" in response.text


def test_a_client_that_lies_about_the_length_is_stopped_while_it_sends(desk: Desk) -> None:
    sent = 0
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield head
        while sent < 64 << 20:
            sent += 65536
            yield b"x" * 65536

    headers = {"X-Who": "lan", "Content-Type": "multipart/form-data; boundary=b", **ORIGIN}
    response = desk.client.post(ADDRESS, content=endless(), headers=headers)
    assert response.status_code == 413


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"--b\r\nbroken"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"X: y\r\n" * 5000 + b"\r\n\r\n--b--"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\na\r\n--b--'),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\na\r\n' * 3 + b"--b--\r\n",
        ),
        ("application/x-www-form-urlencoded", b"file=abc"),
        ("application/json", b'{"file": "abc"}'),
        ("", b"abc"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_a_form_is_told_so(desk: Desk, content_type: str, body: bytes) -> None:
    headers = {"X-Who": "lan", "Content-Type": content_type, **ORIGIN}
    response = desk.client.post(ADDRESS, content=body, headers=headers)
    assert response.status_code == 422, response.text
    assert "Chưa chọn tệp" in response.text


def test_an_empty_and_a_packed_file_are_told_so(desk: Desk) -> None:
    assert "Tệp không có nội dung" in desk.send(b"").text
    assert "Tệp đang ở dạng nén" in desk.send(gzip.compress(good().encode())).text


def test_an_upload_that_drips_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "UPLOAD_SECONDS", 0.2)
    status = []
    pieces = [b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n']

    async def drip() -> Message:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": pieces.pop() if pieces else b"x", "more_body": True}

    async def note(message: Message) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    headers = {"x-who": "lan", "content-type": "multipart/form-data; boundary=b", "sec-fetch-site": "same-origin"}
    scope = {
        "type": "http", "method": "POST", "path": ADDRESS, "raw_path": ADDRESS.encode(), "query_string": b"",
        "root_path": "", "scheme": "http", "server": ("testserver", 80), "http_version": "1.1",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    began = time.monotonic()
    asyncio.run(desk.client.app(scope, drip, note))
    assert status == [408]
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("token", ["0" * 32, "x", "..%2F..%2Fetc", "A" * 32, "0" * 31, "é" * 32])
def test_a_token_that_was_never_given_confirms_nothing(desk: Desk, token: str) -> None:
    assert desk.post(f"/drafts/{token}/confirm").status_code in {404, 410}


def test_a_failure_of_ours_is_a_number_and_no_traceback(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("password=the-secret-password")

    monkeypatch.setattr(app_module, "look_at", broken)
    response = desk.send(good())
    assert response.status_code == 500
    assert "báo đơn vị vận hành mã số" in response.text
    assert "secret" not in response.text
    assert "Traceback" not in response.text


def test_whenever_the_process_ends_no_copy_of_an_upload_is_left_in_the_temporary_folder(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    seen: list[list[Path]] = []

    def preview(*arguments: Any, **named: Any) -> Any:
        seen.append(list(folder.rglob("*")))
        return contracts.preview(*arguments, **named)

    monkeypatch.setattr("onestop.intake.looking.contracts", SimpleNamespace(preview=preview))
    assert desk.send(good(4000)).status_code == 200
    assert seen == [[]]
