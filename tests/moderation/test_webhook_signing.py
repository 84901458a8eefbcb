"""A stranger's verifier accepts what we sign; the schedule and the seal hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.sealing import SealBrokenError, seal, unseal
from moderation.webhook_schedule import WAITS, read_retry_after, wait_after
from moderation.webhook_signing import key_of, new_secret, signed_headers

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_the_specifications_own_example() -> None:
    """The values of the specification's libraries' tests."""
    headers = signed_headers(
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
        secrets_=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(st.binary(max_size=300), st.integers(1, 3))
def test_every_active_secret_verifies_and_no_other(body: bytes, count: int) -> None:
    text = body.hex()
    secrets = [new_secret() for _ in range(count)]
    headers = signed_headers(
        message_id="id",
        at=datetime.now(UTC),
        body=f'"{text}"'.encode(),
        secrets_=secrets,
    )
    for secret in secrets:
        assert Webhook(secret).verify(f'"{text}"', headers) == text
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(f'"{text}."', headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(f'"{text}"', headers)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "whsec_*", "A" * 44])
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="no secret"):
        key_of(secret)


def test_retries_go_on_for_over_a_day_and_end() -> None:
    waits = [wait_after(n, chance=0.0) for n in range(1, len(WAITS) + 2)]
    assert waits[-1] is None
    known = [wait for wait in waits if wait is not None]
    assert sum(known, timedelta(0)) >= timedelta(hours=24)
    assert known == sorted(known)


@given(st.integers(1, len(WAITS)), st.floats(0, 1), st.integers(0, 10**9))
def test_jitter_only_adds_and_a_wish_is_kept_up_to_a_day(
    tries: int, chance: float, wish: int
) -> None:
    wait = wait_after(tries, chance=chance, wish=timedelta(seconds=wish))
    assert wait is not None
    assert wait >= WAITS[tries - 1]
    assert wait >= min(timedelta(seconds=wish), timedelta(days=1))
    assert wait <= timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        ("9" * 500, timedelta(hours=24)),
        ("Thu, 26 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Thu, 26 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("Thu, 99 Nov 2026 12:05:00 GMT", None),
    ],
)
def test_retry_after_is_read_or_ignored(text: str, expected: timedelta | None) -> None:
    assert read_retry_after(text, now=NOW) == expected


@given(st.text(max_size=40))
def test_no_retry_after_breaks_anything(text: str) -> None:
    read_retry_after(text, now=NOW)


def test_a_seal_is_opened_with_todays_key_or_an_earlier_one(settings: Settings) -> None:
    sealed = seal("whsec_x")
    assert "whsec" not in sealed
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-" + "y" * 60
    with pytest.raises(SealBrokenError):
        unseal(sealed)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(sealed) == "whsec_x"
