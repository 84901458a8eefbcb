"""Makes a key of a service account and prints it, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.keys.exceptions import KeyRefusedError
from accounts.keys.scopes import Scope
from accounts.keys.services import (
    DEFAULT_DAYS,
    MAX_DAYS,
    SERVICE_GROUP,
    KeyPlan,
    create_key,
    create_service_account,
)
from accounts.models import User

if TYPE_CHECKING:
    from argparse import ArgumentParser

_PLAN = KeyPlan(name="", scopes=())


class Command(BaseCommand):
    """Make a key; only its hash is kept."""

    help = "Print a new key of a service account. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("account", help="user name of the service account")
        parser.add_argument(
            "scopes", nargs="+", metavar="scope", help=", ".join(Scope.values)
        )
        parser.add_argument("--name", default="command line", help="what it is for")
        parser.add_argument(
            "--days",
            type=int,
            default=DEFAULT_DAYS,
            help=f"until it ends, 1 to {MAX_DAYS}; 0: never (default: %(default)s)",
        )
        parser.add_argument("--per-minute", type=int, default=_PLAN.per_minute)
        parser.add_argument("--burst", type=int, default=_PLAN.burst)
        parser.add_argument("--images-per-day", type=int)
        parser.add_argument("--images-per-month", type=int)
        parser.add_argument(
            "--create",
            action="store_true",
            help="make the account, if it is not there",
        )
        parser.add_argument(
            "--group",
            action="append",
            dest="groups",
            metavar="GROUP",
            help="with --create: what the new account may do; again for more "
            f"(default: {SERVICE_GROUP})",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the key alone on standard output, the rest on standard error."""
        if options["groups"] and not options["create"]:
            raise CommandError("--group is for an account that --create makes.")
        plan = KeyPlan(
            name=options["name"],
            scopes=options["scopes"],
            days=options["days"] or None,
            per_minute=options["per_minute"],
            burst=options["burst"],
            images_per_day=options["images_per_day"],
            images_per_month=options["images_per_month"],
        )
        try:
            with transaction.atomic():
                account = _account(
                    options["account"], make=options["create"], groups=options["groups"]
                )
                issued = create_key(actor=None, account=account, plan=plan)
        except KeyRefusedError as error:
            raise CommandError(str(error)) from error
        ends = issued.key.expires_at
        until = f"Ends {ends:%Y-%m-%d %H:%M} UTC." if ends else "It does not end."
        self.stderr.write(f"{until} Keep it safe.")
        self.stdout.write(issued.secret)


def _account(username: str, *, make: bool, groups: list[str] | None) -> User:
    found = User.objects.filter(username=username).first()
    if found is not None and groups:
        raise CommandError(
            f"There is an account {username!r} already, with groups of its own. Leave "
            "--group out."
        )
    if found is not None:
        return found
    if not make:
        raise CommandError(
            f"There is no account {username!r}. Add --create to make a service account."
        )
    return create_service_account(
        actor=None, username=username, groups=groups or [SERVICE_GROUP]
    )
