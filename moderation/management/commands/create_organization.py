"""``manage.py create_organization NAME --admin USERNAME``: another tenant."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from moderation.services.organizations import create_organization_with

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Make an organization that sees nothing of the others, nor they of it."""

    help = (
        "Make an organization with its queue, its first policies and an "
        "administrator. The password is asked for; where nobody can be asked, or "
        "with --random-password, one is made and printed once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the organization and its first person."""
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--admin", required=True, metavar="USERNAME")
        parser.add_argument(
            "--random-password", action="store_true", help="print one, ask for none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make both, or nothing."""
        is_asked = sys.stdin.isatty() and not options["random_password"]
        password = _asked() if is_asked else ""
        try:
            made, person = create_organization_with(
                name=options["name"].strip(),
                administrator=options["admin"],
                password=password,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Made the organization “{made}”.")
        shown = "(as set)" if password else person.password
        self.stdout.write(f"  {person.username:<15} {shown}")
        if not password:
            self.stdout.write("Write the password down, it is shown once.")


def _asked() -> str:
    first = getpass("Password (empty: a random one): ")
    if first and getpass("Again: ") != first:
        raise CommandError("The two passwords differ.")
    return first
