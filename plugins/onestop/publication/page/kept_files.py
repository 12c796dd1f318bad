"""Files kept of a delivery: the agency's error file, and the page of its check results. For logged-in users, as all."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from fastapi.responses import Response
from sqlalchemy import text

from onestop.answers import answer_file
from onestop.publication.page.routes import Snapshot, Visiting
from onestop.publication.page.visit import NoSuchThingError
from onestop.settings import get_settings

router = APIRouter()

DeliveryId = Annotated[int, Path(ge=1, le=2**62)]
_DELIVERY = text("select source_id, period from bi.delivery where delivery_id = :id")
_MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
# What Great Expectations renders loads scripts from elsewhere: here it is shown without any.
_PAGE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@router.get("/deliveries/{delivery_id}/errors.{suffix}")
def errors(delivery_id: DeliveryId, suffix: Literal["xlsx", "csv"], visit: Visiting, connection: Snapshot) -> Response:
    """Give what an agency has to correct in a delivery, as a file."""
    delivery = connection.execute(_DELIVERY, {"id": delivery_id}).one_or_none()
    if delivery is not None:
        kept = answer_file(get_settings().answers_root, delivery.source_id, delivery.period, delivery_id, suffix)
        name = f"{delivery.source_id}-{delivery.period}-delivery-{delivery_id}.{suffix}"
        return _given(visit, kept, _MEDIA_TYPES[suffix], {"Content-Disposition": f'attachment; filename="{name}"'})
    raise NoSuchThingError(visit, "unknown_page")


@router.get("/deliveries/{delivery_id}/checks")
def checks(delivery_id: DeliveryId, visit: Visiting, connection: Snapshot) -> Response:
    """Show the results of all expectations on a delivery."""
    delivery = connection.execute(_DELIVERY, {"id": delivery_id}).one_or_none()
    if delivery is not None:
        folder = get_settings().data_docs_root / delivery.source_id / delivery.period
        kept = folder / f"delivery-{delivery_id}.html"
        return _given(visit, kept, "text/html; charset=utf-8", {"Content-Security-Policy": _PAGE_POLICY})
    raise NoSuchThingError(visit, "unknown_page")


def _given(visit: Any, kept: Any, media_type: str, headers: dict[str, str]) -> Response:
    try:
        content = kept.read_bytes()
    except FileNotFoundError:
        raise NoSuchThingError(visit, "unknown_page") from None
    return Response(content, media_type=media_type, headers={**_HEADERS, **headers})
