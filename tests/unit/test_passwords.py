"""Passwords and their hashes."""

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit_authenticator import Hasher

from core.services.passwords import MAX_BYTES, NOBODYS_HASH, hash_password, matches

HASH = Hasher.hash("a password")
CHEAP = bcrypt.hashpw(b"a password", bcrypt.gensalt(4)).decode()


def test_hashes_are_those_of_streamlit_authenticator():
    assert Hasher.is_hash(hash_password("a password"))
    assert Hasher.check_pw("a password", hash_password("a password"))
    assert Hasher.is_hash(NOBODYS_HASH)
    assert matches("a password", HASH)


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=200))
def test_no_other_text_matches_and_none_is_an_error(text: str):
    assert not matches(text, CHEAP) or text == "a password"


@pytest.mark.parametrize("kept", [None, "", "!", "a password", "$2b$12$short"])
def test_an_account_without_a_real_hash_lets_nobody_in(kept: str | None):
    assert not matches("a password", kept)
    assert not matches("", kept)


def test_the_longest_password_works_and_is_read_to_its_end():
    longest = "ä" * (MAX_BYTES // 2)
    kept = hash_password(longest)
    assert matches(longest, kept)
    assert not matches(longest[:-1] + "ö", kept)
    assert not matches(longest + "x", kept)
