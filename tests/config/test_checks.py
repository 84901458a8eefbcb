"""System checks: an installation that cannot do its work says so at the start."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import PIL
from PIL import features

from config.checks import check_data_folder, check_storage
from forensics.checks import check_codecs, check_model, check_pillow
from tests.installation import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from pytest_django import Settings

SHIPPED = ROOT / "models_store"


def test_this_installation_can_do_its_work() -> None:
    assert check_pillow() == []
    assert check_codecs() == []
    assert check_data_folder() == []
    assert check_storage() == []


def test_old_pillow_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PIL, "__version__", "12.2.9")

    (error,) = check_pillow()

    assert error.id == "forensics.E001"
    assert "12.3 is the least" in error.msg


def test_missing_codec_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    check = features.check
    monkeypatch.setattr(features, "check", lambda name: name != "avif" and check(name))

    assert [error.msg for error in check_codecs()] == [
        "AVIF pictures cannot be decoded."
    ]


def test_empty_model_store_is_a_warning_with_the_remedy(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MODEL_STORE = tmp_path

    (warning,) = check_model()

    assert warning.id == "forensics.W001"
    assert "PIXELWARDEN_MODEL_STORE" in str(warning.hint)


def test_damaged_weights_are_refused(settings: Settings, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(SHIPPED, store, ignore=shutil.ignore_patterns("*.h5"))
    (manifest,) = store.glob("casia-ela-cnn/*/manifest.json")
    weights = manifest.parent / _weights(manifest)
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    settings.MODEL_STORE = store

    (error,) = check_model()

    assert error.id == "forensics.E003"
    assert "SHA-256" in error.msg


def test_data_folder_that_takes_no_files_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path / "not-there"

    (error,) = check_data_folder()

    assert error.id == "platform.E001"


def test_storage_that_takes_no_files_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    storages = dict(settings.STORAGES)
    storages["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": blocked},
    }
    settings.STORAGES = storages

    (error,) = check_storage()

    assert error.id == "platform.E003"


def _weights(manifest: Path) -> str:
    files: dict[str, dict[str, str]] = json.loads(manifest.read_text())["files"]
    return next(name for name, entry in files.items() if entry["role"] == "litert")
