"""`onestop sources …`: what delivers, whether it answers, what would become of a file, and a new one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onestop import cli_new_source
from onestop.cli_database import database_problems_told
from onestop.cli_problems import problems_told
from onestop.jurisdiction import Source, load_jurisdiction, load_sources
from onestop.jurisdiction.datasets import DATASETS
from onestop.settings import get_settings

if TYPE_CHECKING:
    from onestop.contracts import Preview

commands = typer.Typer(no_args_is_help=True, help="The systems that deliver.")
cli_new_source.register(commands)


@commands.command("list")
def list_sources() -> None:
    """List the sources: id, how each is reached, in which format, for which units."""
    with problems_told():
        sources = load_sources(get_settings().jurisdiction)
    width = max(len(source.id) for source in sources)
    for source in sources:
        typer.echo(
            f"{source.id:<{width}}  {source.access.kind:<8}  {source.format.kind:<12}  {', '.join(source.units)}  "
            f"({source.title_vi})"
        )


@commands.command("check")
def check_sources(
    source_id: Annotated[str | None, typer.Argument(help="Only this source; by default all of them.")] = None,
    period: Annotated[str | None, typer.Option(help="Look for this month's delivery too, without taking it.")] = None,
) -> None:
    """Ask each source whether it lets us in. Ends with 1 when one does not."""
    with problems_told():
        jurisdiction = load_jurisdiction(get_settings().jurisdiction)
        chosen = [jurisdiction.source(source_id)] if source_id else jurisdiction.sources
        month = jurisdiction.period(period) if period else None
    from onestop.airflow_bridge import source_access  # noqa: PLC0415 - Airflow takes seconds
    from onestop.sources import SourceError, try_source  # noqa: PLC0415

    failed = 0
    for source in chosen:
        try:
            answer = try_source(source, source_access(source.connection_id), month)
        except SourceError as error:
            failed += 1
            typer.echo(f"FAILED  {source.id}: {error}")
        else:
            typer.echo(f"ok      {source.id}: {answer}")
    if failed:
        typer.echo(f"{failed} of {len(chosen)} source(s) failed.", err=True)
        raise typer.Exit(1)


@commands.command("preview")
def preview_file(
    source_id: Annotated[str, typer.Argument(metavar="SOURCE", help="Whose file it is.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="What would be delivered.")],
    period: Annotated[str, typer.Option(help="The month it is about, such as 2019-04.")],
    rows: Annotated[int, typer.Option(min=0, help="How many refused records to show.")] = 20,
) -> None:
    """Show what would become of a file if the agency delivered it. Nothing is kept. Ends with 1 when it is refused."""
    with problems_told():
        jurisdiction = load_jurisdiction(get_settings().jurisdiction)
        source, month = jurisdiction.source(source_id), jurisdiction.period(period)
    from onestop import contracts, warehouse  # noqa: PLC0415 - reads and judges with the heavy libraries
    from onestop.landing import observed_moment  # noqa: PLC0415

    with database_problems_told() as address, warehouse.engine(address).connect() as connection:
        seen = contracts.preview(
            connection,
            source,
            jurisdiction,
            month,
            file,
            observed_at=observed_moment(source, month, datetime.now(UTC)),
            row_limit=rows,
        )
    for line in _preview_lines(source, seen):
        typer.echo(line)
    if seen.refusals:
        raise typer.Exit(1)


def _preview_lines(source: Source, seen: Preview) -> Iterator[str]:
    code = DATASETS[source.dataset].code
    refused_count = seen.record_count - seen.accepted_count
    if seen.refusals:
        yield "The delivery would be refused:"
        yield from (f"  {refusal.message}" for refusal in seen.refusals)
    else:
        yield f"Of {seen.record_count:,} records {seen.accepted_count:,} would be accepted, {refused_count:,} not."
    for row in seen.failing_rows:
        yield f"Record {row.row_number}, {source.dataset} {row.raw.get(code) or '(no code)'}:"
        for reason in row.reasons:
            field, told = reason["field"] or "record", f"expected {reason['expected']}. {reason['remedy']}"
            yield f"  {field}: {reason['value']!r}; {told}"
    if len(seen.failing_rows) < refused_count and not seen.refusals:
        yield f"… and {refused_count - len(seen.failing_rows):,} more; --rows shows more of them."
