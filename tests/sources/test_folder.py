"""Pulling from folders and object stores. A failure here means a wrong, unfinished or foreign file was taken."""

from __future__ import annotations

import gzip
import hashlib
import os
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError
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
from onestop.sources import files as files_module
from onestop.sources import folder as folder_module
from onestop.sources import inflating as inflating_module
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


def test_a_field_the_period_does_not_have_is_named_before_anything_is_asked() -> None:
    with pytest.raises(ValidationError, match=r"\{quarter\} is no field of a period"):
        a_source(kind="folder", path="{quarter}.csv")


def test_unfinished_files_are_left_alone(drop: Path, landing: Landing) -> None:
    for name in ("a.csv", "a.csv.part", "b.csv.filepart", ".c.csv", "~a.csv", "d.csv.TMP", "e.csv~"):
        (drop / "2019" / name).write_text(name)
    manifest = take(a_source(kind="folder", path="{year}/*"), access_to(drop), landing)
    assert [part.name for part in manifest.parts] == ["a.csv"]


def test_a_file_that_grows_while_one_waits_is_left_alone(
    drop: Path, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop / "2019" / "hoso_2019-04.csv"
    path.write_text("MaHoSo\n")
    source = a_source(kind="folder", path="{year}/hoso_{code}.csv", settle_seconds=0.01)

    def meanwhile(_seconds: float) -> None:
        with path.open("a") as writer:
            writer.write("H0001\n")

    monkeypatch.setattr(files_module.time, "sleep", meanwhile)
    with pytest.raises(SourceNotReady, match="still being written and is left alone"):
        take(source, access_to(drop), landing)
    assert nothing_was_kept(landing)
    monkeypatch.setattr(files_module.time, "sleep", lambda _seconds: None)
    assert bytes_of(landing, take(source, access_to(drop), landing)) == [b"MaHoSo\nH0001\n"]


def test_nothing_is_read_before_the_done_file_is_there(drop: Path, landing: Landing) -> None:
    (drop / "2019" / "hoso_2019-04.csv").write_text("MaHoSo\n")
    source = a_source(kind="folder", path="{year}/hoso_{code}.csv", done_file="{code}.done")
    with pytest.raises(SourceNotReady, match=r"the file 2019-04\.done, by which the agency says that all is written"):
        take(source, access_to(drop), landing)
    (drop / "2019" / "2019-04.done").touch()
    assert bytes_of(landing, take(source, access_to(drop), landing)) == [b"MaHoSo\n"]


def test_a_packed_file_is_kept_unpacked_with_a_note_of_what_came(drop: Path, landing: Landing) -> None:
    content = b"MaHoSo;KenhThucHien\r\nH0001;2\r\n" * 10_000
    packed = gzip.compress(content[:1000], mtime=0) + gzip.compress(content[1000:], mtime=0)  # two members
    (drop / "2019" / "hoso_2019-04.csv.gz").write_bytes(packed)
    manifest = take(a_source(kind="folder", path="{year}/hoso_{code}.csv.gz"), access_to(drop), landing)
    assert bytes_of(landing, manifest) == [content]
    assert manifest.parts[0].name == "hoso_2019-04.csv"
    assert manifest.notes[:1] == [
        f"hoso_2019-04.csv.gz came packed with gzip and is kept unpacked: {len(packed):,} bytes, "
        f"SHA-256 {hashlib.sha256(packed).hexdigest()}."
    ]


@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_a_damaged_packed_file_is_no_delivery(drop: Path, landing: Landing, damage: str) -> None:
    packed = gzip.compress(bytes(range(256)) * 1000)
    packed = packed[:-20] if damage == "cut" else packed[:-6] + b"\0" + packed[-5:]
    (drop / "2019" / "hoso_2019-04.csv").write_bytes(packed)
    with pytest.raises(SourceCutOff, match="expected a whole gzip file"):
        take(SOURCE, access_to(drop), landing)
    assert nothing_was_kept(landing)


def test_a_packed_bomb_stops_early_and_leaves_nothing(
    drop: Path, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inflating_module, "FREE_BYTES", 1 << 20)
    (drop / "2019" / "hoso_2019-04.csv").write_bytes(gzip.compress(bytes(50 << 20)))
    tracemalloc.start()
    with pytest.raises(SourceMisconfigured, match="unpacks to at most 200 times its size"):
        take(SOURCE, access_to(drop), landing)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
    assert nothing_was_kept(landing)


@pytest.mark.parametrize("year", [2009, 2029])
def test_a_clock_ten_years_off_says_nothing_about_lateness(drop: Path, landing: Landing, year: int) -> None:
    path = drop / "2019" / "hoso_2019-04.csv"
    path.write_text("MaHoSo\n")
    moment = datetime(year, 5, 2, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    manifest = take(SOURCE, access_to(drop), landing)
    assert manifest.delivered_at is None
    assert "its clock is wrong" in manifest.notes[0]


def test_trying_a_source_says_what_the_folder_holds(drop: Path) -> None:
    (drop / "2019" / "hoso_2019-04.csv").write_text("12345")
    assert try_source(SOURCE, access_to(drop)) == f"{drop} is there and holds 1 entries."
    assert try_source(SOURCE, access_to(drop), APRIL) == f"{drop} holds hoso_2019-04.csv for 2019-04 (5 bytes)."
