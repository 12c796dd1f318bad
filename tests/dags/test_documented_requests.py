"""What the documents ask of Airflow's REST API. A failure here means an engineer types a request that is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
# `PUT /api/v2/backfills/{id}/pause`, `…/unpause` or `…/cancel`: what follows is the same but for the last step.
_REQUEST = re.compile(r"`(GET|POST|PUT|PATCH|DELETE)\s+(/api/v2/[^`\s]+)`((?:,?\s+(?:(?:or|and)\s+)?`…/\w+`)*)")


def requests_of(text: str) -> list[tuple[str, str]]:
    """The requests that a text names, as method and path; whatever is in braces is one step."""
    found = []
    for method, path, others in _REQUEST.findall(text):
        before = path.rpartition("/")[0]
        found += [(method, path), *((method, f"{before}/{step}") for step in re.findall(r"…/(\w+)", others))]
    return [(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in found]


@pytest.mark.usefixtures("airflow_environment")
def test_every_request_of_the_documents_is_one_that_airflow_answers() -> None:
    from airflow.api_fastapi.core_api.routes.public import public_router
    from fastapi.routing import APIRoute

    there = {
        (method, re.sub(r"\{\w+\}", "{}", f"{route.path}"))
        for route in public_router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    named = [request for document in DOCUMENTS for request in requests_of(document.read_text(encoding="utf-8"))]
    assert ("PUT", "/api/v2/backfills/{}/cancel") in named
    assert [request for request in named if request not in there] == []
