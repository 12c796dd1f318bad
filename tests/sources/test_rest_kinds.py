"""Web services of other kinds: OAuth 2, changes since a moment, SOAP, NDJSON. A failure here means dossiers that are
missed without anybody seeing it, or a secret that went where it must not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from onestop.landing import Landing, Manifest
from onestop.sources import (
    SourceAccess,
    SourceError,
    SourceMisconfigured,
    SourceUnauthorised,
    SourceUnavailable,
    pull,
)
from tests.sources.conftest import APRIL, PULLED_AT, QUICK, a_source, bytes_of, nothing_was_kept, take
from tests.sources.hostile import CLIENT_ID, CLIENT_SECRET, Services, running, services

PAGED = {"kind": "page_number", "parameter": "page"}
GUARDED = a_source(kind="rest", path="/guarded", authentication="oauth2", paging=PAGED)
CHANGES = a_source(
    kind="rest",
    path="/changes",
    authentication="none",
    paging=PAGED,
    incremental={"parameter": "since", "overlap_minutes": 30},
)
ENVELOPE = """<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><TraCuu>
<taiKhoan>{login}</taiKhoan><matKhau>{password}</matKhau><tuNgay>{starts_on:%d/%m/%Y}</tuNgay>
<denNgay>{last_day:%d/%m/%Y}</denNgay><trang>{position}</trang><soDong>{size}</soDong></TraCuu></s:Body></s:Envelope>"""


def soap(**changes: Any) -> Any:
    declared = {
        "kind": "rest",
        "path": "/soap",
        "method": "POST",
        "authentication": "body",
        "headers": {"SOAPAction": '"urn:motcua/TraCuu"'},
        "body": ENVELOPE,
        "answer": "xml",
        "paging": {"kind": "page_number", "size": 2},
        "records_path": "TraCuuResponse.DanhSach.HoSo",
        "declared_count_path": "TraCuuResponse.Tong",
    }
    return a_source(**{**declared, **changes})


@pytest.fixture
def state() -> Services:
    return Services(records=[{"MaHoSo": f"H{n}", "sua": f"2019-04-{n:02}T10:00:00+07:00"} for n in range(1, 6)])


@pytest.fixture
def access(state: Services) -> Iterator[SourceAccess]:
    with running(services(state)) as port:
        yield SourceAccess(host="127.0.0.1", port=port, schema="http", login=CLIENT_ID, password=CLIENT_SECRET)


# -- OAuth 2 -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["header", "body"])
def test_one_token_serves_all_pages(state: Services, access: SourceAccess, landing: Landing, place: str) -> None:
    source = a_source(
        kind="rest",
        path="/guarded",
        authentication="oauth2",
        oauth2={"scope": "hoso.read", "send_credentials_in": place},
        paging=PAGED,
    )
    assert len(bytes_of(landing, take(source, access, landing))) == 4
    assert state.tokens_asked == 1
    assert "grant_type=client_credentials" in state.bodies[0]
    assert "scope=hoso.read" in state.bodies[0]
    assert (CLIENT_SECRET in state.bodies[0]) == (place == "body")


def test_a_token_that_is_refused_is_renewed_once_and_no_page_is_lost(
    state: Services, access: SourceAccess, landing: Landing
) -> None:
    state.tokens_live = 2
    pages = bytes_of(landing, take(GUARDED, access, landing))
    assert [orjson.loads(page) for page in pages] == [[{"MaHoSo": "H1"}], [{"MaHoSo": "H2"}], [{"MaHoSo": "H3"}], []]
    assert state.tokens_asked == 2


def test_a_fresh_token_that_is_refused_too_is_not_renewed_for_ever(
    state: Services, access: SourceAccess, landing: Landing
) -> None:
    state.token_answer = (200, b'{"access_token": "useless-token", "token_type": "Bearer"}')
    with pytest.raises(SourceUnauthorised, match="saw status 401") as caught:
        take(GUARDED, access, landing)
    assert state.tokens_asked == 2
    assert "useless-token" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((401, b'{"error": "invalid_client"}'), SourceUnauthorised, "invalid_client"),
        ((400, b'{"error": "invalid_scope"}'), SourceMisconfigured, "invalid_scope"),
        (
            (400, b'{"error": "invalid_client", "error_description": "no the-client-secret here"}'),
            SourceUnauthorised,
            r"no \*\*\* here",
        ),
        ((200, b"<html>"), SourceMisconfigured, "expected a token"),
        ((200, b'{"token": 1}'), SourceMisconfigured, "missing_token"),
        ((302, b""), SourceMisconfigured, "expected a token"),
        ((200, b"x" * 100_000), SourceMisconfigured, "at most 65,536 bytes"),
        ((503, b""), SourceUnavailable, "status 503"),
    ],
)
def test_an_identity_server_that_gives_no_token_is_told_without_the_secret(  # noqa: PLR0917 - a row of the table
    state: Services,
    access: SourceAccess,
    landing: Landing,
    answer: tuple[int, bytes],
    kind: type[SourceError],
    words: str,
) -> None:
    state.token_answer = answer
    with pytest.raises(kind, match=words) as caught:
        take(GUARDED, access, landing)
    assert CLIENT_SECRET not in str(caught.value)
    assert "/oauth/token" in str(caught.value)
    assert not [path for path in state.asked if path.startswith("/guarded")]


# -- what has changed --------------------------------------------------------------------------------------------------


def pulled(landing: Landing, access: SourceAccess, cursor: dict[str, Any] | None, source: Any = CHANGES) -> Manifest:
    return pull(source, APRIL, access, landing, pulled_at=PULLED_AT, cursor=cursor, retry=QUICK)


def codes(landing: Landing, manifest: Manifest) -> list[str]:
    return [record["MaHoSo"] for page in bytes_of(landing, manifest) for record in orjson.loads(page)]


def test_the_first_pull_is_full_and_the_next_asks_for_what_has_changed_since_with_the_overlap(
    state: Services, access: SourceAccess, landing: Landing
) -> None:
    first = pulled(landing, access, None)
    assert first.is_full
    assert codes(landing, first) == ["H1", "H2", "H3", "H4", "H5"]
    assert first.source_cursor == {"updated_since": "2019-05-02T01:00:00+00:00"}  # the service's own clock
    assert "since" not in state.asked[0]
    # Changed after the first answer began, and within the overlap before it.
    state.records += [{"MaHoSo": "H6", "sua": "2019-05-02T08:10:00+07:00"}]
    state.records += [{"MaHoSo": "H7", "sua": "2019-05-02T07:45:00+07:00"}]
    state.records += [{"MaHoSo": "H8", "sua": "2019-05-02T07:25:00+07:00"}]
    state.now += timedelta(hours=1)
    second = pulled(landing, access, first.source_cursor)
    assert not second.is_full
    assert codes(landing, second) == ["H6", "H7"]
    assert second.source_cursor == {"updated_since": "2019-05-02T02:00:00+00:00"}
    assert state.asked[-2] == "/changes?page=1&since=2019-05-02T07%3A30%3A00%2B0700"


def test_nothing_changed_is_a_delivery_that_says_nothing_about_the_others(
    state: Services, access: SourceAccess, landing: Landing
) -> None:
    second = pulled(landing, access, {"updated_since": state.now.isoformat()})
    assert (codes(landing, second), second.is_full) == ([], False)


def test_a_service_whose_clock_went_back_is_asked_for_everything(access: SourceAccess, landing: Landing) -> None:
    ahead = {"updated_since": "2029-05-02T01:00:00+00:00"}
    manifest = pulled(landing, access, ahead)
    assert manifest.is_full
    assert len(codes(landing, manifest)) == 5
    assert "The service's clock has gone back" in manifest.notes[0]
    assert manifest.source_cursor == {"updated_since": "2019-05-02T01:00:00+00:00"}


def test_a_service_that_does_not_tell_the_time_is_pulled_in_full_for_ever(
    state: Services, access: SourceAccess, landing: Landing
) -> None:
    state.sends_date = False
    manifest = pulled(landing, access, None)
    assert (manifest.is_full, manifest.source_cursor) == (True, None)
    assert "the next pull asks for everything" in manifest.notes[0]


def test_a_source_that_is_not_incremental_takes_no_notice_of_a_cursor(access: SourceAccess, landing: Landing) -> None:
    source = a_source(kind="rest", path="/changes", authentication="none", paging=PAGED)
    manifest = pulled(landing, access, {"updated_since": "2019-05-02T01:00:00+00:00"}, source)
    assert (manifest.is_full, manifest.source_cursor, len(codes(landing, manifest))) == (True, None, 5)


# -- SOAP and NDJSON ---------------------------------------------------------------------------------------------------


def test_an_envelope_is_posted_page_by_page_and_the_answers_are_kept_as_received(
    state: Services, access: SourceAccess, landing: Landing
) -> None:
    manifest = take(soap(), access, landing)
    assert [part.name for part in manifest.parts] == [f"page-0000{n}.xml" for n in (1, 2, 3)]
    assert manifest.declared_count == 5
    pages = b"".join(bytes_of(landing, manifest))
    assert [f"<Ma>H{n}</Ma>".encode() in pages for n in range(1, 7)] == [True] * 5 + [False]
    days = "<tuNgay>01/04/2019</tuNgay>\n<denNgay>30/04/2019</denNgay>"
    assert f"{days}<trang>1</trang><soDong>2</soDong>" in state.bodies[0]
    assert f"<matKhau>{CLIENT_SECRET}</matKhau>" in state.bodies[0]
    assert state.headers[0]["soapaction"] == '"urn:motcua/TraCuu"'
    assert state.headers[0]["content-type"] == "text/xml; charset=utf-8"


def test_an_empty_list_ends_the_pages_without_a_declared_count(
    state: Services, access: SourceAccess, landing: Landing
) -> None:
    assert len(take(soap(declared_count_path=None), access, landing).parts) == 4
    state.records = []
    assert take(soap(), access, landing).declared_count == 0


def test_a_secret_cannot_break_out_of_its_element(state: Services, access: SourceAccess, landing: Landing) -> None:
    access = SourceAccess(host=access.host, port=access.port, schema="http", login="a&b", password="</matKhau><x>")
    take(soap(), access, landing)
    assert "<taiKhoan>a&amp;b</taiKhoan><matKhau>&lt;/matKhau&gt;&lt;x&gt;</matKhau>" in state.bodies[0]


@pytest.mark.parametrize(
    ("fault", "kind", "words", "asked"),
    [
        ("Client|Sai mat khau the-client-secret", SourceMisconfigured, r"Client: Sai mat khau \*\*\*", 1),
        ("Server|Qua tai", SourceUnavailable, "Server: Qua tai", 4),
        ("bomb", SourceMisconfigured, "a document type or entities", 1),
    ],
)
def test_a_fault_is_told_in_its_own_words_without_the_secret(  # noqa: PLR0917 - a row of the table
    state: Services,
    access: SourceAccess,
    landing: Landing,
    fault: str,
    kind: type[SourceError],
    words: str,
    asked: int,
) -> None:
    state.fault = fault
    with pytest.raises(kind, match=words) as caught:
        take(soap(), access, landing)
    assert CLIENT_SECRET not in str(caught.value)
    assert len(state.asked) == asked
    assert nothing_was_kept(landing)


def test_a_wrong_path_to_the_records_names_those_there_are(access: SourceAccess, landing: Landing) -> None:
    with pytest.raises(SourceMisconfigured, match=r"Envelope\.Body\.TraCuuResponse\.DanhSach"):
        take(soap(records_path="Body.Response.Rows.Row", declared_count_path=None), access, landing)


def test_lines_of_json_are_paged_too(access: SourceAccess, landing: Landing) -> None:
    source = a_source(kind="rest", path="/lines", authentication="none", answer="ndjson", paging=PAGED)
    manifest = take(source, access, landing)
    assert [part.name for part in manifest.parts] == [f"page-0000{n}.ndjson" for n in (1, 2, 3, 4)]
    assert b"".join(bytes_of(landing, manifest)).count(b"\n") == 5


def test_requests_keep_the_declared_distance(state: Services, access: SourceAccess, landing: Landing) -> None:
    source = a_source(
        kind="rest", path="/lines", authentication="none", answer="ndjson", paging=PAGED, min_interval_seconds=0.1
    )
    began = time.monotonic()
    take(source, access, landing)
    assert len(state.asked) == 4
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": "GET"}, "a body is only sent with `method: POST`"),
        ({"body": "{trang}"}, r"\{trang\} is no field of a body"),
        ({"body": "<x>{position}</x>"}, r"needs a body that holds \{password\}"),
        ({"authentication": "none", "body": "<x/>"}, r"a body that holds \{position\}"),
        ({"incremental": {}}, r"a body that holds \{since\}"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused_when_it_is_read(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        soap(**changes)


def test_a_moment_can_stand_in_the_envelope(state: Services, access: SourceAccess, landing: Landing) -> None:
    body = ENVELOPE.replace("<trang>", "<tu>{since:%Y%m%d%H%M%S}</tu><trang>")
    source = soap(body=body, incremental={"overlap_minutes": 0})
    first = pulled(landing, access, None, source)
    assert "<tu>19700101080000</tu>" in state.bodies[0]
    assert first.source_cursor == {"updated_since": datetime(2019, 5, 2, 1, tzinfo=UTC).isoformat()}
    pulled(landing, access, first.source_cursor, source)
    assert "<tu>20190502080000</tu>" in state.bodies[-1]
