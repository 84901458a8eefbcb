"""Clients of the API, signed in by a real token."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from accounts.tokens import issue_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User


class TestClient(APIClient):
    """A client with one call for every method."""

    __test__ = False

    def generic_send(self, method: str, path: str, fields: dict[str, Any]) -> Any:
        """Send to a path below the API; a file makes it a form, the rest is JSON."""
        kind = "multipart" if "file" in fields else "json"
        values = {"data": fields, "format": kind} if method != "GET" else {}
        answer = getattr(self, method.lower())(f"/api/v1{path}", **values)
        if answer.streaming:
            list(answer.streaming_content)  # to its end, so that the file is closed
        return answer


ApiOf = Callable[["User | None"], TestClient]


@pytest.fixture(autouse=True)
def no_failed_sign_ins() -> Iterator[None]:
    """Forget failed sign-ins of other tests: they are counted in the cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def api_of() -> ApiOf:
    """Return a client that sends somebody's token, or none."""

    def client_of(user: User | None) -> TestClient:
        client = TestClient()
        if user is not None:
            secret = issue_token(user=user).secret
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return client_of
