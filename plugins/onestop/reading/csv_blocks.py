"""A CSV file in blocks of whole records, as columns where a block is plain: several times the speed of row by row.

What is not plain beyond doubt is left to the exact reader: Arrow forgives text after a closing quote, and would then
see other records than the rules do. So the quotes of every block are looked at before Arrow is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from onestop.reading.rows import LONGEST_CELL
from onestop.reading.text import TrackedBytes, count_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

BLOCK_BYTES = 3 << 18
MOST_BLOCKS_A_RECORD = 4
"""A record that does not end within them is read as text, where it meets the bounds of every record."""
FEWEST_FIRST_LINES = 200
"""In which the dialect is looked for."""
_QUOTE, _LINE_FEED, _CARRIAGE_RETURN = b'"\n\r'
_ENTITY = re.compile(rb"&[#A-Za-z][A-Za-z0-9]*;")
_BYTE_ORDER_MARK = "\ufeff".encode()
_FIRST_DIGIT = "^[0-9]"
_PLAIN_KEY = "^[!-%'-~]+$"  # printable ASCII without a space and without &: a header's name looks like it as it stands
_FEWEST_CELLS = 2
"""An empty line is a record of one empty cell, or none."""


@dataclass(frozen=True)
class Table:
    """Records as columns of text; like rows, they are those of the file, or the wanted ones after `picked`."""

    columns: Sequence[pa.StringArray]

    def __len__(self) -> int:
        return len(self.columns[0])

    def picked(self, places: Sequence[int]) -> Table:
        """Return the columns at these places; -1 is a column of empty texts."""
        import pyarrow as pa  # noqa: PLC0415

        def at(place: int) -> pa.StringArray:
            return self.columns[place] if place >= 0 else pa.repeat(pa.scalar(""), len(self))

        return Table([at(place) for place in places])

    def rows(self) -> Iterator[list[str]]:
        """Give the records one by one."""
        return map(list, zip(*(column.to_pylist() for column in self.columns), strict=True))

    def has_only_digits_first(self, column: int) -> bool:
        """Whether every text of a column begins with a digit."""
        return _all_match(self.columns[column], _FIRST_DIGIT)

    def plain_keys(self, column: int) -> list[str] | None:
        """Return the texts of a column that begin with no digit; None when one of them is empty or not plain ASCII."""
        from pyarrow import compute  # noqa: PLC0415

        cells = self.columns[column]
        others = cells.filter(compute.invert(compute.match_substring_regex(cells, _FIRST_DIGIT)))
        return others.to_pylist() if _all_match(others, _PLAIN_KEY) else None


class Blocks:
    """The blocks of a file, one after the other. What was given as a block can be given back, to be read as text."""

    def __init__(self, stream: BinaryIO) -> None:
        _use_system_memory()
        self.tracked = TrackedBytes(stream)
        self.width = 0
        """How many cells a record has; 0 as long as the header is looked for, and all blocks are given as text."""
        self._rest = b""

    def first(self) -> bytes | None:
        """Return the first block; None when the file has to be read as text from its beginning."""
        block = self._next()
        if not block or (self._rest and block.count(b"\n") < FEWEST_FIRST_LINES) or not _is_utf8(block):
            self.give_back(block or b"")
            return None
        return block

    def following(self, delimiter: str) -> Iterator[Table | str | None]:
        """Give each block as columns, or as text when single records of it need a look. None: from here on, the file
        has to be read as text from `tracked`.
        """
        while block := self._next():
            if not is_well_formed(block, delimiter):
                break
            table = table_of(block, delimiter, self.width)
            if table is None and not _is_utf8(block):
                break
            yield block.decode() if table is None else table
        else:
            if block is not None:
                return
        self.give_back(block or b"")
        yield None

    def give_back(self, block: bytes) -> None:
        """Let `tracked` begin with this block, as if nothing of it had been read."""
        self.tracked.give_back(block + self._rest)
        self._rest = b""

    def _next(self) -> bytes | None:
        """Return the next bytes that end where a record ends, if quotes come in pairs; none at the end. None when
        no end is found, or the file ends inside quotes: everything is given back then.
        """
        block = self._rest
        self._rest = b""
        for _ in range(MOST_BLOCKS_A_RECORD):
            wanted = len(block) + BLOCK_BYTES
            while len(block) < wanted and (data := self.tracked.read1(wanted - len(block))):
                block += data
            if len(block) < wanted:
                if count_of(b'"', block) % 2 == 0:
                    return block
                break
            end = _end_of_records(block)
            if end:
                self._rest = block[end:]
                return block[:end]
        self.give_back(block)
        return None


def _use_system_memory() -> None:
    """Let Arrow take its memory from the system's allocator.

    Its own keeps what one thread allocates and another gives back: half of what reading took, at the same speed.
    """
    import pyarrow as pa  # noqa: PLC0415

    pa.set_memory_pool(pa.system_memory_pool())


def _end_of_records(block: bytes) -> int:
    """Return how many bytes there are up to the last line end outside quotes; 0 when there is none."""
    end = block.rfind(b"\n") + 1
    count = count_of(b'"', block, end)
    while end and count % 2:
        before = block.rfind(b"\n", 0, end - 1) + 1
        count -= block.count(b'"', before, end)
        end = before
    return end


def is_well_formed(block: bytes, delimiter: str) -> bool:
    """Whether every quote stands where RFC 4180 has it: around a whole cell, or doubled inside."""
    import numpy as np  # noqa: PLC0415

    block_bytes = np.frombuffer(block, dtype=np.uint8)
    quotes = np.flatnonzero(block_bytes == _QUOTE)
    if not len(quotes):
        return True
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    doubled = opening[1:] == closing[:-1] + 1
    before = block_bytes[opening[1:] - 1]
    is_opened = doubled | (before == ord(delimiter)) | (before == _LINE_FEED)
    after = block_bytes[closing[:-1] + 1]
    is_closed = doubled | (after == ord(delimiter)) | (after == _LINE_FEED) | (after == _CARRIAGE_RETURN)
    ends = (block[: opening[0]][-1:], block[closing[-1] + 1 :][:1])
    return bool(
        is_opened.all()
        and is_closed.all()
        and ends[0] in {b"", b"\n", delimiter.encode()}
        and ends[1] in {b"", b"\n", b"\r", delimiter.encode()}
    )


def table_of(block: bytes, delimiter: str, width: int) -> Table | None:
    """Return a well-formed block as columns. None when a record has another number of cells, when a cell is longer than
    any may be, or when something stands in it that has to be looked at record by record.
    """
    import pyarrow as pa  # noqa: PLC0415 - needed only for large files
    from pyarrow import csv  # noqa: PLC0415

    if width < _FEWEST_CELLS or not _is_plain(block):
        return None
    names = [str(number) for number in range(width)]
    try:
        table = csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    columns = [column.combine_chunks() for column in table.columns]
    if not len(table) or any(is_any_longer(column, LONGEST_CELL) for column in columns):
        return None
    return Table(columns)


def _is_plain(block: bytes) -> bool:
    return not (
        b"\0" in block
        or b"\x1f" in block
        or (b"&" in block and _ENTITY.search(block))
        or (b"\r" in block and block.count(b"\r") != block.count(b"\r\n"))
        or block.startswith(_BYTE_ORDER_MARK)
    )


def offsets(column: pa.StringArray) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return where each text of a column begins in `text_bytes`, and where the last one ends."""
    import numpy as np  # noqa: PLC0415

    found = np.frombuffer(cast("Any", column.buffers()[1]), dtype=np.int32)
    return found[column.offset : column.offset + len(column) + 1]


def text_bytes(column: pa.StringArray) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the bytes that the offsets of a column point into."""
    import numpy as np  # noqa: PLC0415

    data = column.buffers()[2]
    return np.frombuffer(cast("Any", data) if data is not None else b"", dtype=np.uint8)


def is_any_longer(column: pa.StringArray, most: int) -> bool:
    """Whether a text of a column has more than `most` bytes; the lengths are looked at where all together have."""
    import numpy as np  # noqa: PLC0415

    places = offsets(column)
    return bool(places[-1] - places[0] > most and np.diff(places).max() > most)


def _all_match(column: pa.StringArray, pattern: str) -> bool:
    from pyarrow import compute  # noqa: PLC0415

    return bool(compute.all(compute.match_substring_regex(column, pattern)).as_py() is not False)


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
