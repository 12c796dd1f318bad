"""What is known about one delivery: the manifest that stands beside the object with its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


@dataclass(frozen=True)
class Part:
    """One piece of a delivery on its way in: a page, a file, a query's result. `chunks` is read once, in order."""

    name: str
    chunks: Iterator[bytes]


@dataclass
class DeliveryFacts:
    """What a source says about its delivery besides the bytes. A connector fills it in while its parts are read,
    because a count or a cursor is known only when the last page has come.

    `is_full`: see Manifest. `told_apart_by`: what makes deliveries of the same bytes different ones; of changes since a
    moment that moment, for a dossier that changes there and back sends the same bytes twice, and means both.
    """

    declared_count: int | None = None
    declared_totals: dict[str, Any] | None = None
    source_cursor: dict[str, Any] | None = None
    delivered_at: datetime | None = None
    is_full: bool = True
    told_apart_by: str | None = None
    notes: list[str] = field(default_factory=list)


class PartInfo(BaseModel):
    """Where one part lies in the delivery's bytes (before compression). `offset` and `byte_count` are in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    offset: int = Field(ge=0)
    byte_count: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """One delivery as it was received.

    `sha256` is that of the parts' bytes one after another, before compression (with what else tells deliveries apart,
    when there is such: DeliveryFacts.told_apart_by). `object_path` and `manifest_path` are relative to the landing
    root; without the latter the manifest is `<sha256>.json` beside the object. Deliveries of the same bytes, with
    another one in between, have one object and differ in `pulled_at`. `delivered_at` is when the source made it
    available (None: unknown), `observed_at` the moment whose state it shows. Not `is_full`: it holds only dossiers that
    changed since the delivery before, so that nothing follows from a dossier's absence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_id: str
    dataset: str
    period: str
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    object_path: str
    manifest_path: str | None = None
    byte_count: int = Field(ge=0)
    parts: list[PartInfo]
    declared_count: int | None = None
    declared_totals: dict[str, Any] | None = None
    source_cursor: dict[str, Any] | None = None
    pulled_at: AwareDatetime
    delivered_at: AwareDatetime | None = None
    observed_at: AwareDatetime
    is_full: bool = True
    notes: list[str] = []

    def outcome(self, pulled_at: datetime) -> Literal["landed", "unchanged"]:
        """Whether the pull at `pulled_at` brought these bytes, or they had been received before."""
        return "landed" if self.pulled_at == pulled_at else "unchanged"
