"""What the column reader knows is what the warehouse finds, or dossiers are counted in another month."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import compute
from sqlalchemy import text

from onestop.jurisdiction.timestamp_formats import compiled, skips_times
from onestop.reading import csv_blocks
from onestop.reading import known as known_module
from onestop.reading.known import MetCodes
from onestop.reading.load import staging_table
from onestop.reading.moments import FIRST_YEAR, LAST_YEAR, Moments, is_fixed
from onestop.reading.refusal import catalogue
from onestop.warehouse.sql import statement
from tests.contracts.conftest import csv_text, numbered

FORMS = {
    "dd/MM/yyyy HH:mm:ss": "%d/%m/%Y %H:%M:%S",
    "dd/MM/yyyy HH:mm": "%d/%m/%Y %H:%M",
    "dd/MM/yyyy": "%d/%m/%Y",
    "yyyyMMddHHmmss": "%Y%m%d%H%M%S",
    "yyyyMMdd": "%Y%m%d",
    "dd-MM-yyyy HH:mm": "%d-%m-%Y %H:%M",
    "HH:mm dd.MM.yyyy": "%H:%M %d.%m.%Y",
    "iso": "%Y-%m-%dT%H:%M:%S",
    "yyyy/MM/dd HH:mm:ss": "%Y/%m/%d %H:%M:%S",
}
ZONES = ("Asia/Ho_Chi_Minh", "UTC", "America/Sao_Paulo", "Africa/Casablanca", "Europe/Berlin")
MOMENTS = st.datetimes(datetime(1985, 1, 1), datetime(2065, 1, 1))  # noqa: DTZ001 - what a clock shows
WRITTEN = st.builds(lambda at, form: at.strftime(form), MOMENTS, st.sampled_from(sorted(FORMS.values())))
SPOILT = st.builds(
    lambda written, place, letter: written[: place % len(written)] + letter + written[place % len(written) + 1 :],
    WRITTEN,
    st.integers(0, 30),
    st.sampled_from("0123456789 +-./:TZaAđ٣"),
)
TEXTS = st.one_of(
    WRITTEN, SPOILT, st.just(""), st.text("0123456789/ :-", min_size=8, max_size=19),
    st.sampled_from(["29/02/2019", "29/02/2020", "31/04/2019 08:00", "30/04/2019 24:00", "31/12/1989", "01/01/1990",
                     "31/12/2059", "01/01/2060", "00/00/0000", "28/04/2019 10:60", "2019-02-30", "20190431080000"]),
)  # fmt: skip
CODES = st.from_regex(r"\A[0-9A-Z.]{1,12}-[0-9]{5,7}-[0-9]{0,3}[\n x]?\Z")


def of(connection, forms, timezone):
    years = {"timezone": timezone, "first_year": FIRST_YEAR, "last_year": LAST_YEAR}
    steady = connection.execute(statement("staging/steady_offset.sql"), years)
    return Moments(forms, {row.calendar_year: row.offset_seconds for row in steady})


def by_the_warehouse(connection, texts, forms, timezone):
    for name, value in (("datestyle", "SQL, DMY"), ("timezone", timezone)):
        connection.execute(text("select set_config(:name, :value, false)"), {"name": name, "value": value})
    read = text(
        "select extract(epoch from staging.moment_of(nullif(seen, ''), cast(:forms as text []),"
        " cast(:patterns as text []), :skips)) from unnest(cast(:texts as text [])) with ordinality as t (seen, place)"
        " order by place"
    )
    binds = {
        "texts": texts, "forms": forms, "patterns": compiled(forms, None), "skips": skips_times(timezone),
    }  # fmt: skip
    return [None if moment is None else int(moment) for moment in connection.scalars(read, binds)]


@settings(
    max_examples=max(150, settings.default.max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=40),
    forms=st.lists(st.sampled_from(sorted(FORMS)), min_size=1, unique=True),
    timezone=st.sampled_from(ZONES),
)
def test_what_the_reader_knows_of_any_text_is_what_the_warehouse_reads(loader_engine, texts, forms, timezone):
    with loader_engine.connect() as connection:
        (known,) = of(connection, forms, timezone).seconds([pa.array(texts, pa.string())])
        expected = by_the_warehouse(connection, texts, forms, timezone)
    for seen, moment, wanted in zip(texts, known.to_pylist(), expected, strict=True):
        assert moment is None or moment == wanted, (seen, forms, timezone)


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_date_in_a_fixed_pattern_is_known_where_clocks_are_not_changed(loader_engine, form):
    written = [datetime(2019, month, 28, 23, 59, 58).strftime(FORMS[form]) for month in range(1, 13)]  # noqa: DTZ001
    with loader_engine.connect() as connection:
        known = of(connection, [form], "Asia/Ho_Chi_Minh").seconds([pa.array(["", *written]), pa.array(written[:2])])
        expected = by_the_warehouse(connection, written, [form], "Asia/Ho_Chi_Minh")
    assert [column.to_pylist() for column in known] == [[None, *expected], expected[:2]]
    assert None not in expected


def test_no_date_is_known_in_a_year_in_which_the_clocks_are_changed(loader_engine):
    dates = pa.array([f"15/06/{year} 08:00" for year in (1995, 2008, 2019, 2021)])
    with loader_engine.connect() as connection:
        by_zone = {
            zone: of(connection, ["dd/MM/yyyy HH:mm"], zone).seconds([dates])[0].is_valid().to_pylist()
            for zone in ZONES
        }
    assert by_zone == {
        "Asia/Ho_Chi_Minh": [True, True, True, True],
        "UTC": [True, True, True, True],
        "America/Sao_Paulo": [False, False, False, True],
        "Africa/Casablanca": [True, False, False, False],
        "Europe/Berlin": [False, False, False, False],
    }


@pytest.mark.parametrize(
    "form",
    ["d/M/yyyy", "dd/MM/yy", "dd/MM/yyyy hh:mm a", "yyyy-MM-dd HH:mm:ss.SSS", "excel", "MM/yyyy", "dd 'tháng' MM yyyy"],
)
def test_a_pattern_whose_texts_differ_in_length_is_left_to_the_warehouse(form):
    assert not is_fixed(form)


@settings(max_examples=max(150, settings.default.max_examples), deadline=None)
@given(codes=st.lists(st.one_of(CODES, st.text(max_size=30)), min_size=1, max_size=40))
def test_a_code_that_the_reader_knows_to_look_right_does_so_for_the_warehouse(loader_engine, codes):
    codes = [code.replace("\0", "") for code in codes]
    pattern = catalogue("dossier").code_pattern
    known = compute.match_substring_regex(pa.array(codes, pa.string()), pattern).to_pylist()
    with loader_engine.connect() as connection:
        matched = text(
            "select seen ~ :pattern from unnest(cast(:codes as text [])) with ordinality as t (seen, n) order by n"
        )
        assert known == list(connection.scalars(matched, {"pattern": pattern, "codes": codes}))


@given(
    blocks=st.lists(st.lists(st.integers(0, 60).map(str), min_size=1, max_size=20), max_size=8),
    places=st.sampled_from([8, 64, 1 << 26]),
)
def test_of_any_codes_a_repeated_one_is_never_taken_for_a_new_one(blocks, places):
    """And in places enough, a new one is hardly ever taken for a repeated one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_module, "_CODE_PLACES", places)
        met, before = MetCodes(), set()
        for block in blocks:
            found = met.are_new(pa.array(block, pa.string())).to_pylist()
            for code, is_new in zip(block, found, strict=True):
                assert not (is_new and code in before)
                assert is_new or code in before or places < 1 << 26
                before.add(code)


