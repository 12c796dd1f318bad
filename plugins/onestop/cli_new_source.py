"""`onestop sources new`: asks, looks at a sample, and writes a source's YAML for a person to go on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from onestop.cli_problems import problems_told
from onestop.jurisdiction import Jurisdiction, jurisdiction_folder, load_jurisdiction
from onestop.jurisdiction.datasets import DATASETS
from onestop.jurisdiction.problems import suggestion
from onestop.settings import get_settings

KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "rest": (("path", "Path on the host, with fields of the period such as {code}"),),
    "sftp": (("path", "Path below the root, such as hoso_{code_compact}*.csv"),),
    "folder": (("path", "Path below the root, such as hoso_{code_compact}*.csv"),),
    "database": (("query", "SQL with :starts_at and :ends_at (or @file.sql)"),),
    "mail": (
        ("senders", "Addresses or @domains, with commas"),
        ("subject", "Subject, with * and fields of the period"),
    ),
    "upload": (("uploaders.roles", "Roles of Airflow that may upload, with commas"),),
}
"""What is asked for each kind; every other key of `access` is given by --access."""
_LISTS = frozenset({"senders", "uploaders.roles", "uploaders.users"})


def register(commands: typer.Typer) -> None:
    """Add the command."""
    commands.command("new")(new_source)


def new_source(  # noqa: PLR0917 - an option an answer
    source_id: Annotated[str, typer.Argument(metavar="ID", help="Name of the file and the task group: so_y_te.")],
    title: Annotated[str | None, typer.Option(help="What people call it, in the jurisdiction's main language.")] = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="What it delivers: dossier, reported_total (form 06a), procedure, payment or register. "
            "Asked for with the title; beside --title, dossier."
        ),
    ] = None,
    unit: Annotated[list[str] | None, typer.Option(help="Code of units.csv; once for each unit.")] = None,
    kind: Annotated[str | None, typer.Option(help="rest, sftp, folder, database, mail or upload.")] = None,
    access: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A key of `access`, dotted, with a YAML value: paging.kind=offset."),
    ] = None,
    sample: Annotated[Path | None, typer.Option(help="A file such as it delivers.")] = None,
    from_connection: Annotated[
        bool, typer.Option("--from-connection", help="Take the sample from the source itself, for --period.")
    ] = False,
    period: Annotated[str | None, typer.Option(help="The month of the sample, such as 2019-04.")] = None,
    connection_id: Annotated[str | None, typer.Option(help="Airflow connection; by default the id.")] = None,
    timezone: Annotated[str | None, typer.Option(help="By default the jurisdiction's.")] = None,
    state_as_of: Annotated[
        str | None, typer.Option(help="Whose state it shows: period_end, or pull (as it is today).")
    ] = None,
    expected_from: Annotated[str | None, typer.Option(help="First day for which it is expected.")] = None,
    contact_role: Annotated[str | None, typer.Option(help="Whom to ask: an office, never a person.")] = None,
    contact_email: Annotated[str | None, typer.Option()] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Propose a source's YAML from a sample of its dataset; what is not given is asked for.

    Ends with what is left to decide.
    """
    with problems_told():
        name = get_settings().jurisdiction
        jurisdiction = load_jurisdiction(name)
        file = jurisdiction_folder(name) / "sources" / f"{source_id}.yaml"
        if file.exists() and not overwrite:
            raise ValueError(f"{file} is there already; --overwrite replaces it")
        language = jurisdiction.language
        if dataset is None:  # a script that gives all the answers of a source of dossiers is asked nothing
            dataset = "dossier" if title else typer.prompt(f"Dataset ({', '.join(DATASETS)})", default="dossier")
        if dataset not in DATASETS:
            known = ", ".join(DATASETS)
            raise ValueError(f"--dataset: {dataset!r} is none of {known}{suggestion(dataset, DATASETS)}")
        title = title or typer.prompt("Title")
        units = unit or _listed(typer.prompt("Units (codes of units.csv, with commas)"))
        _require_units(jurisdiction, units)
        kind = kind or typer.prompt(f"Kind ({', '.join(KINDS)})")
        if kind not in KINDS:
            raise ValueError(f"--kind: {kind!r} is none of {', '.join(KINDS)}")
        asked = _access(kind, access or [], typer.prompt)
        state_as_of = state_as_of or typer.prompt("Whose state does it show: period_end or pull", default="period_end")
        if sample is None and not from_connection:
            given = typer.prompt("Sample: a file, or `connection` to ask the source itself")
            from_connection, sample = given == "connection", None if given == "connection" else Path(given)
        contact = {f"role_{language}": contact_role, "email": contact_email}
        answers: dict[str, Any] = {
            "id": source_id,
            f"title_{language}": title,
            "units": list(units),
            "dataset": dataset,
            "connection_id": connection_id or source_id,
            "contact": {key: value for key, value in contact.items() if value},
            "timezone": timezone or jurisdiction.timezone,
            "state_as_of": state_as_of,
            "expected_from": expected_from,
        }
        answers = {key: value for key, value in answers.items() if value}
        if from_connection:
            period = period or typer.prompt("Month of the sample, such as 2019-04")
        _write(jurisdiction, file, answers, asked, sample, period)


