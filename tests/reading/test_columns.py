"""What is read many records at once is what is read record by record: the same rows in staging, to the byte.

The blocks are made small here, so that files of a few lines have several.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onestop.cleaning import INVISIBLE
from onestop.jurisdiction.datasets import DATASETS
from onestop.reading import csv_blocks, header
from onestop.reading.copy_columns import has_only_latin_letters
from onestop.reading.copy_lines import batches
from onestop.reading.identity import ApplicantHasher
from onestop.reading.records import Progress, read_rows
from onestop.reading.refusal import DeliveryRefused, catalogue
from onestop.reading.rows import LONGEST_CELL, Layout
from onestop.settings import REPOSITORY_ROOT

KEY = b"a key for tests"
DOSSIERS = DATASETS["dossier"]
FIELDS = (*DOSSIERS.fields, *DOSSIERS.identity)
WANTED = {"dossier_code": "MaHoSo", "unit": "DonVi", "applicant_name": "Ten", "applicant_id_number": "SoGiayTo"}
HEADER = ["MaHoSo", "DonVi", "Ten", "SoGiayTo", "Khac"]

codes = st.text(alphabet="0123456789", min_size=6, max_size=12).map(lambda digits: f"000.00.12.H02-190405-{digits}")
plain = st.sampled_from(
    [
        "",
        "Sở Y tế",
        "Xã Nghĩa Hòa",
        "x",
        "024098765432",
        "000000001",
        "a;b",
        'nói "có"',
        "a\nb",
        "c\\d",
        " x\t",
        "So\u031b\u0309 Y te\u0302\u0301",
        "x\u00a0",
    ]
)
odd_codes = st.sampled_from(["", "H02-1", "MaHoSo", "Tổng cộng", "Total", "Cộng: 3", "7", " 8"])
odd = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            "\u00a0x", "x\ufeff", "So\u031b\u0309 Y te\u0302\u0301", 'a"b', "a\r\nb", "a\rb", "A&amp;B", "A&B",
            "\x1f", "0\x00", "Tổng: 15", "x" * 200, "\u0300", "\f", "1\v", "\ud7a3", "ω\u2126", "DonVi", "Khac",
        ]
    ),
)  # fmt: skip


@st.composite
def rows(draw, oddity):
    """A record as a line of CSV: well formed, or nearly. `oddity`: one of how many things is odd."""

    def is_odd():
        return oddity > 0 and draw(st.integers(1, oddity)) == oddity

    width = draw(st.sampled_from([0, 1, 4, 6])) if is_odd() else 5
    quoting = "none" if is_odd() else draw(st.sampled_from(["needed", "all"]))
    line = []
    for place in range(width):
        usual, unusual = (plain, odd) if place else (codes, odd_codes)
        cell = draw(unusual if is_odd() else usual)
        is_quoted = quoting == "all" or (quoting == "needed" and any(mark in cell for mark in '";\n\r'))
        line.append('"' + cell.replace('"', '""') + '"' if is_quoted else cell)
    return ";".join(line) + (draw(st.sampled_from(['"', '"x', ' "', '""x', ";"])) if is_odd() else "")


@st.composite
def files(draw):
    """A file's bytes."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    oddity = draw(st.sampled_from([0, 300, 100, 30]))
    lines = [";".join(HEADER), *draw(st.lists(rows(oddity), min_size=5, max_size=40))]
    text = draw(st.sampled_from(["", "\ufeff"])) + end.join(lines) + draw(st.sampled_from(["", end, end + end]))
    data = bytearray(text.encode("utf-8", "replace"))
    if oddity and draw(st.integers(1, 10)) == 1:
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    if oddity and draw(st.integers(1, 10)) == 1:
        del data[draw(st.integers(0, len(data) - 1)) :]
    return bytes(data)


def staged(data: bytes, *, gives_tables: bool, delimiter: str | None = ";", font_encoding: str | None = None):
    """The rows as COPY gets them and what is told beside, or why the file is refused."""
    layout = Layout(
        format_kind="csv", columns=tuple(WANTED.get(name) for name in FIELDS), delimiter=delimiter,
        required_columns=frozenset(WANTED.values()), encoding="utf-8", key_column=0, totals=catalogue().totals,
        gives_tables=gives_tables, font_encoding=font_encoding,
    )  # fmt: skip
    progress = Progress()
    parts = [("a.csv", io.BufferedReader(io.BytesIO(data)))]
    try:
        rows = read_rows(layout, parts, "here", progress)
        blocks = list(batches(rows, progress, DOSSIERS, ApplicantHasher(KEY), "here"))
    except DeliveryRefused as refusal:
        # What the bytes look like is guessed from those that were decoded at once.
        return (
            [re.sub(r" \(the text looks like \w+\)", "", str(item.as_json())) for item in refusal.reasons],
            None,
            None,
        )
    return b"".join(blocks), progress.row_number, progress.notes


@settings(max_examples=max(300, 10 * settings.default.max_examples), deadline=None)
@given(data=files(), delimiter=st.sampled_from([";", None]), size=st.sampled_from([64, 256, 1024]))
def test_columns_give_the_same_rows_as_records_for_any_file(data, delimiter, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_blocks, "BLOCK_BYTES", size)
        patch.setattr(csv_blocks, "FEWEST_FIRST_LINES", 1)
        patch.setattr(header, "HEADER_SEARCH_ROWS", 2)
        by_columns = staged(data, gives_tables=True, delimiter=delimiter)
        by_records = staged(data, gives_tables=False, delimiter=delimiter)
    assert by_columns == by_records


