"""Keys for tests, and every address of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.key_models import ApiKey
from accounts.keys.scopes import Scope
from accounts.keys.services import KeyPlan, create_key, create_service_account
from tests.api.conftest import TestClient

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = "/api/v1/keys/"


def make_key(
    *scopes: str, group: str = "administrator", **plan: Any
) -> tuple[Any, str]:
    """Make an account in a group, and a key of it."""
    account = create_service_account(
        actor=None, username=f"program-{ApiKey.objects.count()}", groups=[group]
    )
    wanted = KeyPlan(name="test", scopes=scopes or Scope.values, **plan)
    issued = create_key(actor=None, account=account, plan=wanted)
    return issued.key, issued.secret


def client_with(secret: str) -> TestClient:
    client = TestClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def addresses() -> Iterator[tuple[str, str, URLPattern]]:
    """Yield path, name and pattern of every address below the API that has a name."""

    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, str, URLPattern]]:
        for one in patterns:
            path = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, path)
            elif one.name:
                yield path, one.name, one

    for path, name, one in walk(get_resolver().url_patterns, ""):
        if path.startswith("api/"):
            yield path, name, one


def methods_of(pattern: URLPattern) -> list[str]:
    actions = getattr(pattern.callback, "actions", None)
    view: Any = pattern.callback.cls  # type: ignore[attr-defined]
    names = actions or [n for n in view.http_method_names if hasattr(view, n)]
    # HEAD is added to a view's actions when it is first asked for.
    return sorted(n.upper() for n in names if n not in {"options", "head"})
