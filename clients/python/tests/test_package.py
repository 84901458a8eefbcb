"""The package builds, is typed, and its README speaks of what there is."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pixelwarden
import pytest
from pixelwarden import Client, cli

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / "README.md").read_text()
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_a_wheel_has_all_of_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        (
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--no-index", "--wheel-dir", tmp_path, source),
        ),
        check=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        (about,) = (name for name in names if name.endswith("METADATA"))
        metadata = Parser().parsestr(packed.read(about).decode())
    ours = PACKAGE / "src"
    wanted = {path.relative_to(ours).as_posix() for path in ours.rglob("*.py")}
    assert wanted | {"pixelwarden/py.typed"} <= names
    assert metadata["Version"] == pixelwarden.__version__
    assert metadata.get_all("Requires-Dist") == ["httpx<1,>=0.27"]


def test_the_readme_names_every_method_and_list() -> None:
    inline = re.findall(r"`[^`]+`", re.sub(r"(?ms)^```.*?^```$", "", README))
    named = set(re.findall(r"\w+", " ".join([*inline, *_BLOCK.findall(README)])))
    public = {name for name in vars(Client) if not name.startswith("_")}
    assert public - {"close", "carry_out"} <= named
    lists = README[README.index("Lists: `images`") :]
    assert set(cli.LISTS) <= set(re.findall(r"`(\w+)`", lists))


@pytest.mark.parametrize("block", _BLOCK.findall(README))
def test_what_the_readme_calls_is_there(block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom):
            module = sys.modules[str(node.module)]
            assert all(hasattr(module, name.name) for name in node.names)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owners = {"client": Client, "resources": pixelwarden.resources}
            owner = owners.get(node.value.id)
            assert owner is None or hasattr(owner, node.attr), ast.unparse(node)
