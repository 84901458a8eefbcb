"""Banks: who may fill them, what is recorded, and the way in and out."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from forensics.exchange import KnownImage
from forensics.models import Bank, BankEntry
from moderation.exceptions import NotAllowedError
from moderation.models import AuditEvent
from moderation.services import (
    delete_bank,
    delete_bank_entry,
    import_into_bank,
    save_bank,
    save_bank_entry,
)
from tests.factories import make_user

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
PDQ = "f8" * 32
SHA = "ab" * 32


@pytest.fixture
def bank() -> Bank:
    return Bank.objects.create(name="Desk", purpose="fake")


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("action", flat=True))


def test_every_change_is_on_record(administrator: User) -> None:
    made = save_bank(bank=Bank(name="A", purpose="good"), actor=administrator)
    made.name = "B"
    save_bank(bank=made, actor=administrator)
    entry = save_bank_entry(
        entry=BankEntry(bank=made, sha256=SHA, note="from the desk"),
        actor=administrator,
    )
    entry.note = "confirmed"
    save_bank_entry(entry=entry, actor=administrator)
    delete_bank_entry(entry=entry, actor=administrator)
    import_into_bank(
        bank=made, known=[KnownImage(pdq=PDQ)], source="list", actor=administrator
    )
    delete_bank(bank=made, actor=administrator)
    assert actions() == [
        "bank_created",
        "bank_changed",
        "bank_entry_added",
        "bank_entry_changed",
        "bank_entry_deleted",
        "bank_imported",
        "bank_deleted",
    ]
    assert entry.added_by_name == str(administrator)
    last = AuditEvent.objects.get(action="bank_deleted")
    assert last.data["entries"] == 1
    assert AuditEvent.objects.get(action="bank_entry_deleted").data["before"] == {
        "bank": "B",
        "sha256": SHA,
        "pdq": "",
        "source": "",
        "note": "confirmed",
        "tags": [],
    }


@pytest.mark.parametrize("group", ["moderator", "auditor", "integrator"])
def test_who_may_not_fill_banks_changes_nothing(group: str, bank: Bank) -> None:
    actor = make_user(group)
    entry = BankEntry.objects.create(bank=bank, sha256=SHA)
    for forbidden in (
        lambda: save_bank(bank=Bank(name="Mine", purpose="fake"), actor=actor),
        lambda: save_bank(bank=bank, actor=actor),
        lambda: delete_bank(bank=bank, actor=actor),
        lambda: save_bank_entry(entry=BankEntry(bank=bank, pdq=PDQ), actor=actor),
        lambda: delete_bank_entry(entry=entry, actor=actor),
        lambda: import_into_bank(bank=bank, known=[], source="", actor=actor),
    ):
        with pytest.raises(NotAllowedError):
            forbidden()
    assert (Bank.objects.count(), BankEntry.objects.count()) == (1, 1)
    assert actions() == []


def test_a_lead_fills_banks_but_does_not_delete_them(lead: User, bank: Bank) -> None:
    save_bank_entry(entry=BankEntry(bank=bank, sha256=SHA), actor=lead)
    with pytest.raises(NotAllowedError):
        delete_bank(bank=bank, actor=lead)


@pytest.mark.parametrize("kind", ["json", "csv", "txt"])
def test_what_is_exported_is_imported_elsewhere(
    kind: str, bank: Bank, lead: User, tmp_path: Path
) -> None:
    save_bank_entry(
        entry=BankEntry(bank=bank, sha256=SHA, pdq=PDQ, tags=["a"], note="n"),
        actor=lead,
    )
    save_bank_entry(entry=BankEntry(bank=bank, pdq="1f" * 32), actor=lead)
    file = tmp_path / f"desk.{kind}"
    call_command("export_bank", "Desk", output=file, format=kind)
    output = StringIO()
    call_command(
        "import_bank", "Copy", file, create="fake", user=lead.username, stdout=output
    )
    copied = set(
        BankEntry.objects.filter(bank__name="Copy").values_list("pdq", "sha256")
    )
    expected = {(PDQ, SHA), ("1f" * 32, "")}
    if kind == "txt":  # has no ids by which two hashes are one image's
        expected = {(PDQ, ""), ("", SHA), ("1f" * 32, "")}
    assert copied == expected
    assert f"{len(expected)} new, 0 there already" in output.getvalue()
    assert actions()[-3:] == ["bank_exported", "bank_created", "bank_imported"]
    again = StringIO()
    call_command("import_bank", "Copy", file, stdout=again)
    assert f"0 new, {len(expected)} there already" in again.getvalue()


def test_the_documented_shapes(bank: Bank, lead: User, tmp_path: Path) -> None:
    entry = save_bank_entry(entry=BankEntry(bank=bank, pdq=PDQ, tags=["a"]), actor=lead)
    file = tmp_path / "out"
    call_command("export_bank", "Desk", output=file)
    written = json.loads(file.read_text())
    assert written.keys() == {"bank", "purpose", "exported_at", "entries"}
    assert written["entries"] == [
        {
            "content_id": str(entry.pk),
            "signal_type": "pdq",
            "signal_value": PDQ,
            "tags": ["a"],
            "source": "",
            "note": "",
            "added_at": entry.added_at.isoformat(),
        }
    ]
    call_command("export_bank", "Desk", output=file, format="csv")
    rows = list(csv.reader(StringIO(file.read_text())))
    assert rows[0] == list(written["entries"][0])
    assert rows[1][1:4] == ["pdq", PDQ, "a"]
    call_command("export_bank", "Desk", output=file, format="txt")
    assert file.read_text() == f"pdq {PDQ}\n"


def test_import_says_what_is_wrong(bank: Bank, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"pdq {PDQ}\npdq short\nvideo_md5 1\n")
    errors, output = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 rows were refused"):
        call_command("import_bank", "Desk", file, stdout=output, stderr=errors)
    assert "Row 2: a pdq hash has 64 hexadecimal digits." in errors.getvalue()
    assert "1 new, 0 there already, 1 of other signal types, 1 refused" in (
        output.getvalue()
    )
    for name, path, words in (
        ("Nowhere", file, "There is no bank"),
        ("Desk", tmp_path / "none.txt", "cannot be read"),
        ("Desk", tmp_path / "none.xls", "--format"),
    ):
        with pytest.raises(CommandError, match=words):
            call_command("import_bank", name, path, stdout=output)
    with pytest.raises(CommandError, match="There is no user"):
        call_command("import_bank", "Desk", file, user="nobody")
    with pytest.raises(CommandError, match="There is no bank"):
        call_command("export_bank", "Nowhere")


def test_import_in_the_name_of_somebody_who_may_not(
    bank: Bank, moderator: User, tmp_path: Path
) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"pdq {PDQ}\n")
    with pytest.raises(CommandError, match="You may not"):
        call_command("import_bank", "Desk", file, user=moderator.username)
    assert not bank.entries.exists()


def test_the_admin_fills_a_bank_through_the_services(
    client_of: ClientOf, administrator: User, bank: Bank
) -> None:
    client = client_of(administrator)
    add = reverse("admin:forensics_bankentry_add")
    form = client.get(f"{add}?sha256={SHA}")
    assert SHA in form.content.decode()
    fields = {"bank": bank.pk, "sha256": SHA.upper(), "pdq": "", "tags": "[]"}
    assert client.post(add, fields).status_code == 302
    refused = client.post(add, fields | {"sha256": "12"})
    assert "Give 64 hexadecimal digits" in refused.content.decode()
    twice = client.post(add, fields)
    assert twice.status_code == 200
    entry = BankEntry.objects.get()
    assert (entry.sha256, entry.added_by) == (SHA, administrator)

    change = reverse("admin:forensics_bankentry_change", args=[entry.pk])
    assert client.post(change, fields | {"note": "seen"}).status_code == 302
    listed = client.get(reverse("admin:forensics_bankentry_changelist"))
    assert SHA[:12] in listed.content.decode()
    action = {
        "action": "delete_selected",
        "_selected_action": [entry.pk],
        "post": "yes",
    }
    client.post(reverse("admin:forensics_bankentry_changelist"), action)

    made = {"name": "New", "purpose": "good", "is_active": "on"}
    client.post(reverse("admin:forensics_bank_add"), made)
    banks = client.get(reverse("admin:forensics_bank_changelist")).content.decode()
    assert "New" in banks
    action = {**action, "_selected_action": [bank.pk]}
    client.post(reverse("admin:forensics_bank_changelist"), action)
    assert actions() == [
        "bank_entry_added",
        "bank_entry_changed",
        "bank_entry_deleted",
        "bank_created",
        "bank_deleted",
    ]


def test_an_entry_of_any_tags_is_refused_in_the_admin(
    client_of: ClientOf, administrator: User, bank: Bank
) -> None:
    fields = {"bank": bank.pk, "sha256": SHA, "pdq": "", "tags": '{"a": 1}'}
    answer = client_of(administrator).post(
        reverse("admin:forensics_bankentry_add"), fields
    )
    assert answer.status_code == 200
    assert not BankEntry.objects.exists()
