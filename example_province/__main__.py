"""`python -m example_province`: serve the source systems, write one big file, or show the whole pipeline on them."""

from __future__ import annotations

import signal
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from example_province.months import SIGN, month_number

app = typer.Typer(help=f"The example province: source systems with synthetic dossiers ({SIGN}).", no_args_is_help=True)

StateDir = Annotated[Path, typer.Option(help="Credentials, files, database and mails are kept here.")]
Scale = Annotated[str, typer.Option(help="How many times 45,000 dossiers a month; a fraction is allowed.")]
Seed = Annotated[int, typer.Option(help="Other dossiers, the same figures.")]

DEFAULT_STATE_DIR = Path(__file__).resolve().parent.parent / ".onestop"


def _scale(text: str) -> Fraction:
    try:
        scale = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{text!r} is no number", param_hint="--scale") from None
    if scale <= 0:
        raise typer.BadParameter("must be more than 0", param_hint="--scale")
    return scale


@app.command()
def serve(state_dir: StateDir, scale: Scale = "1", seed: Seed = 1730) -> None:
    """Run the source systems until SIGTERM or Ctrl-C; connections.json and then `ready` say that they are up."""
    from example_province.calibration import Calibration  # noqa: PLC0415 - `demo` does not need the servers
    from example_province.servers import Servers  # noqa: PLC0415

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    with Servers(state_dir, Calibration(_scale(scale), seed)) as servers:
        typer.echo(f"{SIGN}. {servers.state_dir / 'connections.json'}")
        while not ended.wait(1):
            pass


@app.command()
def write(
    out: Path,
    period: Annotated[str, typer.Option(help="Such as 2019-04.")] = "2019-04",
    dossiers: Annotated[int, typer.Option(min=1, help="How many records, of all units together.")] = 1_000_000,
    form: Annotated[str, typer.Option("--format", help="csv")] = "csv",
    seed: Seed = 1730,
) -> None:
    """Write one file with the dossiers of all units, as the districts' CSV export has them; the unit is a column."""
    from example_province.bulk import write_bulk  # noqa: PLC0415 - `demo` does not need it

    if form != "csv":
        raise typer.BadParameter("only csv", param_hint="--format")
    count = write_bulk(out, month_number(period), dossiers, seed)
    typer.echo(f"{count:,} records in {out}. {SIGN}")


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Exit when the figures have been compared.")] = False,
    state_dir: StateDir = DEFAULT_STATE_DIR,
    scale: Scale = "1",
) -> None:
    """Show the whole pipeline: collect January to April 2019 with Airflow, publish, compare with the dispatch."""
    from example_province.demo import run  # noqa: PLC0415 - imports the library

    sys.exit(run(state_dir=state_dir, once=once, scale=float(_scale(scale))))


if __name__ == "__main__":
    app()
