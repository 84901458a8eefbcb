"""Where the request that is being answered comes from, for the record."""

from __future__ import annotations

from contextvars import ContextVar
from ipaddress import ip_address
from typing import TYPE_CHECKING

from accounts.backends import address_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

_address: ContextVar[str | None] = ContextVar("address", default=None)


def current_address() -> str | None:
    """Return the address of whoever asks; None outside a request."""
    return _address.get()


class AddressMiddleware:
    """Keep the sender's address at hand while a request is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        token = _address.set(_checked(address_of(request)))
        try:
            return self.get_response(request)
        finally:
            _address.reset(token)


def _checked(address: str) -> str | None:
    try:
        return str(ip_address(address.partition("%")[0]))
    except ValueError:
        return None
