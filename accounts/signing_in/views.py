"""The page where people sign in; what follows the password is ``allauth``'s."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.socialaccount.providers.openid_connect import views as openid
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from requests import RequestException

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


class SignInView(auth_views.LoginView):
    """Name and password; then a second factor, if there is one."""

    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Go on: to the second factor, or in."""
        user = form.get_user()
        login = Login(user=user, redirect_url=self.get_success_url())
        given = {"username": user.get_username()}
        answer: HttpResponse = perform_password_login(self.request, given, login)
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the other ways in."""
        following = self.get_redirect_url()
        return super().get_context_data(**kwargs) | {
            "provider_name": settings.OIDC_NAME if settings.OIDC_SERVER_URL else "",
            "redirect_field": format_html(
                '<input type="hidden" name="next" value="{}">', following
            ),
        }


def to_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send somebody to the provider; say it where that one is out of reach."""
    try:
        answer: HttpResponse = openid.login(request, provider_id)
    except RequestException as error:
        logger.warning("the sign-in provider is out of reach: %s", error)
        messages.error(
            request, _("The provider does not answer. Try again, or use your password.")
        )
        return redirect("login")
    return answer
