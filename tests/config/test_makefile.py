"""The Makefile's first step: a virtual environment, or a reason and the next try."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.installation import ROOT

# Stands in for a Debian python3 without python3-venv, until the file "repaired" is
# there: it leaves .venv/bin/python behind, with no pip.
PYTHON = """#!/bin/sh
case "$*" in
    "-m venv"*)
        mkdir -p .venv/bin
        cp "$0" .venv/bin/python
        test -e repaired && touch .venv/pip;;
    "-m pip"*) test -e .venv/pip;;
esac
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_installing_goes_on_once_the_missing_package_is_there(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements-bootstrap.txt").touch()
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)

    failed = _make(tmp_path, python)
    (tmp_path / "repaired").touch()
    done = _make(tmp_path, python)

    assert failed.returncode != 0
    assert "apt install python3-venv" in failed.stderr
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".venv" / "bootstrapped").exists()


def _make(folder: Path, python: Path) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make is not None
    return subprocess.run(
        (make, f"PYTHON={python}", ".venv/bootstrapped"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