@pytest.mark.parametrize("font_encoding", ["tcvn3", "auto"])
def test_text_typed_for_old_fonts_is_converted_in_a_large_file_too(monkeypatch, font_encoding):
    """A file in UTF-8 may hold text that was typed for TCVN3 fonts: its cells are looked at one by one."""
    lines = [";".join(HEADER), *(f"000.00.12.H02-190405-{number};Së Y tÕ;NguyÔn V¨n Thö;;" for number in range(3000))]
    data = "\n".join(lines).encode()
    monkeypatch.setattr(csv_blocks, "FEWEST_FIRST_LINES", 1)
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 4096)
    rows, count, notes = staged(data, gives_tables=True, font_encoding=font_encoding)
    assert (rows, count, notes) == staged(data, gives_tables=False, font_encoding=font_encoding)
    assert count == 3000
    assert rows.decode().count("Sở Y tế") == 3000


MEASURED = """
import io, re, sys
sys.path[:0] = ["plugins", "."]
import pandas, pyarrow.compute, pyarrow.csv  # making an array, Arrow imports pandas
from onestop.reading.ahead import ahead
from onestop.reading.identity import ApplicantHasher
from onestop.reading.copy_columns import has_only_latin_letters
from onestop.reading.copy_lines import batches
from onestop.reading.records import Progress, read_rows
from tests.reading.test_columns import DOSSIERS, KEY, wide_layout, wide_lines

class Lines(io.RawIOBase):
    def __init__(self): self.lines, self.rest = wide_lines(150_000), b""
    def readable(self): return True
    def readinto(self, buffer):
        while len(self.rest) < len(buffer) and (line := next(self.lines, None)): self.rest += line
        data, self.rest = self.rest[: len(buffer)], self.rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)

def peak():  # of this program: getrusage tells of the one that started it, too
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])

before, progress = peak(), Progress()
stream = io.BufferedReader(Lines(), 1 << 16)
rows = read_rows(wide_layout(), [("a.csv", stream)], "x", progress)
with ahead(batches(rows, progress, DOSSIERS, ApplicantHasher(KEY), "x")) as blocks:
    print(sum(map(len, blocks)) >> 20, progress.row_number)
print(peak() - before, pyarrow.default_memory_pool().backend_name)
"""


def wide_layout():
    columns = tuple(field if field in WANTED else f"c{place}" for place, field in enumerate(FIELDS))
    return Layout(
        format_kind="csv", columns=columns, required_columns=frozenset(columns), key_column=0, delimiter=",",
        encoding="utf-8", totals=catalogue().totals, gives_tables=True,
    )  # fmt: skip


def wide_lines(count):
    """A header and records of 20 columns in Vietnamese, as agencies deliver them."""
    columns = wide_layout().columns
    yield (",".join(columns) + "\n").encode()
    filling = ",".join(f"Uỷ ban nhân dân xã {place}" for place in range(len(columns) - 1))
    for number in range(count):
        yield f"000.00.12.H02-190405-{number:07},{filling}\n".encode()


def test_reading_in_columns_takes_little_memory():
    """70 MB, in a process of its own, take 45 MB more than the libraries alone at most.

    Arrow's own allocators keep what one thread took and another gave back: 20 to 30 MB with an agency's real columns.
    """
    run = subprocess.run(
        [sys.executable, "-"], input=MEASURED, cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=True,
        timeout=120,
    )  # fmt: skip
    size, count, peak, allocator = run.stdout.split()
    assert (size, count, allocator) == ("71", "150000", "system")
    assert int(peak) < 45 << 10


def test_a_block_with_a_cell_longer_than_any_may_be_is_left_to_the_exact_reader() -> None:
    for length, is_taken in ((LONGEST_CELL, True), (LONGEST_CELL + 1, False)):
        block = f"a,{'x' * length}\nb,y\n".encode()
        assert (csv_blocks.table_of(block, ",", 2) is not None) is is_taken


def is_taken_for_latin(text: str) -> bool:
    return has_only_latin_letters(np.frombuffer(text.encode(), np.uint8))


def test_letters_that_are_not_asked_of_unicode_need_no_normalising_and_are_no_spaces() -> None:
    taken = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000 and is_taken_for_latin(chr(code))]
    assert len(taken) > 500
    for letter in taken:
        assert unicodedata.is_normalized("NFC", letter)
        assert not unicodedata.combining(letter)
    assert not set(taken) & set(INVISIBLE)


@given(st.text(alphabet=st.sampled_from("Aạế ỹđ\u0301\u00a0\u200b\ufeff\u1100\u212b€文"), max_size=12))
@settings(max_examples=200)
def test_text_is_taken_for_latin_only_where_it_is_in_nfc(text: str) -> None:
    assert not is_taken_for_latin(text) or (unicodedata.is_normalized("NFC", text) and not set(text) & set(INVISIBLE))


def test_vietnamese_in_nfc_is_taken_for_latin() -> None:
    """A failure means that reading asks Unicode's tables of every name, at four times the price."""
    assert is_taken_for_latin("Sở Nông nghiệp và Phát triển nông thôn, ĐƯỜNG ỷ Ỵ")
    assert not is_taken_for_latin(unicodedata.normalize("NFD", "Sở"))
