"""Who stands at the drop page, and for which sources they may hand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onestop.jurisdiction.models import UploadAccess

if TYPE_CHECKING:
    from onestop.jurisdiction import Source


@dataclass(frozen=True)
class Officer:
    """A logged-in user of Airflow: the name they log in with, and their roles."""

    name: str
    roles: frozenset[str] = frozenset()

    def may_upload(self, source: Source) -> bool:
        """Whether the source's configuration names this user or one of the roles. An administrator is no exception."""
        access = source.access
        if not isinstance(access, UploadAccess):
            return False
        return self.name in access.uploaders.users or not self.roles.isdisjoint(access.uploaders.roles)

    def sources_of(self, sources: Iterable[Source]) -> Iterator[Source]:
        """Give the sources that this officer may upload for."""
        return (source for source in sources if self.may_upload(source))
