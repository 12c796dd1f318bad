"""`onestop …`, for engineers: the jurisdiction's and the sources' commands; the pipeline's are registered here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onestop import cli_alert, cli_explain, cli_pipeline, cli_publication
from onestop.jurisdiction import (
    JurisdictionError,
    Source,
    jurisdiction_folder,
    load_jurisdiction,
    load_sources,
)
from onestop.settings import get_settings

if TYPE_CHECKING:
    from onestop.contracts import Preview

app = typer.Typer(
    name="onestop",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Monthly compliance of one-stop units, from the systems of the agencies to the published table.",
)
jurisdiction_commands = typer.Typer(no_args_is_help=True, help="The configuration folder of the province.")
source_commands = typer.Typer(no_args_is_help=True, help="The systems that deliver.")
app.add_typer(jurisdiction_commands, name="jurisdiction")
app.add_typer(source_commands, name="sources")
for commands in (cli_pipeline, cli_publication, cli_explain, cli_alert):
    commands.register(app)

PathArgument = Annotated[
    str | None, typer.Argument(help="Name or folder of a jurisdiction; by default ONESTOP_JURISDICTION.")
]


@jurisdiction_commands.command("check")
def check_jurisdiction(jurisdiction: PathArgument = None) -> None:
    """Read the whole configuration and list everything that is wrong with it, by file and line."""
    with _problems_told():
        name = jurisdiction or get_settings().jurisdiction
        loaded = load_jurisdiction(name)
    typer.echo(
        f"{jurisdiction_folder(name)}: no problem. {len(loaded.units)} units, {len(loaded.sources)} sources, "
        f"{len(loaded.procedures)} procedure levels, {len(loaded.communes)} communes, {len(loaded.targets)} targets, "
        f"{len(loaded.metrics)} metrics, {len(loaded.alert_rules)} alert rules, {len(loaded.routes)} routes."
    )
    typer.echo(f"Configuration {loaded.configuration_hash}")


@jurisdiction_commands.command("schema")
def print_schema() -> None:
    """Print the JSON schema of a source's YAML file, for editors that complete and check while one types."""
    typer.echo(json.dumps(Source.model_json_schema(), ensure_ascii=False, indent=2))


@jurisdiction_commands.command("reference")
def write_reference(
    path: Annotated[Path, typer.Option(help="The file whose end is replaced.")] = Path("docs/configuration.md"),
) -> None:
    """Write the reference of all configuration files, made from the models, below the text of a document."""
    from onestop.jurisdiction.reference import MARK, reference  # noqa: PLC0415

    text = path.read_text(encoding="utf-8").partition(MARK)[0]
    path.write_text(text + reference(), encoding="utf-8")


@source_commands.command("list")
def list_sources() -> None:
    """List the sources: id, how each is reached, in which format, for which units."""
    with _problems_told():
        sources = load_sources(get_settings().jurisdiction)
    width = max(len(source.id) for source in sources)
    for source in sources:
        typer.echo(
            f"{source.id:<{width}}  {source.access.kind:<8}  {source.format.kind:<12}  {', '.join(source.units)}  "
            f"({source.title_vi})"
        )


@source_commands.command("check")
def check_sources(
    source_id: Annotated[str | None, typer.Argument(help="Only this source; by default all of them.")] = None,
    period: Annotated[str | None, typer.Option(help="Look for this month's delivery too, without taking it.")] = None,
) -> None:
    """Ask each source whether it lets us in. Ends with 1 when one does not."""
    with _problems_told():
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


@source_commands.command("preview")
def preview_file(
    source_id: Annotated[str, typer.Argument(metavar="SOURCE", help="Whose file it is.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="What would be delivered.")],
    period: Annotated[str, typer.Option(help="The month it is about, such as 2019-04.")],
    rows: Annotated[int, typer.Option(min=0, help="How many refused records to show.")] = 20,
) -> None:
    """Show what would become of a file if the agency delivered it. Nothing is kept. Ends with 1 when it is refused."""
    with _problems_told():
        jurisdiction = load_jurisdiction(get_settings().jurisdiction)
        source, month = jurisdiction.source(source_id), jurisdiction.period(period)
    from onestop import contracts, warehouse  # noqa: PLC0415 - reads and judges with the heavy libraries
    from onestop.landing import observed_moment  # noqa: PLC0415

    settings = get_settings()
    with warehouse.engine(settings.warehouse_url).connect() as connection:
        seen = contracts.preview(
            connection,
            source,
            jurisdiction,
            month,
            file,
            identity_key=settings.identity_key.get_secret_value().encode(),
            observed_at=observed_moment(source, month, datetime.now(UTC)),
            row_limit=rows,
        )
    for line in _preview_lines(seen):
        typer.echo(line)
    if seen.refusals:
        raise typer.Exit(1)


def _preview_lines(seen: Preview) -> Iterator[str]:
    refused_count = seen.record_count - seen.accepted_count
    if seen.refusals:
        yield "The delivery would be refused:"
        yield from (f"  {refusal.message}" for refusal in seen.refusals)
    else:
        yield f"Of {seen.record_count:,} records {seen.accepted_count:,} would be accepted, {refused_count:,} not."
    for row in seen.failing_rows:
        yield f"Record {row.row_number}, dossier {row.raw.get('dossier_code') or '(no code)'}:"
        for reason in row.reasons:
            field, told = reason["field"] or "record", f"expected {reason['expected']}. {reason['remedy']}"
            yield f"  {field}: {reason['value']!r}; {told}"
    if len(seen.failing_rows) < refused_count and not seen.refusals:
        yield f"… and {refused_count - len(seen.failing_rows):,} more; --rows shows more of them."


@contextmanager
def _problems_told() -> Iterator[None]:
    """Tell what is wrong with the configuration or the question in its own words, without a stack trace."""
    try:
        yield
    except (JurisdictionError, LookupError, ValueError) as error:
        typer.echo(str(error.args[0] if isinstance(error, LookupError) else error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app()
