"""The stored row of a publication, and the lock of its period."""

from typing import Any

from sqlalchemy import Connection, Row, text

from onestop.publication.errors import PublicationReplacedError, PublicationUnknownError

_PUBLICATION = text("""
select
    publication_id, calendar, period, kind, revision, state, content_hash, checked_at, unchanged_from,
    (
        select max(newer.publication_id) from ops.publication as newer
        where
            newer.calendar = publication.calendar and newer.period = publication.period
            and newer.kind = publication.kind
    ) as newest_id
from ops.publication
where publication_id = :publication_id
""")


def lock_period(connection: Connection, calendar: str, period: str) -> None:
    """Wait until nobody else works on the period, and keep others waiting until this transaction ends."""
    connection.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"publication:{calendar}:{period}"}
    )


def stored(connection: Connection, publication_id: int) -> Row[Any]:
    """Return the publication's row as it stands. Raises PublicationUnknownError."""
    publication = connection.execute(_PUBLICATION, {"publication_id": publication_id}).one_or_none()
    if publication is None:
        raise PublicationUnknownError(f"There is no publication {publication_id}: ops.publication names them.")
    return publication


def held(connection: Connection, publication_id: int) -> Row[Any]:
    """Take the lock of the publication's period and return its row, as it is then.

    Raises PublicationUnknownError, and PublicationReplacedError.
    """
    named = stored(connection, publication_id)
    lock_period(connection, named.calendar, named.period)
    publication = stored(connection, publication_id)
    require_figures(publication)
    return publication


def require_figures(publication: Row[Any]) -> None:
    """Raise PublicationReplacedError for a publication whose place another one took: it keeps no figures."""
    if publication.state == "replaced":
        raise PublicationReplacedError(
            f"Publication {publication.publication_id} of {publication.period} was replaced by a newer one of the same "
            f"kind (the newest is {publication.newest_id}): go on with that one."
        )
