"""Leads whoever must have a second factor to where they get one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.authentication import get_authentication_records
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.signing_in.factors import has_second_factor, must_have_one

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# What is needed to get one, and to leave. Names of addresses, or how they begin.
OPEN = ("mfa_", "account_", "login", "logout", "javascript-catalog", "health")


class FactorMiddleware:
    """With ``REQUIRE_MFA``, nothing but the pages of factors is open without one.

    Who came from the organization's own provider showed their factor there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass it on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Lead away, where one is missing."""
        match = request.resolver_match
        name = match.url_name or "" if match else ""
        if not _lacks_one(request) or name.startswith(OPEN):
            return None
        if request.path_info.startswith("/api/"):
            raise PermissionDenied
        messages.warning(
            request, _("Everybody here needs a second factor. Add yours to go on.")
        )
        return redirect("mfa_index")


def _lacks_one(request: HttpRequest) -> bool:
    user: Any = request.user
    if not user.is_authenticated or not must_have_one(user):
        return False
    records = get_authentication_records(request, user)
    came_by_provider = any(one.get("method") == "socialaccount" for one in records)
    return not (came_by_provider or has_second_factor(user))
