"""``manage.py export_bank NAME``: write a bank of known images as a hash list."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.management.organizations import add_organization, chosen_organization
from forensics.exchange import FORMATS, write_list
from forensics.models import Bank
from moderation.services import record_export

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Writes what ``import_bank`` reads."""

    help = "Write a bank of known images as JSON, CSV, or text with one hash a line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the bank, the file and its shape."""
        parser.add_argument("bank", metavar="NAME")
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="default: standard output"
        )
        parser.add_argument("--format", choices=FORMATS, default="json")
        add_organization(parser)

    def handle(self, *_args: object, **options: Any) -> None:
        """Write entry by entry; no bank is too large."""
        bank = Bank.objects.filter(
            name=options["bank"], organization=chosen_organization(options)
        ).first()
        if bank is None:
            raise CommandError(f"There is no bank {options['bank']!r}.")
        pieces = write_list(
            bank.entries.order_by("added_at", "id").iterator(chunk_size=2000),
            kind=options["format"],
            head={
                "bank": bank.name,
                "purpose": bank.purpose,
                "exported_at": timezone.now().isoformat(),
            },
        )
        output: Path | None = options["output"]
        if output is None:
            for piece in pieces:
                sys.stdout.write(piece)
        else:
            with output.open("w", encoding="utf-8", newline="") as stream:
                stream.writelines(pieces)
        record_export(bank=bank, actor=None, kind=options["format"])
