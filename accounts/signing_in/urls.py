"""Addresses of signing in, under the names by which ``allauth`` knows them."""

from __future__ import annotations

from allauth.account import views
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from accounts.signing_in.views import SignInView, to_provider

urlpatterns = [
    path("login/", SignInView.as_view(), name="login"),
    path("login/", SignInView.as_view(), name="account_login"),
    path("login/again/", views.reauthenticate, name="account_reauthenticate"),
    path("login/with/<provider_id>/login/", to_provider, name="openid_connect_login"),
    path("login/with/", include("allauth.socialaccount.urls")),
    path("login/with/", include("allauth.socialaccount.providers.openid_connect.urls")),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("logout/", LogoutView.as_view(), name="account_logout"),
    path("settings/sign-in/", include("allauth.mfa.urls")),
]
