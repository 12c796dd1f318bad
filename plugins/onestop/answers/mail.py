"""The mail to a source's contact: how many rows could not be taken, why, and where the list is. Never a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from onestop.answers.findings import REFUSED_DELIVERY, REFUSED_ROW, WARNED
from onestop.answers.wording import say_in
from onestop.jurisdiction.shape import text_of
from onestop.texts import TEMPLATES

if TYPE_CHECKING:
    from onestop.answers.files import Told
    from onestop.jurisdiction import Jurisdiction, Source
    from onestop.jurisdiction.shape import Language

_MOST_RULES = 20


@dataclass(frozen=True)
class Mail:
    """What is sent."""

    subject: str
    body_text: str
    body_html: str


def compose(
    jurisdiction: Jurisdiction,
    source: Source,
    period: str,
    delivery_id: int,
    told: Told,
    *,
    record_count: int | None,
    refused_count: int,
) -> Mail:
    """Write the mail. Its texts are those of the contract and of the configuration."""
    year, month = period.split("-")
    language = jurisdiction.language
    say = say_in(language)
    is_refused = told.count(REFUSED_DELIVERY) > 0
    page_url = jurisdiction.texts.get("page_url", "").rstrip("/")
    source_title = text_of(source, "title", language)
    values = {
        "language": language,
        "say": say,
        "authority": jurisdiction.texts.get(f"authority_{language}") or text_of(jurisdiction, "title", language),
        "data_label": jurisdiction.texts.get(f"data_label_{language}", ""),
        "role": "" if source.contact is None else text_of(source.contact, "role", language),
        "source_title": source_title,
        "period": f"{month}/{year}" if language == "vi" else period,
        "delivery_id": delivery_id,
        "is_refused": is_refused,
        "record_count": None if record_count is None else _count(record_count, language),
        "refused_count": _count(refused_count, language),
        "files_url": f"{page_url}/deliveries/{delivery_id}/" if page_url else "",
        "sections": [
            (
                say(f"section_{severity}"),
                [
                    (_count(told.counts[key], language), told.examples[key])
                    for key, _ in told.counts.most_common()
                    if key[1] == severity
                ][:_MOST_RULES],
            )
            for severity in (REFUSED_DELIVERY, REFUSED_ROW, WARNED)
        ],
    }
    outcome = say("subject_refused") if is_refused else say("subject_rows", count=_count(refused_count, language))
    subject = say("subject", month=month, year=year, source=source_title, outcome=outcome)
    environment = _environment()
    return Mail(
        subject=" ".join(subject.split()),  # a line end in a title would end the header
        body_text=environment.get_template("delivery.txt").render(values),
        body_html=environment.get_template("delivery.html").render(values),
    )


def _count(number: int, language: Language) -> str:
    return f"{number:,}".replace(",", "." if language == "vi" else ",")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "answers"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
