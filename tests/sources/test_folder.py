"""Pulling from folders and object stores. A failure here means a wrong, unfinished or foreign file was taken."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from upath import UPath

from onestop.landing import Landing
from onestop.sources import (
    SourceAccess,
    SourceCutOff,
    SourceMisconfigured,
    SourceNotReady,
    SourceUnavailable,
    try_source,
)
from onestop.sources import folder as folder_module
from tests.sources.conftest import APRIL, a_source, bytes_of, nothing_was_kept, take

SOURCE = a_source(kind="folder", path="{year}/hoso_{code}.csv")


def access_to(root: object) -> SourceAccess:
    return SourceAccess(extra={"root": str(root)})


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop" / "2019").mkdir(parents=True)
    return tmp_path / "drop"


def test_the_file_of_the_period_is_kept_as_it_is(drop: Path, landing: Landing) -> None:
    path = drop / "2019" / "hoso_2019-04.csv"
    path.write_bytes(b"\xef\xbb\xbfMaHoSo\r\n")
    os.utime(path, (1556700000, 1556700000))
    manifest = take(SOURCE, access_to(drop), landing)
    assert bytes_of(landing, manifest) == [b"\xef\xbb\xbfMaHoSo\r\n"]
    assert manifest.delivered_at == datetime.fromtimestamp(1556700000, UTC)


def test_an_object_store_is_a_folder_too(landing: Landing) -> None:
    root = UPath("memory://agency-bucket")
    (root / "2019").mkdir(parents=True, exist_ok=True)
    for name in ("b", "a"):
        (root / "2019" / f"hoso_2019-04_{name}.csv").write_bytes(name.encode())
    source = a_source(kind="folder", path="{year}/hoso_{code}_?.csv")
    assert bytes_of(landing, take(source, access_to(root), landing)) == [b"a", b"b"]


@pytest.mark.parametrize("path", ["{year}/hoso_{code}.csv", "no-such-folder/hoso.csv", "{year}/*.csv"])
def test_a_missing_file_is_not_ready(drop: Path, landing: Landing, path: str) -> None:
    with pytest.raises(SourceNotReady, match=r"expected the file of 2019-04; saw no such file"):
        take(a_source(kind="folder", path=path), access_to(drop), landing)
    assert nothing_was_kept(landing)


def test_a_share_that_is_not_mounted_is_not_a_missing_file(tmp_path: Path, landing: Landing) -> None:
    with pytest.raises(SourceUnavailable, match="Check that the share is mounted"):
        take(SOURCE, access_to(tmp_path / "nowhere"), landing)


def test_a_file_that_grows_while_it_is_read_is_no_delivery(
    drop: Path, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop / "2019" / "hoso_2019-04.csv"
    path.write_bytes(b"x" * 100)
    monkeypatch.setattr(folder_module, "CHUNK_BYTES", 10)
    parts = folder_module.fetch

    def growing(request: object, facts: object) -> object:
        for part in parts(request, facts):  # type: ignore[arg-type]
            with path.open("ab") as writer:
                writer.write(b"more")
            yield part

    monkeypatch.setattr(folder_module, "fetch", growing)
    with pytest.raises(SourceCutOff, match="still being written"):
        take(SOURCE, access_to(drop), landing)
    assert nothing_was_kept(landing)


def test_a_path_or_link_out_of_the_root_is_refused(drop: Path, landing: Landing, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("other people's")
    with pytest.raises(SourceMisconfigured, match="which leaves it"):
        take(a_source(kind="folder", path="../secret.csv"), access_to(drop), landing)
    (drop / "2019" / "hoso_2019-04.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(SourceMisconfigured, match="a link that leads out of it"):
        take(SOURCE, access_to(drop), landing)


def test_a_field_the_period_does_not_have_is_named(drop: Path, landing: Landing) -> None:
    with pytest.raises(SourceMisconfigured, match="quarter"):
        take(a_source(kind="folder", path="{quarter}.csv"), access_to(drop), landing)


def test_trying_a_source_says_what_the_folder_holds(drop: Path) -> None:
    (drop / "2019" / "hoso_2019-04.csv").write_text("12345")
    assert try_source(SOURCE, access_to(drop)) == f"{drop} is there and holds 1 entries."
    assert try_source(SOURCE, access_to(drop), APRIL) == f"{drop} holds hoso_2019-04.csv for 2019-04 (5 bytes)."
