"""``manage.py create_organization``: another organization, and who looks after it."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from moderation.services.organizations import create_organization

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Print the administrator's password once."""

    help = (
        "Create an organization with a queue, two policies and an administrator, whose "
        "random password is printed once."
    )

    def add_arguments(self, parser: "ArgumentParser") -> None:
        """Say what it is called, and who administers it."""
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--admin", required=True, metavar="USERNAME", help="a new user name"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Create, then tell."""
        try:
            made = create_organization(
                name=options["name"], administrator=options["admin"]
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(
            f"Made {options['name']}. Its administrator (write the password down, it "
            "is shown once):"
        )
        self.stdout.write(f"  {made.username:<15} {made.password}")
