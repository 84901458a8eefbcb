"""Finds every text that an analysis may say: in its code, and in its tables.

An f-string becomes a template with numbered places: ``"Signed by {1}{2}."``.
"""

from __future__ import annotations

import ast
import re
import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# What only operators and developers read, in English: command lines, damaged models.
_NOT_SHOWN = (
    "report.py",
    "fusion_model.py",
    "weights_format.py",
    "model_store.py",
    "prnu/",
    "reader_process.py",
    "loading.py",
    "messages.py",
    "keras_weights.py",
    "localizer_network.py",
    "manifest.py",
    "rulebook/document.py",
    "rulebook/patterns.py",
    "watermark/wavelet.py",
)
# Patterns, log lines and what is wrong with a model: no words for a moderator.
_NO_WORDS = re.compile(
    r"%s|\\|\$\||\(\?|\[\^?A-Z|^[<^]|\$$|Expected|[Rr]eceived|^input |preprocessing"
    r"|LiteRT|Restore|^, \"|no predicate|cannot run|^none: |255 /"
)
_IN_TABLES = ("says", "cannot_tell")
# Headings of tables are single words, which elsewhere are no words for a reader.
_OF_TABLES = ("jpeg_structure/sections.py",)
_HEADING = re.compile("[A-Z][a-z]{2,}")
_NAMED = re.compile(r"\{[a-z_]*[^{}]*\}")
_LETTERS = re.compile(r"[A-Za-z]{2}")
_LEAST_LETTERS = 4


def collect(analysis: Path, tag_meanings: Path, further: Iterable[Path]) -> list[str]:
    """Return the templates of analyzers, of meanings of tags, and of other files."""
    found: dict[str, None] = {}
    for path in sorted(analysis.rglob("*.py")):
        name = path.relative_to(analysis).as_posix()
        if not name.startswith(_NOT_SHOWN) and not name.endswith(_NOT_SHOWN):
            said = list(_in_code(ast.parse(path.read_text("utf-8"))))
            found |= dict.fromkeys(text for text in said if _is_said(text))
            if name.endswith(_OF_TABLES):
                found |= dict.fromkeys(filter(_HEADING.fullmatch, said))
    for path in further:
        texts = _in_code(ast.parse(path.read_text("utf-8")))
        found |= dict.fromkeys(text for text in texts if _is_said(text))
    for path in sorted(analysis.rglob("*.toml")):
        found |= dict.fromkeys(_in_table(tomllib.loads(path.read_text("utf-8"))))
    meanings = tomllib.loads(tag_meanings.read_text("utf-8"))
    for section in meanings.values():
        found |= dict.fromkeys(section.values())
    return list(found)


def _is_said(text: str) -> bool:
    if _NO_WORDS.search(text):
        return False
    letters = re.sub(r"\{\d+\}", "", text)
    return " " in text.strip() and len(_LETTERS.findall(letters)) * 2 >= _LEAST_LETTERS


def _in_table(table: Any) -> Iterator[str]:
    if isinstance(table, dict):
        for key, value in table.items():
            if key in _IN_TABLES and isinstance(value, str):
                yield _numbered(value)
            else:
                yield from _in_table(value)
    elif isinstance(table, list):
        for value in table:
            yield from _in_table(value)


def _numbered(template: str) -> str:
    numbers = iter(range(1, 100))
    return _NAMED.sub(lambda _: f"{{{next(numbers)}}}", template)


def _in_code(tree: ast.Module) -> Iterator[str]:
    skipped = _docstrings(tree)
    nodes = list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in ast.walk(node) if part is not node} - {
                id(part) for part in _strings_inside(node)
            }
    for node in nodes:
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            yield _template(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield _numbered(node.value)


def _docstrings(tree: ast.Module) -> set[int]:
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, holders)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def _strings_inside(node: ast.JoinedStr) -> Iterator[ast.AST]:
    """Yield what stands in the braces: ``f"{'one' if few else f'{n} more'}"``."""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            yield from ast.walk(part.value)


def _template(node: ast.JoinedStr) -> str:
    text, number = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value)
        else:
            number += 1
            text += f"{{{number}}}"
    return text
