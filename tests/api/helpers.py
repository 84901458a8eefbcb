"""What the tests of the API have in common: sending a file, checking a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile

from config.problem_types import PROBLEM_TYPES
from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from rest_framework.test import APIClient

IMAGES = "/api/v1/images/"


def picture(seed: int = 0) -> bytes:
    """Return a small real JPEG."""
    return jpeg(photo_like(seed, (64, 48)))


def file(seed: int = 0, name: str = "a.jpg") -> SimpleUploadedFile:
    """Return a small picture as a form's file."""
    return SimpleUploadedFile(name, picture(seed), content_type="image/jpeg")


def upload(client: APIClient, data: bytes, name: str = "photo.jpg") -> Any:
    """Send one file."""
    file = SimpleUploadedFile(name, data, content_type="image/jpeg")
    return client.post(IMAGES, {"file": file}, format="multipart")


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a documented problem, and return it."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["type"] == f"/api/v1/problems/{code}/"
    assert body["title"] == PROBLEM_TYPES[code].title
    assert body["detail"]
    assert body["request_id"]
    return body
