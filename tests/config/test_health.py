"""Probes: by address, without TLS, under no name of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "0.0.0.0:8000", "[::]:8000", "a_b"])
def test_a_probe_by_address_is_answered_in_production(
    settings: Settings, host: str
) -> None:
    settings.ALLOWED_HOSTS = ["review.example.org"]
    settings.SECURE_SSL_REDIRECT = True

    probe = Client().get("/healthz", headers={"host": host})

    assert (probe.status_code, probe.json()["status"]) == (200, "ok")


@pytest.mark.parametrize("path", ["/login/", "/healthz/", "/api/v1/"])
def test_everything_else_needs_a_name_of_ours(settings: Settings, path: str) -> None:
    settings.ALLOWED_HOSTS = ["review.example.org"]

    page = Client().get(path, headers={"host": "10.1.2.3"}, secure=True)

    assert page.status_code == 400
