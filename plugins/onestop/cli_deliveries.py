"""`onestop deliveries …`: what the sources delivered, and judging it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import text

from onestop import cli_output
from onestop.cli_database import database_problems_told
from onestop.settings import get_settings

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from onestop.contracts import Reconsidered
    from onestop.pipeline import Pipeline

delivery_commands = typer.Typer(no_args_is_help=True, help="What the sources delivered.")

DeliveryArgument = Annotated[int, typer.Argument(metavar="ID", help="The delivery's number, as `list` shows it.")]
PeriodOption = Annotated[str | None, typer.Option(help="Only this month, such as 2019-04.")]
SourceOption = Annotated[str | None, typer.Option(help="Only this source.")]
PersonOption = Annotated[
    str, typer.Option("--as", envvar="USER", help="Who decides; stored and published. By default the login name.")
]

_MOST_RULES = 10
_LIST = text("""
    select
        delivery_id, source_id, dataset, period, state, record_count, accepted_count, quarantined_count, pulled_at,
        decided_by, is_full
    from ops.delivery
    where
        (cast(:period as text) is null or period = :period)
        and (cast(:source as text) is null or source_id = :source)
        and (cast(:state as text) is null or state = :state)
    order by period, source_id, delivery_id
""")
_SHOW = text("""
    select
        delivery.*, answer.told_count, answer.files, answer.data_docs_path, notice.state as mail_state, notice.recipient
    from ops.delivery
    left join ops.delivery_answer as answer on delivery.delivery_id = answer.delivery_id
    left join ops.notice on answer.notice_id = notice.notice_id
    where delivery.delivery_id = :id
""")
_UNMET = text("""
    select expectation, severity, message_vi, remedy_vi
    from ops.expectation_result
    where delivery_id = :id and not is_met
    order by severity, expectation
""")
_QUARANTINED = text("""
    select
        held.state, coalesce(held.outcome, '') as outcome, reason ->> 'rule' as rule,
        count(distinct held.row_number) as row_count, min(held.row_number) as first_row
    from quarantine.row as held
    cross join lateral jsonb_array_elements(held.reasons) as reason
    where held.delivery_id = :id
    group by held.state, held.outcome, reason ->> 'rule'
    order by held.state, row_count desc
""")
_OVERRIDES = text("""
    select rules, reason, accepted_by, accepted_at
    from ops.delivery_override
    where delivery_id = :id
    order by delivery_override_id
""")
# In the order of what they show: what is replayed last is what is known.
_OF_PERIOD = text("""
    select delivery_id
    from ops.delivery
    where source_id = :source and period = :period and state in ('accepted', 'rejected')
    order by observed_at, delivery_id
