"""Applicants as keyed hashes: the same person gives the same key, and nobody without the secret can say who it is."""

from __future__ import annotations

import binascii
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC  # copied at half the price of the standard library's

if TYPE_CHECKING:
    import pyarrow as pa

_SEPARATORS = str.maketrans("", "", " .-\t\u00a0")
PLACEHOLDER = "!"
"""Stands before an applicant's key whose identity number was given, and stands for nobody."""
SHORTEST_NUMBER = 6
"""No Vietnamese identity document has fewer characters: passport 8, identity card 9 or 12, tax code 10."""
_DIGITS_ONLY = f"^[0-9]{{{SHORTEST_NUMBER},}}$"
_PLACEHOLDERS = f"^(0*1?|{'|'.join(f'{digit}+' for digit in range(1, 10))})$"
"""Of numbers of digits only, those that `normalised_number` makes nothing of."""


def normalised_number(number: str) -> str:
    """Return an identity number without separators, in capitals; "" for a placeholder such as `000000001` or `0`."""
    bare = number.translate(_SEPARATORS).upper()
    is_placeholder = len(bare) < SHORTEST_NUMBER or bare.lstrip("0") in {"", "1"} or bare == bare[0] * len(bare)
    return "" if is_placeholder else bare


def normalised_name(name: str) -> str:
    """Return a person's or company's name in NFC, without case, with single spaces."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


class ApplicantHasher:
    """An applicant's key: number, name and phone -> HMAC-SHA256 in hexadecimal, one by one or for many at once.

    The number decides; without a usable one, name and phone together; without both, "" (nobody is known).
    """

    def __init__(self, key: bytes, placeholders: Iterable[str] = ()) -> None:
        """`placeholders`: identity numbers that stand for nobody, beside those that are known for it.

        Raises ValueError for an empty key: whoever tries all identity numbers would then know every applicant.
        """
        if not key.strip():
            raise ValueError(
                "The key of the applicants' hash is empty: expected a secret in ONESTOP_IDENTITY_KEY. Set it to the "
                "key that the warehouse was filled with; for a new warehouse make one: openssl rand -base64 32."
            )
        self._by_number = HMAC(key, hashes.SHA256())
        self._by_number.update(b"number:")
        self._by_name = HMAC(key, hashes.SHA256())
        self._by_name.update(b"name:")
        self._placeholders = frozenset(filter(None, map(normalised_number, placeholders)))

    def staged(self, number: str, name: str, phone: str) -> str:
        """Return one applicant's key, after `PLACEHOLDER` when the number that was given stands for nobody."""
        identity = self._identity(number)
        key = self._key(identity, name, phone)
        return key if identity or not number.translate(_SEPARATORS) else PLACEHOLDER + key

    def staged_columns(self, numbers: pa.StringArray, names: pa.StringArray, phones: pa.StringArray) -> pa.StringArray:
        """Return what `staged` gives for many applicants."""
        import numpy as np  # noqa: PLC0415 - only where columns are
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import compute  # noqa: PLC0415

        are_plain = compute.and_not(
            compute.match_substring_regex(numbers, _DIGITS_ONLY), compute.match_substring_regex(numbers, _PLACEHOLDERS)
        )
        if self._placeholders:
            known = pa.array(sorted(self._placeholders), pa.string())
            are_plain = compute.and_not(are_plain, compute.is_in(numbers, value_set=known))
        if not compute.all(are_plain).as_py():
            keys = list(map(self.staged, numbers.to_pylist(), names.to_pylist(), phones.to_pylist()))
            return pa.array(keys, pa.string())
        digests, copy = [], self._by_number.copy
        for number in numbers.cast("binary").to_pylist():
            digest = copy()
            digest.update(number)
            digests.append(digest.finalize())
        places = np.arange(len(digests) + 1, dtype=np.int32) * (2 * hashes.SHA256.digest_size)
        written = binascii.hexlify(b"".join(digests))
        return pa.StringArray.from_buffers(len(digests), pa.py_buffer(places), pa.py_buffer(written))

    def _identity(self, number: str) -> str:
        """Return the number as it is hashed, or "" when it stands for nobody."""
        # Most numbers are digits and, with two unlike first ones, no placeholder: they need no normalising.
        plain = (
            number.isdecimal() and number.isascii() and "02" <= number[:2] <= "10" and len(number) >= SHORTEST_NUMBER
        )
        identity = number if plain else normalised_number(number) if number else ""
        return "" if identity in self._placeholders else identity

    def _key(self, identity: str, name: str, phone: str) -> str:
        if identity:
            digest = self._by_number.copy()
        else:
            digits = "".join(filter(str.isdigit, phone)) if phone else ""
            if not name or not digits:
                return ""
            identity = f"{normalised_name(name)}\x1f{digits}"
            digest = self._by_name.copy()
        digest.update(identity.encode("utf-8", "replace"))
        return digest.finalize().hex()
