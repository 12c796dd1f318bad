"""`onestop run`, `onestop warehouse`, `onestop url`, `onestop airflow-metadata`: the pipeline without a scheduler."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from onestop import cli_output
from onestop.cli_database import database_problems_told, database_url, server_failures_told
from onestop.cli_problems import problems_told
from onestop.settings import get_settings

if TYPE_CHECKING:
    from onestop.jurisdiction import Source
    from onestop.pipeline import Pipeline

warehouse_commands = typer.Typer(no_args_is_help=True, help="The warehouse's schema.")

Period = Annotated[str, typer.Option(help="The month, such as 2019-04.")]


def register(app: typer.Typer) -> None:
    """Add these commands to `onestop`."""
    app.command("run")(run)
    app.command("url")(url)
    app.command("airflow-metadata")(airflow_metadata)
    app.add_typer(warehouse_commands, name="warehouse")


def run(
    period: Period,
    source: Annotated[list[str] | None, typer.Option(help="Only this source; may be repeated.")] = None,
    publish: Annotated[bool, typer.Option(help="Publish the month afterwards, as ordered by you.")] = False,
    full: Annotated[
        bool, typer.Option(help="Ask for everything, or only for changes where a source can say them.")
    ] = True,
    calendar: Annotated[
        str, typer.Option(help="Of calendar.yaml: `administrative` has months from the 15th to the 14th.")
    ] = "calendar",
) -> None:
    """Collect a month without a scheduler: the functions that the tasks call, one after the other, in this process.

    Sources deliver by calendar months: for a month of another calendar all those that it overlaps are collected.

    Connections are Airflow's: AIRFLOW_CONN_… in the environment or the metadata database. Ends with 1 when a source
    fails, when the month is not published, and when it is but its mails were not sent.
    """
    from onestop.airflow_bridge import current_jurisdiction  # noqa: PLC0415 - importing Airflow takes seconds
    from onestop.pipeline import Pipeline  # noqa: PLC0415
    from onestop.warehouse import ConfigurationInUseError  # noqa: PLC0415

    with problems_told():
        jurisdiction = current_jurisdiction()
        measured = jurisdiction.period(period, calendar)
        months = jurisdiction.calendar().months_between(measured.starts_at, measured.ends_at)
        chosen = [
            (month.code, one)
            for month in months
            for one in (map(jurisdiction.source, source) if source else jurisdiction.sources)
            if source or one.is_expected(month)
        ]
    steps = Pipeline(jurisdiction, get_settings(), run_id=f"onestop run {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
    failed: list[str] = []
    try:
        with database_problems_told("warehouse_url", ConfigurationInUseError):
            steps.prepare()
        with server_failures_told():
            for month_code, one in chosen:
                if not _collected(steps, one, month_code, full=full):
                    failed.append(f"{one.id} ({month_code})")
            for unit in steps.coverage(period, calendar):
                typer.echo(f"{unit.unit_code:<28} {unit.reporting_status}")
        if publish:
            _publish(steps, period, calendar)
    finally:  # whatever becomes of the publication
        if failed:
            typer.echo(f"failed: {', '.join(failed)}", err=True)
    if failed:
        raise typer.Exit(1)


def _publish(steps: Pipeline, period: str, calendar: str) -> None:
    from onestop.airflow_bridge import SmtpSender  # noqa: PLC0415
    from onestop.notice import NoticesNotSent  # noqa: PLC0415
    from onestop.pipeline import PublicationBlocked  # noqa: PLC0415

    person = cli_output.person()
    with database_problems_told("warehouse_url", PublicationBlocked, OSError):
        publication_id = steps.measure(
            period, kind="official", reason="ordered by `onestop run`", requested_by=person, calendar=calendar
        )
        steps.inspect(publication_id, period)
        result = steps.publish(publication_id, approver=person, evidence={"command": "onestop run"})
        typer.echo(f"{period}: revision {result.revision}, {'new' if result.is_new else 'no figure has changed'}")
        try:
            with SmtpSender() as send:
                typer.echo(steps.notify(result.publication_id, send))
        except NoticesNotSent as error:
            raise ValueError(f"Revision {result.revision} of {period} is published and stands. {error}") from error


def _collected(steps: Pipeline, source: Source, period: str, *, full: bool) -> bool:
    from onestop.airflow_bridge import source_access  # noqa: PLC0415
    from onestop.reading import DeliveryRefused  # noqa: PLC0415
    from onestop.sources import SourceError  # noqa: PLC0415

    try:
        access = source_access(source.connection_id)
        delivery_id = steps.pull(source.id, period, access, pulled_at=datetime.now(UTC), full=full)
        steps.load(source.id, delivery_id)
        result = steps.check(source.id, delivery_id, period)
    except (SourceError, DeliveryRefused) as error:
        typer.echo(f"{source.id}: {error}", err=True)
        return False
    typer.echo(
        f"{source.id}: delivery {delivery_id}, {result.record_count} records, {result.accepted_count} accepted, "
        f"{result.quarantined_count} in quarantine; {result.merge}"
    )
    return True


def url() -> None:
    """Print the warehouse's address as the role that reads the `bi` views, for psql and BI tools."""
    with problems_told():
        typer.echo(database_url("bi_url"))


@warehouse_commands.command("upgrade")
def upgrade() -> None:
    """Bring the warehouse's schema, views, functions, roles and grants up to this version."""
    from onestop.warehouse import UpgradeError, engine, upgrade  # noqa: PLC0415

    with database_problems_told("owner_url", UpgradeError) as address:
        typer.echo(upgrade(engine(address)))


@warehouse_commands.command("dictionary")
def dictionary(
    path: Annotated[Path, typer.Option(help="The file to write.")] = Path("docs/data-dictionary.md"),
) -> None:
    """Write the data dictionary of the `bi` views from their comments."""
    from onestop.publication import data_dictionary  # noqa: PLC0415
    from onestop.warehouse import engine  # noqa: PLC0415

    with database_problems_told("owner_url") as address, engine(address).connect() as connection:
        content = data_dictionary(connection)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def airflow_metadata(
    administrator: Annotated[str, typer.Option(help="Name of the administrator to make.")] = "admin",
    password: Annotated[
        str, typer.Option(envvar="ONESTOP_ADMIN_PASSWORD", help="Used only when the name is new.")
    ] = "",
) -> None:
    """Migrate Airflow's metadata database; make the pools, and the administrator when there is none of that name."""
    from onestop.airflow_bridge import prepare_metadata  # noqa: PLC0415

    if not password:
        raise typer.BadParameter("set ONESTOP_ADMIN_PASSWORD")
    prepare_metadata(administrator, password)
