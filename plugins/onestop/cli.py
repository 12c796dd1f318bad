"""`onestop …`, for engineers: the jurisdiction's commands; the sources' and the pipeline's are registered here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from onestop import cli_alert, cli_deliveries, cli_explain, cli_pipeline, cli_publication, cli_sources
from onestop.cli_database import database_problems_told
from onestop.cli_problems import problems_told
from onestop.jurisdiction import jurisdiction_folder, load_jurisdiction
from onestop.jurisdiction.reference import source_schema
from onestop.settings import get_settings

app = typer.Typer(
    name="onestop",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Monthly compliance of one-stop units, from the systems of the agencies to the published table.",
)
jurisdiction_commands = typer.Typer(no_args_is_help=True, help="The configuration folder of the province.")
app.add_typer(jurisdiction_commands, name="jurisdiction")
app.add_typer(cli_sources.commands, name="sources")
for commands in (cli_pipeline, cli_publication, cli_explain, cli_alert, cli_deliveries):
    commands.register(app)

PathArgument = Annotated[
    str | None, typer.Argument(help="Name or folder of a jurisdiction; by default ONESTOP_JURISDICTION.")
]


@jurisdiction_commands.command("check")
def check_jurisdiction(jurisdiction: PathArgument = None) -> None:
    """Read the whole configuration and list everything that is wrong with it, by file and line."""
    with problems_told():
        name = jurisdiction or get_settings().jurisdiction
        loaded = load_jurisdiction(name)
    typer.echo(
        f"{jurisdiction_folder(name)}: no problem. {len(loaded.units)} units, {len(loaded.sources)} sources, "
        f"{len(loaded.procedures)} procedure levels, {len(loaded.communes)} communes, {len(loaded.targets)} targets, "
        f"{len(loaded.metrics)} metrics, {len(loaded.alert_rules)} alert rules, {len(loaded.routes)} routes."
    )
    typer.echo(f"Configuration {loaded.configuration_hash}")


@jurisdiction_commands.command("diff")
def compare_jurisdiction(jurisdiction: PathArgument = None) -> None:
    """Show what a configuration says otherwise than the one the warehouse holds. Ends with 1 when anything does."""
    with problems_told():
        loaded = load_jurisdiction(jurisdiction or get_settings().jurisdiction)
    from onestop import warehouse  # noqa: PLC0415 - reading a folder needs no database

    with database_problems_told() as address, warehouse.engine(address).connect() as connection:
        held = warehouse.held_configuration(connection)
        changes = held.changes_to(loaded) if held else []
        try:
            written, refused = warehouse.synchronise(connection, loaded), ""
        except warehouse.ConfigurationInUseError as error:
            written, refused = 0, str(error)
        connection.rollback()
    if held is None:
        typer.echo("The warehouse holds no configuration yet.")
    elif held.configuration_hash == loaded.configuration_hash:
        typer.echo(f"The warehouse holds this configuration, {loaded.configuration_hash}.")
    else:
        typer.echo(f"held    {held.configuration_hash}\nloaded  {loaded.configuration_hash}")
    for change in changes:
        typer.echo(str(change))
    if held is not None and held.configuration_hash != loaded.configuration_hash and not changes:
        typer.echo("The files differ, what they say does not.")
    if written and not changes and held is not None:
        typer.echo(f"{written} row(s) of the dimensions differ from it: the next run puts them right.")
    if refused:
        typer.echo(refused, err=True)
    if changes or refused or written:
        raise typer.Exit(1)


@jurisdiction_commands.command("schema")
def print_schema() -> None:
    """Print the JSON schema of a source's YAML file, for editors that complete and check while one types."""
    typer.echo(json.dumps(source_schema(), ensure_ascii=False, indent=2))


@jurisdiction_commands.command("reference")
def write_reference(
    path: Annotated[Path, typer.Option(help="The file whose end is replaced.")] = Path("docs/configuration.md"),
) -> None:
    """Write the reference of all configuration files, made from the models, below the text of a document."""
    from onestop.jurisdiction.reference import MARK, reference  # noqa: PLC0415

    text = path.read_text(encoding="utf-8").partition(MARK)[0]
    path.write_text(text + reference(), encoding="utf-8")


if __name__ == "__main__":
    app()
