"""Where ``allauth`` asks what holds here: who may sign in, and who is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import Group
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts.backends import address_of
from accounts.models import User
from accounts.record import record
from accounts.sealing import seal, unseal

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest, HttpResponse

MAX_NAME = 150


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # it is untyped
    """People are made by administrators; programs never sign in."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account of their own."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return where a request comes from, as the limits on passwords see it."""
        return address_of(request)

    def pre_login(
        self, request: HttpRequest, user: User, **kwargs: Any
    ) -> HttpResponse | None:
        """Refuse programs, whichever door they try."""
        if user.is_service:
            raise ImmediateHttpResponse(_refused(request, _("Programs use keys.")))
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Say it on the page where one signs in."""
        return _refused(request, _("This account is switched off."))


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # it is untyped
    """Second factors; their secrets lie encrypted."""

    def get_totp_issuer(self) -> str:
        """Return what an authenticator app calls this installation."""
        return f"Pixelwarden {self._get_site_name()}"

    def encrypt(self, text: str) -> str:
        """Encrypt a secret before it is stored."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Read a stored secret."""
        return unseal(encrypted_text)


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # untyped
    """People who come from the organization's own provider (OpenID Connect).

    One is known by the provider's id of them. Who comes for the first time is the
    account that has their e-mail address, if the provider says that it is theirs;
    else, where ``OIDC_GROUP`` is set, a new one.
    """

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Turn away whom the rules do not let in; connect who has an account here."""
        email = _verified_email(sociallogin)
        if settings.OIDC_DOMAINS and not _is_welcome(email):
            raise _turned_away(request, _("Your e-mail address may not enter."))
        if sociallogin.is_existing or request.user.is_authenticated:
            return  # known by the provider's id, or about to be
        if not email:
            raise _turned_away(
                request, _("Your provider does not say that your e-mail is verified.")
            )
        own = list(User.objects.filter(email__iexact=email, is_service=False)[:2])
        if len(own) > 1:
            raise _turned_away(request, _("Several accounts have this e-mail address."))
        if own:
            sociallogin.connect(request, own[0])
        elif not settings.OIDC_GROUP:
            raise _turned_away(
                request, _("Nobody here has this e-mail address. Ask an administrator.")
            )

    def is_open_for_signup(
        self, request: HttpRequest, sociallogin: SocialLogin
    ) -> bool:
        """Whoever came so far may have an account, where accounts are made."""
        return bool(settings.OIDC_GROUP)

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None
    ) -> User:
        """Make the account, in the group that new ones are in."""
        user: User = super().save_user(request, sociallogin, form)
        user.groups.set(Group.objects.filter(name=settings.OIDC_GROUP))
        record(
            "person_provided",
            actor=user,
            provider=_provider(sociallogin),
            group=settings.OIDC_GROUP,
        )
        return user


def _verified_email(sociallogin: SocialLogin) -> str:
    given = [address for address in sociallogin.email_addresses if address.verified]
    return str(given[0].email) if given else ""


def _is_welcome(email: str) -> bool:
    return email.rpartition("@")[2].lower() in settings.OIDC_DOMAINS


def _provider(sociallogin: SocialLogin) -> str:
    return str(sociallogin.account.provider)


def _turned_away(request: HttpRequest, why: str) -> ImmediateHttpResponse:
    return ImmediateHttpResponse(_refused(request, why))


def _refused(request: HttpRequest, why: str) -> HttpResponse:
    messages.error(request, why)
    return redirect("login")
