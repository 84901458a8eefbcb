"""Writes the list of what analyses may say, for the translators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from forensics.language.collecting import collect

if TYPE_CHECKING:
    from argparse import ArgumentParser

FORENSICS = Path(__file__).resolve().parents[2]
LIST = FORENSICS / "language" / "templates.py"
# Others that speak English without Django: what they say is stored, or goes to the API.
FURTHER = (
    "forensics/exchange.py",
    "forensics/files.py",
    "forensics/folders.py",
    "forensics/services/analyses.py",
    "forensics/services/intake.py",
    "forensics/services/known.py",
    "forensics/services/queue.py",
    "forensics/services/tiles.py",
    "moderation/agreement.py",
    "moderation/audit_chain.py",
    "moderation/audit_selectors.py",
    "moderation/policies.py",
    "moderation/rules/checking.py",
)
HEAD = '''"""What analyses may say; written by ``manage.py collect_sentences``."""

from django.utils.translation import gettext_noop as _

TEMPLATES = (
'''


class Command(BaseCommand):
    """Collect the sentences of analyzers, rules and tags as templates."""

    help = "Writes forensics/language/templates.py, which makemessages reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a way to check without writing."""
        parser.add_argument(
            "--check", action="store_true", help="fail if the list is not up to date"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Write, or compare."""
        text = written()
        if not check:
            LIST.write_text(text, encoding="utf-8")
        elif text != LIST.read_text("utf-8"):
            raise CommandError("It is old: run manage.py collect_sentences.")


def written() -> str:
    """Return the list as a module."""
    found = collect(
        FORENSICS / "analysis",
        FORENSICS / "tag_meanings.toml",
        [FORENSICS.parent / name for name in FURTHER],
    )
    return f"{HEAD}{''.join(_line(text) for text in found)})\n"


def _line(text: str) -> str:
    # A per cent sign is no place for a value.
    note = "    # xgettext:no-python-format\n" if "%" in text else ""
    return f"{note}    _({_quoted(text)}),\n"


def _quoted(text: str) -> str:
    # xgettext reads \\n and \\" but no other escapes of Python's.
    plain = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{plain}"'
