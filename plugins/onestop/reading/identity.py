"""Applicants as keyed hashes: the same person gives the same key, and nobody without the secret can say who it is."""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Callable

_SEPARATORS = str.maketrans("", "", " .-\t\u00a0")
SHORTEST_NUMBER = 6
"""No Vietnamese identity document has fewer characters: passport 8, identity card 9 or 12, tax code 10."""


def normalised_number(number: str) -> str:
    """Return an identity number without separators, in capitals; "" for a placeholder such as `000000001` or `0`."""
    bare = number.translate(_SEPARATORS).upper()
    is_placeholder = len(bare) < SHORTEST_NUMBER or bare.lstrip("0") in {"", "1"} or bare == bare[0] * len(bare)
    return "" if is_placeholder else bare


def normalised_name(name: str) -> str:
    """Return a person's or company's name in NFC, without case, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def applicant_hasher(key: bytes) -> Callable[[str, str, str], str]:
    """Return the function (number, name, phone) -> HMAC-SHA256 in hexadecimal.

    The number decides; without a usable one, name and phone together; without both, "" (nobody is known).
    """
    by_number = hmac.new(key, b"number:", "sha256")
    by_name = hmac.new(key, b"name:", "sha256")

    def applicant_key(number: str, name: str, phone: str) -> str:
        # Most numbers are digits and, with two unlike first ones, no placeholder: they need no normalising.
        plain = (
            number.isdecimal() and number.isascii() and "02" <= number[:2] <= "10" and len(number) >= SHORTEST_NUMBER
        )
        identity = number if plain else normalised_number(number) if number else ""
        if identity:
            digest = by_number.copy()
        else:
            digits = "".join(filter(str.isdigit, phone)) if phone else ""
            if not name or not digits:
                return ""
            identity = f"{normalised_name(name)}\x1f{digits}"
            digest = by_name.copy()
        digest.update(identity.encode("utf-8", "replace"))
        return digest.hexdigest()

    return applicant_key
