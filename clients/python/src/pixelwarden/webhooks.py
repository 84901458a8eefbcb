"""Webhooks: whether a delivery is genuine (Standard Webhooks), and what it says."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING

from pixelwarden.errors import WebhookError
from pixelwarden.resources import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TOLERANCE = 300  # seconds, either way
_PREFIX = "whsec_"
_VERSION = "v1"
_MOST_SIGNATURES = 16  # what a sender in rotation needs is two


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secrets: str | Iterable[str],
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> Event:
    """Check a delivery and return its event.

    Parameters
    ----------
    body : bytes or str
        Exactly as it was received, not parsed and written again.
    headers : mapping of str to str
        Those of the request, in any case.
    secrets : str or iterable of str
        One, or several while you change them (``whsec_...``). Any may fit.
    tolerance : float
        How many seconds the time of sending may be off.
    now : float, optional
        Seconds since 1970, for tests.

    Raises
    ------
    WebhookError
        If it is not genuine, too old, or no event. Answer with 400 and do nothing.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    identity = _header(sent, "webhook-id")
    moment = _header(sent, "webhook-timestamp")
    signatures = _header(sent, "webhook-signature")
    content = _bytes(body) if isinstance(body, str) else bytes(body)
    _check_time(moment, tolerance, time.time() if now is None else now)
    signed = b".".join((_bytes(identity), _bytes(moment), content))
    if not _any_fits(signed, signatures, secrets):
        raise WebhookError("No signature fits. Check the secret, and use the raw body.")
    return parse(content, identity=identity)


def sign(body: bytes, *, identity: str, timestamp: int, secret: str) -> str:
    """Return the ``webhook-signature`` of a body, for tests of your receiver."""
    signed = b".".join((identity.encode(), str(timestamp).encode(), body))
    return f"{_VERSION},{base64.b64encode(_digest(signed, secret)).decode()}"


def parse(body: bytes | str, *, identity: str = "") -> Event:
    """Return the event in a body that is known to be genuine.

    Its class says its type, such as ``resources.CaseDecided``; of a type that this
    version does not know it is a plain ``Event``. Ignore those.
    """
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise WebhookError("The body is not JSON.") from error
    if not isinstance(raw, dict):
        raise WebhookError("The body is no JSON object.")
    data = raw.get("data")
    return Event(
        raw
        | {
            "id": identity or str(raw.get("id", "")),
            "type": str(raw.get("type", "")),
            "timestamp": raw.get("timestamp"),
            "data": data if isinstance(data, dict) else {},
        }
    )


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _header(sent: Mapping[str, str], name: str) -> str:
    value = sent.get(name, "")
    if not value:
        raise WebhookError(f"The header {name} is missing.")
    return value


def _check_time(text: str, tolerance: float, now: float) -> None:
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise WebhookError("webhook-timestamp is no time.")
    if abs(now - int(text)) > tolerance:
        raise WebhookError("It was sent too long ago, or a clock is wrong.")


def _any_fits(signed: bytes, signatures: str, secrets: str | Iterable[str]) -> bool:
    """Compare all with all, however early one fits."""
    known = [secrets] if isinstance(secrets, str) else list(secrets)
    if not known:
        raise WebhookError("No secret was given.")
    expected = [_digest(signed, secret) for secret in known]
    fits = False
    for word in signatures.split()[:_MOST_SIGNATURES]:
        version, _, text = word.partition(",")
        try:
            given = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            continue
        for digest in expected:
            fits |= hmac.compare_digest(digest, given) and version == _VERSION
    return fits


def _digest(signed: bytes, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise WebhookError("The secret is not base64. Copy all of it.") from error
    if not key:
        raise WebhookError("The secret is empty.")
    return hmac.new(key, signed, hashlib.sha256).digest()
