"""What commands that work for one organization have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from accounts.organizations import organization_named

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Mapping

    from accounts.models import Organization


def add_organization(parser: ArgumentParser) -> None:
    """Let the command be told for whom it works."""
    parser.add_argument(
        "--organization",
        metavar="NAME",
        help="whose it is, where --user does not say so (default: the first one)",
    )


def chosen_organization(options: Mapping[str, Any]) -> Organization:
    """Return whom a command works for."""
    name = options["organization"]
    found = organization_named(name)
    if found is None:
        raise CommandError(f"There is no organization {name!r}.")
    return found
