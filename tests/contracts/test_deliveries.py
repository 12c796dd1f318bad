"""What is decided on a whole delivery: a failure here means data lost, counted twice, or taken against its contract."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import psycopg2
import pytest
from sqlalchemy import text

from onestop import contracts, warehouse
from onestop.contracts import ContractError, DeliveryRefused, StagingLost
from onestop.contracts.judging import Subject, Tables, expectations
from onestop.reading.refusal import catalogue
from tests.contracts.conftest import GOOD, csv_text, letters, numbered, row


def in_march(count):
    dates = {name: GOOD[name].replace("/04/", "/03/") for name in GOOD if name.endswith("_at")}
    return numbered(count, **dates)


def test_what_was_read_is_accepted_or_in_quarantine_and_counted(agency):
    delivery_id = agency.deliver([*numbered(8), row(dossier_code="X-190405-1", channel="9")])
    assert agency.load(delivery_id).record_count == 9
    result = agency.check(delivery_id)
    assert (result.record_count, result.accepted_count, result.quarantined_count) == (9, 8, 1)
    assert result.merge.inserted == 8
    stored = agency.one("select state, record_count, accepted_count, quarantined_count, reasons from ops.delivery")
    assert stored == ("accepted", 9, 8, 1, None)
    assert agency.rows("select tablename from pg_tables where schemaname = 'staging'") == []


def test_a_repeated_row_is_kept_once_and_the_last_of_differing_ones_wins(agency):
    same, code = row(dossier_code="A-190405-1"), "A-190405-2"
    result = agency.take(
        [same, same, row(dossier_code=code, channel="1"), row(dossier_code=code), row(dossier_code="A-190405-3")]
    )
    assert (result.accepted_count, result.quarantined_count) == (3, 2)
    versions = agency.rows("select dossier_code, channel from core.dossier_version order by 1")
    assert versions == [("A-190405-1", "online"), (code, "online"), ("A-190405-3", "online")]
    refused = agency.rows(
        "select row_number, reasons -> 0 ->> 'rule', reasons -> 0 ->> 'value' from quarantine.row order by 1"
    )
    assert refused == [(1, "duplicate_identical", "A-190405-1 (2)"), (3, "duplicate_superseded", f"{code} (4)")]


def test_a_refused_last_row_does_not_take_its_dossier_away(agency):
    agency.take([row(dossier_code="A-190405-1", channel="1"), row(dossier_code="A-190405-1", channel="9")])
    assert agency.rows("select channel from core.dossier_version") == [("direct",)]


@pytest.mark.parametrize(
    ("limits", "rows", "rule", "seen"),
    [
        ({"max_refused_row_share": 0.1}, [*numbered(4), row(channel="9")], "refused_rows", "0.2"),
        ({"max_duplicate_share": 0.1}, [*numbered(4), *numbered(1)], "duplicate_rows", "0.2"),
        ({"max_unknown_unit_share": 0.1}, [*numbered(4), row(unit="?")], "unknown_units", "0.2"),
    ],
)
def test_a_delivery_beyond_a_limit_is_refused_whole_with_the_reason_stored(agency, limits, rows, rule, seen):
    agency.with_limits(**limits)
    delivery_id = agency.deliver(rows)
    agency.load(delivery_id)
    with pytest.raises(
        DeliveryRefused, match=f"so_y_te 2019-04, delivery {delivery_id}: expected a share of .* seen: {seen}"
    ):
        agency.check(delivery_id)
    stored = agency.one("select state, reasons, accepted_count from ops.delivery")
    assert (stored.state, stored.accepted_count, [item["rule"] for item in stored.reasons]) == ("rejected", 0, [rule])
    assert agency.rows("select 1 from core.dossier_version") == []
    assert len(agency.rows("select 1 from quarantine.row")) == 1, "the agency gets the rows to correct"
    with pytest.raises(DeliveryRefused):  # decided is decided
        agency.check(delivery_id)


def test_an_empty_month_after_a_full_one_is_refused_and_after_a_small_one_taken(agency):
    agency.take(in_march(31), "2019-03")
    with pytest.raises(DeliveryRefused, match="more than 30"):
        agency.take([], "2019-04")
    agency.source_id = "so_tai_chinh"
    agency.take(in_march(3), "2019-03")
    assert agency.take([], "2019-04").record_count == 0


def test_a_month_far_from_the_one_before_is_warned_of(agency):
    agency.take(in_march(1), "2019-03")
    agency.take(numbered(6), "2019-04")
    warned = agency.rows("select expectation, observed, message_vi from ops.expectation_result where not is_met")
    assert warned == [("row_count_far", 6, "Số dòng bằng 0.2 đến 5 lần kỳ trước; thực tế: 6.")]


def test_declared_and_counted_must_be_equal(agency):
    delivery_id = agency.deliver(numbered(3), declared_count=4)
    with pytest.raises(DeliveryRefused) as refusal:
        agency.load(delivery_id)
    assert str(refusal.value) == (
        f"so_y_te 2019-04, delivery {delivery_id}: expected the 4 records that the source declares; seen: 3 records, 4 "
        "declared. Records were lost or repeated on the way: pull again; if it stays, tell the source's contact."
    )
    assert agency.one("select state from ops.delivery").state == "rejected"


def test_a_missing_column_refuses_the_delivery_and_is_named(agency):
    delivery_id = agency.deliver(
        csv_text(numbered(2), {k: v for k, v in zip(GOOD, COLUMN_NAMES, strict=True) if k != "channel"})
    )
    with pytest.raises(DeliveryRefused, match=r"part hoso.csv, after record 0: .*seen: no column KenhThucHien among"):
        agency.load(delivery_id)
    (reason,) = agency.one("select reasons from ops.delivery").reasons
    assert (reason["rule"], reason["value"]) == ("column_missing", "KenhThucHien")


COLUMN_NAMES = csv_text([]).strip().split(";")


def test_a_wrong_encoding_refuses_the_delivery_naming_line_and_byte(agency):
    good = csv_text(numbered(2)).encode()
    delivery_id = agency.deliver(good + "Sở".encode("utf-16-le"))
    with pytest.raises(DeliveryRefused, match=rf"line 4, byte offset {len(good) + 2}: expected text in utf-8-sig"):
        agency.load(delivery_id)


def test_utf_8_that_was_declared_windows_1258_is_refused_not_garbled(agency):
    agency.settings = {"format": {"kind": "csv", "encoding": "cp1258", "delimiter": ";"}}
    delivery_id = agency.deliver(numbered(2))
    with pytest.raises(DeliveryRefused, match="text in UTF-8 where cp1258 was declared"):
        agency.load(delivery_id)


def test_windows_1258_with_its_combining_tones_is_stored_in_nfc(agency):
    import unicodedata

    agency.settings = {
        "format": {"kind": "csv", "encoding": "cp1258", "delimiter": ";"},
        "value_maps": {"unit": {"Huyện Lạng Giang": "lang_giang"}},
    }
    text_in_tones = csv_text([row(unit="Huyện Lạng Giang", commune="Thị trấn Vôi")])
    apart = "".join(_with_tone_apart(letter) for letter in text_in_tones)
    agency.take(apart.encode("cp1258"))
    version = agency.one("select owner_unit_code, commune_code from core.dossier_version")
    assert version == ("lang_giang", "07375")
    assert unicodedata.is_normalized("NFC", "Thị trấn Vôi")


def _with_tone_apart(letter: str) -> str:
    """A letter as Windows-1258 writes it: base with circumflex, breve or horn in one, the tone apart."""
    import unicodedata

    try:
        letter.encode("cp1258")
    except UnicodeEncodeError:
        base, *marks = unicodedata.normalize("NFD", letter)
        tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
        shape = unicodedata.normalize("NFC", base + "".join(mark for mark in marks if mark not in tones))
        return shape + "".join(tones)
    return letter


def test_a_truncated_file_is_refused(agency):
    whole = csv_text(numbered(3))
    delivery_id = agency.deliver(whole[: whole.rindex(";2;") + 1])
    with pytest.raises(DeliveryRefused, match="after record 2: expected a whole file up to its last record"):
        agency.load(delivery_id)


def test_a_nul_byte_refuses_the_delivery(agency):
    delivery_id = agency.deliver([row(), row(dossier_code="A\0B")])
    with pytest.raises(DeliveryRefused, match="record 2: expected text without NUL characters"):
        agency.load(delivery_id)


def test_a_row_that_cannot_be_taken_apart_is_in_quarantine_and_the_others_are_taken(agency):
    lines = csv_text(numbered(3)).split("\r\n")
    lines[2] = lines[2].replace(";1;", ";1;;", 1)
    result = agency.take("\r\n".join(lines))
    assert (result.accepted_count, result.quarantined_count) == (2, 1)
    refused = agency.one("select row_number, raw, reasons from quarantine.row")
    assert refused == (
        2, {}, [{"rule": "cell_count", "field": None, "value": "20", "expected": "19 ô",
                 "remedy": "Kiểm tra dấu phân cách và dấu ngoặc kép của dòng này."}],
    )  # fmt: skip


def test_personal_data_stands_in_no_table(agency):
    agency.with_limits(max_refused_row_share=0.1)
    personal = [GOOD[name] for name in ("applicant_name", "applicant_id_number", "applicant_email", "applicant_phone")]
    delivery_id = agency.deliver([row(), row(dossier_code="A-190405-2", channel="9")])
    agency.load(delivery_id)
    found = _tables_with(agency, personal)
    with pytest.raises(DeliveryRefused):
        agency.check(delivery_id)
    assert found + _tables_with(agency, personal) == []
    assert agency.one("select raw from quarantine.row").raw["applicant_key"]


def _tables_with(agency, values):
    tables = agency.rows(
        "select format('%I.%I', schemaname, tablename) as name from pg_tables"
        " where schemaname in ('staging', 'quarantine', 'core', 'ops')"
    )
    found = []
    for table in tables:
        for value in values:
            query = f"select 1 from {table.name} as stored where stored::text ilike :value limit 1"  # noqa: S608
            if agency.rows(query, value=f"%{value}%"):
                found.append((table.name, value))
    return found


def test_the_same_person_has_the_same_key_in_every_delivery_and_another_secret_gives_another(agency):
    agency.take([row(dossier_code="A-190405-1"), row(dossier_code="A-190405-2", applicant_id_number="024 098 765 432")])
    keys = agency.rows("select distinct applicant_key from core.dossier_version")
    assert len(keys) == 1


def test_running_load_and_check_again_changes_nothing(agency):
    delivery_id = agency.deliver([*numbered(3), row(channel="9")])
    agency.load(delivery_id)
    agency.load(delivery_id)
    first = agency.check(delivery_id)
    before = agency.rows("select * from core.dossier_version order by dossier_code")
    assert agency.load(delivery_id).record_count == 4
    again = agency.check(delivery_id)
    assert (again.record_count, again.accepted_count, again.quarantined_count) == (4, 3, 1) == (
        first.record_count, first.accepted_count, first.quarantined_count,
    )  # fmt: skip
    assert agency.rows("select * from core.dossier_version order by dossier_code") == before
    assert len(agency.rows("select 1 from quarantine.row")) == 1


def test_an_emptied_staging_table_is_noticed_and_loading_again_repairs_it(agency):
    delivery_id = agency.deliver(numbered(3))
    agency.load(delivery_id)
    with agency.engine.begin() as connection:
        connection.execute(text(f"truncate staging.dossier_{delivery_id}"))  # what a server's crash does
    with pytest.raises(StagingLost, match=r"is empty, 3 were loaded .* Run its load again"):
        agency.check(delivery_id)
    agency.load(delivery_id)
    assert agency.check(delivery_id).accepted_count == 3


def test_what_an_earlier_version_of_the_program_loaded_is_loaded_again(agency):
    """The program is replaced between a load and its check: staging has other columns then."""
    delivery_id = agency.deliver(numbered(3))
    agency.load(delivery_id)
    with agency.engine.begin() as connection:
        connection.execute(text(f"alter table staging.dossier_{delivery_id} drop column code_is_shaped"))
    with pytest.raises(StagingLost, match=r"holds records in the columns of another version .* Run its load again"):
        agency.check(delivery_id)
    agency.load(delivery_id)
    assert agency.check(delivery_id).accepted_count == 3


def test_a_load_whose_session_is_cut_in_the_middle_gives_the_same_rows_when_run_again(agency):
    delivery_id = agency.deliver(numbered(20_000))
    cut = threading.Thread(target=_cut_copy, args=(agency,))
    cut.start()
    with pytest.raises(psycopg2.OperationalError):
        agency.load(delivery_id)
    cut.join()
    assert agency.one("select state from ops.delivery").state == "landed"
    assert agency.rows("select 1 from pg_tables where schemaname = 'staging'") == []
    agency.load(delivery_id)
    assert agency.check(delivery_id).accepted_count == 20_000
    assert agency.one("select count(*), count(distinct dossier_code) from core.dossier_version") == (20_000, 20_000)


def _cut_copy(agency):
    query = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and state = 'active' and query like 'copy staging.%'"
    )
    until = time.monotonic() + 20
    while time.monotonic() < until and not agency.rows(query):
        pass


LOADER = """
import sys
from onestop import reading
from onestop.landing import Landing
from onestop.warehouse import engine
from onestop.jurisdiction import Source
url, landing, delivery, source = sys.argv[1:]
with engine(url).connect() as connection:
    source = Source.model_validate_json(source)
    reading.load(connection, source, Landing(landing), int(delivery), identity_key=b"a key for tests")
