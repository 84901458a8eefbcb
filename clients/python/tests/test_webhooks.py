"""Which deliveries are believed."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixelwarden import WebhookError, webhooks
from standardwebhooks import Webhook

SECRETS = st.binary(min_size=24, max_size=64).map(
    lambda key: "whsec_" + base64.b64encode(key).decode()
)
IDS = st.text("abcdefghij_-0123456789", min_size=1, max_size=40)
BODIES = st.dictionaries(st.text(), st.integers()).map(
    lambda data: json.dumps({"type": "analysis.completed", "data": data}).encode()
)
NOW = int(time.time())


def headers(body: bytes, secret: str, *, identity: str = "msg_1") -> dict[str, str]:
    return {
        "Webhook-Id": identity,
        "Webhook-Timestamp": str(NOW),
        "Webhook-Signature": webhooks.sign(
            body, identity=identity, timestamp=NOW, secret=secret
        ),
    }


@given(BODIES, SECRETS, IDS)
def test_a_stranger_signs_as_we_do_and_we_believe_him(
    body: bytes, secret: str, identity: str
) -> None:
    moment = datetime.fromtimestamp(NOW, UTC)
    theirs = Webhook(secret).sign(identity, moment, body.decode())
    sent = headers(body, secret, identity=identity)
    assert theirs == sent["Webhook-Signature"]
    event = webhooks.verify(body, sent, secret, now=NOW)
    assert (event.id, event.type) == (identity, "analysis.completed")
    assert event.data.raw == json.loads(body)["data"]


@given(BODIES, st.lists(SECRETS, min_size=2, max_size=4, unique=True), st.data())
def test_any_secret_may_fit_any_signature(
    body: bytes, secrets: list[str], data: st.DataObject
) -> None:
    used = data.draw(st.sampled_from(secrets))
    sent = headers(body, used)
    noise = "v1a,AAAA v1,!!!! v1,AAAA"
    sent["Webhook-Signature"] = f"{noise} {sent['Webhook-Signature']} v2,x"
    assert webhooks.verify(body, sent, secrets, now=NOW).id == "msg_1"
    others = [secret for secret in secrets if secret != used]
    with pytest.raises(WebhookError):
        webhooks.verify(body, sent, others, now=NOW)


@given(BODIES, SECRETS, st.data())
def test_whatever_is_changed_is_not_believed(
    body: bytes, secret: str, data: st.DataObject
) -> None:
    sent = headers(body, secret)
    at = data.draw(st.integers(0, len(body) - 1))
    changed = bytearray(body)
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WebhookError):
        webhooks.verify(bytes(changed), sent, secret, now=NOW)
    with pytest.raises(WebhookError):
        webhooks.verify(body, sent | {"Webhook-Id": "msg_2"}, secret, now=NOW)
    later = {"Webhook-Timestamp": str(NOW + 1)}
    with pytest.raises(WebhookError):
        webhooks.verify(body, sent | later, secret, now=NOW)


@given(st.binary(), st.dictionaries(st.text(), st.text()), st.text(), st.text())
def test_nonsense_is_refused_and_nothing_else_happens(
    body: bytes, extra: dict[str, str], secret: str, signature: str
) -> None:
    sent = {"webhook-id": "a", "webhook-timestamp": str(NOW)} | extra
    sent |= {"webhook-signature": signature}
    with pytest.raises(WebhookError):
        webhooks.verify(body, sent, secret, now=NOW)


@pytest.mark.parametrize("off", [-301, 301])
def test_old_and_future_deliveries_are_refused(off: int) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    with pytest.raises(WebhookError, match="too long ago"):
        webhooks.verify(b"{}", headers(b"{}", secret), secret, now=NOW + off)
    webhooks.verify(b"{}", headers(b"{}", secret), secret, now=NOW + off, tolerance=400)


@pytest.mark.parametrize("moment", ["", "-5", "1e9", "٣", "9" * 40, "nan"])
def test_times_that_are_none_are_refused(moment: str) -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 24).decode()
    sent = headers(b"{}", secret) | {"Webhook-Timestamp": moment}
    with pytest.raises(WebhookError):
        webhooks.verify(b"{}", sent, secret, now=NOW)
