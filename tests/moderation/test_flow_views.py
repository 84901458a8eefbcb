"""The pages and answers of the flow: start, next, renew, skip, undo, notifications."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from moderation import services
from moderation.models import AuditEvent, Case, Decision, Notification
from tests.factories import make_case, make_evidence, make_user

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
JSON = {"accept": "application/json"}
FAKE = {"outcome": "fake", "reason_fake": "content_edited", "note": "Look left."}
BECAUSE = {"because": "I know the sender.", "text": "Look again.", "person": ""}
ACTIONS = ("renew", "skip", "hold", "resume", "escalate", "assign", "comment")


def address(name: str, case: Case) -> str:
    return reverse(f"moderation:{name}", args=[case.pk])


def asked(client: Client, name: str, case: Case, **fields: Any) -> Any:
    return client.post(address(name, case), fields, headers=JSON)


def start(client: Client, **fields: Any) -> Any:
    return client.post(reverse("moderation:review"), fields, headers=JSON)


def html_of(response: Any) -> str:
    return str(response.content.decode())


# --- Without scripts --------------------------------------------------------------
def test_start_reviewing_leads_to_the_next_case_and_back_to_it(
    client_of: ClientOf, moderator: User
) -> None:
    case, _later = make_case(), make_case()
    client = client_of(moderator)
    for _ in range(2):
        response = client.post(reverse("moderation:review"))
        assert response.url == address("case", case)
    html = html_of(client.get(response.url))
    token = Case.objects.get(pk=case.pk).claim_token
    assert "Yours until" in html
    assert f'name="token" value="{token}"' in html


def test_start_reviewing_says_when_nothing_waits(
    client_of: ClientOf, moderator: User
) -> None:
    answer = client_of(moderator).post(reverse("moderation:review"), follow=True)
    assert "No case waits for you now." in html_of(answer)


def test_deciding_goes_on_to_the_next_case_and_can_be_undone(
    client_of: ClientOf, moderator: User
) -> None:
    case, other = make_case(), make_case()
    client = client_of(moderator)

    done = client.post(address("decide", case), {**FAKE, "flow": "1"}, follow=True)

    assert done.redirect_chain[-1][0] == address("case", other)
    undo = reverse("moderation:undo", args=[Decision.objects.get().pk])
    assert f'action="{undo}"' in html_of(done)
    back = client.post(undo, follow=True)
    assert back.redirect_chain[-1][0] == address("case", case)
    assert "Taken back" in html_of(back)
    assert Case.objects.get(pk=case.pk).claimed_by == moderator


def test_the_last_decision_leads_to_the_queue(
    client_of: ClientOf, moderator: User
) -> None:
    sent = {**FAKE, "flow": "1"}
    done = client_of(moderator).post(address("decide", make_case()), sent, follow=True)
    assert done.redirect_chain[-1][0] == reverse("moderation:queue")
    assert "Nothing else waits for you." in html_of(done)


def test_a_stale_token_keeps_what_was_typed_and_offers_the_next_case(
    client_of: ClientOf, moderator: User
) -> None:
    case, other = make_case(), make_case()
    services.claim_case(case_id=case.pk, actor=make_user("moderator", username="quick"))

    response = client_of(moderator).post(
        address("decide", case), {**FAKE, "token": str(uuid4())}
    )

    html = html_of(response)
    assert response.status_code == 409
    assert "quick took this case meanwhile." in html
    assert "Look left." in html
    assert f'href="{address("case", other)}">Next open case' in html
    assert not Decision.objects.exists()


@pytest.mark.parametrize("name", ["skip", "hold", "escalate"])
def test_passing_on_leads_to_the_next_case(
    name: str, client_of: ClientOf, moderator: User
) -> None:
    case, other = make_case(), make_case()
    client = client_of(moderator)
    without = client.post(address(name, case))
    assert without.status_code == 422
    done = client.post(address(name, case), BECAUSE, follow=True)
    assert done.redirect_chain[-1][0] == address("case", other)
    assert "I know the sender." in html_of(client.get(address("case", case)))


def test_words_that_were_not_recorded_stay_on_the_page(
    client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    services.claim_case(case_id=case.pk, actor=make_user("moderator"))
    answer = client_of(moderator).post(address("hold", case), BECAUSE)
    assert answer.status_code == 409
    assert "Your words, not recorded" in html_of(answer)
    assert BECAUSE["because"] in html_of(answer)


def test_a_held_case_is_resumed_and_an_assigned_one_handed_back(
    client_of: ClientOf, moderator: User
) -> None:
    case, client = make_case(), client_of(moderator)
    client.post(address("hold", case), {**BECAUSE, "hours": "4"})
    held = html_of(client.get(address("case", case)))
    assert "On hold until" in held
    assert "Record the decision" not in held
    client.post(address("resume", case))
    client.post(address("assign", case), {"person": moderator.username})
    assert "Assigned to" in html_of(client.get(address("case", case)))
    client.post(address("assign", case), {"person": ""})
    assert Case.objects.get().assigned_to is None


def test_a_comment_is_shown_escaped_and_unknown_names_are_told(
    client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    sent = {"text": "<script>x</script> @ghost"}
    html = html_of(
        client_of(moderator).post(address("comment", case), sent, follow=True)
    )
    assert "&lt;script&gt;x" in html
    assert "called ghost" in html


def test_others_who_look_are_named_and_looking_ahead_is_not_looking(
    client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    ahead = make_user("moderator", username="ahead")
    client_of(ahead).get(f"{address('case', case)}?ahead=1")
    assert "looking at this case" not in html_of(
        client_of(moderator).get(address("case", case))
    )
    client_of(ahead).get(address("case", case))
    html = html_of(client_of(moderator).get(address("case", case)))
    assert "ahead is looking at this case, too." in html


def test_whose_the_case_is_not_learns_why_and_never_the_token(
    client_of: ClientOf, moderator: User, lead: User, auditor: User
) -> None:
    case = services.claim_case(case_id=make_case().pk, actor=lead)
    for reader in (moderator, auditor):
        assert str(case.claim_token) not in html_of(
            client_of(reader).get(address("case", case))
        )
    escalated = make_case(escalated_at=timezone.now())
    html = html_of(client_of(moderator).get(address("case", escalated)))
    assert "This case was escalated." in html
    assert "Record the decision" not in html


# --- As JSON ----------------------------------------------------------------------
def test_a_browser_reviews_one_case_after_the_other(
    client_of: ClientOf, moderator: User
) -> None:
    first, second, third = (make_case() for _ in range(3))
    preview = make_evidence(analysis=second.analysis, kind="preview")
    client = client_of(moderator)

    held = start(client).json()["next"]
    assert held["id"] == str(first.pk)
    upcoming = reverse("moderation:upcoming")
    ahead = client.get(upcoming, {"after": str(first.pk)}).json()["next"]
    assert ahead == {
        "id": str(second.pk),
        "url": address("case", second),
        "picture": reverse("forensics:evidence", args=[preview.pk]),
    }
    assert Case.objects.get(pk=second.pk).status == "open"
    fields = {**FAKE, "token": held["token"], "flow": "1", "prefer": str(third.pk)}
    answer = asked(client, "decide", first, **fields).json()
    assert answer["decision"]["outcome"] == "fake"
    assert answer["decision"]["final_at"]
    assert answer["next"]["id"] == str(third.pk)
    undone = client.post(answer["decision"]["undo_url"], headers=JSON).json()["case"]
    assert undone["id"] == str(first.pk)
    assert undone["token"] not in {held["token"], answer["next"]["token"]}


def test_what_goes_wrong_comes_with_reasons_and_what_is_next(
    client_of: ClientOf, moderator: User
) -> None:
    case, other = make_case(), make_case()
    client = client_of(moderator)
    incomplete = asked(client, "decide", case, outcome="fake")
    assert incomplete.status_code == 422
    assert incomplete.json()["errors"] == {"reason_fake": ["Choose a reason."]}
    nonsense = asked(client, "decide", case, **FAKE, token="no-token")
    assert "token" in nonsense.json()["errors"]
    services.claim_case(case_id=case.pk, actor=make_user("moderator"))
    for name in ("decide", "claim", "release", "skip", "hold", "escalate"):
        answer = asked(client, name, case, **FAKE, **BECAUSE)
        assert answer.status_code == 409, name
        assert answer.json()["next"]["id"] == str(other.pk)
        assert answer.json()["problem"]


def test_a_claim_is_renewed_while_it_is_ones_own(
    client_of: ClientOf, moderator: User, lead: User, auditor: User
) -> None:
    case = make_case()
    client = client_of(moderator)
    token = asked(client, "claim", case).json()["token"]
    asked(client_of(lead), "renew", case)

    mine = asked(client, "renew", case, token=token).json()
    assert mine["is_mine"]
    assert mine["expires_at"]
    assert mine["viewers"] == [str(lead)]
    assert asked(client_of(auditor), "renew", case).json()["is_mine"] is False
    Case.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    services.release_expired_claims()
    assert asked(client, "renew", case, token=token).json()["is_mine"] is False


def test_leaving_the_page_releases_only_ones_own_claim(
    client_of: ClientOf, moderator: User
) -> None:
    case = make_case()
    client = client_of(moderator)
    token = asked(client, "claim", case).json()["token"]
    assert asked(client, "release", case, token=str(uuid4())).status_code == 409
    assert asked(client, "release", case, token=token).json() == {"released": True}
    assert asked(client, "release", case, token=token).status_code == 409


def test_skipping_holding_and_commenting_answer_programs(
    client_of: ClientOf, moderator: User
) -> None:
    cases = [make_case() for _ in range(4)]
    client = client_of(moderator)
    for number, name in enumerate(("skip", "hold", "escalate")):
        answer = asked(client, name, cases[number], because="x").json()
        assert answer["next"]["id"] == str(cases[number + 1].pk)
        assert answer["next"]["token"]
    said = asked(client, "comment", cases[3], text="@ghost, look").json()
    assert said["unknown"] == ["ghost"]
    assert said["comment"]["text"] == "@ghost, look"
    wrong = asked(client, "comment", cases[3])
    assert wrong.json()["errors"] == {"text": ["Write something first."]}
    assert asked(client, "resume", cases[1]).json()["said"]


# --- Notifications ------------------------------------------------------------------
def test_a_mentioned_person_is_told_on_every_page_until_they_read_it(
    client_of: ClientOf, moderator: User, lead: User
) -> None:
    case = make_case()
    services.comment_on_case(
        case_id=case.pk, actor=lead, text=f"@{moderator.username}, <b>look</b>"
    )
    client, listing = client_of(moderator), reverse("moderation:notifications")
    assert 'class="count">1<' in html_of(client.get(reverse("moderation:queue")))
    html = html_of(client.get(listing))
    assert f"{lead} mentioned you in {case}" in html
    assert "&lt;b&gt;look" in html
    assert Notification.objects.get().read_at is None  # looking marks nothing

    told = {"notification": str(Notification.objects.get().pk)}
    opened = client.post(reverse("moderation:notifications-read"), told)
    assert opened.url == address("case", case)
    assert 'class="count"' not in html_of(client.get(listing))


def test_nobody_reads_the_notifications_of_others(
    client_of: ClientOf, moderator: User, lead: User, integrator: User
) -> None:
    services.assign_case(
        case_id=make_case().pk, actor=lead, username=moderator.username
    )
    read = reverse("moderation:notifications-read")
    told = {"notification": str(Notification.objects.get().pk)}
    assert client_of(lead).post(read, told).status_code == 404
    assert client_of(lead).post(read, {"notification": "x"}).status_code == 404
    assert client_of(lead).post(read, headers=JSON).json() == {"unread": 0}
    listing = reverse("moderation:notifications")
    assert client_of(integrator).get(listing).status_code == 403
    assert Notification.objects.get().read_at is None


def test_notifications_need_as_many_queries_for_many_as_for_few(
    client_of: ClientOf,
    moderator: User,
    lead: User,
    django_assert_max_num_queries: Any,
) -> None:
    client, counts = client_of(moderator), []
    for more in (2, 20):
        for _ in range(more):
            text = f"@{moderator.username}"
            services.comment_on_case(case_id=make_case().pk, actor=lead, text=text)
        with django_assert_max_num_queries(10) as queries:
            client.get(reverse("moderation:notifications"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Who may ------------------------------------------------------------------------
@pytest.mark.parametrize("name", ACTIONS)
def test_an_auditor_only_looks(
    name: str, client_of: ClientOf, auditor: User, lead: User
) -> None:
    case = make_case()
    expected = 302 if name == "renew" else 403  # to look is to be seen
    assert client_of(auditor).post(address(name, case), BECAUSE).status_code == expected
    assert client_of(lead).get(address(name, case)).status_code == 405
    missing = reverse(f"moderation:{name}", args=[uuid4()])
    assert client_of(lead).post(missing, BECAUSE).status_code == 404
    checked = Client(enforce_csrf_checks=True)
    checked.force_login(lead)
    assert checked.post(address(name, case), BECAUSE).status_code == 403
    assert not AuditEvent.objects.filter(case=case).exists()


def test_a_decision_that_one_may_not_see_cannot_be_undone(
    client_of: ClientOf, moderator: User, lead: User, integrator: User
) -> None:
    decision = services.decide_case(
        case_id=make_case().pk, actor=lead, outcome="fake", reason="content_edited"
    )
    undo = reverse("moderation:undo", args=[decision.pk])
    assert client_of(integrator).post(undo).status_code == 403
    assert client_of(moderator).post(undo, headers=JSON).status_code == 409
    missing = reverse("moderation:undo", args=[uuid4()])
    assert client_of(moderator).post(missing).status_code == 404
