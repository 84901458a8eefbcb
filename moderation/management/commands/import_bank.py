"""``manage.py import_bank NAME FILE``: fill a bank of known images from a hash list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.management.organizations import add_organization, chosen_organization
from accounts.models import User
from forensics.exchange import FORMATS, MAX_BYTES, ExchangeError, Reading, read_list
from forensics.models import Bank, BankPurpose
from moderation.exceptions import ModerationError
from moderation.services import import_into_bank, save_bank

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """All rows that can be read are imported; the others are told by number."""

    help = (
        "Fill a bank of known images from a hash list: JSON or CSV with signal_type "
        "and signal_value, or text with one hash a line. Ends with 1 where rows were "
        "refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the bank, the list and what its rows are."""
        parser.add_argument("bank", metavar="NAME")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--format", choices=FORMATS, help="default: the file's ending"
        )
        parser.add_argument(
            "--signal-type",
            choices=("pdq", "sha256"),
            default="",
            help="of rows that do not name theirs",
        )
        parser.add_argument(
            "--create",
            choices=BankPurpose.values,
            help="make the bank, for this purpose, if it is not there",
        )
        parser.add_argument("--source", help="where it comes from (default: file name)")
        parser.add_argument("--user", help="user name to record (default: none)")
        add_organization(parser)

    def handle(self, *_args: object, **options: Any) -> None:
        """Read the whole list, then store it at once."""
        file: Path = options["file"]
        actor = _user_named(options["user"])
        reading = _read(file, options["format"], options["signal_type"])
        source = (options["source"] or file.name)[:255]
        try:
            with transaction.atomic():
                bank = _bank(options, actor)
                added = import_into_bank(
                    bank=bank, known=reading.known, source=source, actor=actor
                )
        except ModerationError as error:
            raise CommandError(error.detail) from error
        self._report(reading, added)

    def _report(self, reading: Reading, added: int) -> None:
        for problem in reading.problems:
            self.stderr.write(problem)
        self.stdout.write(
            f"{added} new, {len(reading.known) - added} there already, "
            f"{reading.unsupported} of other signal types, {reading.refused} refused."
        )
        if reading.refused:
            raise CommandError(f"{reading.refused} rows were refused.")


def _read(file: Path, kind: str | None, signal_type: str) -> Reading:
    kind = kind or file.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        raise CommandError(f"Say which --format it is: {', '.join(FORMATS)}.")
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        return read_list(data, kind=kind, signal_type=signal_type)
    except OSError as error:
        raise CommandError(f"{file} cannot be read.") from error
    except ExchangeError as error:
        raise CommandError(str(error)) from error


def _bank(options: dict[str, Any], actor: User | None) -> Bank:
    name, purpose = options["bank"], options["create"]
    owner = actor.organization if actor else chosen_organization(options)
    bank = Bank.objects.filter(name=name, organization=owner).first()
    if bank is not None:
        return bank
    if purpose is None:
        raise CommandError(
            f"There is no bank {name!r}. Make it with --create fake, good or custom."
        )
    bank = Bank(organization=owner, name=name, purpose=purpose)
    return save_bank(bank=bank, actor=actor)


def _user_named(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user
