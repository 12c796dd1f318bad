"""Taking an upload in: from our own pages only, to the size that is allowed, in the time that is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException as FormError
from starlette.formparsers import MultiPartException
from starlette.types import Message

FORM_BYTES = 64 << 10
"""What a form may hold beside its file: headers, boundaries, a field."""
UPLOAD_SECONDS = 900
"""How long an upload may take: 50 MB over half a megabit a second."""


class TooLarge(Exception):  # noqa: N818 - named by what happened
    """More bytes come than are allowed; reading stopped there."""


class NoFile(Exception):  # noqa: N818 - named by what happened
    """The form holds no file, or several, or is none."""


def from_our_own_page(request: Request) -> None:
    """Refuse a request that changes something unless one of our own pages sent it (cross-site request forgery).

    A browser says by itself where a request comes from, and no page can make it say otherwise: Sec-Fetch-Site on a
    secured line, Origin everywhere. A request that says neither is refused.
    """
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        is_ours = site == "same-origin"
    else:
        origin = urlsplit(request.headers.get("origin", ""))
        is_ours = bool(origin.netloc) and origin.netloc.lower() == request.headers.get("host", "").lower()
    if not is_ours:
        raise HTTPException(HTTPStatus.FORBIDDEN, "This form was not sent from its own page.")


@asynccontextmanager
async def received_file(request: Request, limit_bytes: int) -> AsyncIterator[UploadFile]:
    """Give the one file of a posted form, which lies on disk once it is large. Raises TooLarge, NoFile, TimeoutError.

    Bytes are counted as they come: what a client declares is only a reason to stop earlier.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes + FORM_BYTES:
        raise TooLarge
    byte_count = 0

    async def counted() -> Message:
        nonlocal byte_count
        message = await request.receive()
        byte_count += len(message.get("body", b""))
        if byte_count > limit_bytes + FORM_BYTES:
            raise TooLarge
        return message

    counting = Request(request.scope, counted)
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            form = await counting.form(max_files=1, max_fields=1, max_part_size=FORM_BYTES)
    except (MultiPartException, FormError) as error:
        raise NoFile from error
    try:
        files = [value for value in form.values() if isinstance(value, UploadFile) and value.filename]
        if len(files) != 1:
            raise NoFile
        if (files[0].size or 0) > limit_bytes:
            raise TooLarge
        yield files[0]
    finally:
        await form.close()
