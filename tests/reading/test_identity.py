"""Applicants are known by a keyed hash: the same person has one, a placeholder none."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

import pytest

from onestop.reading.identity import applicant_hasher

KEY = b"a key for tests"
key_of = applicant_hasher(KEY)


def test_the_key_is_an_hmac_sha256_of_the_number():
    assert key_of("024098765432", "", "") == hmac.new(KEY, b"number:024098765432", hashlib.sha256).hexdigest()
    assert applicant_hasher(b"another")("024098765432", "", "") != key_of("024098765432", "", "")


@pytest.mark.parametrize("written", ["024 098 765 432", "024.098.765.432", "024-098-765-432", "024098765432\t"])
def test_a_number_is_the_same_however_it_is_written(written):
    assert key_of(written, "Nguyễn Văn A", "") == key_of("024098765432", "Trần Thị B", "0912")


@pytest.mark.parametrize("placeholder", ["000000001", "0", "000000000", "999999999", "123", "", "-"])
def test_a_placeholder_says_nothing_then_name_and_phone_do(placeholder):
    assert key_of(placeholder, "", "") == ""
    named = key_of(placeholder, "Nguyễn Văn Thử", "0912 345 678")
    assert named == key_of("", unicodedata.normalize("NFD", "NGUYỄN  văn thử"), "0912345678")
    assert named != key_of("", "Nguyễn Văn Thử", "0912345679")
    assert key_of(placeholder, "Nguyễn Văn Thử", "") == "", "a name alone is shared by many"
