"""A sample from the source itself: one pull of a month, kept nowhere."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from onestop.jurisdiction import Period, Source
from onestop.jurisdiction.datasets import DATASETS
from onestop.landing import Landing
from onestop.reading.sampling import Sample, SampleUnreadable, take_sample
from onestop.sources import SourceAccess, pull

_KINDS = {"rest": "json_records", "database": "ndjson"}


def sample_of_source(
    answers: Mapping[str, Any], access: Mapping[str, Any], period: Period, reached: SourceAccess, *, pulled_at: datetime
) -> Sample:
    """Pull a month as the answers say, and look at its first part. Of a web service with pages the first is asked for.

    Raises SourceError when the source does not answer, SampleUnreadable, and pydantic's ValidationError for an `access`
    that cannot be.
    """
    one_answer = {key: value for key, value in access.items() if key not in {"paging", "incremental"}}
    provisional = Source.model_validate(
        {
            "title_vi": answers["id"],
            **answers,
            "access": one_answer,
            "format": {"kind": _KINDS.get(str(access["kind"]), "csv")},
            "fields": {names[0]: names[0] for names in DATASETS[answers["dataset"]].required},
            "timestamp_formats": ["iso"],
        }
    )
    with tempfile.TemporaryDirectory(prefix="onestop-sample-") as folder:
        landing = Landing(Path(folder) / "landing")
        manifest = pull(provisional, period, reached, landing, pulled_at=pulled_at)
        for info, stream in landing.open_parts(manifest):
            path = Path(folder) / "part"
            with path.open("wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
            sample = take_sample(path)
            note = f"only the first of {len(manifest.parts)} parts, {info.name}, was looked at"
            return sample.with_note(note) if len(manifest.parts) > 1 else sample
    raise SampleUnreadable(f"{provisional.id}: nothing for {period.code}")
