"""Reads: banks of known images, and who may look into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, QuerySet

from forensics.models import Bank, BankEntry

if TYPE_CHECKING:
    from accounts.models import User


def banks_visible_to(user: User) -> QuerySet[Bank]:
    """Return the banks this person may know of."""
    if not user.has_perm("forensics.view_bank"):
        return Bank.objects.none()
    return Bank.objects.filter(organization=user.organization_id)


def with_entry_counts(banks: QuerySet[Bank]) -> QuerySet[Bank]:
    """Count each bank's entries."""
    return banks.annotate(entry_count=Count("entries"))


def entries_visible_to(user: User) -> QuerySet[BankEntry]:
    """Return the entries of banks this person may look into."""
    if not user.has_perm("forensics.view_bankentry"):
        return BankEntry.objects.none()
    return BankEntry.objects.filter(bank__in=banks_visible_to(user))
