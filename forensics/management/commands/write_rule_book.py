"""``manage.py write_rule_book``: the rule book's page in the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from forensics.analysis.metadata.rulebook import rule_book
from forensics.analysis.metadata.rulebook.document import BEGIN, with_book

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """Writes what stands below the page's mark; above it people write."""

    help = (
        "Write docs/signals/rule-book.md anew from the rule book. With --check, write "
        "nothing and end with 1 where the page is out of date."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the page and whether it is only checked."""
        page = Path(settings.BASE_DIR) / "docs" / "signals" / "rule-book.md"
        parser.add_argument("--page", type=Path, default=page)
        parser.add_argument("--check", action="store_true")

    def handle(self, *_args: object, **options: Any) -> None:
        """Write or compare."""
        page: Path = options["page"]
        old = page.read_text("utf-8")
        if BEGIN not in old:
            raise CommandError(f"{page.name} has lost the line that ends its head.")
        new = with_book(old, rule_book())
        if options["check"] and new != old:
            raise CommandError(f"{page.name} is out of date: write it anew.")
        if not options["check"]:
            page.write_text(new, "utf-8")
            self.stdout.write(f"{page.name}: {len(rule_book().rules)} rules.")
