"""The quick start, pasted block by block into a clean clone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installation import ROOT, free_port, wait_for
from tests.pasting import BASH, blocks_of, paste

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(900)]
DOCUMENT = ROOT / "docs/api/quickstart.md"


def test_the_quick_start_works_as_it_is_written(tmp_path: Path) -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    # Port 8000 may be taken here; nothing else is changed.
    port = str(free_port())
    text = DOCUMENT.read_text().replace("8000", port)
    text = text.replace("<this repository>", ROOT.as_uri())
    clone, run, *others = blocks_of(text)
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIXELWARDEN_", "DJANGO_", "DATABASE_", "PYTHON"))
    } | {"PORT": port}
    subprocess.run(
        (BASH, "-euc", clone[1]), cwd=tmp_path, env=clean, check=True, timeout=120
    )
    folder = tmp_path / "pixelwarden"
    borrow_packages(folder)

    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(
            (BASH, "-euc", run[1]),
            cwd=folder,
            env=clean,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        said = tmp_path / "server.log"
        wait_for(
            lambda: "answers at" in said.read_text(errors="replace"),
            seconds=180,
            what=lambda: said.read_text(errors="replace"),
        )
        done = paste(others, folder, clean, seconds=600)
    finally:
        os.killpg(server.pid, signal.SIGINT)
        server.wait(timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
    verdict = r"(authentic|inconclusive|suspicious|fake)"
    assert len(re.findall(rf"^completed {verdict} 0\.\d+$", done.stdout, re.M)) == 2
    pictures = len(list((ROOT / "docs/screenshots").glob("*.webp")))
    assert done.stdout.count("(completed)") == pictures
    assert "genuine: analysis.completed msg_1\n204" in done.stdout
    assert "refused: No signature fits" in done.stdout


def borrow_packages(folder: Path) -> None:
    """Give a clone the packages of this environment: `make` finds them installed."""
    ours, theirs = Path(sys.prefix), folder / ".venv"
    theirs.mkdir()
    for name in ("bin", "lib", "pyvenv.cfg"):
        (theirs / name).symlink_to((ours / name).resolve())
    for name in ("bootstrapped", "installed"):
        (theirs / name).touch()
