"""What a key looks like: read as it was written, and nothing else taken for one."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from accounts.keys import secret
from accounts.keys.scopes import Scope, in_order, unknown

LETTERS = string.ascii_letters + string.digits
IDS = st.text(LETTERS, min_size=8, max_size=8)
SECRETS = st.text(LETTERS, min_size=43, max_size=43)


@given(IDS, SECRETS)
def test_what_was_written_is_read_again(public_id: str, text: str) -> None:
    found = secret.read(secret.written(public_id, text))

    assert found is not None
    assert found.public_id == public_id
    assert secret.matches(found.digest, secret.digest_of(text))
    assert text not in repr(found)


@given(st.text())
def test_no_other_text_is_taken_for_a_key(text: str) -> None:
    found = secret.read(text)

    assert found is None or len(text) == 60


@given(IDS, SECRETS, st.text(min_size=1))
def test_nothing_may_stand_before_or_after_a_key(
    public_id: str, text: str, more: str
) -> None:
    key = secret.written(public_id, text)

    assert secret.read(key + more) is None
    assert secret.read(more + key) is None


@given(SECRETS, SECRETS)
def test_only_the_same_secret_matches(one: str, other: str) -> None:
    digest = secret.digest_of(one)

    assert secret.matches(digest, "", digest)
    assert secret.matches(digest, secret.digest_of(other), "") == (one == other)
    assert not secret.matches("", "", "")


def test_secrets_and_ids_are_new_each_time() -> None:
    assert len({secret.new_secret() for _ in range(1000)}) == 1000
    assert len(LETTERS) ** secret.SECRET_LENGTH > 2**256


@given(st.lists(st.sampled_from(Scope.values) | st.text()))
def test_scopes_are_kept_once_in_their_order(scopes: list[str]) -> None:
    kept = in_order(scopes)

    assert in_order(reversed(scopes)) == kept
    assert set(kept) | set(unknown(scopes)) == set(scopes)
