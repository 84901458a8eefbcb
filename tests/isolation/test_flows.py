"""What is done with ids and names inside a request, and by the workers."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, User
from forensics.known import bank_matches, near_images
from forensics.models import Bank, Door, Fingerprint, Image
from forensics.services import submit_image
from forensics.services.known import band_columns, check_entry
from moderation import flow_selectors, quality_selectors, services
from moderation.audit_chain import hash_of
from moderation.audit_selectors import chain_breaks, entry_of, events_visible_to
from moderation.exceptions import InvalidDecisionError, InvalidPolicyError
from moderation.models import AuditEvent, AuditHead, Case, Policy, Queue, Tag
from moderation.services.audit import record
from moderation.services.policies import Draft
from moderation.services.queues import close_queue, save_queue
from moderation.services.tags import tag_case
from tests import factories
from tests.images import encode, photo_like
from tests.isolation.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Callable

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
HASH = "0f" * 32


@pytest.fixture
def worlds() -> tuple[World, World]:
    """Return one's own organization and the neighbour's."""
    own = make_world("aurora", organization=Organization.objects.get(pk=1))
    return own, make_world("zephyr")


# --- Pictures -------------------------------------------------------------------------
def test_bytes_that_a_neighbour_sent_are_answered_as_new_ones(
    worlds: tuple[World, World],
) -> None:
    data = encode(photo_like(), "JPEG")
    theirs = submit_image(
        data=data,
        original_name="a.jpg",
        door=Door.API,
        submitted_by=worlds[1].people["lead"],
    )
    client = Client(headers={"Authorization": f"Bearer {worlds[0].token}"})

    first = _send(client, data)
    again = _send(client, data)

    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert first["id"] == again["id"] != str(theirs.image.pk)
    own = Image.objects.get(pk=first["id"])
    assert own.organization == worlds[0].organization
    assert own.original.name == theirs.image.original.name
    assert own.analyses.count() == 1
    assert own.analyses.get() != theirs.analysis


def _send(client: Client, data: bytes) -> dict[str, Any]:
    sent = {"file": SimpleUploadedFile("a.jpg", data, "image/jpeg")}
    answer = client.post(reverse("api:image-list"), sent)
    assert answer.status_code == 202
    body: dict[str, Any] = answer.json()
    return body


def test_likeness_and_banks_end_at_the_door(worlds: tuple[World, World]) -> None:
    own, other = worlds
    for world in worlds:
        _fingerprint(world.rows["image"])
    theirs = other.rows["image"]

    assert not near_images(own.rows["image"]).distances
    found = bank_matches(
        sha256=theirs.sha256, hashes={}, organization=own.organization.pk
    )
    assert not found.matches
    entry = check_entry(sha256=theirs.sha256, pdq="", organization=own.organization.pk)
    assert entry["pdq"] == ""
    at_home = check_entry(
        sha256=theirs.sha256, pdq="", organization=other.organization.pk
    )
    assert at_home["pdq"] == HASH


def _fingerprint(image: Image) -> None:
    Fingerprint.objects.create(
        image=image, pdq=HASH, quality=100, version="1", **band_columns(HASH)
    )


# --- Cases ----------------------------------------------------------------------------
def test_policies_and_queues_are_those_of_the_pictures_organization(
    worlds: tuple[World, World],
) -> None:
    for world in worlds:
        image = factories.make_image(submitted_by=world.people["moderator"])
        case = services.flag_analysis(
            factories.make_analysis(image=image, verdict="fake")
        )
        assert case is not None
        assert case.organization == case.policy.organization == world.organization
        assert case.queue.organization == world.organization


def test_what_comes_next_is_ones_own(worlds: tuple[World, World]) -> None:
    own, other = worlds
    Case.objects.filter(organization=own.organization, status="open").update(
        status="held"
    )
    for name in ("moderator", "lead", "keeper"):
        person = own.people[name]
        assert flow_selectors.peek_next(person) is None
        assert flow_selectors.peek_next(person, queue=other.word) is None


def test_nobody_elsewhere_is_asked_told_or_assigned(
    worlds: tuple[World, World],
) -> None:
    own, other = worlds
    lead, case = own.people["lead"], own.rows["case"]
    stranger = other.people["moderator"].username

    with pytest.raises(InvalidDecisionError, match="Nobody who may decide"):
        services.assign_case(case_id=case.pk, actor=lead, username=stranger)
    said = services.comment_on_case(
        case_id=case.pk, actor=lead, text=f"@{stranger} look"
    )
    assert (said.told, said.unknown) == ([], [stranger])
    people = {p.organization for p in flow_selectors.people_who_decide(1)}
    assert people == {own.organization}
    User.objects.filter(organization=own.organization).exclude(
        pk=own.people["moderator"].pk
    ).update(is_active=False)
    assert not quality_selectors.has_second_reviewer(own.rows["decided"])


def test_known_answers_are_mixed_in_at_home_only(worlds: tuple[World, World]) -> None:
    own, other = worlds
    person = factories.make_user("moderator", organization=own.organization)
    golden = own.rows["golden"]
    assert quality_selectors.answers_for(person, queue=own.rows["queue"]) == [golden.pk]
    assert other.rows["golden"].queue is None


def test_a_bulk_action_leaves_strange_cases_alone(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    own, other = worlds
    client = client_of(own.people["lead"])
    case = other.rows["case"]

    answer = client.post(
        reverse("moderation:bulk"), {"action": "release", "case": [str(case.pk)]}
    )
    assert answer.status_code == 302  # nothing was chosen
    page = client.post(
        reverse("moderation:bulk"),
        {"action": "queue", "case": [str(own.rows["case"].pk), str(case.pk)]},
    )
    assert not other.shown_in(page.content.decode())
    page = client.post(
        reverse("moderation:related", args=[own.rows["case"].pk]),
        {"case": [str(case.pk)], "outcome": "fake", "reason": "ai_generated"},
    )
    assert not other.shown_in(page.content.decode(), but=str(case.pk))
    case.refresh_from_db()
    assert case.status == "open"


# --- Names and settings ---------------------------------------------------------------
def test_names_may_be_the_same_in_two_organizations(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    own, _other = worlds
    lead = own.people["lead"]
    services.create_policy(name="zephyr policy", actor=lead)
    save_queue(
        queue=Queue(organization=own.organization, slug="zephyr", name="zephyr queue"),
        actor=lead,
    )
    services.save_bank(
        bank=Bank(organization=own.organization, name="zephyr bank", purpose="fake"),
        actor=own.people["keeper"],
    )
    tag_case(case_id=own.rows["case"].pk, actor=lead, name="zephyr tag")
    assert Tag.objects.filter(name="zephyr tag").count() == 2
    page = client_of(own.people["keeper"]).post(
        reverse("admin:forensics_bank_add"), {"name": "aurora bank", "purpose": "fake"}
    )
    assert "already exists" in page.content.decode()
    made = client_of(own.people["keeper"]).post(
        reverse("admin:forensics_bank_add"), {"name": "zephyr", "purpose": "fake"}
    )
    assert made.status_code == 302
    assert Bank.objects.get(name="zephyr").organization == own.organization


def test_a_neighbours_queue_is_none(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    own, other = worlds
    lead, strange = own.people["lead"], other.rows["queue"]
    with pytest.raises(InvalidPolicyError, match="no such queue"):
        services.save_draft(
            policy=own.rows["policy"], draft=Draft(queue=strange), actor=lead
        )
    with pytest.raises(InvalidPolicyError, match="another queue"):
        close_queue(queue=own.rows["queue"], into=strange, actor=lead)
    page = client_of(lead).post(
        reverse("moderation:policy-edit", args=[own.rows["policy"].pk]),
        {"name": "x", "action": "open", "priority": "20", "queue": strange.pk},
    )
    assert page.status_code == 422


def test_a_shared_view_is_shared_at_home(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    own, other = worlds
    view = other.rows["view"]
    client_of(own.people["keeper"]).post(
        reverse("moderation:view-change", args=[view.pk]), {"delete": "1"}
    )
    view.refresh_from_db()


def test_the_admin_offers_and_takes_ones_own_only(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    own, other = worlds
    client = client_of(own.people["keeper"])
    for name, field in (("goldenanswer", "queue"), ("case", "policy")):
        page = client.get(reverse(f"admin:moderation_{name}_changelist"))
        assert not other.shown_in(page.content.decode()), field
    for address in (
        reverse("admin:moderation_goldenanswer_add"),
        reverse("admin:forensics_bankentry_add"),
        reverse("admin:accounts_user_add"),
    ):
        assert not other.shown_in(client.get(address).content.decode()), address
    strange = other.rows["image"]
    page = client.post(
        reverse("admin:moderation_goldenanswer_add"),
        {"sha256": strange.sha256, "outcome": "fake", "note": "x", "is_active": "on"},
    )
    assert "No stored picture has this SHA-256" in page.content.decode()
    page = client.post(
        reverse("admin:forensics_bankentry_add"),
        {"bank": other.rows["bank"].pk, "sha256": HASH, "tags": "[]"},
    )
    assert "Select a valid choice" in page.content.decode()


def test_a_new_person_is_a_colleague(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    other = worlds[1]
    client_of(other.people["keeper"]).post(
        reverse("admin:accounts_user_add"),
        {
            "username": "new",
            "usable_password": "true",
            "password1": factories.PASSWORD,
            "password2": factories.PASSWORD,
            "organization": 1,
        },
    )
    assert User.objects.get(username="new").organization == other.organization


# --- Superusers and the record --------------------------------------------------------
def test_a_superuser_sees_all_in_the_admin_and_ones_own_elsewhere(
    worlds: tuple[World, World], client_of: ClientOf
) -> None:
    own, other = worlds
    boss = User.objects.create_superuser("boss", password=factories.PASSWORD)
    client = client_of(boss)
    cases = reverse("admin:moderation_case_changelist")
    page = client.get(f"{cases}?state=all").content.decode()
    assert own.shown_in(page)
    assert other.shown_in(page)
    narrowed = client.get(f"{cases}?state=all&organization={own.organization.pk}")
    assert str(other.rows["case"].pk) not in narrowed.content.decode()
    page = client.get(f"{reverse('moderation:queue')}?status=all").content.decode()
    assert not other.shown_in(page)
    case = other.rows["case"]
    client.post(
        cases,
        {"action": "hold", "_selected_action": str(case.pk), "confirmed": "yes"},
    )
    case.refresh_from_db()
    assert case.status == "open"


def test_auditors_read_their_own_part_of_one_chain(
    worlds: tuple[World, World],
) -> None:
    services.record_audit_export(actor=worlds[0].people["auditor"], query="")
    for world in worlds:
        seen = events_visible_to(world.people["auditor"])
        assert {event.organization for event in seen} == {world.organization}
        assert "case_decided" in {event.action for event in seen}
    assert not list(chain_breaks())
    assert AuditEvent.objects.filter(format=1).count() == 0


def test_rows_from_before_organizations_still_hold() -> None:
    """Their hash does not cover whose they are, and says so."""
    old = [_signed_in(position) for position in (1, 2)]
    head = AuditHead.objects.get()
    for event in old:
        event.previous_hash = head.hash
        event.hash = head.hash = hash_of(entry_of(event), event.previous_hash)
        event.save()
    head.count = 2
    head.save()
    record("signed_in", actor=None)
    assert not list(chain_breaks())

    AuditEvent.objects.filter(position=3).update(format=1)
    assert [one.kind for one in chain_breaks()] == ["altered"]


def _signed_in(position: int) -> AuditEvent:
    return AuditEvent(
        position=position, action="signed_in", format=1, organization_id=1
    )


# --- Making one -----------------------------------------------------------------------
def test_the_command_makes_what_an_organization_needs() -> None:
    out = StringIO()
    call_command("create_organization", "Nova", "--admin", "nina", stdout=out)
    nina = User.objects.get(username="nina")
    password = out.getvalue().split("nina")[1].split()[0]
    assert nina.check_password(password)
    assert nina.organization.name == "Nova"
    assert nina.groups.get().name == "administrator"
    assert Queue.objects.get(organization=nina.organization).slug == "review"
    assert Policy.objects.filter(organization=nina.organization).count() == 2
    event = AuditEvent.objects.get(action="organization_created")
    assert event.organization == nina.organization

    with pytest.raises(CommandError):
        call_command("create_organization", "Nova", "--admin", "other", stdout=out)
    with pytest.raises(CommandError):
        call_command("create_organization", "Other", "--admin", "nina", stdout=out)
    assert Organization.objects.count() == 2


def test_every_row_belongs_where_its_picture_does(worlds: tuple[World, World]) -> None:
    for world in worlds:
        image = world.rows["image"]
        for name in ("analysis", "case", "queue", "policy", "bank", "event"):
            assert world.rows[name].organization == image.organization, name
        decision = world.rows["decision"]
        assert decision.organization == decision.case.organization
        assert set(image.submissions.values_list("organization", flat=True)) == {
            image.organization_id
        }
