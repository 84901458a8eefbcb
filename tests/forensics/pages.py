"""What the tests of the dashboard's image pages share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests import images

if TYPE_CHECKING:
    from accounts.models import User

ClientOf = Callable[["User"], Client]
HOSTILE = '"><svg onload=alert(1)><img src=x onerror=alert(2)>.jpg'


def send(client: Client, *files: SimpleUploadedFile, accept: str = "text/html") -> Any:
    return client.post(
        reverse("forensics:upload"), {"files": list(files)}, headers={"Accept": accept}
    )


def picture(name: str = "photo.jpg", seed: int = 0) -> SimpleUploadedFile:
    data = images.jpeg(images.photo_like(seed, (64, 48)))
    return SimpleUploadedFile(name, data, content_type="image/jpeg")
