"""ExifTool for tests: the real one, or a stand-in that misbehaves in one way."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def require_exiftool() -> str:
    """Return ExifTool's path; with REQUIRE_EXIFTOOL=1 its absence is a failure."""
    found = shutil.which("exiftool")
    if found is None:
        remedy = "no ExifTool is installed (Debian: libimage-exiftool-perl)"
        if os.environ.get("REQUIRE_EXIFTOOL") == "1":
            pytest.fail(remedy)
        pytest.skip(remedy)
    return found


def write_tags(
    data: bytes, folder: Path, *arguments: str, name: str = "x.jpg"
) -> bytes:
    """Return the file with tags that ExifTool wrote into it."""
    path = folder / name
    path.write_bytes(data)
    command = [require_exiftool(), "-config", "", "-q", "-overwrite_original"]
    subprocess.run([*command, *arguments, str(path)], check=True, timeout=60)
    return path.read_bytes()


def stand_in(folder: Path, *, version: str = "12.57", then: str = "exit 1") -> str:
    """Make a program that tells its version and then does ``then``, a shell line."""
    path = folder / "exiftool-stand-in"
    path.write_text(
        "#!/bin/sh\n"
        "while read -r line; do case $line in\n"
        f"  -ver) is_version=1;;\n"
        "  -execute*)\n"
        '    mark=${line#-execute}; if [ -n "$is_version" ]; then is_version=\n'
        f'    printf "{version}\\n{{ready$mark}}\\n"\n'
        f"    else {then}; fi;;\n"
        "esac; done\n"
    )
    path.chmod(0o755)
    return str(path)
