"""Addresses of tokens, keys and service accounts."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts.api import schema as _schema  # registers the security schemes
from accounts.api.keys import CurrentKeyView, KeyViewSet, ServiceAccountViewSet
from accounts.api.views import CurrentTokenView, TokensView

__all__ = ["_schema", "urlpatterns"]

router = SimpleRouter(use_regex_path=False)
router.register("keys", KeyViewSet, basename="key")
router.register("service-accounts", ServiceAccountViewSet, basename="service-account")

urlpatterns = [
    path("auth/tokens/", TokensView.as_view(), name="token-list"),
    path("auth/tokens/current/", CurrentTokenView.as_view(), name="token-current"),
    path("keys/current/", CurrentKeyView.as_view(), name="key-current"),
    *router.urls,
]
