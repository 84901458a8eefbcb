"""Makes an API token for a user and prints it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.tokens import DEFAULT_DAYS, MAX_DAYS, TokenRefusedError, issue_token

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Make an API token; only its hash is kept."""

    help = "Print a new API token of a user. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("username")
        parser.add_argument(
            "--days",
            type=int,
            default=DEFAULT_DAYS,
            help=f"days until it ends, 1 to {MAX_DAYS} (default: %(default)s)",
        )

    def handle(self, *args: Any, username: str, days: int, **options: Any) -> None:
        """Print the token alone on standard output, the rest on standard error."""
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        try:
            issued = issue_token(user=user, days=days)
        except TokenRefusedError as error:
            raise CommandError(str(error)) from error
        self.stderr.write(f"Ends {issued.expires_at:%Y-%m-%d %H:%M} UTC. Keep it safe.")
        self.stdout.write(issued.secret)