"""


def test_a_killed_loader_leaves_nothing_and_the_next_one_gives_the_same_rows(agency):
    delivery_id = agency.deliver(numbered(40_000))
    url = agency.engine.url.render_as_string(hide_password=False)
    loader = subprocess.Popen(
        [
            sys.executable,
            "-c",
            LOADER,
            url,
            str(agency.landing.root),
            str(delivery_id),
            agency.source.model_dump_json(),
        ],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": "plugins"},
    )
    copying = "select 1 from pg_stat_activity where state = 'active' and query like 'copy staging.%'"
    while loader.poll() is None and not agency.rows(copying):
        pass
    loader.send_signal(signal.SIGKILL)
    assert loader.wait() == -signal.SIGKILL, "it was killed in the middle"
    agency.load(delivery_id)
    assert agency.check(delivery_id).accepted_count == 40_000


def test_two_checks_of_one_delivery_at_once_decide_it_once(agency):
    delivery_id = agency.deliver([*numbered(50), row(channel="9")])
    agency.load(delivery_id)
    results = []
    checks = [threading.Thread(target=lambda: results.append(agency.check(delivery_id))) for _ in range(2)]
    for check in checks:
        check.start()
    for check in checks:
        check.join()
    assert [result.accepted_count for result in results] == [50, 50]
    assert sorted(result.merge.inserted for result in results) == [0, 50]
    assert agency.one("select count(*) from core.dossier_version") == (50,)


def test_every_rule_has_its_count_and_its_result(agency):
    delivery_id = agency.deliver(numbered(1))
    agency.load(delivery_id)
    agency.check(delivery_id)
    stored = {row.expectation for row in agency.rows("select expectation from ops.expectation_result")}
    assert stored == {rule.id for rule in (*catalogue().rows, *catalogue().limits)}
    subject = Subject(agency.source, agency.jurisdiction, "2019-04", agency.period().ends_at)
    texts = [text for item in expectations(subject) for text in (item.expected_vi, item.expected_en, item.remedy_vi)]
    assert [text for text in texts if "{" in text] == []


def test_an_expectation_that_raises_is_neither_met_nor_missed(agency):
    from onestop.contracts.expectations import evaluate

    with agency.engine.begin() as connection:
        connection.execute(text("create table staging.not_a_summary (record_count bigint)"))
    subject = Subject(agency.source, agency.jurisdiction, "2019-04", agency.period().ends_at)
    with pytest.raises(ContractError, match="The delivery stays undecided"):
        evaluate(agency.engine.url, "staging.not_a_summary", expectations(subject), where=subject.where)


def test_a_code_that_no_index_takes_stops_nobody(agency):
    agency.take([row(dossier_code=f"A-190405-{letters(3000)}"), *numbered(5)])
    (refused,) = agency.one("select reasons from quarantine.row").reasons
    assert (refused["rule"], len(refused["value"])) == ("dossier_code_too_long", len("A…") + 59 + len(" (3009)"))
    with agency.engine.begin() as connection:
        warehouse.index_months(connection)
    assert agency.take(numbered(7)).merge.inserted == 2


def test_a_record_is_never_counted_twice_whatever_the_dimensions_say(agency):
    with agency.engine.begin() as connection:
        connection.execute(
            text(
                "insert into core.commune (commune_code, name_vi, district_unit_code, valid_from)"
                " select '99999', name_vi, district_unit_code, valid_from from core.commune"
                " where name_vi = 'Xã Nghĩa Hòa'"
            )
        )
    delivery_id = agency.deliver([row(unit="Huyện Lạng Giang", commune="Xã Nghĩa Hòa"), *numbered(3)])
    agency.load(delivery_id)
    with pytest.raises(ContractError, match=r"4 records became 5 judged rows.*core\.commune.*correct the config"):
        agency.check(delivery_id)
    assert agency.one("select state, accepted_count from ops.delivery") == ("loaded", None)
    assert agency.one("select count(*) from core.dossier_version") == (0,)
    with agency.engine.begin() as connection:
        connection.execute(text("delete from core.commune where commune_code = '99999'"))
    assert agency.check(delivery_id).merge.inserted == 4


def test_a_refused_delivery_can_keep_its_page(agency, tmp_path):
    agency.with_limits(max_refused_row_share=0.1)
    delivery_id = agency.deliver([row(channel="9")])
    agency.load(delivery_id)
    with pytest.raises(DeliveryRefused):
        agency.check(delivery_id, data_docs_root=tmp_path)
    page = tmp_path / "so_y_te" / "2019-04" / f"delivery-{delivery_id}.html"
    assert "refused_row_share" in page.read_text(encoding="utf-8")


def test_a_preview_says_what_would_become_of_a_file_and_leaves_nothing(agency, tmp_path):
    file = tmp_path / "hoso.csv"
    file.write_text(csv_text([*numbered(3), row(dossier_code="A-190405-9", channel="9")]), encoding="utf-8")
    with agency.engine.connect() as connection:
        seen = contracts.preview(
            connection, agency.source, agency.jurisdiction, agency.period(), file,
            observed_at=agency.period().ends_at,
        )  # fmt: skip
    assert (seen.record_count, seen.accepted_count, seen.refusals) == (4, 3, ())
    (failing,) = seen.failing_rows
    assert (failing.row_number, failing.raw["dossier_code"]) == (4, "A-190405-9")
    assert failing.reasons[0]["rule"] == "channel_unknown"
    for table in ("ops.delivery", "quarantine.row", "core.dossier_version", "ops.expectation_result"):
        assert agency.rows(f"select 1 from {table}") == []  # noqa: S608
    assert agency.rows("select 1 from pg_tables where schemaname = 'staging'") == []
    assert Tables("staging.x").summary == "staging.x_summary"


def test_a_preview_knows_the_same_numbers_of_nobody_as_the_check(agency, tmp_path):
    agency.with_limits(placeholder_identities=("024098765432",))
    file = tmp_path / "hoso.csv"
    file.write_text(csv_text(numbered(3)), encoding="utf-8")
    with agency.engine.connect() as connection:
        seen = contracts.preview(
            connection, agency.source, agency.jurisdiction, agency.period(), file,
            observed_at=agency.period().ends_at,
        )  # fmt: skip
    warned = {outcome.expectation.rule.id: outcome.observed for outcome in seen.outcomes if not outcome.is_met}
    assert warned["identity_placeholder"] == 3


@pytest.mark.parametrize(
    ("formats", "told"),
    [
        (["dd/MM"], "a pattern of yyyy MM dd HH mm ss"),
        (["dd/MM/yyyy", "MM/dd/yyyy"], "dd/MM/yyyy and MM/dd/yyyy read one text as different days"),
        (["yyyyMMdd", "ddMMyyyy"], "read one text as different days"),
        (["d-M-yy"], "`two_digit_years_from` is missing"),
        (["dMyyyy"], "can be read in several ways"),
        (["dd/MM/yyyy hh:mm"], "hh goes with a"),
    ],
)
def test_formats_by_which_a_date_is_not_certain_are_no_configuration(agency, formats, told):
    agency.settings = {"timestamp_formats": formats}
    with pytest.raises(ValueError, match=told):
        _ = agency.source
