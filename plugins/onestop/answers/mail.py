"""The mail to a source's contact: how many rows could not be taken, why, and where the list is. Never a value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from onestop.answers.findings import REFUSED_DELIVERY, REFUSED_ROW, WARNED
from onestop.warehouse.sql import REPOSITORY_ROOT

if TYPE_CHECKING:
    from onestop.answers.files import Told
    from onestop.jurisdiction import Jurisdiction, Source

TEMPLATES = REPOSITORY_ROOT / "include" / "templates" / "answers"
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
    is_refused = told.count(REFUSED_DELIVERY) > 0
    page_url = jurisdiction.texts.get("page_url", "").rstrip("/")
    values = {
        "authority": jurisdiction.texts.get("authority_vi") or jurisdiction.title_vi,
        "data_label": jurisdiction.texts.get("data_label_vi", ""),
        "source": source,
        "period": f"{month}/{year}",
        "delivery_id": delivery_id,
        "is_refused": is_refused,
        "record_count": None if record_count is None else _count(record_count),
        "refused_count": _count(refused_count),
        "files_url": f"{page_url}/deliveries/{delivery_id}/" if page_url else "",
        "sections": [
            (
                title,
                [
                    (_count(told.counts[key]), told.examples[key])
                    for key, _ in told.counts.most_common()
                    if key[1] == severity
                ][:_MOST_RULES],
            )
            for severity, title in (
                (REFUSED_DELIVERY, "Vì sao cả lần gửi bị từ chối"),
                (REFUSED_ROW, "Dòng không nhận"),
                (WARNED, "Đã nhận, cần xem lại"),
            )
        ],
    }
    outcome = "bị từ chối, cần gửi lại" if is_refused else f"{_count(refused_count)} dòng cần sửa"
    subject = f"Số liệu tháng {month}/{year} của {source.title_vi}: {outcome}"
    environment = _environment()
    return Mail(
        subject=" ".join(subject.split()),  # a line end in a title would end the header
        body_text=environment.get_template("delivery.txt").render(values),
        body_html=environment.get_template("delivery.html").render(values),
    )


def _count(number: int) -> str:
    return f"{number:,}".replace(",", ".")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
