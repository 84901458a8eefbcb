"""What pages and the API say of a picture's past, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.tokens import issue_token
from forensics import known
from forensics.known_models import Fingerprint, band_columns
from forensics.models import Analysis, Bank, BankEntry, Door, Submission
from forensics.services.known import save_entry
from moderation.known import MOST_SHOWN, known_images
from moderation.models import Case
from moderation.services import decide_case, reopen_case
from tests.factories import make_analysis, make_case, make_image, make_user

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User], Client]
HASH = int("0f" * 32, 16)


def seen(*bits: int, submitted_by: User | None = None, name: str = "a.jpg") -> Analysis:
    """Make an analyzed image whose hash differs from ``HASH`` in these bits."""
    image = make_image(submitted_by=submitted_by, original_name=name)
    text = f"{HASH ^ sum(1 << bit for bit in bits):064x}"
    Fingerprint.objects.create(
        image=image, pdq=text, quality=100, version="1", **band_columns(text)
    )
    return make_analysis(image=image)


def decided(analysis: Analysis, actor: User) -> Case:
    case = make_case(analysis=analysis)
    decide_case(case_id=case.pk, actor=actor, outcome="fake", reason="content_edited")
    return case


def page(client: Client, analysis: Analysis) -> str:
    address = reverse("forensics:image-detail", args=[analysis.image_id])
    return client.get(address).content.decode()


def test_earlier_arrivals_decisions_and_copies_are_said(
    client_of: ClientOf, moderator: User, lead: User
) -> None:
    shown, copy = seen(), seen(1, 2, 3, name="copy.jpg")
    seen(*range(32))  # one bit too far
    for _ in range(4):
        Submission.objects.create(organization_id=1, image=shown.image, door=Door.API)
    decided(shown, lead)
    case = decided(copy, lead)

    html = page(client_of(moderator), shown)

    assert "Seen 4 times before." in html
    assert "1 other image looks alike, the nearest with 3 of 256 bits different" in html
    assert html.count("Decided <strong>fake</strong>") == 2
    assert f"by {lead}" in html
    assert reverse("forensics:image-detail", args=[copy.image_id]) in html
    assert reverse("moderation:case", args=[case.pk]) in html
    assert reverse("forensics:evidence", args=[copy.evidence_files.get().pk]) in html


def test_a_withdrawn_decision_is_not_in_force(moderator: User, lead: User) -> None:
    shown = seen()
    case = decided(shown, lead)
    found = known_images(image=shown.image, analysis=shown, user=moderator)
    assert [d.outcome for d in found.decisions] == ["fake"]
    reopen_case(case_id=case.pk, actor=lead, because="wrong one")
    found = known_images(image=shown.image, analysis=shown, user=moderator)
    assert not found.decisions
    assert found.is_new


def test_a_case_page_leaves_out_its_own_decision(
    client_of: ClientOf, moderator: User, lead: User
) -> None:
    shown = seen()
    case = decided(shown, lead)
    address = reverse("moderation:case", args=[case.pk])
    html = client_of(moderator).get(address).content.decode()
    assert "Decided <strong>fake</strong>" not in html
    assert "Known images" in html


def test_an_integrator_sees_only_what_they_sent(
    client_of: ClientOf, integrator: User, lead: User
) -> None:
    other = make_user("integrator")
    shown = seen(submitted_by=integrator)
    own = seen(1, submitted_by=integrator, name="own.jpg")
    secret = seen(2, submitted_by=other, name="secret.jpg")
    Submission.objects.create(
        organization_id=1, image=shown.image, submitted_by=other, door=Door.API
    )
    decided(shown, lead)
    decided(own, lead)

    html = page(client_of(integrator), shown)

    assert "own.jpg" in html
    assert "secret.jpg" not in html
    assert str(secret.image_id) not in html
    assert "1 other image looks alike" in html
    assert "Decided" not in html
    assert "Seen" not in html
    assert "Add to a bank" not in html


def test_many_copies_cost_as_many_queries_as_few(
    client_of: ClientOf,
    moderator: User,
    lead: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    shown = seen()
    client = client_of(moderator)
    seen(1)
    counts = []
    for more in (1, 12):
        for bit in range(more):
            decided(seen(2 + bit, 100 + more), lead)
        with django_assert_max_num_queries(28) as queries:
            html = page(client, shown)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert html.count("distance ") == MOST_SHOWN


def test_what_came_into_a_bank_since_is_marked(
    client_of: ClientOf, moderator: User, integrator: User
) -> None:
    shown = seen(submitted_by=integrator)
    bank = Bank.objects.create(name="<b>List</b>", purpose="fake")
    save_entry(entry=BankEntry(bank=bank, sha256=shown.image.sha256, pdq=""))
    html = page(client_of(moderator), shown)
    assert "Known fakes: &lt;b&gt;List&lt;/b&gt;" in html
    assert "re-analyze to record it" in html
    assert "List" not in page(client_of(integrator), shown)


def test_an_entry_whose_bank_means_another_thing_now_is_marked(
    client_of: ClientOf, moderator: User
) -> None:
    shown = seen()
    bank = Bank.objects.create(name="List", purpose="good")
    entry = save_entry(
        entry=BankEntry(bank=bank, sha256=shown.image.sha256, pdq="0f" * 32)
    )
    before = match_of(entry=str(entry.pk), code="known_fake", purpose="fake")
    Analysis.objects.filter(pk=shown.pk).update(known_matches=[before])
    html = page(client_of(moderator), shown)
    assert "Known good: List" in html
    assert "re-analyze to record it" in html


def test_the_page_says_where_not_all_entries_were_compared(
    client_of: ClientOf, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = seen()
    bank = Bank.objects.create(name="List", purpose="fake")
    for bit in range(4):
        save_entry(entry=BankEntry(bank=bank, pdq=f"{HASH ^ 1 << bit:064x}"))
    said = "not all of them were compared"
    assert said not in page(client_of(moderator), shown)
    monkeypatch.setattr(known, "MAX_CANDIDATES", 2)
    assert said in page(client_of(moderator), shown)


def match_of(**but: Any) -> dict[str, Any]:
    """Return a match as it is recorded."""
    return {
        "code": "known_fake_near",
        "entry": "018f3a5e-0000-7000-8000-000000000000",
        "bank": "Desk",
        "purpose": "fake",
        "method": "pdq",
        "distance": 6,
        "transform": "turned_90",
        "hash": "0f" * 32,
    } | but


def in_api(client: Client, analysis: Analysis, user: User) -> Any:
    token = f"Bearer {issue_token(user=user).secret}"
    address = f"/api/v1/analyses/{analysis.pk}/"
    return client.get(address, headers={"Authorization": token}).json()["known_matches"]


def test_recorded_matches_are_in_page_and_api_for_who_may_see_banks(
    client_of: ClientOf, client: Client, moderator: User
) -> None:
    shown = seen()
    matches = [match_of(), match_of(code="known_custom_near", purpose="custom")]
    Analysis.objects.filter(pk=shown.pk).update(known_matches=matches)
    html = page(client_of(moderator), shown)
    assert "Known fakes: Desk" in html
    assert "Other: Desk" in html
    assert "looks alike, turned by 90: 6 of 256 bits differ" in html
    assert in_api(client, shown, moderator) == [
        {name: match[name] for name in match if name != "hash"} for match in matches
    ]


def test_who_may_not_see_banks_learns_neither_their_names_nor_of_custom_ones(
    client_of: ClientOf, client: Client, integrator: User
) -> None:
    shown = seen(submitted_by=integrator)
    hidden = match_of(code="known_custom_near", purpose="custom", bank="Secret")
    matches = [match_of(), hidden]
    Analysis.objects.filter(pk=shown.pk).update(known_matches=matches)

    html = page(client_of(integrator), shown)
    assert "Known fakes: a bank</strong> (looks alike, turned by 90" in html
    assert "Desk" not in html
    assert "Secret" not in html
    assert "Other:" not in html
    told = in_api(client, shown, integrator)
    expected = match_of(entry=None, bank=None)
    del expected["hash"]
    assert told == [expected]
