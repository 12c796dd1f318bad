"""Readers in processes of their own: for libraries that end the whole process on some damaged files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from typing import IO, Any

import orjson

from onestop.reading.rows import Unacceptable

LONGEST_LINE_BYTES = 64 << 20
BAD_FILE = 3
"""How a reader ends when it says itself what is wrong with the file."""


def lines_of(program: str, file: IO[bytes], *arguments: str, rule: str) -> Generator[Any, None, None]:
    """Give what the program (a path) reads of a file, line by line. Raises Unacceptable when it does not end well."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        file.seek(0)
        shutil.copyfileobj(file, given, 1 << 20)
        given.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-I", program, *arguments],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=errors,
            # Nothing of ours is for it to see.
            env={"PATH": os.defpath, "ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1"},
        )
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            while line := process.stdout.readline(LONGEST_LINE_BYTES):
                yield orjson.loads(line)
            code = process.wait()
        except orjson.JSONDecodeError as error:
            raise Unacceptable(rule, "rows without end, or cut off by the reader's end") from error
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if code != 0:
            errors.seek(0)
            told = errors.read(300).decode("utf-8", "replace")
            seen = told if code == BAD_FILE else f"its reader ended with {code}"
            raise Unacceptable(rule, f"a file that cannot be read ({seen})")
