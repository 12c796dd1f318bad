"""Damage good files at random and read them, for as long as is said; anything but records or a refusal is kept.

    PYTHONPATH=plugins:. .venv/bin/python -m tests_slow.fuzz.run --seconds 600 --seed 1

Memory is bounded. Prints how many files of each kind were tried and what became of them, and ends
with 1 when something was found: the file lies then in `--keep` under its error's name.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import sys
import time
import traceback
import zipfile
from collections import Counter
from pathlib import Path

from onestop.reading.rows import Unacceptable, Unreadable
from onestop.reading.text import WrongEncoding
from tests.reading.tables import read, repacked
from tests.reading.test_hostile import INNER, PUT_IN, READERS, SEEDS

MOST_MEMORY_BYTES = 3 << 30
SLOWEST_SECONDS = 30


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=float, default=60)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--kinds", nargs="+", choices=sorted(SEEDS), default=sorted(SEEDS))
    arguments.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    told = arguments.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    chance = random.Random(told.seed)  # noqa: S311 - to be repeated, not to be secret
    counts: Counter[tuple[str, str]] = Counter()
    found = 0
    end = time.monotonic() + told.seconds
    while time.monotonic() < end:
        kind = chance.choice(told.kinds)
        data = damaged(chance, kind)
        begun = time.monotonic()
        try:
            outcome = tried(kind, data)
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            outcome = f"{type(error).__name__}"
            traceback.print_exc()
        if time.monotonic() - begun > SLOWEST_SECONDS:
            outcome = "slow"
        counts[kind, outcome] += 1
        if outcome not in {"records", "error records", "refused"}:
            found += 1
            told.keep.mkdir(parents=True, exist_ok=True)
            (told.keep / f"{outcome}-{found}.{kind}").write_bytes(data)
    for (kind, outcome), count in sorted(counts.items()):
        print(f"{kind:8} {outcome:14} {count:9,}")
    print(f"{sum(counts.values()):,} files tried, {found} found; peak {peak_megabytes()} MB")
    return 1 if found else 0


def tried(kind: str, data: bytes) -> str:
    reader = READERS["workbook" if kind in {"xlsx", "xls", "ods"} else kind]
    try:
        rows = read(reader, data, records_path="DanhSach.HoSo" if kind == "xml" else None, font_encoding=None)
    except (Unacceptable, WrongEncoding):
        return "refused"
    return "error records" if any(isinstance(row, Unreadable) for row in rows) else "records"


def damaged(chance: random.Random, kind: str) -> bytes:
    data = SEEDS[kind]
    part = chance.choice([None, *INNER.get(kind, [])])
    content = bytearray(data)
    if part:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            content = bytearray(archive.read(part))
    for _ in range(chance.randint(1, 6)):
        at, length = chance.randrange(len(content) + 1), chance.randint(1, 20)
        new = chance.choice([chance.randbytes(chance.randint(1, 8)), *PUT_IN])
        match chance.randrange(5):
            case 0:
                content[at:at] = new
            case 1:
                del content[at : at + length]
            case 2:
                content[at : at + len(new)] = new
            case 3:
                content[at:at] = bytes(content[at : at + length]) * chance.choice([2, 50])
            case _:
                content[at : at + 1] = bytes([chance.randrange(256)])
    return repacked(data, {part: bytes(content)}) if part else bytes(content)


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
