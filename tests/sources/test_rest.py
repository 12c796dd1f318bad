"""Pulling from web services. A failure here means records lost, taken twice, or asked for where they must not be."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from onestop.landing import Landing
from onestop.sources import (
    RetryPolicy,
    SourceAccess,
    SourceCutOff,
    SourceError,
    SourceMisconfigured,
    SourceUnauthorised,
    SourceUnavailable,
    try_source,
)
from onestop.sources.rest import conversation as conversation_module
from tests.sources.conftest import APRIL, QUICK, a_source, bytes_of, nothing_was_kept, take
from tests.sources.servers import LOGIN, PASSWORD, TOKEN, WebService

NUMBERED = {"kind": "page_number", "parameter": "page", "size_parameter": "size", "size": 10}


def access_to(web: WebService, **changes: Any) -> SourceAccess:
    return SourceAccess(**{"host": "127.0.0.1", "port": web.port, "schema": "http", "password": TOKEN, **changes})


def numbered(**changes: Any) -> Any:
    declared = {
        "kind": "rest",
        "path": "/numbered",
        "paging": NUMBERED,
        "records_path": "data.items",
        "declared_count_path": "data.total",
    }
    return a_source(**{**declared, **changes})


def codes(pages: list[bytes], *path: str) -> list[str]:
    found: list[str] = []
    for page in pages:
        document = orjson.loads(page)
        for name in path:
            document = document[name]
        found.extend(record["MaHoSo"] for record in document)
    return found


def test_numbered_pages_are_taken_to_the_declared_count_and_kept_as_received(web: WebService, landing: Landing) -> None:
    manifest = take(numbered(), access_to(web), landing)
    pages = bytes_of(landing, manifest)
    assert codes(pages, "data", "items") == [record["MaHoSo"] for record in web.records]
    assert [part.name for part in manifest.parts] == ["page-00001.json", "page-00002.json", "page-00003.json"]
    assert manifest.declared_count == 23
    assert manifest.observed_at == APRIL.ends_at
    assert pages[0].startswith(b'{"data":{"total":23,"items":[{"MaHoSo":"H0001"}')
    assert web.asked == [f"/numbered?size=10&page={number}" for number in (1, 2, 3)]


def test_the_period_is_sent_in_the_form_the_source_wants(web: WebService, landing: Landing) -> None:
    query = {"tu_ngay": "{starts_on:%d/%m/%Y}", "den_ngay": "{last_day:%d/%m/%Y}"}
    take(numbered(query=query), access_to(web), landing)
    assert web.asked[0] == "/numbered?tu_ngay=01%2F04%2F2019&den_ngay=30%2F04%2F2019&size=10&page=1"


def test_a_service_that_gives_smaller_pages_than_asked_for_loses_nothing(web: WebService, landing: Landing) -> None:
    web.largest_page = 4
    pages = bytes_of(landing, take(numbered(declared_count_path=None), access_to(web), landing))
    assert len(codes(pages, "data", "items")) == 23


def test_offset_pages_end_at_the_empty_page(web: WebService, landing: Landing) -> None:
    web.largest_page = 7
    paging = {"kind": "offset", "parameter": "offset", "size_parameter": "limit", "size": 10}
    pages = bytes_of(landing, take(a_source(kind="rest", path="/offset", paging=paging), access_to(web), landing))
    assert len(codes(pages)) == 23
    assert [asked.partition("offset=")[2] for asked in web.asked] == ["0", "7", "14", "21", "23"]


@pytest.mark.parametrize("in_header", [False, True])
def test_next_links_are_followed_from_the_body_or_the_link_header(
    web: WebService, landing: Landing, in_header: bool
) -> None:
    source = a_source(
        kind="rest",
        path="/linked",
        query={"header": "1"} if in_header else {},
        paging={"kind": "next_link", "next_path": None if in_header else "next"},
        records_path=None if in_header else "value",
    )
    pages = bytes_of(landing, take(source, access_to(web), landing))
    assert len(codes(pages, *([] if in_header else ["value"]))) == 23


def test_cursors_are_followed_to_the_end(web: WebService, landing: Landing) -> None:
    paging = {"kind": "cursor", "parameter": "cursor", "cursor_path": "cursor"}
    source = a_source(kind="rest", path="/cursor", paging=paging, records_path="rows")
    assert len(codes(bytes_of(landing, take(source, access_to(web), landing)), "rows")) == 23


def test_a_month_without_dossiers_is_a_delivery(web: WebService, landing: Landing) -> None:
    web.records = []
    manifest = take(numbered(), access_to(web), landing)
    assert (manifest.declared_count, len(manifest.parts)) == (0, 1)


def test_a_count_that_changes_while_paging_is_the_last_one_and_noted(web: WebService, landing: Landing) -> None:
    web.totals = [22, 23, 23]
    manifest = take(numbered(), access_to(web), landing)
    assert manifest.declared_count == 23
    assert manifest.notes == [
        "The declared number of records changed while paging, from 22 on the first page to 23 on the last."
    ]


def test_the_source_says_when_it_made_the_delivery_in_its_own_timezone(web: WebService, landing: Landing) -> None:
    manifest = take(numbered(generated_at_path="taoLuc"), access_to(web), landing)
    assert manifest.delivered_at == datetime(2019, 5, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize("year", [2009, 2029])
def test_a_clock_ten_years_off_says_nothing_about_lateness(web: WebService, landing: Landing, year: int) -> None:
    web.year_of_its_clock = year
    manifest = take(numbered(generated_at_path="taoLuc"), access_to(web), landing)
    assert manifest.delivered_at is None
    assert "its clock is wrong" in manifest.notes[0]


@pytest.mark.parametrize(
    ("authentication", "changes"),
    [("bearer", {}), ("api_key", {}), ("basic", {"login": LOGIN, "password": PASSWORD})],
)
def test_each_way_to_authenticate_is_let_in(
    web: WebService, landing: Landing, authentication: str, changes: dict[str, str]
) -> None:
    assert take(numbered(authentication=authentication), access_to(web, **changes), landing).declared_count == 23


@pytest.mark.parametrize("fault", ["503", "500", "429", "cut", "half"])
def test_a_passing_fault_on_any_page_is_asked_again_and_nothing_is_doubled(
    web: WebService, landing: Landing, fault: str
) -> None:
    web.faults = ["", fault, fault, "", fault]
    pages = bytes_of(landing, take(numbered(), access_to(web), landing))
    assert codes(pages, "data", "items") == [record["MaHoSo"] for record in web.records]
    assert len(web.asked) == 6


def test_compressed_pages_are_kept_unpacked(web: WebService, landing: Landing) -> None:
    web.always = "gzip"
    assert len(codes(bytes_of(landing, take(numbered(), access_to(web), landing)), "data", "items")) == 23


def test_a_redirect_within_the_host_is_followed(web: WebService, landing: Landing) -> None:
    web.records, web.faults = web.records[:5], ["within"]
    assert take(numbered(), access_to(web), landing).declared_count == 5


def test_a_wait_longer_than_the_budget_is_left_to_airflow(web: WebService, landing: Landing) -> None:
    web.faults, web.retry_after = ["429"], "3600"
    with pytest.raises(SourceUnavailable, match="asks to wait 3600 s") as caught:
        take(numbered(), access_to(web), landing)
    assert caught.value.retry_after_seconds == 3600
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "words", "attempts"),
    [
        ("503", SourceUnavailable, "expected status 200; saw status 503", 4),
        ("cut", SourceCutOff, "expected a whole body", 4),
        ("half", SourceCutOff, "bytes of JSON that end or break in the middle", 4),
        ("401", SourceUnauthorised, "Ask the agency for valid credentials and put them into the connection so_y_te", 1),
        ("403", SourceUnauthorised, "saw status 403", 1),
        ("404", SourceMisconfigured, "Compare access.path and access.query of the source so_y_te", 1),
        ("html", SourceMisconfigured, "expected a page of JSON", 1),
        ("away", SourceMisconfigured, "a redirect or link to http://localhost:9", 1),
        ("round", SourceMisconfigured, "more than 5 redirects", 6),
    ],
)
def test_a_lasting_fault_gives_an_error_that_says_what_to_do_and_no_delivery(  # noqa: PLR0917 - a row of the table
    web: WebService, landing: Landing, fault: str, kind: type[SourceError], words: str, attempts: int
) -> None:
    web.always = fault
    with pytest.raises(kind) as caught:
        take(numbered(query={"khoa": "a-secret-in-the-query"}), access_to(web), landing)
    message = str(caught.value)
    assert words in message
    assert message.startswith(f"source so_y_te, period 2019-04, {web.url}/")
    assert "secret" not in message
    assert len(web.asked) == attempts
    assert nothing_was_kept(landing)


def test_a_wrong_token_is_not_tried_twice(web: WebService, landing: Landing) -> None:
    with pytest.raises(SourceUnauthorised) as caught:
        take(numbered(), access_to(web, password="another-secret"), landing)
    assert len(web.asked) == 1
    assert "another-secret" not in str(caught.value)


def test_a_token_that_cannot_be_sent_is_not_shown(web: WebService, landing: Landing) -> None:
    with pytest.raises(SourceMisconfigured) as caught:
        take(numbered(), access_to(web, password="secret\r\nHost: elsewhere"), landing)
    assert "elsewhere" not in str(caught.value)


def test_a_server_that_is_not_there_is_unavailable(landing: Landing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SourceUnavailable, match="Connection refused"):
        take(numbered(), SourceAccess(host=f"http://127.0.0.1:{port}", password=TOKEN), landing)


def test_a_server_that_never_answers_is_unavailable(landing: Landing) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        access = SourceAccess(host=f"http://127.0.0.1:{listener.getsockname()[1]}", password=TOKEN)
        with pytest.raises(SourceUnavailable, match=r"no answer within 0\.2 s"):
            take(numbered(timeout_seconds=0.2), access, landing, RetryPolicy(attempts=1))


def test_a_page_that_repeats_for_ever_is_refused(web: WebService, landing: Landing) -> None:
    source = numbered(path="/endless", declared_count_path=None)
    with pytest.raises(SourceMisconfigured, match="page 2 with the same records as an earlier page"):
        take(source, access_to(web), landing)
    assert nothing_was_kept(landing)


def test_a_cursor_that_goes_back_is_refused(web: WebService, landing: Landing) -> None:
    web.faults = ["back"]
    paging = {"kind": "cursor", "parameter": "cursor", "cursor_path": "cursor"}
    source = a_source(kind="rest", path="/cursor", paging=paging, records_path="rows")
    with pytest.raises(SourceMisconfigured, match="leads back to an earlier one"):
        take(source, access_to(web), landing)


@pytest.mark.parametrize("link", ["http://localhost:9/x", "//localhost:9/x", "https://127.0.0.1/linked"])
def test_a_next_link_to_another_host_is_refused(web: WebService, landing: Landing, link: str) -> None:
    web.always = f"next:{link}"
    paging = {"kind": "next_link", "next_path": "next"}
    source = a_source(kind="rest", path="/linked", paging=paging, records_path="value")
    with pytest.raises(SourceMisconfigured, match="It was not followed"):
        take(source, access_to(web), landing)
    assert len(web.asked) == 1


def test_more_pages_than_the_limit_are_refused(
    web: WebService, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_module, "PAGES_LIMIT", 2)
    with pytest.raises(SourceMisconfigured, match="more than 2 pages"):
        take(numbered(), access_to(web), landing)


def test_a_page_larger_than_the_limit_is_refused(
    web: WebService, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation_module, "PAGE_BYTES_LIMIT", 100)
    with pytest.raises(SourceMisconfigured, match="at most 100 bytes in one answer"):
        take(numbered(), access_to(web), landing)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"records_path": "data.rows"},
            r"a list of records at data\.rows; saw NoneType; the page's keys are data, taoLuc",
        ),
        ({"declared_count_path": "data.items"}, r"the number of records at data\.items; saw list"),
        ({"generated_at_path": "data.total"}, r"an ISO 8601 moment at data\.total; saw 23"),
    ],
)
def test_a_configuration_that_does_not_fit_the_answer_is_named(
    web: WebService, landing: Landing, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(SourceMisconfigured, match=words):
        take(numbered(**changes), access_to(web), landing)


def test_a_file_without_paging_is_streamed_and_dated_by_its_header(web: WebService, landing: Landing) -> None:
    web.faults = ["503"]
    manifest = take(a_source(kind="rest", path="/file.csv"), access_to(web), landing)
    assert manifest.delivered_at == datetime(2019, 5, 2, 1, tzinfo=UTC)
    assert bytes_of(landing, manifest)[0].startswith(b"MaHoSo;KenhThucHien\n")


def test_a_file_cut_in_the_middle_is_no_delivery(web: WebService, landing: Landing) -> None:
    web.faults = ["cut"]
    with pytest.raises(SourceCutOff):
        take(a_source(kind="rest", path="/file.csv"), access_to(web), landing)
    assert nothing_was_kept(landing)


def test_trying_a_source_says_in_a_sentence_what_it_answers(web: WebService) -> None:
    assert try_source(numbered(), access_to(web)) == f"{web.url}/numbered answers and lets us in (status 200)."
    sentence = try_source(numbered(), access_to(web), APRIL)
    assert sentence.startswith(f"{web.url}/numbered answers for 2019-04")
    assert sentence.endswith("It declares 23 records.")
    with pytest.raises(SourceUnauthorised, match="source so_y_te, http"):
        try_source(numbered(), access_to(web, password="wrong"), retry=QUICK)
