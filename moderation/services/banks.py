"""Banks of known images: who may fill them, with a record of every change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from forensics.models import Bank, BankEntry
from forensics.services.known import import_entries, save_entry
from moderation.services.audit import record
from moderation.services.permissions import require

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from forensics.exchange import KnownImage


@transaction.atomic
def save_bank(*, bank: Bank, actor: User | None) -> Bank:
    """Store a new or changed bank. No actor: somebody at the command line."""
    before = Bank.objects.filter(pk=bank.pk).first()
    change = "change" if before else "add"
    _require(actor, f"{change}_bank", _("add or change banks"))
    bank.full_clean()
    bank.save()
    record(
        "bank_changed" if before else "bank_created",
        actor=actor,
        organization_id=bank.organization_id,
        before=_bank_as_dict(before) if before else None,
        after=_bank_as_dict(bank),
    )
    return bank


@transaction.atomic
def delete_bank(*, bank: Bank, actor: User) -> None:
    """Remove a bank with its entries; analyses keep what they matched."""
    _require(actor, "delete_bank", _("delete banks"))
    record(
        "bank_deleted",
        actor=actor,
        organization_id=bank.organization_id,
        before=_bank_as_dict(bank),
        entries=bank.entries.count(),
    )
    bank.delete()


@transaction.atomic
def save_bank_entry(*, entry: BankEntry, actor: User) -> BankEntry:
    """Put an image into a bank, or change what is noted of it."""
    is_new = entry._state.adding  # noqa: SLF001 - the documented name
    change = "add" if is_new else "change"
    _require(actor, f"{change}_bankentry", _("add or change entries of banks"))
    if is_new:
        entry.added_by, entry.added_by_name = actor, str(actor)
    save_entry(entry=entry)
    record(
        "bank_entry_added" if is_new else "bank_entry_changed",
        actor=actor,
        organization_id=entry.bank.organization_id,
        after=_entry_as_dict(entry),
    )
    return entry


@transaction.atomic
def delete_bank_entry(*, entry: BankEntry, actor: User) -> None:
    """Take an image out of a bank; the record keeps which."""
    _require(actor, "delete_bankentry", _("delete entries of banks"))
    record(
        "bank_entry_deleted",
        actor=actor,
        organization_id=entry.bank.organization_id,
        before=_entry_as_dict(entry),
    )
    entry.delete()


@transaction.atomic
def import_into_bank(
    *, bank: Bank, known: Iterable[KnownImage], source: str, actor: User | None
) -> int:
    """Fill a bank from a list; return how many entries are new."""
    _require(actor, "add_bankentry", _("add entries to banks"))
    added = import_entries(bank=bank, known=known, source=source, added_by=actor)
    record(
        "bank_imported",
        actor=actor,
        organization_id=bank.organization_id,
        bank=bank.name,
        source=source,
        added=added,
    )
    return added


def record_export(*, bank: Bank, actor: User | None, kind: str) -> None:
    """Keep on record that a bank's hashes left the house."""
    _require(actor, "view_bankentry", _("export banks"))
    record(
        "bank_exported",
        actor=actor,
        organization_id=bank.organization_id,
        bank=bank.name,
        format=kind,
    )


def _require(actor: User | None, permission: str, to_do: str) -> None:
    if actor is not None:
        require(actor, f"forensics.{permission}", to_do)


def _bank_as_dict(bank: Bank) -> dict[str, object]:
    names = ("name", "purpose", "description", "is_active")
    return {name: getattr(bank, name) for name in names}


def _entry_as_dict(entry: BankEntry) -> dict[str, object]:
    names = ("sha256", "pdq", "source", "note", "tags")
    return {"bank": entry.bank.name} | {name: getattr(entry, name) for name in names}
