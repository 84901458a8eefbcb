"""Banks of known images and stored models over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forensics.models import BankEntry
from moderation.models import AuditEvent
from tests.api.helpers import assert_problem
from tests.factories import make_bank_entry

if TYPE_CHECKING:
    from pathlib import Path

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
SHA256 = "ab" * 32


def test_a_known_image_is_added_and_taken_out_with_both_on_record(
    api_of: ApiOf, lead: User
) -> None:
    bank, client = make_bank_entry().bank, api_of(lead)
    path = f"/api/v1/banks/{bank.pk}/entries/"
    sent = {"sha256": SHA256.upper(), "source": "newsroom", "tags": ["storm"]}

    added = client.post(path, sent, format="json")
    entry = f"{path}{added.json()['id']}/"
    read = client.get(entry).json()
    removed = client.delete(entry)

    assert added.status_code == 201
    assert read == added.json()
    assert (read["sha256"], read["added_by"]) == (SHA256, lead.username)
    assert removed.status_code == 204
    assert_problem(client.get(entry), 404, "not_found")
    actions = AuditEvent.objects.order_by("position").values_list("action", flat=True)
    assert list(actions)[-2:] == ["bank_entry_added", "bank_entry_deleted"]


@pytest.mark.parametrize(
    ("sent", "words", "status"),
    [
        ({}, "Give a SHA-256", 422),
        ({"sha256": "xyz"}, "64 hexadecimal digits", 422),
        ({"pdq": "0" * 64}, "flat", 422),
        ({"sha256": SHA256, "tags": ["x"] * 21}, "no more than 20", 400),
        ({"sha256": SHA256, "note": "\0"}, "Null characters", 400),
    ],
)
def test_what_is_no_known_image_is_refused_in_words(
    api_of: ApiOf, lead: User, sent: dict[str, object], words: str, status: int
) -> None:
    bank = make_bank_entry().bank

    answer = api_of(lead).post(f"/api/v1/banks/{bank.pk}/entries/", sent, format="json")

    code = "invalid" if status == 400 else "unprocessable"
    problem = assert_problem(answer, status, code)
    assert words in problem["detail"]
    assert bank.entries.count() == 1


def test_the_same_image_twice_is_refused(api_of: ApiOf, lead: User) -> None:
    entry = make_bank_entry()
    path = f"/api/v1/banks/{entry.bank_id}/entries/"

    answer = api_of(lead).post(path, {"sha256": entry.sha256}, format="json")

    assert_problem(answer, 422, "unprocessable")
    assert BankEntry.objects.count() == 1


def test_an_entry_belongs_to_its_bank_alone(api_of: ApiOf, lead: User) -> None:
    entry, other = make_bank_entry(), make_bank_entry()
    wrong = f"/api/v1/banks/{other.bank_id}/entries/{entry.pk}/"

    assert_problem(api_of(lead).get(wrong), 404, "not_found")
    assert_problem(api_of(lead).delete(wrong), 404, "not_found")
    assert BankEntry.objects.filter(pk=entry.pk).exists()


def test_banks_are_filtered_and_counted(api_of: ApiOf, moderator: User) -> None:
    fake, good = make_bank_entry().bank, make_bank_entry().bank
    type(good).objects.filter(pk=good.pk).update(purpose="good")
    client = api_of(moderator)

    (row,) = client.get("/api/v1/banks/?purpose=fake").json()["results"]

    assert (row["id"], row["entry_count"]) == (fake.pk, 1)
    names = [r["name"] for r in client.get("/api/v1/banks/").json()["results"]]
    assert names == sorted(names)


def test_models_say_what_is_used_now(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    rows = client.get("/api/v1/models/").json()["results"]
    used = {row["name"]: row for row in rows if row["in_use"]}

    assert {"casia-ela-cnn", "fusion"} <= set(used)
    assert used["casia-ela-cnn"]["research_only"] is True
    assert used["casia-ela-cnn"]["kind"] == "ela-cnn"
    network = used["casia-ela-cnn"]
    running = next(f for f in network["files"] if f["role"] == "litert")
    assert network["sha256"] == running["sha256"]
    card = client.get(network["url"]).json()["card"]
    assert card.startswith("#")


@pytest.mark.parametrize(
    "path", ["models/fusion/9.9.9/", "models/..%2f..%2fetc/passwd/", "models/x/1.0.0/"]
)
def test_a_model_that_is_none_is_not_found(
    api_of: ApiOf, moderator: User, path: str
) -> None:
    assert_problem(api_of(moderator).get(f"/api/v1/{path}"), 404, "not_found")


def test_a_damaged_manifest_is_named_and_the_others_are_listed(
    api_of: ApiOf, moderator: User, settings: object, tmp_path: Path
) -> None:
    folder = tmp_path / "casia-ela-cnn" / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{")
    settings.MODEL_STORE = tmp_path  # type: ignore[attr-defined]

    (row,) = api_of(moderator).get("/api/v1/models/").json()["results"]

    assert row["name"] == "casia-ela-cnn"
    assert row["problem"]
    assert str(tmp_path) not in row["problem"]


def test_lists_of_models_take_no_parameters(api_of: ApiOf, moderator: User) -> None:
    problem = assert_problem(
        api_of(moderator).get("/api/v1/models/?name=x"), 400, "invalid"
    )
    assert problem["errors"][0]["parameter"] == "name"
