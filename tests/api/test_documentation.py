"""The API's documents lead on: every link arrives, every code has its page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.test import Client
from rest_framework import exceptions as framework

from config.api_pages import REDOC_STYLES
from config.problem_types import PROBLEM_TYPES
from config.problems import TYPE_PREFIX
from tests.installation import ROOT

API = ROOT / "docs" / "api"
DOCUMENTS = [
    *sorted(API.glob("*.md")),
    ROOT / "docs" / "integrators-guide.md",
    ROOT / "docs" / "api-problems.md",
    ROOT / "clients" / "python" / "README.md",
]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| `([a-z_]+)` \| \d{3} \|", re.MULTILINE)
PROBLEM = re.compile(r"""\bProblem\(\s*["']([a-z_]+)["']""")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_of_the_documents_arrives(document: Path) -> None:
    for link in _LINK.findall(_FENCED.sub("", document.read_text())):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def anchors_of(document: Path) -> set[str]:
    """Return what a heading is called in an address."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", one.lower()) for one in headings)
    return {one.replace(" ", "-") for one in plain}


def test_the_index_leads_to_every_page_about_the_api() -> None:
    linked = set(_LINK.findall((API / "README.md").read_text()))

    assert {page.name for page in API.glob("*.md")} - {"README.md"} <= linked


def test_every_problem_that_is_answered_is_explained() -> None:
    named = {code for path in sources() for code in PROBLEM.findall(path.read_text())}

    assert len(named) > 10
    assert named <= set(PROBLEM_TYPES)


def test_every_problem_that_is_explained_can_be_answered() -> None:
    said = {word for path in sources() for word in words_in(path)}
    of_framework = {
        str(getattr(error, "default_code", "")) for error in vars(framework).values()
    }

    assert set(PROBLEM_TYPES) <= said | of_framework


def sources() -> list[Path]:
    found = (
        path
        for app in ("accounts", "config", "forensics", "moderation", "outbound")
        for path in (ROOT / app).rglob("*.py")
    )
    return [path for path in found if path.name != "problem_types.py"]


def words_in(path: Path) -> set[str]:
    """Return the texts of a module's code."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_table_has_no_code_that_is_none() -> None:
    rows = _ROW.findall((ROOT / "docs" / "api-problems.md").read_text())

    assert rows == list(PROBLEM_TYPES)


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_the_type_of_a_real_problem_is_a_page_for_programs_and_for_people(
    accept: str,
) -> None:
    client = Client()
    problem = client.get("/api/v1/nowhere/").json()

    page = client.get(problem["type"], headers={"Accept": accept})

    assert problem["type"] == f"{TYPE_PREFIX}not_found/"
    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith(accept)
    assert "There is no such resource" in page.content.decode()


@pytest.mark.django_db
def test_redoc_stays_within_the_content_policy() -> None:
    """Its own styles are named by their hashes; a browser test looks at the rest."""
    page = Client().get("/api/v1/redoc/")
    policy = page.headers["Content-Security-Policy"]
    text = page.content.decode()

    assert "unsafe" not in policy
    assert "script-src" not in policy  # the default stands: our own files only
    assert policy.count("sha256-") == len(REDOC_STYLES)
    assert "<script>" not in text
    assert "<style" not in text
    assert "http" not in text.replace("http-equiv", "")