def _write(  # noqa: PLR0917 - the answers
    jurisdiction: Jurisdiction,
    file: Path,
    answers: dict[str, Any],
    access: dict[str, Any],
    sample: Path | None,
    period: str | None,
) -> None:
    from onestop.proposing import propose, source_yaml  # noqa: PLC0415 - reads with the heavy libraries
    from onestop.proposing.fields import TODO  # noqa: PLC0415
    from onestop.proposing.taking import sample_of_source  # noqa: PLC0415
    from onestop.reading.sampling import SampleUnreadable, take_sample  # noqa: PLC0415
    from onestop.sources import SourceError  # noqa: PLC0415

    try:
        if sample is not None:
            taken, looked_at = take_sample(sample), sample.name
        else:
            from onestop.airflow_bridge import source_access  # noqa: PLC0415 - Airflow takes seconds

            month = jurisdiction.period(period or "")
            reached = source_access(answers["connection_id"])
            taken = sample_of_source(answers, access, month, reached, pulled_at=datetime.now(UTC))
            looked_at = f"what it gave for {month.code}"
    except OSError as error:
        raise ValueError(f"{sample}: {error.strerror}") from error
    except (SampleUnreadable, SourceError) as error:
        raise ValueError(str(error)) from error
    if taken.records_path and access["kind"] == "rest":
        access = {**access, "records_path": access.get("records_path", taken.records_path)}
    elif taken.records_path:
        taken = taken.with_format(records_path=taken.records_path)
    proposal = propose(taken, jurisdiction, answers["units"], answers["dataset"])
    written = source_yaml(proposal, answers, access=access, file=file, looked_at=looked_at)
    file.parent.mkdir(exist_ok=True)
    file.write_text(written, encoding="utf-8")
    typer.echo(f"{file}: {len(proposal.fields)} fields of {len(taken.columns)} columns.")
    for doubt in proposal.doubts:
        typer.echo(f"  look: {doubt}")
    for number, line in enumerate(written.splitlines(), 1):
        if TODO in line and not line.startswith("#"):
            typer.echo(f"  decide: line {number}: {line.strip()}")
    typer.echo("Next, when every TODO is decided:")
    typer.echo("  onestop jurisdiction check")
    typer.echo(f"  onestop sources preview {answers['id']} FILE --period {period or 'YYYY-MM'}")
    if access["kind"] != "upload":
        typer.echo(f"  onestop sources check {answers['id']} --period {period or 'YYYY-MM'}")


def _require_units(jurisdiction: Jurisdiction, units: Sequence[str]) -> None:
    known = {unit.unit_code for unit in jurisdiction.units}
    if unknown := [unit for unit in units if unit not in known]:
        raise ValueError(f"--unit: {', '.join(unknown)} is not in units.csv")


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _access(kind: str, given: Sequence[str], ask: Callable[..., str]) -> dict[str, Any]:
    """Return `access` as the YAML will say it: the given keys, and the asked ones that were not given."""
    made: dict[str, Any] = {"kind": kind}
    known = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals:
            raise ValueError(f"--access {one}: expected KEY=VALUE")
        known[key] = _value(key, value)
    asked = {key: question for key, question in KINDS[kind] if key not in known}
    if kind == "upload" and "uploaders.users" in known:
        asked = {}
    for key, question in asked.items():
        known[key] = _value(key, ask(question))
    for key, value in known.items():
        _put(made, key.split("."), value)
    return made


def _put(into: dict[str, Any], way: Sequence[str], value: Any) -> None:
    for step in way[:-1]:
        into = into.setdefault(step, {})
    into[way[-1]] = value


def _value(key: str, text: str) -> Any:
    if key == "query":
        return Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
    if key in _LISTS:
        return _listed(text.strip("[]"))
    if "{" in text or "*" in text:
        return text  # a pattern
    try:
        return YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ValueError(f"--access {key}: not YAML: {text}") from error
