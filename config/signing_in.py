"""How people sign in beside their passwords: the environment's wishes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.env import PREFIX, Environment

PROVIDER = "oidc"
NEEDED = ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")


def provider_address(environment: Environment) -> str:
    """Read ``OIDC_SERVER_URL``; in production only ``https``."""
    address = environment.text("OIDC_SERVER_URL").strip()
    if not address:
        return ""
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or not environment.is_production
    if parts.scheme not in {"https", "http"} or not parts.hostname or not is_safe:
        raise ImproperlyConfigured(
            f"{PREFIX}OIDC_SERVER_URL is {address[:80]!r}; use the https address under "
            "which your provider has /.well-known/openid-configuration."
        )
    for name in NEEDED:
        environment.required(name, because="OIDC_SERVER_URL is")
    return address


def origin_of(address: str) -> list[str]:
    """Return where a form may lead, beside this site."""
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"] if address else []


def providers(environment: Environment, address: str, name: str) -> dict[str, Any]:
    """Return ``SOCIALACCOUNT_PROVIDERS``: one, or none."""
    if not address:
        return {}
    app = {
        "provider_id": PROVIDER,
        "name": name,
        "client_id": environment.text("OIDC_CLIENT_ID"),
        "secret": environment.text("OIDC_CLIENT_SECRET"),
        "settings": {"server_url": address},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def domains(environment: Environment) -> frozenset[str]:
    """Read ``OIDC_DOMAINS``."""
    return frozenset(
        name.lower().lstrip("@") for name in environment.names("OIDC_DOMAINS")
    )
