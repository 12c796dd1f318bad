"""Pulling from an S3-compatible store, moto's server. A failure here means a bucket is read wrongly, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from onestop.landing import Landing
from onestop.sources import SourceAccess, SourceMisconfigured, SourceNotReady, SourceUnavailable, try_source
from tests.sources.conftest import APRIL, a_source, bytes_of, nothing_was_kept, take

SOURCE = a_source(kind="folder", path="{year}/hoso_{code}_*.csv")
KEY, SECRET = "onestop-key", "onestop-secret-key"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store: str) -> Any:
    """A fresh bucket, through another client than ours."""
    resource = boto3.resource(
        "s3", endpoint_url=store, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
    )
    fresh = resource.Bucket("agency-bucket")
    fresh.create()
    yield fresh
    fresh.objects.all().delete()
    fresh.delete()


def access_to(store: str, root: str = "s3://agency-bucket", **more: Any) -> SourceAccess:
    options = {"endpoint_url": store, **more}
    return SourceAccess(login=KEY, password=SECRET, extra={"root": root, "storage_options": options})


def test_the_objects_of_the_period_are_kept_as_they_are_in_order(store: str, bucket: Any, landing: Landing) -> None:
    large = b"MaHoSo;KenhThucHien\r\nH0001;2\r\n" * 300_000
    for name, content in {"b": b"b", "a": large, "a.part": b"unfinished"}.items():
        bucket.put_object(Key=f"2019/hoso_2019-04_{name}.csv".replace(".part.csv", ".csv.part"), Body=content)
    bucket.put_object(Key="2019/hoso_2019-03_a.csv", Body=b"another month")
    manifest = take(SOURCE, access_to(store), landing)
    assert [part.name for part in manifest.parts] == ["hoso_2019-04_a.csv", "hoso_2019-04_b.csv"]
    assert bytes_of(landing, manifest) == [large, b"b"]


def test_an_object_that_comes_later_is_seen(store: str, bucket: Any, landing: Landing) -> None:
    bucket.put_object(Key="2019/other.csv", Body=b"x")
    with pytest.raises(SourceNotReady, match="expected the file of 2019-04"):
        take(SOURCE, access_to(store), landing)
    bucket.put_object(Key="2019/hoso_2019-04_a.csv", Body=b"a")
    assert bytes_of(landing, take(SOURCE, access_to(store), landing)) == [b"a"]


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_not_a_missing_file(store: str, landing: Landing) -> None:
    with pytest.raises(SourceUnavailable, match="expected a folder; saw nothing there"):
        take(SOURCE, access_to(store, "s3://no-such-bucket"), landing)
    assert nothing_was_kept(landing)


def test_a_store_that_is_not_there_is_unavailable_without_showing_the_key(landing: Landing) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        take(SOURCE, access_to("http://127.0.0.1:9", config_kwargs={"retries": {"total_max_attempts": 1}}), landing)
    assert SECRET not in str(caught.value)
    assert nothing_was_kept(landing)


def test_a_path_that_climbs_out_of_the_prefix_is_refused(store: str, bucket: Any, landing: Landing) -> None:
    bucket.put_object(Key="secret.csv", Body=b"other people's")
    bucket.put_object(Key="ours/x.csv", Body=b"x")
    with pytest.raises(SourceMisconfigured, match="which leaves it"):
        take(a_source(kind="folder", path="../secret.csv"), access_to(store, "s3://agency-bucket/ours"), landing)


def test_trying_a_source_says_what_the_bucket_holds(store: str, bucket: Any) -> None:
    bucket.put_object(Key="2019/hoso_2019-04_a.csv", Body=b"12345")
    assert try_source(SOURCE, access_to(store)) == "s3://agency-bucket/ is there and holds 1 entries."
    assert "hoso_2019-04_a.csv for 2019-04 (5 bytes)" in try_source(SOURCE, access_to(store), APRIL)
