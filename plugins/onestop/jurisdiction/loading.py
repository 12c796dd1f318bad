"""From a folder to a `Jurisdiction`, or to everything that is wrong with the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, Field

from onestop.jurisdiction import checks
from onestop.jurisdiction.documents import Document, Located, Reader
from onestop.jurisdiction.lifetimes import lifetimes
from onestop.jurisdiction.models import (
    AlertRule,
    Alias,
    CalendarRule,
    Commune,
    Contracts,
    Emulation,
    Jurisdiction,
    Metric,
    Procedure,
    Route,
    Source,
    Succession,
    SuspectFiling,
    Target,
    Timezone,
    Unit,
)
from onestop.jurisdiction.problems import JurisdictionError, Problem
from onestop.jurisdiction.shape import LANGUAGES, Language, Model, Name, Shape, Text
from onestop.settings import REPOSITORY_ROOT

AnyModel = TypeVar("AnyModel", bound=BaseModel)


def _country(value: str) -> str:
    from holidays.registry import EntityLoader  # noqa: PLC0415 - reading the sources alone does not need it

    # The library's list_supported_countries imports every country, a tenth of a second, to tell its regions too.
    if value not in EntityLoader.get_country_codes():
        raise ValueError("not a country of the library holidays, such as VN")
    return value


Country = Annotated[str, AfterValidator(_country)]


class JurisdictionFile(Shape):
    """Who the folder is about, and its texts: authority and data_label (shown on every page), each with _vi or _en, and
    page_url; and any text of include/templates/{page,mail}/texts.yaml that is said otherwise here: month_title_en.
    """

    name: Name
    title_vi: Text
    title_en: Text
    texts: dict[str, str] = Field(default_factory=dict)


class _CalendarFile(Model):
    """calendar.yaml; `calendar` is the calendar used where none is named."""

    timezone: Timezone
    holidays: Country | None = None
    calendars: dict[Name, CalendarRule]


def jurisdiction_folder(name_or_path: str | Path) -> Path:
    """Return the folder of a jurisdiction named as in include/jurisdictions, or given by its path."""
    named = REPOSITORY_ROOT / "include" / "jurisdictions" / str(name_or_path)
    folder = named if named.is_dir() else Path(name_or_path)
    if not folder.is_dir():
        there = ", ".join(sorted(path.name for path in named.parent.iterdir() if path.is_dir()))
        message = f"no such jurisdiction: neither one of include/jurisdictions ({there}) nor a folder"
        raise JurisdictionError(name_or_path, [Problem(str(name_or_path), 1, message)])
    return folder


def load_about(name_or_path: str | Path) -> JurisdictionFile:
    """Return only what jurisdiction.yaml says, for processes that need names and languages and no figures.

    Raises JurisdictionError.
    """
    folder = jurisdiction_folder(name_or_path)
    reader = Reader(folder)
    document = reader.document("jurisdiction.yaml")
    reader.languages = _languages(document)
    about = reader.model(JurisdictionFile, document) if document is not None else None
    if about is None:
        raise JurisdictionError(folder, reader.problems)
    return about.model


def load_sources(name_or_path: str | Path) -> tuple[Source, ...]:
    """Return only the sources, ordered by id, without looking at the other files.

    Raises JurisdictionError with every problem of them.
    """
    folder = jurisdiction_folder(name_or_path)
    reader = Reader(folder)
    if (folder / "jurisdiction.yaml").exists():
        reader.languages = _languages(Reader(folder).document("jurisdiction.yaml"))
    sources = _sources(reader)
    if reader.problems:
        raise JurisdictionError(folder, reader.problems)
    return _plain(sources)


def load_jurisdiction(name_or_path: str | Path) -> Jurisdiction:
    """Return the jurisdiction of a name or folder. Raises JurisdictionError with every problem of every file."""
    folder = jurisdiction_folder(name_or_path)
    reader = Reader(folder)

    about_document, calendar_document = reader.document("jurisdiction.yaml"), reader.document("calendar.yaml")
    reader.languages = _languages(about_document)
    contracts_document = reader.document("contracts.yaml")
    about = reader.model(JurisdictionFile, about_document) if about_document else None
    calendar = reader.model(_CalendarFile, calendar_document) if calendar_document else None
    contracts = reader.model(Contracts, contracts_document) if contracts_document else None
    units = reader.rows(Unit, "units.csv")
    shape = about.model if about is not None else Shape()
    successions = reader.rows(Succession, "unit_successions.csv")
    has_communes = any(kind.has_communes for kind in shape.unit_types.values())
    communes = reader.rows(Commune, "communes.csv") if has_communes else []
    procedures = reader.rows(Procedure, "procedures.csv")
    aliases = reader.rows(Alias, "aliases.csv") if (folder / "aliases.csv").exists() else []
    targets = reader.rows(Target, "targets.csv")
    metrics = reader.models(Metric, "metrics.yaml", "metrics")
    alert_rules = reader.models(AlertRule, "alerts.yaml", "rules")
    routes = reader.models(Route, "routes.yaml", "routes")
    suspect_filing = _optional(reader, SuspectFiling, "suspect_filing.yaml")
    emulation = _optional(reader, Emulation, "emulation.yaml")
    sources = _sources(reader)

    # What a file lacks because a line of it could not be read is not told a second time through those that refer to it.
    unread = {problem.file for problem in reader.problems}
    codes = {row.model.unit_code for row in units}
    lives = lifetimes(units)
    found = reader.problems
    found += checks.units(units, shape)
    found += checks.procedures(procedures)
    found += checks.metrics(metrics)
    if not unread & {"units.csv", "communes.csv", "procedures.csv"}:
        found += checks.aliases(
            aliases,
            {
                "unit": codes,
                "commune": {row.model.commune_code for row in communes},
                "procedure": {row.model.procedure_code for row in procedures},
            },
        )
    if not unread & {"units.csv", "unit_successions.csv"}:
        found += checks.successions(successions, lives)
    if "units.csv" not in unread:
        found += checks.communes(communes, lives, shape)
        found += checks.source_units(sources, codes)
    found += checks.shaped(sources, targets, alert_rules, routes, shape)
    if not unread & {"units.csv", "metrics.yaml", "targets.csv"}:
        found += checks.targets(targets, units, metrics)
    if not unread & {"units.csv", "metrics.yaml", "alerts.yaml"}:
        found += checks.rules(alert_rules, routes, {row.model.metric_id for row in metrics}, codes)
    if emulation is not None and "metrics.yaml" not in unread:
        found += checks.emulation(emulation, {row.model.metric_id for row in metrics})
    if calendar is not None:
        found += _calendars(calendar)
    if found or about is None or calendar is None or contracts is None:
        raise JurisdictionError(folder, found)
    return Jurisdiction.model_construct(
        name=about.model.name,
        title_vi=about.model.title_vi,
        title_en=about.model.title_en,
        shape=Shape.model_construct(**{name: getattr(about.model, name) for name in Shape.model_fields}),
        timezone=calendar.model.timezone,
        holidays=calendar.model.holidays,
        calendars=calendar.model.calendars,
        units=_plain(units),
        successions=_plain(successions),
        communes=_plain(communes),
        procedures=_plain(procedures),
        aliases=_plain(aliases),
        metrics=_plain(metrics),
        targets=_plain(targets),
        sources=_plain(sources),
        contracts=contracts.model,
        alert_rules=_plain(alert_rules),
        routes=tuple(
            route.model_copy(update={"language": route.language or shape.languages[0]}) for route in _plain(routes)
        ),
        suspect_filing=suspect_filing.model if suspect_filing else None,
        emulation=emulation.model if emulation else None,
        texts=about.model.texts,
        configuration_hash=configuration_hash(folder),
    )


def _calendars(calendar: Located[_CalendarFile]) -> Iterator[Problem]:
    """Find what is wrong with the calendars; months of 'calendar' are those in which sources deliver."""
    yield from checks.calendars(
        [
            Located(rule, "calendar.yaml", document=calendar.document, path=("calendars", name))
            for name, rule in calendar.model.calendars.items()
        ]
    )
    if "calendar" not in calendar.model.calendars:
        yield calendar.problem("the calendar 'calendar' is missing in calendars", "calendars")


def configuration_hash(folder: Path) -> str:
    """Return the SHA-256 over names and contents of all files below the folder, hidden ones left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            content = path.read_bytes()
            digest.update(f"{relative.as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _languages(about: Document | None) -> tuple[Language, ...]:
    """Return the declared languages; all of them where none are, or wrong ones."""
    declared = about.content.get("languages") if about is not None else None
    if not isinstance(declared, list):
        return LANGUAGES
    return tuple(language for language in LANGUAGES if language in declared) or LANGUAGES


def _sources(reader: Reader) -> list[Located[Source]]:
    files = sorted(path for path in (reader.folder / "sources").glob("*.y*ml") if not path.name.startswith("."))
    if not files:
        reader.problems.append(Problem("sources", 1, "no source: expected at least one file <id>.yaml"))
    documents = [reader.document(f"sources/{path.name}") for path in files]
    read = [reader.model(Source, document) for document in documents if document is not None]
    sources = [source for source in read if source is not None]
    reader.problems += checks.sources(sources)
    return sources


def _optional(reader: Reader, model: type[AnyModel], file: str) -> Located[AnyModel] | None:
    """Return the model of a file that a jurisdiction may do without."""
    document = reader.document(file) if (reader.folder / file).is_file() else None
    return reader.model(model, document) if document else None


def _plain(located: Sequence[Located[AnyModel]]) -> tuple[AnyModel, ...]:
    return tuple(row.model for row in located)
