"""One's own settings, what holds for all, and what only oneself may know."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, Preferences
from moderation.care_selectors import exposure_of
from moderation.exceptions import NotAllowedError
from moderation.models import AuditEvent
from moderation.services import claim_case
from moderation.services.audit import record
from moderation.services.care import save_organization
from tests.factories import make_case, make_user

if TYPE_CHECKING:
    from pytest_django import Settings

    from accounts.models import User

pytestmark = pytest.mark.django_db
ClientOf = Callable[["User"], Client]
OWN, ALL = "/settings/", "/settings/organization/"
CHOSEN = {"blur": "yes", "grayscale": "no", "break_minutes": "45", "language": "en"}


def test_a_person_chooses_and_the_record_keeps_it_private(
    moderator: User, client_of: ClientOf
) -> None:
    client = client_of(moderator)
    assert client.post(OWN, CHOSEN).status_code == 302
    own = Preferences.objects.get(user=moderator)
    assert (own.blur, own.grayscale, own.break_minutes) == (True, False, 45)
    assert own.language == "en"
    event = AuditEvent.objects.get(action="preferences_changed")
    assert event.data == {"changed": sorted(CHOSEN)}
    page = client.get(OWN).content.decode()
    assert 'value="45" selected' in page
    assert "stored" in page


def test_storing_the_same_again_records_nothing(
    moderator: User, client_of: ClientOf
) -> None:
    client = client_of(moderator)
    client.post(OWN, CHOSEN)
    client.post(OWN, CHOSEN)
    assert AuditEvent.objects.filter(action="preferences_changed").count() == 1
    client.post(OWN, CHOSEN | {"blur": ""})
    assert Preferences.objects.get(user=moderator).blur is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"blur": "perhaps"},
        {"break_minutes": "-5"},
        {"break_minutes": "9" * 40},
        {"language": "xx"},
        {"language": "en\0"},
        {"blur": "\0"},
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    wrong: dict[str, str], moderator: User, client_of: ClientOf
) -> None:
    answer = client_of(moderator).post(OWN, CHOSEN | wrong)
    assert answer.status_code == 422
    assert b"field-error" in answer.content
    assert not Preferences.objects.filter(user=moderator).exists()


def test_nobody_reaches_the_settings_unknown(client: Client) -> None:
    for address in (OWN, ALL):
        assert client.get(address).status_code == 302
        assert client.post(address, CHOSEN).url.startswith("/login/")


def test_every_person_has_settings(client_of: ClientOf) -> None:
    for group in ("moderator", "lead", "administrator", "auditor", "integrator"):
        page = client_of(make_user(group)).get(OWN)
        assert page.status_code == 200
        assert ("For everybody" in page.content.decode()) is (group == "administrator")


def test_administrators_set_what_holds_for_all(
    administrator: User, moderator: User, client_of: ClientOf
) -> None:
    client_of(administrator).post(ALL, {"blur_by_default": "on"})
    assert Organization.objects.get().blur_by_default
    event = AuditEvent.objects.get(action="organization_changed")
    assert event.actor == administrator
    assert event.data["before"]["blur_by_default"] is False
    assert event.data["after"]["blur_by_default"] is True
    assert b'data-veil="blur"' in client_of(moderator).get("/cases/").content


def test_nobody_else_sets_it(client_of: ClientOf) -> None:
    for group in ("moderator", "lead", "auditor", "integrator"):
        person = make_user(group)
        client = client_of(person)
        assert client.get(ALL).status_code == 403
        assert client.post(ALL, {"blur_by_default": "on"}).status_code == 403
        with pytest.raises(NotAllowedError):
            save_organization(organization=Organization.objects.get(), actor=person)
    assert not Organization.objects.get().blur_by_default


def test_the_admin_sets_it_through_the_same_service(
    administrator: User, lead: User, client_of: ClientOf
) -> None:
    address = reverse("admin:accounts_organization_change", args=[1])
    client = client_of(administrator)
    client.post(address, {"name": "Newsroom", "grayscale_by_default": "on"})
    assert Organization.objects.get().grayscale_by_default
    assert AuditEvent.objects.get(action="organization_changed").actor == administrator
    assert client.get("/admin/accounts/organization/add/").status_code == 403
    lead.is_staff = True
    lead.save()
    assert client_of(lead).get(address).status_code == 403


def test_seen_pictures_are_counted_once_and_by_the_calendar(moderator: User) -> None:
    wednesday = timezone.now().replace(year=2026, month=11, day=25, hour=12)
    case = make_case()
    claim_case(case_id=case.pk, actor=moderator)
    other, old, older = uuid4(), uuid4(), uuid4()
    for image in (case.image_id, other, other, old, older):
        record("evidence_viewed", actor=moderator, image_id=image)
    record("evidence_loaded_ahead", actor=moderator, image_id=uuid4())
    record("evidence_viewed", actor=make_user("moderator"), image_id=uuid4())
    mine = AuditEvent.objects.filter(actor=moderator)
    mine.update(at=wednesday)
    mine.filter(image=old).update(at=wednesday - timedelta(days=2))  # Monday
    mine.filter(image=older).update(at=wednesday - timedelta(days=3))  # Sunday
    seen = exposure_of(moderator, now=wednesday)
    assert (seen.today, seen.this_week) == (2, 3)


def test_only_the_person_sees_the_count(
    moderator: User, administrator: User, client_of: ClientOf
) -> None:
    for _ in range(3):
        record("evidence_viewed", actor=moderator, image_id=uuid4())
    shown = client_of(moderator).get(OWN)
    assert shown.context["exposure"].today == 3
    assert "no-store" in shown["Cache-Control"]
    assert client_of(administrator).get(OWN).context["exposure"].today == 0
    page = reverse("admin:accounts_user_change", args=[moderator.pk])
    client = client_of(administrator)
    for address in (page, "/admin/accounts/user/", "/admin/"):
        text = client.get(address).content.decode().lower()
        assert "exposure" not in text
        assert "preferences" not in text


def test_the_chosen_language_goes_before_the_browsers(
    moderator: User, client_of: ClientOf, settings: Settings
) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    client = client_of(moderator)

    def language(**headers: Any) -> str:
        answer = client.get(OWN, headers=headers)
        found = re.search(r'<html lang="([^"]*)"', answer.content.decode())
        assert found
        assert found.group(1) == answer["Content-Language"]
        return found.group(1)

    assert language(accept_language="de") == "de"
    client.post(OWN, CHOSEN | {"language": "en"})
    assert language(accept_language="de") == "en"
    client.post(OWN, CHOSEN | {"language": "de"})
    assert language(accept_language="en") == "de"
    client.post(OWN, CHOSEN | {"language": ""})
    assert language(accept_language="de") == "de"
    # A language that this installation no longer speaks is as none.
    Preferences.objects.update(language="fr")
    assert language(accept_language="en") == "en"


def test_the_break_is_suggested_only_to_who_asked(
    moderator: User, client_of: ClientOf
) -> None:
    client = client_of(moderator)
    assert b"data-break-reminder" not in client.get("/cases/").content
    client.post(OWN, CHOSEN)
    assert b'data-minutes="45"' in client.get("/cases/").content
