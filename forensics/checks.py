"""Proof at every start that the image libraries and the model can do their work."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import PIL
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from PIL import features

from forensics.analysis.model_errors import ModelError, ModelMissingError
from forensics.analysis.model_store import open_model

TAG = "installation"
LEAST_PILLOW = (12, 3)
CODECS = {
    "jpg": "JPEG",
    "zlib": "PNG",
    "webp": "WebP",
    "libtiff": "TIFF",
    "avif": "AVIF",
}
MODEL = "casia-ela-cnn"
AGAIN = "Install the requirements again: make install"

Configs = Sequence[AppConfig] | None


@register(TAG)
def check_pillow(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a Pillow with known holes."""
    version = tuple(int(part) for part in PIL.__version__.split(".")[:2])
    if version >= LEAST_PILLOW:
        return []
    least = ".".join(map(str, LEAST_PILLOW))
    message = (
        f"Pillow {PIL.__version__} has known security holes; {least} is the least."
    )
    return [Error(message, hint=AGAIN, id="forensics.E001")]


@register(TAG)
def check_codecs(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to run where an accepted format could not be decoded."""
    missing = [name for codec, name in CODECS.items() if not features.check(codec)]
    if find_spec("pillow_heif") is None:
        missing.append("HEIC")
    return [
        Error(f"{name} pictures cannot be decoded.", hint=AGAIN, id="forensics.E002")
        for name in missing
    ]


@register(TAG)
def check_model(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Say when analyses would go without the network, and refuse damaged weights."""
    try:
        open_model(settings.MODEL_STORE, MODEL).read(settings.CNN_ENGINE)
    except ModelMissingError as error:
        message = f"Analyses go without the CNN. {error}"
        hint = f"Train or restore a {MODEL}, or set PIXELWARDEN_MODEL_STORE."
        return [Warning(message, hint=hint, id="forensics.W001")]
    except ModelError as error:
        hint = "Restore the model's folder from the repository or from a backup."
        return [
            Error(f"The model is unusable. {error}", hint=hint, id="forensics.E003")
        ]
    return []
