"""Keys of programs and their accounts, and banks of known images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelwarden import resources as r
from pixelwarden.calls import Filter, Listing, act, delete, get, parameters, part
from pixelwarden.protocol import Answer, Request, Steps, post

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import EllipsisType

    from pixelwarden.words import Scope


def current_key() -> Steps[r.CurrentKey]:
    """Read the key of this client: scopes, limits, end, pictures sent."""
    return get("keys/current/", r.CurrentKey)


def keys(**filters: Filter) -> Listing[r.Key]:
    """List keys."""
    return Listing("keys/", parameters(filters), r.Key)


def key(key: str) -> Steps[r.Key]:
    """Read a key; never its secret."""
    return get(f"keys/{part(key)}/", r.Key)


def create_key(  # noqa: PLR0913  # what a key has
    account: str,
    name: str,
    scopes: Iterable[Scope | str],
    *,
    days: int | EllipsisType | None = ...,
    per_minute: int | None = None,
    burst: int | None = None,
    images_per_day: int | None = None,
    images_per_month: int | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.IssuedKey]:
    """Make a key of a service account. Its ``secret`` is shown this once.

    Parameters
    ----------
    days : int or None, optional
        Until it ends; None: never. By default the server's 365, or as long as the key
        that makes it, if that is less.
    per_minute, burst : int, optional
        Its pace, and how many requests at once.
    images_per_day, images_per_month : int, optional
        Its quotas; by default none.
    """
    limits = {
        "per_minute": per_minute,
        "burst": burst,
        "images_per_day": images_per_day,
        "images_per_month": images_per_month,
    }
    body = {
        "account": account,
        "name": name,
        "scopes": [str(scope) for scope in scopes],
        **({} if days is ... else {"days": days}),
    } | {limit: value for limit, value in limits.items() if value is not None}
    answer: Answer = yield post("keys/", json=body, idempotency_key=idempotency_key)
    return r.IssuedKey(answer.object())


def rotate_key(
    key: str, *, overlap_hours: int | None = None, idempotency_key: str | None = None
) -> Steps[r.IssuedKey]:
    """Give a key a new secret; the one before holds for so many hours (24)."""
    path = f"keys/{part(key)}/rotate/"
    body = {"overlap_hours": overlap_hours}
    return act(path, r.IssuedKey, body, idempotency_key=idempotency_key)


def revoke_key(key: str, *, idempotency_key: str | None = None) -> Steps[r.Key]:
    """End a key with every secret, at once."""
    return act(f"keys/{part(key)}/revoke/", r.Key, idempotency_key=idempotency_key)


def end_token() -> Steps[None]:
    """End the token of this client, at once and for good. Keys are revoked instead."""
    yield Request(method="DELETE", path="auth/tokens/current/")


def service_accounts(**filters: Filter) -> Listing[r.ServiceAccount]:
    """List the accounts of programs."""
    return Listing("service-accounts/", parameters(filters), r.ServiceAccount)


def create_service_account(
    username: str,
    *,
    groups: Iterable[str] | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.ServiceAccount]:
    """Make an account for a program, by default in the group ``integrator``."""
    body = {"username": username, "groups": None if groups is None else list(groups)}
    path = "service-accounts/"
    return act(path, r.ServiceAccount, body, idempotency_key=idempotency_key)


def banks(**filters: Filter) -> Listing[r.Bank]:
    """List banks of known images."""
    return Listing("banks/", parameters(filters), r.Bank)


def bank(bank: int | str) -> Steps[r.Bank]:
    """Read a bank."""
    return get(f"banks/{part(bank)}/", r.Bank)


def bank_entries(bank: int | str, **filters: Filter) -> Listing[r.BankEntry]:
    """List the known images of a bank."""
    return Listing(f"banks/{part(bank)}/entries/", parameters(filters), r.BankEntry)


def bank_entry(bank: int | str, entry: str) -> Steps[r.BankEntry]:
    """Read a known image."""
    return get(f"banks/{part(bank)}/entries/{part(entry)}/", r.BankEntry)


def add_bank_entry(  # noqa: PLR0913  # what an entry has
    bank: int | str,
    *,
    sha256: str | None = None,
    pdq: str | None = None,
    source: str | None = None,
    note: str | None = None,
    tags: Iterable[str] | None = None,
    idempotency_key: str | None = None,
) -> Steps[r.BankEntry]:
    """Add a known image: the file by ``sha256``, how it looks by ``pdq``, or both."""
    body = {"sha256": sha256, "pdq": pdq, "source": source, "note": note}
    whole = body | {"tags": None if tags is None else list(tags)}
    path = f"banks/{part(bank)}/entries/"
    return act(path, r.BankEntry, whole, idempotency_key=idempotency_key)


def delete_bank_entry(bank: int | str, entry: str) -> Steps[None]:
    """Take a known image out; analyses keep what they matched."""
    return delete(f"banks/{part(bank)}/entries/{part(entry)}/")