def test_a_large_file_is_taken_as_a_small_one_is(agency, monkeypatch):
    """Its dates come as moments, repeated codes are found in blocks far apart and in those that are read record by
    record, and what is refused is told as the agency wrote it.
    """
    records = numbered(400)
    records[300]["received_at"] = "31/04/2019 08:00"
    records[301]["finished_at"] = "01/04/2019 08:00"
    records[200]["applicant_name"] = '"Hộ\rgia đình"'  # its block is no table
    for repeated, first in ((399, 3), (398, 4), (201, 5), (390, 202), (10, 9)):
        records[repeated]["dossier_code"] = records[first]["dossier_code"]
    records[398]["fee_amount"] = "1"
    records[350]["dossier_code"] = records[300]["dossier_code"]  # of a refused one: taken
    agency.take(records)
    expected = taken_and_refused(agency)
    assert list(map(len, expected)) == [393, 7]
    with agency.engine.begin() as connection:
        connection.execute(text("delete from core.dossier_version"))
        connection.execute(text("delete from quarantine.row"))
    monkeypatch.setattr(csv_blocks, "FEWEST_FIRST_LINES", 1)
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 4096)
    delivery_id = agency.deliver(csv_text(records) + "\r\n")
    agency.load(delivery_id)
    known = agency.one(
        "select count(received_at_seconds), count(code_is_shaped), count(code_is_new), count(*) - count(code_is_new) "  # noqa: S608
        f"from {staging_table(delivery_id)}"
    )
    assert min(known[:3]) > 300, "no block was read as columns"
    assert known[3] > 5, "all blocks were read as columns"
    agency.check(delivery_id)
    assert taken_and_refused(agency) == expected


def test_moments_read_by_a_configuration_that_was_mended_since_are_read_again(agency, monkeypatch):
    """A source writes the month first, was taken for one that writes the day first, and only its check is run again."""
    monkeypatch.setattr(csv_blocks, "FEWEST_FIRST_LINES", 1)
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 4096)
    dates = dict.fromkeys(("submitted_at", "due_at", "finished_at", "returned_at"), "")
    delivery_id = agency.deliver(numbered(400, status="4", **{**dates, "received_at": "04/05/2019 08:00"}))
    agency.load(delivery_id)
    agency.settings["timestamp_formats"] = ["MM/dd/yyyy HH:mm"]
    agency.check(delivery_id)
    taken = agency.rows("select received_at, count(*) as dossiers from core.dossier_version group by received_at")
    assert taken == [(datetime(2019, 4, 5, 1, tzinfo=UTC), 400)]


def taken_and_refused(agency):
    return (
        agency.rows(
            "select dossier_code, row_hash, received_at, due_at from core.dossier_version order by dossier_code"
        ),
        agency.rows("select row_number, raw, reasons from quarantine.row order by row_number"),
    )
