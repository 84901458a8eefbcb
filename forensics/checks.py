"""Proof at every start that the image libraries and the models can do their work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import PIL
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Warning, register
from PIL import features

from forensics.analysis.fusion_model import FUSION_NAME, load_fusion
from forensics.analysis.model_errors import ModelError, ModelMissingError
from forensics.analysis.model_store import StoredModel, open_model
from forensics.analysis.provenance import TrustListError
from forensics.exiftool import LEAST, find_exiftool, is_safe, version_of
from forensics.services.pipeline import chosen_localizer, read_trust_list

TAG = "installation"
LEAST_PILLOW = (12, 3)
CODECS = {
    "jpg": "JPEG",
    "zlib": "PNG",
    "webp": "WebP",
    "libtiff": "TIFF",
    "avif": "AVIF",
}
NETWORK = "casia-ela-cnn"
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
    """Say when analyses would go without a network, and refuse damaged models."""
    found = [_check_weights(name, engine) for name, engine in _networks()]
    found.append(_check_calibration())
    return [message for message in found if message is not None]


@register(TAG)
def check_terms(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Say in production which active models only research may use."""
    if not settings.IS_PRODUCTION:
        return []
    return [
        Info(
            f"{name} is for research only: {terms}",
            hint="Be sure that your use is covered, or leave the model out of "
            "PIXELWARDEN_MODEL_STORE. Results carry the mark either way.",
            id="forensics.I002",
        )
        for name, terms in _research_only()
    ]


@register(TAG)
def check_exiftool(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Say when metadata are read in less depth, and refuse an ExifTool with holes."""
    if settings.EXIFTOOL == "none":
        return []
    path = find_exiftool(settings.EXIFTOOL)
    if path is None:
        return [_without_exiftool()]
    version = version_of(path)
    if is_safe(version):
        return []
    least = ".".join(map(str, LEAST))
    message = (
        f"{path} is ExifTool {version}, which has known security holes; {least} is "
        "the least."
        if version
        else f"{path} is no ExifTool that works."
    )
    hint = "Install a newer one, or set PIXELWARDEN_EXIFTOOL=none to go without."
    return [Error(message, hint=hint, id="forensics.E004")]


def _without_exiftool() -> CheckMessage:
    message = "ExifTool is not installed: maker notes and rarer tags are not listed."
    hint = "Debian, Ubuntu: apt install libimage-exiftool-perl. Or set "
    hint += "PIXELWARDEN_EXIFTOOL to its path, or to none to go without it."
    if settings.EXIFTOOL == "auto":
        return Info(message, hint=hint, id="forensics.I003")
    message = f"PIXELWARDEN_EXIFTOOL names {settings.EXIFTOOL}, which is not there."
    return Error(message, hint=hint, id="forensics.E005")


@register(TAG)
def check_trust_list(app_configs: Configs = None, **kwargs: Any) -> list[CheckMessage]:
    """Say when no signer of a credential could be trusted."""
    try:
        read_trust_list()
    except TrustListError as error:
        message = f"The trust list of Content Credentials cannot be used. {error}"
        hint = (
            "Set PIXELWARDEN_C2PA_TRUST_LIST to a PEM file of certificates, or to "
            "'none': until then no signer's trust is known."
        )
        return [Warning(message, hint=hint, id="forensics.W002")]
    return []


def _networks() -> tuple[tuple[str, str], ...]:
    """Name the models that analyses use, each with the engine that runs it."""
    used = (NETWORK, settings.CNN_ENGINE), (chosen_localizer(), "litert")
    return tuple((name, engine) for name, engine in used if name is not None)


def _check_weights(name: str, engine: str) -> CheckMessage | None:
    try:
        _open(name).read(engine)
    except ModelMissingError as error:
        message = f"Analyses go without the {name}. {error}"
        hint = f"Train or restore a {name}, or set PIXELWARDEN_MODEL_STORE."
        return Warning(message, hint=hint, id="forensics.W001")
    except ModelError as error:
        return _unusable(error)
    return None


def _check_calibration() -> CheckMessage | None:
    try:
        load_fusion(settings.MODEL_STORE)
    except ModelError as error:
        return _unusable(error)
    return None


def _unusable(error: ModelError) -> CheckMessage:
    hint = "Restore the model's folder from the repository or from a backup."
    return Error(f"The model is unusable. {error}", hint=hint, id="forensics.E003")


def _research_only() -> Iterator[tuple[str, str]]:
    # What is missing or damaged is the other check's to say.
    for name, _engine in _networks():
        with suppress(ModelError):
            manifest = _open(name).manifest
            if manifest.research_only:
                yield f"{manifest.name} {manifest.version}", manifest.terms
    with suppress(ModelError):
        calibration = load_fusion(settings.MODEL_STORE)
        if calibration and calibration.research_only:
            yield f"{FUSION_NAME} {calibration.version}", calibration.terms


def _open(name: str) -> StoredModel:
    """Open ``name``, or exactly the version in ``name@version``."""
    name, _, version = name.partition("@")
    return open_model(settings.MODEL_STORE, name, version=version or None)
