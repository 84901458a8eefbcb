"""System checks: an installation that cannot do its work says so at the start."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import PIL
import pytest
from PIL import features

from config.checks import check_data_folder, check_storage
from forensics.checks import (
    check_codecs,
    check_exiftool,
    check_model,
    check_pillow,
    check_terms,
)
from tests.exiftool import require_exiftool
from tests.forensics.analysis.fusion_models import write
from tests.installation import ROOT

if TYPE_CHECKING:
    from pathlib import Path

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
    settings.LOCALIZER = "forgery-localizer"

    network, localizer = check_model()

    assert network.id == localizer.id == "forensics.W001"
    assert "casia-ela-cnn" in network.msg
    assert "forgery-localizer" in localizer.msg
    assert "PIXELWARDEN_MODEL_STORE" in str(network.hint)


def test_damaged_weights_are_refused(settings: Settings, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(SHIPPED, store, ignore=shutil.ignore_patterns("*.h5"))
    (manifest,) = store.glob("casia-ela-cnn/*/manifest.json")
    weights = manifest.parent / _weights(manifest)
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    settings.MODEL_STORE = store

    (error,) = (found for found in check_model() if found.id == "forensics.E003")

    assert "SHA-256" in error.msg


def test_research_only_weights_are_named_in_production(settings: Settings) -> None:
    assert check_terms() == []
    settings.IS_PRODUCTION = True

    notes = [found for found in check_terms() if "casia-ela-cnn" in found.msg]

    assert [found.id for found in notes] == ["forensics.I002"]
    assert "research and teaching only" in notes[0].msg


def test_no_terms_are_asked_of_models_that_are_not_there(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MODEL_STORE = tmp_path
    settings.IS_PRODUCTION = True

    assert check_terms() == []


def test_the_calibration_is_held_to_the_same(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MODEL_STORE = tmp_path
    settings.IS_PRODUCTION = True
    path = write(tmp_path)

    (note,) = check_terms()

    assert note.id == "forensics.I002"
    assert note.msg == "fusion 1.0.0 is for research only: research only"
    path.write_text("{")
    assert check_terms() == []
    assert "forensics.E003" in {found.id for found in check_model()}


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


def test_a_localizer_that_is_left_out_is_not_missed(settings: Settings) -> None:
    settings.LOCALIZER = "none"

    assert check_model() == []


def test_exiftool_that_works_or_is_not_wanted_is_nothing_to_tell(
    settings: Settings,
) -> None:
    settings.EXIFTOOL = "none"
    assert check_exiftool() == []
    settings.EXIFTOOL = require_exiftool()
    assert check_exiftool() == []


def test_a_missing_exiftool_is_told_and_a_named_one_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    settings.EXIFTOOL = "auto"
    (note,) = check_exiftool()
    assert note.id == "forensics.I003"
    assert "libimage-exiftool-perl" in str(note.hint)
    settings.EXIFTOOL = "/nowhere/exiftool"
    assert [error.id for error in check_exiftool()] == ["forensics.E005"]


@pytest.mark.parametrize(
    ("script", "words"),
    [("echo 11.88", "known security holes"), ("echo hello", "known security"),
     ("exit 1", "no ExifTool that works")],
)  # fmt: skip
def test_an_exiftool_with_holes_or_of_another_kind_is_refused(
    script: str, words: str, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "exiftool"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    settings.EXIFTOOL = str(path)
    (error,) = check_exiftool()
    assert error.id == "forensics.E004"
    assert words in error.msg
