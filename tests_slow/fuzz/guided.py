"""Let coverage choose what a reader gets, with atheris: what reaches new lines of the readers is damaged further.

    PYTHONPATH=plugins:. .venv/bin/python -m tests_slow.fuzz.guided csv --seconds 600

Atheris is no requirement of onestop (it is not built for every machine): `pip install atheris` first. It pays for
text (hundreds of inputs a second); workbooks are tried better by `tests_slow.fuzz.run`, which damages them in the zip.
Stops at the first error that is no refusal and leaves what caused it in `--keep`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["onestop.reading"]):
    from tests.reading.test_hostile import SEEDS
    from tests_slow.fuzz.run import tried


def main() -> None:
    """Run until the time is over or something is found: libFuzzer ends the process by itself."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("kind", choices=sorted(SEEDS))
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    told = arguments.parse_args()
    corpus = told.keep / told.kind
    corpus.mkdir(parents=True, exist_ok=True)
    (corpus / "seed").write_bytes(SEEDS[told.kind])
    options = [
        f"-max_total_time={told.seconds}",
        f"-seed={told.seed}",
        "-max_len=4000",
        f"-artifact_prefix={told.keep}/{told.kind}-",
    ]
    atheris.Setup([sys.argv[0], str(corpus), *options], lambda data: tried(told.kind, bytes(data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
