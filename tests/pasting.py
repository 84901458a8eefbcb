"""Types what a document shows into a shell, as a reader would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BASH = "/bin/bash"
_BLOCK = re.compile(r"^```(sh|python|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^(?:#|//) ([\w.]+)$")

Block = tuple[str, str]


def blocks_of(text: str) -> list[Block]:
    """Return what can be pasted: each block with its language."""
    return _BLOCK.findall(text)


def as_script(blocks: list[Block], folder: Path) -> str:
    """Return all that is typed into a terminal; save what is to be saved."""
    lines = []
    for language, block in blocks:
        if language == "sh":
            lines.append(block)
            continue
        named = _NAME.match(block.splitlines()[0])
        assert named, f"which file is this?\n{block}"
        (folder / named[1]).write_text(block)
    return "\n".join(lines)


def paste(
    blocks: list[Block],
    folder: Path,
    environment: Mapping[str, str],
    *,
    seconds: float,
) -> subprocess.CompletedProcess[str]:
    """Run the blocks in one shell; the first that fails ends it, and all it started."""
    outputs = [folder / "shell.out", folder / "shell.err"]
    with outputs[0].open("wb") as out, outputs[1].open("wb") as err:
        shell = subprocess.Popen(
            (BASH, "-euo", "pipefail", "-c", as_script(blocks, folder)),
            cwd=folder,
            env=dict(environment),
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        try:
            shell.wait(seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            status = shell.wait()
    said, wrong = (one.read_text(errors="replace") for one in outputs)
    return subprocess.CompletedProcess(shell.args, status, said, wrong)
