"""What a key may call: its scopes, checked beside what its account may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated

from accounts.key_models import ApiKey
from accounts.keys.scopes import ANY_KEY, PUBLIC

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class InsufficientScope(PermissionDenied):
    """The key is good, and not for this."""

    default_code = "insufficient_scope"


class HoldsScope(IsAuthenticated):
    """Signed in; and, with a key, holding the scope that the address needs.

    The base of whatever else a view asks. Which scope that is says one table, named by
    the setting ``API_SCOPES``. People's tokens and sessions are not bound by scopes.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether somebody is signed in; refuse a key in words."""
        if not super().has_permission(request, view):
            return False
        # What the view does not take is answered 405, whatever the key may do.
        is_taken = request.method in view.allowed_methods
        if isinstance(request.auth, ApiKey) and is_taken:
            _require_scope(request, request.auth)
        return True


def _require_scope(request: Request, key: ApiKey) -> None:
    match = request.resolver_match
    name = match.view_name if match else ""
    needed: frozenset[str] = import_string(settings.API_SCOPES)(name, request.method)
    if not needed:
        raise InsufficientScope(
            "This is for people: send a person's token, or name and password."
        )
    if not needed & {*key.scopes, ANY_KEY, PUBLIC}:
        raise InsufficientScope(
            f"The key lacks the scope {' or '.join(sorted(needed))}. Make another one "
            "that has it."
        )
