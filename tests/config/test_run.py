"""``manage.py run``: what it asks for first, and from where it can be started."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from config.supervisor import address

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

    from tests.installation import Installation

NO_PORT = 70_000  # run must refuse before it comes to listening
UNSAFE = "from config.settings import *\nCSRF_TRUSTED_ORIGINS = ['no-scheme']\n"


@pytest.mark.processes
def test_it_runs_from_any_folder(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    del installation.environment["PYTHONPATH"]

    installation.start()

    assert "No module named" not in installation.output()
    assert "Invalid HTTP_HOST" not in installation.output()


@pytest.mark.processes
def test_every_check_is_made_before_anything_starts(
    installation: Installation, tmp_path: Path
) -> None:
    (tmp_path / "unsafe_settings.py").write_text(UNSAFE)
    installation.environment["DJANGO_SETTINGS_MODULE"] = "unsafe_settings"
    installation.environment["PYTHONPATH"] += f":{tmp_path}"

    said = installation.manage("run", "--port", str(NO_PORT), check=False)

    assert "4_0.E001" in said
    assert "Starting" not in said


@pytest.mark.django_db
def test_production_without_style_sheets_is_told_the_remedy(
    settings: Settings, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    storages = deepcopy(settings.STORAGES)
    storages["staticfiles"] = {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    }
    settings.STORAGES = storages

    with pytest.raises(CommandError, match=r"manage\.py collectstatic"):
        call_command("run", port=NO_PORT)
    (tmp_path / "staticfiles.json").write_text('{"version": "1.1", "paths": {}}')
    with pytest.raises(CommandError, match="Cannot listen on"):
        call_command("run", port=NO_PORT)


@pytest.mark.parametrize(
    ("host", "written"), [("::1", "[::1]:8000"), ("127.0.0.1", "127.0.0.1:8000")]
)
def test_addresses_are_written_as_in_a_url(host: str, written: str) -> None:
    assert address(host, 8000) == written
