"""Everything the description says, tried by Schemathesis against the real server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.processes
HERE = Path(__file__).parent
SCHEMA = "/api/v1/schema/"
# Whose key `{id}` is, by the path's first word; other parts have names of their own.
ID_OF = {
    "analyses": "analysis",
    "appeals": "appeal",
    "banks": "bankentry",
    "cases": "case",
    "decisions": "decision",
    "evidence": "evidence",
    "fetches": "fetch",
    "images": "image",
    "keys": "key",
    "policies": "policy",
    "queues": "queue",
    "reports": "analysis",
    "signals": "finding",
    "uploads": "upload",
}
ACCEPTED = ["2xx", "3xx", 401, 403, 404, 409, 422, 429, "5xx"]
REFUSED = [400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 428, 429, 431]
# Whether bytes are a picture, and of a size that this installation takes, is nothing
# that a schema can say.
CONTENT_DECIDES = {"/api/v1/images/": [413, 415], "/api/v1/uploads/": [413]}


@pytest.fixture(scope="module")
def served(
    prepared: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Installation, dict[str, str]]]:
    installed = Installation(tmp_path_factory.mktemp("contract") / "installation")
    installed.prepare(like=prepared)
    said = installed.manage("shell", "-c", (HERE / "seed.py").read_text())
    keys: dict[str, str] = json.loads(
        next(line for line in reversed(said.splitlines()) if line.startswith("{"))
    )
    installed.start()
    yield installed, keys
    installed.remove()


def values_for(path: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Return what stands for each part of a path: a row that is there."""
    words = path.removeprefix("/api/v1/").split("/")
    kind = ID_OF.get(words[0], "")
    if words[0] == "banks" and "entries" not in words:
        kind = "bank"
    if words[0] == "webhooks":
        kind = {"endpoints": "endpoint", "deliveries": "delivery"}[words[1]]
    known = {
        "id": keys.get(kind),
        "bank": keys["bank"],
        "image": keys["image"],
        "policy": keys.get("policy"),
        "number": "1",
        "position": "1",
        "code": "not_found",
    }
    return {
        name: value if value.isdigit() else json.dumps(value)
        for name, value in known.items()
        if f"{{{name}}}" in path and value is not None
    }


def configuration(schema: Mapping[str, Any], keys: Mapping[str, str]) -> str:
    """Return ``schemathesis.toml``: no check is off, and each path finds a row."""
    lines = [
        f"hooks = {json.dumps(str(HERE / 'hooks.py'))}",
        # 400: the request is not as described. 422: it is, and cannot be done all the
        # same (a cursor of another list, a name that is taken). The second is no
        # refusal of valid data.
        "[checks.positive_data_acceptance]",
        f"expected-statuses = {ACCEPTED}",
        "[checks.negative_data_rejection]",
        f"expected-statuses = {REFUSED}",
    ]
    for path in schema["paths"]:
        values = values_for(path, keys)
        # What is deleted is gone for the others: a DELETE finds its rows by links.
        lines += ["[[operations]]", f"include-path = {json.dumps(path)}"]
        lines.append('exclude-method = "DELETE"')
        pairs = (f'"path.{name}" = {v}' for name, v in values.items())
        lines.append(f"parameters = {{ {', '.join(pairs)} }}")
        if path in CONTENT_DECIDES:
            lines += [
                "[operations.checks.positive_data_acceptance]",
                f"expected-statuses = {[*ACCEPTED, *CONTENT_DECIDES[path]]}",
            ]
        if path.endswith("/images/batch/"):
            # Each item is answered by itself: what is wrong with one is no 400 of all.
            lines += [
                "[operations.checks.negative_data_rejection]",
                f"expected-statuses = {[207, *REFUSED]}",
            ]
    return "\n".join(lines)


def run(
    served: tuple[Installation, dict[str, str]], folder: Path, *arguments: str
) -> str:
    installed, keys = served
    as_json = {"Accept": "application/json"}
    schema = httpx.get(installed.url + SCHEMA, headers=as_json).json()
    settings = folder / "schemathesis.toml"
    settings.write_text(configuration(schema, keys))
    program = Path(sys.executable).with_name("st")
    done = subprocess.run(
        (
            *(program, "--no-color", "--config-file", settings),
            *("run", installed.url + SCHEMA, "--checks", "all"),
            *("--header", f"Authorization: Bearer {keys['secret']}"),
            # A busy machine is no fault of an answer.
            *("--request-timeout", "60", "--request-retries", "2"),
            # NUL in a text is refused everywhere (tests/api), which no schema says.
            *("--generation-allow-x00", "false"),
            *("--generation-deterministic", "--continue-on-failure", "--no-shrink"),
            *arguments,
        ),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    (folder / "said.txt").write_text(said)
    assert done.returncode == 0, said[-20_000:]
    return said


@pytest.mark.timeout(600)
def test_the_edges_of_every_value_are_as_described(
    served: tuple[Installation, dict[str, str]], tmp_path: Path
) -> None:
    said = run(served, tmp_path, "--phases", "examples,coverage")
    assert "Tested: " in said


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_chains_of_random_requests_are_as_described(
    served: tuple[Installation, dict[str, str]], tmp_path: Path
) -> None:
    said = run(served, tmp_path, "--phases", "fuzzing,stateful", "--max-examples", "15")
    assert "Tested: " in said
