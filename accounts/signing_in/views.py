"""The page where people sign in; what follows the password is ``allauth``'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth import views as auth_views
from django.utils.html import format_html

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm
    from django.http import HttpResponse


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
