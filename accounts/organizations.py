"""Reads: which organizations share this installation."""

from __future__ import annotations

from accounts.models import Organization


def organization_named(name: str | None) -> Organization | None:
    """Return the organization of this name; of no name, the first one there was."""
    rows = Organization.objects.order_by("pk")
    return (rows if name is None else rows.filter(name=name)).first()


def are_several() -> bool:
    """Return whether what belongs to the installation is shared by strangers."""
    return len(Organization.objects.values_list("pk")[:2]) > 1
