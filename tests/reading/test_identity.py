"""Applicants are known by a keyed hash: the same person has one, a placeholder none."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onestop.reading.identity import PLACEHOLDER, ApplicantHasher

KEY = b"a key for tests"
HASHER = ApplicantHasher(KEY)
NUMBERS = st.one_of(
    st.just("012345678"),
    st.text(max_size=12),
    st.text(alphabet="01234", max_size=12),
    st.integers(10**6, 10**12).map(str),
)


def key_of(number: str, name: str, phone: str) -> str:
    return HASHER.staged(number, name, phone).removeprefix(PLACEHOLDER)


@pytest.mark.parametrize("key", [b"", b" \n"])
def test_without_a_secret_nobody_is_hashed(key):
    """Whoever tries all numbers would know every applicant; and other people than with the secret would be the same."""
    with pytest.raises(ValueError, match="ONESTOP_IDENTITY_KEY"):
        ApplicantHasher(key)


def test_the_key_is_an_hmac_sha256_of_the_number():
    assert key_of("024098765432", "", "") == hmac.new(KEY, b"number:024098765432", hashlib.sha256).hexdigest()
    assert ApplicantHasher(b"another").staged("024098765432", "", "") != key_of("024098765432", "", "")


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


@given(st.lists(st.tuples(NUMBERS, st.sampled_from(["", "Nguyễn Văn Thử"]), st.sampled_from(["", "0912"])), min_size=1))
def test_many_applicants_at_once_have_the_keys_that_each_has_alone(applicants):
    columns = [pa.array(column, pa.string()) for column in zip(*applicants, strict=True)]
    for hasher in (HASHER, ApplicantHasher(KEY, ["012345678"])):
        assert hasher.staged_columns(*columns).to_pylist() == [hasher.staged(*applicant) for applicant in applicants]


@pytest.mark.parametrize("number", ["012345678", "012 345 678"])
def test_a_number_that_is_declared_to_stand_for_nobody_is_told_apart(number):
    hasher = ApplicantHasher(KEY, ["012.345.678"])
    by_name = key_of("", "Nguyễn Văn A", "0912")
    assert hasher.staged(number, "Nguyễn Văn A", "0912") == f"!{by_name}"
    assert hasher.staged("", "Nguyễn Văn A", "0912") == by_name
    assert hasher.staged("-", "Nguyễn Văn A", "0912") == by_name, "a dash is no number"
    assert hasher.staged("024098765432", "", "") == key_of("024098765432", "", "")
