"""The table of scopes in the documentation is the code's: UPDATE_DOCS=1 renews it."""

from __future__ import annotations

import os
from pathlib import Path

from accounts.keys.scopes import Scope
from config.api_scopes import scopes_for
from tests.api.keys import addresses, methods_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "api" / "keys.md"
START, END = "<!-- scopes -->\n", "<!-- /scopes -->"


def table() -> str:
    """Return what each scope opens, in the order of the list of scopes."""
    opened: dict[str, list[str]] = {scope: [] for scope in Scope.values}
    for path, name, pattern in addresses():
        for scope in Scope.values:
            methods = [m for m in methods_of(pattern) if scope in scopes_for(name, m)]
            if methods:
                shown = path.removeprefix("api/v1/").replace("<", "{").replace(">", "}")
                opened[scope].append(f"{', '.join(methods)} `{_plain(shown)}`")
    lines = ["| Scope | What it is for | Opens |", "|---|---|---|"]
    lines += [
        f"| `{scope.value}` | {scope.label} | {'; '.join(opened[scope]) or '-'} |"
        for scope in Scope
    ]
    return "\n".join(lines) + "\n"


def _plain(path: str) -> str:
    parts = (
        "{" + part.partition(":")[2] if part.startswith("{") and ":" in part else part
        for part in path.split("/")
    )
    return "/".join(parts)


def test_the_table_of_scopes_is_up_to_date() -> None:
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    wanted = before + START + table() + END + after
    if os.environ.get("UPDATE_DOCS"):
        DOCUMENT.write_text(wanted)

    assert DOCUMENT.read_text() == wanted
