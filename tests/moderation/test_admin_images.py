"""The admin lists pictures; a picture's page is its case file, and acts by services."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from forensics.models import Analysis, EvidenceFile, Finding, Image
from moderation.models import AuditEvent, Case, Decision
from moderation.services import claim_case, decide_case
from tests.factories import make_analysis, make_case, make_evidence, make_user
from tests.moderation.chain import assert_chain_is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from accounts.models import User

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
LIST = "/admin/forensics/image/"
CASES = "/admin/moderation/case/"
FAKE = {"outcome": "fake", "reason_fake": "content_edited", "note": ""}


@pytest.fixture
def lead_client(client_of: ClientOf) -> Client:
    return client_of(make_user("lead", username="the-lead", is_staff=True))


def listed(client: Client, **query: str) -> list[Image]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list)


def file_of(client: Client, image: Image) -> str:
    answer = client.get(f"{LIST}{image.pk}/change/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def decided(actor: User) -> Case:
    case = make_case()
    decide_case(case_id=case.pk, actor=actor, outcome="fake", reason="content_edited")
    case.refresh_from_db()
    return case


# --- The list -----------------------------------------------------------------------
def test_the_list_begins_with_what_waits_longest(
    lead_client: Client, lead: User
) -> None:
    old = make_case(opened_at=timezone.now() - timedelta(days=2))
    new, done, without = make_case(), decided(lead), make_analysis().image

    assert listed(lead_client) == [old.image, new.image]
    assert listed(lead_client, state="decided") == [done.image]
    assert listed(lead_client, state="none") == [without]
    assert len(listed(lead_client, state="all")) == 4
    claim_case(case_id=new.pk, actor=lead)
    assert listed(lead_client, state="claimed") == [new.image]


def test_a_row_says_state_waiting_time_and_counts(
    lead_client: Client, lead: User
) -> None:
    case = make_case(opened_at=timezone.now() - timedelta(days=3))
    make_analysis(image=case.image)
    claim_case(case_id=case.pk, actor=lead)

    text = lead_client.get(LIST).content.decode()

    assert f"Claimed: {lead}" in text
    assert "3\N{NO-BREAK SPACE}days" in text
    assert "1 cases, 2 analyses, 1 arrivals" in text


def test_the_hash_is_found_by_its_beginning(lead_client: Client) -> None:
    case, _other = make_case(), make_case()

    assert listed(lead_client, q=case.image.sha256[:12].upper()) == [case.image]


def test_long_lists_are_counted_a_few_pages_ahead_only(
    lead_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Image.objects.bulk_create(
        Image(
            organization_id=1,
            sha256=f"{number:064x}",
            original="x",
            byte_size=1,
            format="JPEG",
            media_type="image/jpeg",
            width=1,
            height=1,
        )
        for number in range(600)
    )

    first = lead_client.get(LIST, {"state": "all"})
    with django_assert_max_num_queries(40) as asked:
        last = lead_client.get(LIST, {"state": "all", "p": "12"})

    assert "more than 250 images" in first.content.decode()
    assert "600 images" in last.content.decode()
    counts = [one["sql"] for one in asked.captured_queries if "COUNT(*)" in one["sql"]]
    assert all("LIMIT" in sql for sql in counts if "forensics_image" in sql)


def test_who_may_not_see_cases_is_shown_none(client_of: ClientOf) -> None:
    case = make_case()
    client = client_of(make_user("integrator", is_staff=True))

    assert client.get(LIST).status_code in {302, 403}
    assert client.get(f"{LIST}{case.image_id}/change/").status_code in {302, 403}


# --- The case file ------------------------------------------------------------------
def test_the_case_file_shows_evidence_analyses_cases_decisions_and_record(
    lead_client: Client, lead: User
) -> None:
    case = decided(lead)
    analysis = case.analysis
    assert analysis is not None
    heat_map = make_evidence(
        analysis=analysis, kind="ela", finding=analysis.findings.get()
    )
    older = make_analysis(image=case.image, is_current=False)

    text = file_of(lead_client, case.image)

    assert reverse("forensics:evidence", args=[heat_map.pk]) in text
    assert reverse("admin:forensics_analysis_change", args=[older.pk]) in text
    assert reverse("admin:moderation_case_change", args=[case.pk]) in text
    assert "Content was added, removed or altered" in text
    assert "Decided a case" in text
    assert f"{reverse('moderation:audit')}?image={case.image_id}" in text


def test_the_case_file_offers_what_can_be_done_now(
    lead_client: Client, client_of: ClientOf, lead: User
) -> None:
    waiting, done, bare = make_case(), decided(lead), make_analysis().image
    auditor = client_of(make_user("auditor", is_staff=True))

    def offered(client: Client, image: Image) -> set[str]:
        text = file_of(client, image)
        names = ("decide", "claim", "reopen", "hold", "release")
        found = {name for name in names if f"/{name}/?from=image" in text}
        found |= {"open"} if "Send to review" in text else set()
        return found | ({"reanalyze"} if "Re-analyze" in text else set())

    assert offered(lead_client, waiting.image) == {
        "decide",
        "claim",
        "hold",
        "reanalyze",
    }
    assert offered(lead_client, done.image) == {"reopen", "open", "reanalyze"}
    assert offered(lead_client, bare) == {"open", "reanalyze"}
    assert offered(auditor, waiting.image) == set()


def test_a_transition_asks_first_and_leads_back_to_the_image(
    lead_client: Client,
) -> None:
    case = make_case()
    page = f"{CASES}{case.pk}/hold/?from=image"

    asked = lead_client.get(page).content.decode()
    missing = lead_client.post(page, {"because": ""})
    done = lead_client.post(page, {"because": "Waits for the sender.", "hours": "4"})

    assert "offered to nobody until then" in asked
    assert "Say why." in missing.content.decode()
    assert done.headers["Location"] == f"{LIST}{case.image_id}/change/"
    case.refresh_from_db()
    assert case.status == "held"
    assert case.held_until is not None
    assert AuditEvent.objects.filter(action="case_held", case=case).exists()
    again = lead_client.get(page).content.decode()
    assert "so this cannot be done to it" in again
    assert 'type="submit" value="Put on hold"' not in again


# --- Many at once -------------------------------------------------------------------
def bulk(client: Client, url: str, action: str, pks: list[Any], **fields: str) -> Any:
    sent = {"action": action, "_selected_action": [str(pk) for pk in pks]}
    return client.post(url, sent | fields)


def test_a_bulk_action_shows_what_will_happen_before_it_does(
    lead_client: Client, lead: User
) -> None:
    one, two, done = make_case(), make_case(), decided(lead)
    chosen = [one.pk, two.pk, done.pk]
    url = f"{CASES}?state=all"

    asked = bulk(lead_client, url, "escalate", chosen).content.decode()
    assert "Of 3 chosen, this can be done with 2" in asked
    assert "This case is decided, so this cannot be done to it." in asked
    assert not Case.objects.exclude(escalated_at=None).exists()
    answer = bulk(
        lead_client,
        url,
        "escalate",
        chosen,
        confirmed="yes",
        because="A lead should look.",
    )

    assert answer.status_code == 302
    assert Case.objects.exclude(escalated_at=None).count() == 2
    assert AuditEvent.objects.filter(action="case_escalated").count() == 2
    assert_chain_is_whole()


def test_images_are_sent_to_review_and_assigned_from_their_list(
    lead_client: Client, moderator: User
) -> None:
    bare, waiting = make_analysis().image, make_case().image
    url = f"{LIST}?state=all"

    asked = bulk(lead_client, url, "open_cases", [bare.pk, waiting.pk])
    assert "It is to be decided already." in asked.content.decode()
    bulk(lead_client, url, "open_cases", [bare.pk], confirmed="yes", because="Odd.")
    bulk(
        lead_client,
        url,
        "assign",
        [bare.pk, waiting.pk],
        confirmed="yes",
        person=moderator.username,
    )

    assert Case.objects.get(image=bare).opened_because == "Odd."
    assert {case.assigned_to for case in Case.objects.all()} == {moderator}


def test_a_bulk_action_says_what_went_wrong_with_which(
    lead_client: Client, lead: User
) -> None:
    one, done = make_case(), decided(lead)

    answer = bulk(
        lead_client,
        f"{CASES}?state=all",
        "hold",
        [one.pk, done.pk],
        confirmed="yes",
        because="Wait.",
    )

    said = [
        str(m) for m in lead_client.get(answer.headers["Location"]).context["messages"]
    ]
    assert any(str(done) in text and "decided" in text for text in said)
    assert any("Done with 1 case." in text for text in said)


def test_bulk_actions_need_their_permission(client_of: ClientOf, lead: User) -> None:
    one, done = make_case(), decided(lead)
    sent = {"confirmed": "yes", "because": "Because."}
    auditor = client_of(make_user("auditor", is_staff=True))
    moderator = client_of(make_user("moderator", is_staff=True))

    bulk(auditor, f"{CASES}?state=all", "escalate", [one.pk], **sent)
    bulk(auditor, f"{LIST}?state=all", "open_cases", [done.image_id], **sent)
    bulk(moderator, f"{CASES}?state=all", "reopen", [done.pk], **sent)

    one.refresh_from_db()
    done.refresh_from_db()
    assert (one.escalated_at, done.status) == (None, "decided")
    assert Case.objects.count() == 2


# --- Nothing in it alters evidence or skips the record ------------------------------
def admin_addresses(objects: dict[str, Any]) -> Iterator[str]:
    """Yield every address of the admin, with ids of rows that there are."""
    resolver = get_resolver().namespace_dict["admin"][1]
    for pattern in resolver.url_patterns:
        for one in getattr(pattern, "url_patterns", [pattern]):
            if isinstance(one, URLPattern) and one.name not in {None, "app_list"}:
                yield from _address(pattern, one, objects)


def _address(
    prefix: Any, pattern: URLPattern, objects: dict[str, Any]
) -> Iterator[str]:
    names = list(pattern.pattern.converters)
    model = str(prefix.pattern).strip("/").rpartition("/")[2]
    if not names:
        yield reverse(f"admin:{pattern.name}")
    elif names in (["object_id"], ["case_id"], ["id"]):
        yield reverse(f"admin:{pattern.name}", args=[objects.get(model, 1)])


@pytest.mark.parametrize(
    "group", ["moderator", "lead", "administrator", "auditor", "integrator", "root"]
)
def test_no_post_to_the_admin_alters_evidence_or_skips_the_record(
    client_of: ClientOf, lead: User, group: str
) -> None:
    case, done = make_case(), decided(lead)
    analysis = done.analysis
    assert analysis is not None
    objects = {
        "image": done.image_id,
        "analysis": analysis.pk,
        "finding": analysis.findings.get().pk,
        "case": case.pk,
        "decision": done.decisions.get().pk,
        "auditevent": AuditEvent.objects.latest("position").pk,
        "user": lead.pk,
    }
    groups = [] if group == "root" else [group]
    person = make_user(*groups, is_staff=True, is_superuser=group == "root")
    client = client_of(person)
    client.raise_request_exception = False
    before = evidence()
    events = list(AuditEvent.objects.values_list("position", "hash"))
    addresses = sorted(set(admin_addresses(objects)) - {"/admin/logout/"})
    assert len(addresses) > 60

    for address in addresses:
        for fields in (
            {"post": "yes", "sha256": "0" * 64, "verdict": "fake", "score": "0.9"},
            {
                "action": "delete_selected",
                "_selected_action": [
                    str(pk) for name, pk in objects.items() if f"/{name}/" in address
                ],
                "post": "yes",
            },
        ):
            assert client.post(address, fields).status_code != 500, address

    assert evidence() == before
    kept = AuditEvent.objects.filter(position__lte=len(events))
    assert list(kept.values_list("position", "hash")) == events
    assert Decision.objects.count() == 1
    assert_chain_is_whole()
    case.refresh_from_db()
    changes = AuditEvent.objects.filter(case=case).exclude(action="evidence_viewed")
    assert case.status == "open" or changes.exists()


def evidence() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Image, Analysis, Finding, EvidenceFile)
    ]
