"""Addresses of the token resource."""

from django.urls import path

from accounts.api import schema as _schema  # registers the security schemes
from accounts.api.views import CurrentTokenView, TokensView

__all__ = ["_schema", "urlpatterns"]

urlpatterns = [
    path("auth/tokens/", TokensView.as_view(), name="token-list"),
    path("auth/tokens/current/", CurrentTokenView.as_view(), name="token-current"),
]
