"""Bulk actions: shown first, done once, in one go, and what is left out says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forensics.models import Image
from forensics.search import search_images
from moderation import services
from moderation.bulk_plan import MOST_AT_ONCE
from moderation.exceptions import InvalidDecisionError, NotAllowedError
from moderation.models import AuditEvent, BulkChange, Case, Decision, Queue, Tag
from moderation.services.bulk import BulkOrder, apply_bulk
from moderation.services.decisions import Verdict
from moderation.services.tags import MOST_TAGS, tag_case, untag_case
from tests.factories import make_analysis, make_case, make_user
from tests.moderation.chain import assert_chain_is_whole

if TYPE_CHECKING:
    from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[["User"], Client]


def choose(client: Client, action: str, *cases: Case, **more: str) -> Any:
    data = {"action": action, "case": [str(c.pk) for c in cases], **more}
    return client.post(reverse("moderation:bulk"), data)


def confirm(client: Client, page: Any, **data: str) -> Any:
    mark = re.search(r'name="mark" value="([^"]+)"', page.content.decode())
    assert mark
    return client.post(
        reverse("moderation:bulk-confirm"), {"mark": mark[1], **data}, follow=True
    )


def test_nothing_changes_before_the_confirmation(
    client_of: ClientOf, lead: User
) -> None:
    case = make_case()
    page = choose(client_of(lead), "priority", case)
    assert page.status_code == 200
    assert b"Nothing has been changed yet" in page.content
    case.refresh_from_db()
    assert case.priority == 20
    assert not BulkChange.objects.exists()


@pytest.mark.parametrize(
    ("action", "data", "changed"),
    [
        ("priority", {"priority": "40"}, {"priority": 40}),
        ("queue", {"queue": "art"}, {"queue__slug": "art"}),
        ("assign", {"person": "sam"}, {"assigned_to__username": "sam"}),
        ("tag", {"tag": " Press  PHOTO "}, {"tags__name": "press photo"}),
        (
            "decide",
            {"outcome": "fake", "reason_fake": "content_edited", "note": "a crane"},
            {"status": "decided", "outcome": "fake"},
        ),
    ],
)
def test_each_action_changes_what_was_shown(
    action: str,
    data: dict[str, str],
    changed: dict[str, Any],
    client_of: ClientOf,
    lead: User,
) -> None:
    make_user("moderator", username="sam")
    Queue.objects.create(slug="art", name="Art", due_minutes=60)
    cases = [make_case() for _ in range(3)]
    untouched = make_case()
    client = client_of(lead)
    answer = confirm(client, choose(client, action, *cases), **data)

    assert b"3 cases were changed" in answer.content
    assert set(Case.objects.filter(**changed)) == set(cases)
    untouched.refresh_from_db()
    assert (untouched.status, untouched.priority) == ("open", 20)
    event = AuditEvent.objects.get(action="bulk_changed")
    assert (event.data["changed"], event.data["left_out"]) == (3, 0)
    assert_chain_is_whole()


def test_releasing_leaves_out_what_is_not_claimed_and_says_why(
    client_of: ClientOf, moderator: User
) -> None:
    mine, free, theirs = make_case(), make_case(), make_case()
    services.claim_case(case_id=mine.pk, actor=moderator)
    services.claim_case(case_id=theirs.pk, actor=make_user("moderator"))
    client = client_of(moderator)
    page = choose(client, "release", mine, free, theirs)
    assert [one.case for one in page.context["plan"].left_out] == [theirs, free] or {
        one.case for one in page.context["plan"].left_out
    } == {theirs, free}
    assert b"Nobody has claimed it" in page.content
    answer = confirm(client, page)
    assert b"1 case was changed" in answer.content
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.status, theirs.status) == ("open", "claimed")


def test_a_confirmation_sent_twice_is_done_once(
    client_of: ClientOf, lead: User
) -> None:
    case = make_case()
    client = client_of(lead)
    page = choose(client, "tag", case)
    first = confirm(client, page, tag="one")
    second = confirm(client, page, tag="two")
    assert first.redirect_chain == second.redirect_chain
    assert set(case.tags.values_list("name", flat=True)) == {"one"}
    assert BulkChange.objects.count() == 1


def test_what_changed_meanwhile_is_left_out(client_of: ClientOf, lead: User) -> None:
    taken, newer, fine = make_case(), make_case(), make_case()
    client = client_of(lead)
    page = choose(client, "decide", taken, newer, fine)
    services.claim_case(case_id=taken.pk, actor=make_user("moderator"))
    analysis = make_analysis(image=newer.image)
    Case.objects.filter(pk=newer.pk).update(analysis=analysis)
    answer = confirm(
        client, page, outcome="fake", reason_fake="content_edited", note=""
    )
    assert {one["case"] for one in answer.context["left_out"]} == {taken, newer}
    assert answer.context["changed"] == [fine]
    assert b"newer analysis" in answer.content
    assert Decision.objects.get().batch == BulkChange.objects.get().pk


def test_cases_decided_alike_are_taken_back_together(
    client_of: ClientOf, lead: User
) -> None:
    cases = [make_case() for _ in range(2)]
    client = client_of(lead)
    confirm(
        client,
        choose(client, "decide", *cases),
        outcome="authentic",
        reason_authentic="no_trace_found",
        note="",
    )
    decision = Decision.objects.first()
    assert decision
    services.undo_decision(decision_id=decision.pk, actor=lead)
    assert not Case.objects.filter(status="decided").exists()
    assert_chain_is_whole()


def test_what_is_wrong_in_the_form_is_said_on_the_same_page(
    client_of: ClientOf, lead: User
) -> None:
    case = make_case()
    client = client_of(lead)
    for action, data in (
        ("tag", {"tag": "=cmd"}),
        ("priority", {"priority": "99"}),
        ("assign", {"person": "nobody"}),
        ("decide", {"outcome": "fake"}),
    ):
        answer = confirm(client, choose(client, action, case), **data)
        assert answer.status_code == 422, action
    assert not BulkChange.objects.exists()
    assert not Tag.objects.exists()


@pytest.mark.parametrize("mark", ["", "x", "a:b:c", "\x00"])
def test_a_forged_confirmation_changes_nothing(
    mark: str, client_of: ClientOf, lead: User
) -> None:
    answer = client_of(lead).post(
        reverse("moderation:bulk-confirm"), {"mark": mark}, follow=True
    )
    assert b"Nothing was changed" in answer.content


def test_a_confirmation_is_its_owners(client_of: ClientOf, lead: User) -> None:
    page = choose(client_of(lead), "tag", make_case())
    answer = confirm(client_of(make_user("lead")), page, tag="stolen")
    assert b"Nothing was changed" in answer.content
    assert not Tag.objects.exists()


def test_moderators_do_not_sort_and_auditors_do_nothing(
    client_of: ClientOf, moderator: User, auditor: User
) -> None:
    case = make_case()
    client = client_of(moderator)
    answer = choose(client, "priority", case)
    assert answer.status_code == 302
    html = client.get(reverse("moderation:queue")).content.decode()
    assert "Change the priority" not in html
    assert "Assign to a person" in html
    assert choose(client_of(auditor), "tag", case).status_code == 403
    order = BulkOrder(
        key=uuid4(), action="priority", cases={case.pk: None}, priority=40
    )
    with pytest.raises(NotAllowedError):
        apply_bulk(order=order, actor=moderator)


def test_all_that_match_are_taken_up_to_the_limit(
    client_of: ClientOf, lead: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.views.bulk.MOST_AT_ONCE", 4)
    fakes = [make_case(machine_verdict="fake") for _ in range(6)]
    make_case()
    page = choose(client_of(lead), "tag", whole="1", query="verdict=fake")
    assert page.context["plan"].included == fakes[:4]
    assert b"At most 4 cases" in page.content


def test_an_order_has_its_limits(lead: User) -> None:
    many = {uuid4(): None for _ in range(MOST_AT_ONCE + 1)}
    for order in (
        BulkOrder(key=uuid4(), action="tag", cases=many, tag="x"),
        BulkOrder(key=uuid4(), action="tag", cases={}, tag="x"),
        BulkOrder(key=uuid4(), action="tag", cases={uuid4(): None}),
        BulkOrder(key=uuid4(), action="drop", cases={uuid4(): None}),
        BulkOrder(
            key=uuid4(),
            action="decide",
            cases={uuid4(): None},
            verdict=Verdict("fake", "no_trace_found"),
        ),
    ):
        with pytest.raises(InvalidDecisionError):
            apply_bulk(order=order, actor=lead)


def test_results_are_for_who_made_them(client_of: ClientOf, lead: User) -> None:
    case = make_case()
    order = BulkOrder(key=uuid4(), action="tag", cases={case.pk: None}, tag="x")
    change = apply_bulk(order=order, actor=lead)
    address = reverse("moderation:bulk-result", args=[change.pk])
    assert client_of(lead).get(address).status_code == 200
    assert client_of(make_user("lead")).get(address).status_code == 404


def test_moving_to_a_queue_sets_its_due_time(lead: User) -> None:
    queue = Queue.objects.create(slug="fast", name="Fast", due_minutes=30)
    opened = timezone.now()
    case = make_case(opened_at=opened)
    order = BulkOrder(key=uuid4(), action="queue", cases={case.pk: None}, queue=queue)
    apply_bulk(order=order, actor=lead)
    case.refresh_from_db()
    assert case.due_at is not None
    assert (case.due_at - opened).total_seconds() == 1800


# --- Tags -------------------------------------------------------------------------
def test_tags_are_put_on_found_taken_off_and_on_record(
    client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    client = client_of(moderator)
    address = reverse("moderation:tags", args=[case.pk])
    client.post(address, {"tag": "  Front PAGE "})
    client.post(address, {"tag": "front page"})
    assert list(case.tags.values_list("name", flat=True)) == ["front page"]
    assert Image.objects.filter(search_images("front page")).get() == case.image
    assert (
        "front page"
        in client.get(reverse("moderation:case", args=[case.pk])).content.decode()
    )
    client.post(address, {"remove": "front page"})
    assert not case.tags.exists()
    assert not Image.objects.filter(search_images("front")).exists()
    tagging = AuditEvent.objects.filter(case=case, action__endswith="tagged")
    assert [e.action for e in tagging.order_by("position")] == [
        "case_tagged",
        "case_untagged",
    ]


@pytest.mark.parametrize("name", ["", "=x", "-x", "@x", "\t", "x" * 41, "a<b>", "a;b"])
def test_what_is_no_tag_is_refused(name: str, moderator: User) -> None:
    with pytest.raises(InvalidDecisionError):
        tag_case(case_id=make_case().pk, actor=moderator, name=name)
    assert not Tag.objects.exists()


def test_a_case_has_a_limit_of_tags(moderator: User) -> None:
    case = make_case()
    for n in range(MOST_TAGS):
        tag_case(case_id=case.pk, actor=moderator, name=f"tag {n}")
    with pytest.raises(InvalidDecisionError):
        tag_case(case_id=case.pk, actor=moderator, name="one more")
    untag_case(case_id=case.pk, actor=moderator, name="not there")
    assert case.tags.count() == MOST_TAGS


def test_notes_and_comments_are_found(moderator: User) -> None:
    case = make_case()
    services.comment_on_case(
        case_id=case.pk, actor=moderator, text="Shadows fall the wrong way"
    )
    services.decide_case(
        case_id=case.pk,
        actor=moderator,
        outcome="fake",
        reason="content_edited",
        note="Crane pasted in",
    )
    cases = Case.objects.filter(search_images("shadows crane", key="image"))
    assert cases.get() == case
