"""Vietnamese letters come in many forms and leave in one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onestop.cleaning import cleaned
from onestop.jurisdiction.datasets import DATASETS
from onestop.reading import text
from onestop.reading.copy_lines import DELIMITER, column_count, packed_lines  # the block form of `cleaned`
from onestop.reading.text import count_of

DOSSIER_FIELDS = DATASETS["dossier"].fields
COLUMNS = column_count(DATASETS["dossier"])


@pytest.mark.parametrize(
    ("received", "stored"),
    [
        (unicodedata.normalize("NFD", "Thị trấn Vôi"), "Thị trấn Vôi"),
        ("Sở Công Thương &amp; D&#7883;ch v&#x1EE5;", "Sở Công Thương & Dịch vụ"),
        ("A & B &c; &", "A & B &c; &"),
        ("\u00a0 Xã Nghĩa Hòa\u200b \t", "Xã Nghĩa Hòa"),
        ("  ", ""),
    ],
)
def test_a_value_is_stored_composed_unescaped_and_without_spaces_around_it(received, stored):
    assert cleaned(received) == stored


def _line(number: int, first: str, last: str) -> str:
    cells = [first, *[""] * (len(DOSSIER_FIELDS) - 2), last]
    return DELIMITER.join([str(number), *cells, *[""] * (COLUMNS - 1 - len(cells))])


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)] * 2), min_size=1, max_size=5
    )
)
def test_a_block_of_rows_is_cleaned_as_each_value_is(pairs):
    lines = [_line(number, *pair) for number, pair in enumerate(pairs, 1)]
    stored = packed_lines(lines, "here", COLUMNS).decode().removesuffix("\n").split("\n")
    for pair, line in zip(pairs, stored, strict=True):
        cells = line.split(DELIMITER)
        seen = tuple(cell.replace("\\\\", "\\").strip() for cell in (cells[1], cells[len(DOSSIER_FIELDS)]))
        assert seen == tuple(cleaned(cell) for cell in pair)


def test_a_stray_delimiter_spoils_its_row_only():
    block = packed_lines([_line(1, "A" + DELIMITER, "x"), _line(2, "B", "y")], "here", COLUMNS).decode()
    first, second = block.splitlines()
    assert first.startswith("1" + DELIMITER * (COLUMNS - 1))
    assert '"rule":"record_malformed"' in first
    assert second == _line(2, "B", "y")


def test_line_ends_and_backslashes_inside_values_are_escaped_for_copy():
    block = packed_lines([_line(1, "a\r\nb", "c\\d")], "here", COLUMNS).decode()
    assert block == _line(1, "a\\r\\nb", "c\\\\d") + "\n"


@pytest.mark.parametrize("few", [0, 1 << 16])
@given(data=st.text('a"\n', max_size=60).map(str.encode), end=st.none() | st.integers(0, 60))
@example(data=b'a"\n"', end=2)
@example(data=b'a"\n"', end=0)
def test_a_byte_of_any_data_is_counted_by_numpy_as_by_the_interpreter(few, data, end):
    """A failure means that a large file is cut inside quotes, or that errors name another line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_FEW_BYTES", few)
        end = None if end is None else min(end, len(data))
        for byte in (b'"', b"\n"):
            assert count_of(byte, data, end) == data.count(byte, 0, end)
