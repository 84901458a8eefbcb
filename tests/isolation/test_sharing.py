"""What organizations share, they do not notice; what is anybody's own stays so."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Organization, User
from forensics import known
from forensics.models import Door, Fingerprint, Image
from forensics.services import submit_image
from forensics.services.known import store_fingerprint
from moderation import audit_selectors, finding, flow_selectors, services
from moderation.audit_selectors import chain_breaks
from moderation.exceptions import InvalidDecisionError, NotAllowedError
from moderation.models import AuditEvent, Case, Policy, Queue
from moderation.services.audit import record
from tests.factories import make_case, make_user
from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.isolation.worlds import World

pytestmark = pytest.mark.django_db
PICTURE = jpeg(photo_like(1, (64, 48)))


def send(world: World) -> Any:
    return submit_image(
        data=PICTURE, original_name="x.jpg", door=Door.API, submitted_by=world.lead
    )


def test_bytes_that_a_neighbor_has_come_in_as_new_ones(
    ours: World, theirs: World
) -> None:
    first, second = send(ours), send(theirs)
    assert not second.is_duplicate
    assert first.image.pk != second.image.pk
    assert first.analysis.pk != second.analysis.pk
    assert first.image.original.name == second.image.original.name
    assert second.image.organization == theirs.organization
    assert second.image.created_at > first.image.created_at
    assert list(second.image.submissions.all()) == [second.submission]
    assert send(ours).is_duplicate


def test_look_alikes_and_hashes_are_of_ones_own(ours: World, theirs: World) -> None:
    first, second = send(ours).image, send(theirs).image
    from forensics.analysis.image import load_evidence
    from forensics.analysis.pdq import pdq
    from forensics.services.pipeline import limits

    evidence = load_evidence(PICTURE, limits())
    for image in (first, second):
        store_fingerprint(
            image_id=image.pk,
            found=pdq(evidence.pixels, orientation=evidence.orientation),
        )
    assert Fingerprint.objects.count() == 2
    assert not known.near_images(first).distances
    assert not known.bank_matches_now(first).matches
    found = finding.find(first.sha256, user=theirs.lead)
    assert [image.pk for image in found.images] == [second.pk]
    assert not finding.find(str(first.pk), user=theirs.lead).images


def test_banks_are_asked_of_ones_own_only(ours: World, theirs: World) -> None:
    asked = {"sha256": "a" * 64, "hashes": {}}
    for world in (ours, theirs):
        answer = known.bank_matches(**asked, organization_id=world.organization.pk)
        assert [match.bank for match in answer.matches] == [f"{world.mark} bank"]


def test_nobody_is_handed_a_neighbors_case(ours: World, theirs: World) -> None:
    handed = set()
    while (case := services.claim_next(actor=ours.lead)) is not None:
        assert case.pk not in handed
        handed.add(case.pk)
        assert case.organization == ours.organization
        services.decide_case(
            case_id=case.pk, actor=ours.lead, outcome="fake", reason="other", note="n"
        )
    assert Case.objects.get(pk=theirs.keys["case"]).status == "open"


def test_people_of_another_organization_are_nobody(ours: World, theirs: World) -> None:
    case = ours.keys["case"]
    with pytest.raises(InvalidDecisionError):
        services.assign_case(
            case_id=case, actor=ours.lead, username=theirs.lead.username
        )
    said = services.comment_on_case(
        case_id=case, actor=ours.lead, text=f"@{theirs.lead.username}"
    )
    assert said.unknown == [theirs.lead.username]
    assert not flow_selectors.notifications_of(theirs.lead).exists()


def test_a_service_that_is_given_a_neighbors_case_changes_nothing(
    ours: World, theirs: World
) -> None:
    before = theirs.state()
    with pytest.raises(NotAllowedError):
        services.claim_case(case_id=theirs.keys["case"], actor=ours.lead)
    with pytest.raises(NotAllowedError):
        services.comment_on_case(
            case_id=theirs.keys["case"], actor=ours.lead, text="hello"
        )
    assert theirs.state() == before


def test_names_are_taken_once_per_organization(
    ours: World, theirs: World, client_of: Callable[[User], Client]
) -> None:
    policy = services.create_policy(name="zebra policy", actor=ours.lead)
    assert policy.organization == ours.organization
    assert Policy.objects.filter(name="zebra policy").count() == 2
    client = client_of(ours.lead)
    client.post(
        reverse("moderation:queue-new"),
        {
            "name": "zebra queue",
            "order": "urgent_first",
            "second_review_share": 0,
            "golden_share": 0,
        },
    )
    made = Queue.objects.get(name="zebra queue", organization=ours.organization)
    assert made.slug == "zebra-queue"


def test_a_case_goes_to_its_organizations_own_last_resort(
    ours: World, theirs: World
) -> None:
    image = Image.objects.get(pk=theirs.keys["goldenanswer_image"])
    case = services.open_case(image=image, actor=theirs.lead, because="look")
    assert case.organization == theirs.organization
    assert case.queue.organization == theirs.organization


def test_each_reads_their_own_record_and_superusers_the_installations(
    ours: World, theirs: World
) -> None:
    record("decisions_exported", actor=None)
    auditor = make_user("auditor", organization=theirs.organization)
    boss = make_user(is_superuser=True)
    read = audit_selectors.events_visible_to(auditor)
    assert {event.organization_id for event in read} == {theirs.organization.pk}
    read = audit_selectors.events_visible_to(boss)
    assert {event.organization_id for event in read} == {1, None}
    assert not list(chain_breaks())


def test_a_changed_organization_breaks_the_chain(ours: World, theirs: World) -> None:
    event = AuditEvent.objects.filter(organization=theirs.organization).first()
    AuditEvent.objects.filter(pk=event.pk).update(organization=1)
    assert [one.kind for one in chain_breaks()] == ["altered"]


def test_staff_cannot_act_on_a_neighbors_rows_in_the_admin(
    ours: World, theirs: World, client_of: Callable[[User], Client]
) -> None:
    before = theirs.state()
    client = client_of(ours.administrator)
    for model, action in (("case", "claim"), ("case", "decide")):
        client.post(
            reverse(f"admin:moderation_{model}_changelist"),
            {
                "action": action,
                "confirmed": "yes",
                "_selected_action": [str(theirs.keys[model])],
                "outcome": "fake",
                "reason": "other",
                "note": "n",
            },
        )
    assert theirs.state() == before


def test_superusers_see_every_organization_in_the_admin(
    ours: World, theirs: World, client_of: Callable[[User], Client]
) -> None:
    client = client_of(make_user(is_superuser=True, is_staff=True))
    for name, kind in (
        ("forensics_image", "image"),
        ("moderation_case", "case"),
        ("moderation_policy", "policy"),
        ("moderation_queue", "queue"),
        ("forensics_bank", "bank"),
        ("accounts_user", "user"),
        ("accounts_organization", "organization"),
    ):
        path = reverse(f"admin:{name}_change", args=[theirs.keys[kind]])
        assert client.get(path).status_code == 200, path


def test_an_administrator_makes_people_of_their_own_organization(
    theirs: World, client_of: Callable[[User], Client]
) -> None:
    word = "correct horse battery staple"
    client_of(theirs.administrator).post(
        reverse("admin:accounts_user_add"),
        {
            "username": "new",
            "usable_password": "true",
            "password1": word,
            "password2": word,
            "organization": "1",
        },
    )
    assert User.objects.get(username="new").organization == theirs.organization


def test_an_organization_is_made_with_what_it_needs(db: None) -> None:
    out = StringIO()
    call_command("create_organization", "Harbor", admin="harbor", stdout=out)
    made = Organization.objects.get(name="Harbor")
    boss = User.objects.get(username="harbor")
    assert boss.organization == made
    assert boss.check_password(out.getvalue().split()[-1])
    assert [queue.slug for queue in made.queues.all()] == ["review"]
    assert made.policies.count() == 2
    with pytest.raises(CommandError):
        call_command("create_organization", "Harbor", admin="other")
    with pytest.raises(CommandError):
        call_command("create_organization", "Other", admin="harbor")
    assert not Organization.objects.filter(name="Other").exists()
    assert make_case().organization_id == 1
