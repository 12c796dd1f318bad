"""Values as they are stored and names as they are compared: one normal form of Vietnamese letters, no spaces around."""

from __future__ import annotations

import html
import re
import unicodedata

_ENTITY = re.compile(r"&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")
INVISIBLE = "\u00a0\u200b\ufeff"
"""No-break space, zero-width space, byte order mark: spaces that spreadsheets and web pages leave around values."""


def cleaned(value: str) -> str:
    """Return a value in NFC (Windows-1258 writes tones apart), HTML entities resolved, without spaces around it."""
    if "&" in value:
        value = unescaped(value)
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
    return value.strip().strip(INVISIBLE).strip()


def unescaped(value: str) -> str:
    """Return text with its HTML entities resolved; a bare `&` and an unfinished entity stay."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), value)
