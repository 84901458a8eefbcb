"""The recipes, pasted block by block, against a real server with demo pictures."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from tests.installation import ROOT, Installation, free_port
from tests.pasting import blocks_of, paste

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(600)]
DOCUMENT = ROOT / "docs/api/recipes.md"
WATCHING = ROOT / "docs/api/deprecation.md"


def test_the_recipes_work_as_they_are_written(
    prepared: Installation, tmp_path: Path
) -> None:
    if shutil.which("node") is None:
        pytest.skip("there is no Node")
    port = free_port()
    installed = Installation(
        tmp_path / "installation",
        settings={
            "OUTBOUND_SCHEMES": "https,http",
            "OUTBOUND_PORTS": str(port),
            "OUTBOUND_NETWORKS": "127.0.0.0/8",
        },
    )
    installed.prepare(like=prepared)
    text = DOCUMENT.read_text().replace("9000", str(port))
    text = text.replace("8000", str(installed.port), 1)
    text += WATCHING.read_text()
    folder = tmp_path / "clone"
    folder.mkdir()
    for name, there in {
        ".venv": Path(sys.prefix),
        "client-env": Path(sys.prefix),
        "manage.py": ROOT / "manage.py",
        "docs": ROOT / "docs",
    }.items():
        (folder / name).symlink_to(there)
    try:
        installed.start()
        installed.manage("demo")
        client = ROOT / "clients/python/src"
        environment = installed.environment | {"PYTHONPATH": f"{ROOT}:{client}"}
        done = paste(blocks_of(text), folder, environment, seconds=400)
    finally:
        installed.remove()

    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert re.search(r"^(show|hold): docs/screenshots/case", said, re.M)
    assert "refuse: letter.jpg: not_an_image" in said
    assert re.search(r"^by curl: (show|hold)$", said, re.M)
    decided = re.search(r"^decided: (\S+) fake$", said, re.M)
    assert decided
    told = [json.loads(one) for one in (folder / "told.jsonl").read_text().splitlines()]
    assert {"case.decided", "case.appealed"} >= {one["type"] for one in told}
    assert any(one["case_id"] == decided[1] for one in told)
    assert "genuine for standardwebhooks: case.decided" in said
    assert "genuine for Node: case.decided" in said
    assert "refused by Node: no signature fits" in said
    appeals = re.findall(r"^appealed: (\S+) against: fake$", said, re.M)
    assert len(appeals) == 2
    assert len(set(appeals)) == 1
    exported = (folder / "images.jsonl").read_text().splitlines()
    assert f"exported: {len(exported)}" in said
    assert len(exported) > 10
    before, _, again = said.partition("again:\n")
    assert "event: case.decided" in before
    assert "event: case.decided" not in again.partition("lost the place")[0]
    assert "lost the place" in again
