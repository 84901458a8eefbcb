"""Proof at every start that files can be kept, and safety of a production."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

TAG = "installation"

Configs = Sequence[AppConfig] | None


@register(TAG)
def check_data_folder(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to run on a folder that takes no files."""
    if os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
        return []
    hint = "Change its owner or mode, or set PIXELWARDEN_DATA_DIR to another folder."
    message = f"The data folder {settings.DATA_DIR} is not writable."
    return [Error(message, hint=hint, id="platform.E001")]


@register(TAG)
def check_demo(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a demo password in production."""
    if not (settings.IS_PRODUCTION and settings.DEMO_PASSWORD):
        return []
    message = "PIXELWARDEN_DEMO_PASSWORD is set in production."
    hint = "Unset it; make people with: manage.py createsuperuser"
    return [Error(message, hint=hint, id="platform.E002")]


@register(TAG, deploy=True)
def check_storage(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Write, read and delete one small file in the file storage."""
    try:
        name = default_storage.save(f"checks/{uuid4().hex}", ContentFile(b"probe"))
        with default_storage.open(name, "rb") as file:
            kept = file.read()
        default_storage.delete(name)
    except Exception as error:  # noqa: BLE001 # each back end has errors of its own
        return [_storage_fails(f"The file storage does not work: {error}")]
    if kept != b"probe":
        return [_storage_fails("The file storage gave back other bytes than it took.")]
    return []


def _storage_fails(message: str) -> Error:
    hint = "Check the PIXELWARDEN_STORAGE and PIXELWARDEN_S3_* settings."
    return Error(message, hint=hint, id="platform.E003")
