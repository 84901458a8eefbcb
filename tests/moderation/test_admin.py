"""Cases, decisions, policies and the audit trail in the Django admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from moderation.models import AuditEvent, Case, Decision
from moderation.services import claim_case, decide_case
from tests.factories import make_case, make_policy, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
FAKE = {"outcome": "fake", "reason_fake": "content_edited", "note": "The sky."}


@pytest.fixture
def lead_client(client_of: ClientOf) -> Client:
    return client_of(make_user("lead", username="the-lead", is_staff=True))


def act(client: Client, case: Case, name: str, **fields: str) -> Any:
    return client.post(reverse(f"admin:moderation_case_{name}", args=[case.pk]), fields)


def listing(client: Client, **query: str) -> str:
    answer = client.get(reverse("admin:moderation_case_changelist"), query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def case_file(client: Client, case: Case) -> str:
    answer = client.get(reverse("admin:moderation_case_change", args=[case.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_list_shows_what_is_to_decide_unless_asked(lead_client: Client) -> None:
    waiting, decided = make_case(), make_case()
    act(lead_client, decided, "decide", **FAKE)

    assert str(waiting) in listing(lead_client)
    assert str(decided) not in listing(lead_client)
    assert str(decided) in listing(lead_client, state="decided")
    everything = listing(lead_client, state="all")
    assert str(waiting) in everything
    assert str(decided) in everything


def test_a_case_is_claimed_decided_and_reopened_by_the_services(
    lead_client: Client,
) -> None:
    case = make_case()

    act(lead_client, case, "claim")
    assert "the-lead, until" in case_file(lead_client, case)
    act(lead_client, case, "decide", **FAKE)
    decision = Decision.objects.get()
    act(lead_client, case, "reopen", because="The original turned up.")
    act(lead_client, case, "claim")
    act(lead_client, case, "release")

    assert (decision.outcome, decision.reason, decision.note) == (
        "fake",
        "content_edited",
        "The sky.",
    )
    assert decision.decided_by_name == "the-lead"
    done = AuditEvent.objects.exclude(action="evidence_viewed").order_by("id")
    assert list(done.values_list("action", flat=True)) == [
        "case_claimed",
        "case_decided",
        "case_reopened",
        "case_claimed",
        "case_released",
    ]
    case.refresh_from_db()
    assert case.status == "open"
    text = case_file(lead_client, case)
    assert "The sky." in text
    assert "Reopened a case" in text


def test_a_refused_decision_loses_nothing_typed(lead_client: Client) -> None:
    case = make_case()
    claim_case(case_id=case.pk, actor=make_user("moderator", username="rival"))

    answer = act(lead_client, case, "decide", **FAKE)
    unfounded = act(lead_client, make_case(), "decide", outcome="fake")

    text = answer.content.decode()
    assert "Rival is working on this case." in text
    assert "The sky." in text
    assert "Choose a reason" in unfounded.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize("name", ["claim", "release"])
def test_no_state_changes_by_get(lead_client: Client, name: str) -> None:
    case = make_case()
    url = reverse(f"admin:moderation_case_{name}", args=[case.pk])

    assert lead_client.get(url).status_code == 200
    case.refresh_from_db()
    assert case.status == "open"


@pytest.mark.parametrize(
    ("group", "decide", "reopen"),
    [
        ("moderator", 302, 403),
        ("lead", 302, 302),
        ("administrator", 302, 302),
        ("auditor", 403, 403),
        ("integrator", 403, 403),
    ],
)
def test_transitions_are_for_whom_the_groups_say(
    client_of: ClientOf, lead: User, group: str, decide: int, reopen: int
) -> None:
    case, decided = make_case(), make_case()
    decide_case(case_id=decided.pk, actor=lead, outcome="fake", reason="content_edited")
    client = client_of(make_user(group, is_staff=True))

    assert act(client, case, "decide", **FAKE).status_code == decide
    assert act(client, decided, "reopen", because="Why not.").status_code == reopen
    assert Decision.objects.filter(case=case).exists() == (decide == 302)
    assert Decision.objects.get(case=decided).withdrawn_at is None or reopen == 302


def test_an_auditor_reads_and_is_offered_nothing(client_of: ClientOf) -> None:
    case = make_case()
    client = client_of(make_user("auditor", is_staff=True))

    text = case_file(client, case)
    act(client, case, "claim")

    assert "/decide/" not in text
    assert "/claim/" not in text
    case.refresh_from_db()
    assert case.status == "open"


def test_the_history_is_for_readers_of_the_audit_trail(client_of: ClientOf) -> None:
    case = make_case()
    claim_case(case_id=case.pk, actor=make_user("lead"))

    def shown_to(group: str) -> bool:
        return "Claimed a case" in case_file(
            client_of(make_user(group, is_staff=True)), case
        )

    assert shown_to("auditor")
    assert not shown_to("moderator")


@pytest.mark.parametrize("name", ["case", "decision", "auditevent"])
def test_not_even_a_superuser_edits_or_deletes_the_record(
    client_of: ClientOf, lead: User, name: str
) -> None:
    case = make_case()
    decision = decide_case(
        case_id=case.pk, actor=lead, outcome="fake", reason="content_edited"
    )
    event = AuditEvent.objects.latest("id")
    pk = {"case": case.pk, "decision": decision.pk, "auditevent": event.pk}[name]
    client = client_of(make_user(is_staff=True, is_superuser=True))

    def post(what: str, *args: Any) -> int:
        url = reverse(f"admin:moderation_{name}_{what}", args=args)
        return int(client.post(url, {"post": "yes", "status": "open"}).status_code)

    assert post("change", pk) == 403
    assert post("delete", pk) == 403
    assert post("add") == 403
    post_all = {
        "action": "delete_selected",
        "_selected_action": [str(pk)],
        "post": "yes",
    }
    client.post(reverse(f"admin:moderation_{name}_changelist"), post_all)
    assert Case.objects.count() == Decision.objects.count() == 1
    assert AuditEvent.objects.filter(pk=event.pk).exists()


# --- Policies -----------------------------------------------------------------------
@pytest.mark.parametrize("group", ["lead", "administrator"])
def test_policies_are_read_here_and_written_on_their_pages(
    client_of: ClientOf, group: str
) -> None:
    version = make_policy(name="Generated")
    client = client_of(make_user(group, is_staff=True))

    change = reverse("admin:moderation_policy_change", args=[version.policy_id])
    shown = client.get(change)
    assert shown.status_code == 200
    assert "verdict_in" in shown.content.decode()
    assert client.post(change, {"name": "x"}).status_code == 403
    add = reverse("admin:moderation_policy_add")
    assert client.post(add, {"name": "x"}).status_code == 403
    delete = reverse("admin:moderation_policy_delete", args=[version.policy_id])
    assert client.post(delete, {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("name", ["case", "decision"])
def test_lists_show_the_picture_small(
    lead_client: Client, lead: User, name: str
) -> None:
    case = make_case()
    assert case.analysis is not None
    thumbnail = case.analysis.evidence_files.get(kind="thumbnail")
    decide_case(case_id=case.pk, actor=lead, outcome="fake", reason="content_edited")
    url = reverse(f"admin:moderation_{name}_changelist")

    shown = lead_client.get(url, {"state": "all"} if name == "case" else {})

    assert reverse("forensics:evidence", args=[thumbnail.pk]) in shown.content.decode()


@pytest.mark.parametrize("name", ["case", "decision", "auditevent", "policy"])
def test_lists_take_as_many_queries_for_30_rows_as_for_3(
    lead_client: Client,
    lead: User,
    name: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    url = reverse(f"admin:moderation_{name}_changelist")

    def make(count: int) -> None:
        for _ in range(count):
            make_policy()
            make_case()
            decided = make_case().pk
            decide_case(
                case_id=decided, actor=lead, outcome="fake", reason="content_edited"
            )

    make(3)
    lead_client.get(url, {"state": "all"} if name == "case" else {})
    with django_assert_max_num_queries(40) as few:
        lead_client.get(url, {"state": "all"} if name == "case" else {})
    make(27)

    with django_assert_max_num_queries(len(few)):
        lead_client.get(url, {"state": "all"} if name == "case" else {})
