"""Who may call what: a table on each view, checked before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from accounts.api.permissions import HoldsScope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from accounts.models import User


class MayDo(HoldsScope):
    """Signed in, and holding what ``needs`` of the view names for this action.

    The default of every view. A key needs its scope, too. ``needs`` maps an action
    (``"*"``: all others) to a permission. What an object shows to whom is decided by
    the selectors, not here.
    """

    message = (
        "You may not do this. Ask an administrator to add you to a group that may."
    )

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether this person may call this action."""
        if not super().has_permission(request, view):
            return False
        needs: Mapping[str, str] = getattr(view, "needs", {})
        action = getattr(view, "action", None) or "*"
        permission = needs.get(action, needs.get("*"))
        return permission is None or person(request).has_perm(permission)


def person(request: Request) -> User:
    """Return who sent the request, behind the sign-in check."""
    return cast("User", request.user)


def as_django(request: Request) -> HttpRequest:
    """Return the request underneath, for code that knows nothing of the framework."""
    return request._request  # noqa: SLF001 - the documented name
