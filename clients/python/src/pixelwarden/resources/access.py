"""Keys of programs."""

from __future__ import annotations

from datetime import datetime

from pixelwarden.decoding import Resource
from pixelwarden.words import KeyStatus, Scope


class ImagesSent(Resource):
    """How many pictures a key has sent, today and this month (UTC)."""

    day: int
    month: int


class Key(Resource):
    """A key. Its ``secret`` comes once, when it is made or rotated."""

    id: str
    url: str
    prefix: str
    name: str
    account: str
    status: KeyStatus
    scopes: tuple[Scope, ...]
    per_minute: int
    burst: int
    images_per_day: int | None
    images_per_month: int | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    previous_secret_ends_at: datetime | None


class IssuedKey(Key):
    """A key with its secret, which is shown this once."""

    secret: str


class CurrentKey(Key):
    """The key of this client, and what it has sent."""

    images_sent: ImagesSent


class ServiceAccount(Resource):
    """The account of a program: without a password, it cannot sign in."""

    username: str
    groups: tuple[str, ...]
    is_active: bool
    date_joined: datetime
