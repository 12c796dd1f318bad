"""Names as they are compared: what people write alike becomes one key, and nothing more."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping

_APART = re.compile(r"[^\w&]+|_+")
_AND = re.compile(r"&+")
_TONE = "\u0300\u0301\u0303\u0309\u0323"
_OLD_PLACE = re.compile(rf"(o[ae]|u[y])([{_TONE}])(?![a-z])")
"""hoà, khoẻ, thuỷ: the tone on the second vowel of an open oa, oe, uy, where others write hòa, khỏe, thủy."""
_AFTER_Q = re.compile(rf"(qu)([{_TONE}])(y)")
_LETTERS = {"\u0111": "d"}


def matching_key(name: str, words: Mapping[str, str] | None = None) -> str:
    """Return the key under which names are the same: NFC or NFD, HTML entities, capitals, punctuation, tone placement.

    `words` are keys of words that stand for others: `tt` -> `thị trấn`. Tones count: Đông Sơn is not Đồng Sơn.
    """
    text = html.unescape(html.unescape(name)) if "&" in name else name
    letters = unicodedata.normalize("NFD", text.casefold())
    placed = _AFTER_Q.sub(r"\1\3\2", _OLD_PLACE.sub(_moved, letters))
    key = " ".join(_APART.sub(" ", _AND.sub(" & ", unicodedata.normalize("NFC", placed))).split())
    if not words:
        return key
    padded = f" {key} "
    for short in sorted(words, key=len, reverse=True):
        padded = padded.replace(f" {short} ", f" {words[short]} ")
    return padded.strip()


def plain_key(key: str) -> str:
    """Return a key without hats and tones, to look for what was meant; never to decide it."""
    letters = unicodedata.normalize("NFD", key)
    return "".join(_LETTERS.get(letter, letter) for letter in letters if not unicodedata.combining(letter))


def _moved(found: re.Match[str]) -> str:
    vowels, tone = found[1], found[2]
    before = found.string[max(found.start() - 1, 0) : found.start()]
    return found[0] if before == "q" else f"{vowels[0]}{tone}{vowels[1]}"