""")


def register(app: typer.Typer) -> None:
    """Add these commands to `onestop`."""
    app.add_typer(delivery_commands, name="deliveries")


@delivery_commands.command("list")
def list_deliveries(
    period: PeriodOption = None,
    source: SourceOption = None,
    state: Annotated[str | None, typer.Option(help="landed, loaded, accepted or rejected.")] = None,
) -> None:
    """List deliveries: number, month, source, state, records read, accepted and held back."""
    if state not in {None, "landed", "loaded", "accepted", "rejected"}:
        raise typer.BadParameter("--state is one of landed, loaded, accepted, rejected")
    with database_problems_told():
        steps = _pipeline()
        if period is not None:
            steps.jurisdiction.period(period)
        with steps.engine.connect() as connection:
            found = connection.execute(_LIST, {"period": period, "source": source, "state": state}).all()
        if source is not None and not found:  # one that has delivered and is no longer configured is listed
            steps.jurisdiction.source(source)
    for one in found:
        counts = " / ".join(
            "–" if n is None else f"{n:,}" for n in (one.record_count, one.accepted_count, one.quarantined_count)
        )
        note = "" if one.decided_by == "contract" else f"  by {one.decided_by}"
        changes = "" if one.is_full else "  changes only"
        name = f"{one.delivery_id:>8}  {one.period}  {one.source_id:<30} {one.dataset:<14}"
        typer.echo(f"{name} {one.state:<9} {counts}{changes}{note}")
    if not found:
        typer.echo("No delivery.", err=True)


@delivery_commands.command("show")
def show(delivery_id: DeliveryArgument) -> None:
    """Show one delivery: how it stands, why, what is held back, what the agency was told."""
    with database_problems_told(), _pipeline().engine.connect() as connection:
        found = connection.execute(_SHOW, {"id": delivery_id}).mappings().one_or_none()
        if found is None:
            typer.echo(
                f"Delivery {delivery_id} is not in ops.delivery: `onestop deliveries list` shows those there are.",
                err=True,
            )
            raise typer.Exit(1)
        unmet = connection.execute(_UNMET, {"id": delivery_id}).all()
        rows = connection.execute(_QUARANTINED, {"id": delivery_id}).all()
        overrides = connection.execute(_OVERRIDES, {"id": delivery_id}).all()
    names = (
        "source_id", "dataset", "period", "state", "is_full", "pulled_at", "delivered_at", "observed_at", "decided_at",
        "decided_by", "decision_note", "byte_count", "declared_count", "record_count", "accepted_count",
        "quarantined_count", "object_path",
    )  # fmt: skip
    typer.echo(f"delivery {delivery_id}")
    for name in names:
        if found[name] is not None:
            typer.echo(f"  {name:<18} {found[name]}")
    for reason in found["reasons"] or []:
        typer.echo(f"  refused: {reason['rule']}: {reason['message']}")
    for result in unmet:
        typer.echo(f"  {result.severity}: {result.expectation}: {result.message_vi} {result.remedy_vi or ''}".rstrip())
    for row in rows:
        became = f" ({row.outcome})" if row.outcome else ""
        typer.echo(f"  {row.state}{became}: {row.rule}: {row.row_count:,} row(s), the first is record {row.first_row}")
    for one in overrides:
        typer.echo(f"  accepted by {one.accepted_by} at {one.accepted_at} against {', '.join(one.rules)}: {one.reason}")
    files = ", ".join(file["name"] for file in found["files"] or [])
    if found["told_count"] is not None:
        mail = f"; mail to {found['recipient']}: {found['mail_state']}" if found["mail_state"] else ""
        typer.echo(f"  answered: {found['told_count']:,} finding(s), {files or 'no file'}{mail}")


@delivery_commands.command("replay")
def replay(
    delivery_id: Annotated[int | None, typer.Argument(metavar="[ID]", help="One delivery.")] = None,
    source: SourceOption = None,
    period: PeriodOption = None,
    person: PersonOption = "unknown",
) -> None:
    """Judge deliveries again from the bytes received, after a map, alias, rule or catalogue was corrected.

    One by its number, or all of a source and month. What is taken now is counted once; again changes nothing. Ends with
    1 when a delivery is, or would be, refused as a whole.
    """
    if (delivery_id is None) == (source is None or period is None):
        raise typer.BadParameter("give a delivery's ID, or --source and --period")
    with _problems_told():
        steps = _pipeline()
        steps.prepare()
        if delivery_id is not None:
            chosen = [delivery_id]
        else:
            with steps.engine.connect() as connection:
                chosen = list(connection.scalars(_OF_PERIOD, {"source": source, "period": period}))
        refused = 0
        for one in chosen:
            seen = steps.replay(one, person)
            _tell(seen)
            for other in seen.beside:
                typer.echo("  had come late, and may have what was withdrawn:")
                _tell(other)
            refused += sum(judged.refusal is not None for judged in (seen, *seen.beside))
    if not chosen:
        typer.echo(f"{source} has no decided delivery of {period}.", err=True)
    if refused or not chosen:
        raise typer.Exit(1)


@delivery_commands.command("accept")
def accept(
    delivery_id: DeliveryArgument,
    reason: Annotated[str, typer.Option(help="Why it is right as it is; published with your name.")],
    person: PersonOption = "unknown",
) -> None:
    """Accept a delivery that was refused only for how it differs from the source's earlier ones."""
    with _problems_told():
        steps = _pipeline()
        steps.prepare()
        seen = steps.accept(delivery_id, person, reason)
    _tell(seen)
    if seen.refusal is not None:
        raise typer.Exit(1)


def _tell(seen: Reconsidered) -> None:
    change = seen.state if seen.state == seen.state_before else f"{seen.state_before} → {seen.state}"
    typer.echo(
        f"delivery {seen.delivery_id}: {change}; {seen.record_count:,} records, {seen.accepted_count:,} accepted, "
        f"{seen.quarantined_count:,} in quarantine; {seen.replayed_count:,} row(s) taken now, "
        f"{seen.withdrawn_count:,} record(s) withdrawn; {seen.merge}"
    )
    if seen.refusal is not None:
        kept = "it stays accepted as it was" if seen.state == "accepted" else "it stays rejected"
        typer.echo(f"  would be refused, {kept}:", err=True)
        for one in seen.refusal.reasons[:_MOST_RULES]:
            typer.echo(f"  {one.rule}: {one.message}", err=True)


def _pipeline() -> Pipeline:
    from onestop.jurisdiction import load_jurisdiction  # noqa: PLC0415
    from onestop.pipeline import Pipeline  # noqa: PLC0415 - the heavy libraries

    settings = get_settings()
    jurisdiction = load_jurisdiction(settings.jurisdiction)
    return Pipeline(jurisdiction, settings, run_id=f"onestop deliveries, {cli_output.person()}")


def _problems_told() -> AbstractContextManager[str]:
    from onestop.contracts import NotAcceptable, Undecided  # noqa: PLC0415
    from onestop.landing import LandingDamaged  # noqa: PLC0415

    return database_problems_told("warehouse_url", LandingDamaged, NotAcceptable, Undecided)
