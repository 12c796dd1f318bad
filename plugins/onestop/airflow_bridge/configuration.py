"""The jurisdiction of this installation, as every process of Airflow reads it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from onestop.jurisdiction import Jurisdiction, JurisdictionError, load_about, load_jurisdiction
from onestop.settings import get_settings

if TYPE_CHECKING:
    from collections.abc import Iterator


def current_jurisdiction() -> Jurisdiction:
    """The configured jurisdiction, read again only when a file of its folder has changed.

    The scheduler reads it once before it forks (`config/airflow_local_settings.py`); every task then finds it in its
    memory.
    """
    folder = get_settings().jurisdiction_folder
    return _jurisdiction(folder, tuple(_file_states(folder)))


def _file_states(folder: Path) -> Iterator[tuple[str, int, int]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            state = path.stat()
            yield str(path), state.st_mtime_ns, state.st_size


@lru_cache(maxsize=2)
def _jurisdiction(folder: Path, _states: tuple[tuple[str, int, int], ...]) -> Jurisdiction:
    return load_jurisdiction(folder)


_TEXTS = {
    "site_title": {"vi": "Dịch vụ công trực tuyến", "en": "Online public services"},
    "hand_in": {"vi": "Nộp số liệu", "en": "Hand in figures"},
    "approval_subject": {"vi": "Công bố bảng dịch vụ công trực tuyến", "en": "Publish the table of"},
    "restatement_subject": {"vi": "Điều chỉnh số liệu đã công bố", "en": "Restate published figures"},
    "restatement_reason": {"vi": "Lý do", "en": "Reason"},
    "no_warnings": {"vi": "Không có cảnh báo.", "en": "No warnings."},
    # Why a month is published, as its page says: its own collection, another month's, or a person's order.
    "reason_collected": {"vi": "Đã thu thập hồ sơ kỳ {months}", "en": "Dossiers of {months} collected"},
    "reason_collected_before": {
        "vi": "Đã thu thập hồ sơ kỳ {months}, tính vào lũy kế của kỳ này",
        "en": "Dossiers of {months} collected, which this month's year to date counts",
    },
    "reason_ordered": {"vi": "Công bố theo yêu cầu", "en": "Ordered by hand"},
}


def text_in_airflow(key: str) -> str:
    """What people read in Airflow's own pages, in the jurisdiction's main language; texts of jurisdiction.yaml first.

    Reads that one file only: plugins are loaded in every process. A folder that cannot be read is told of elsewhere.
    """
    try:
        about = load_about(get_settings().jurisdiction_folder)
    except JurisdictionError:
        return _TEXTS[key]["vi"]
    language = about.languages[0]
    return about.texts.get(f"{key}_{language}") or _TEXTS[key][language]
