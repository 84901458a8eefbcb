"""A web process leaves what it has loaded out of garbage collection."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import gc, os
from types import SimpleNamespace
import config.wsgi
from config.gunicorn import post_worker_init
assert gc.get_freeze_count() == 0
post_worker_init(SimpleNamespace(ppid=os.getpid()))
print(gc.get_freeze_count())
"""


def test_a_web_process_freezes_what_it_has_loaded(tmp_path: Path) -> None:
    done = subprocess.run(
        (sys.executable, "-c", SCRIPT),
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={
            "PIXELWARDEN_DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PATH": "/usr/bin:/bin",
        },
    )
    assert int(done.stdout) > 50_000
