"""German is complete, and nothing that programs read or that is stored speaks it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import polib
import pytest
from django.apps import apps
from django.conf import settings
from django.urls import reverse
from django.utils.translation import override
from rest_framework.test import APIClient

from accounts.models import Preferences
from accounts.tokens import issue_token
from config.names import NAMES, OURS
from moderation import services
from moderation.models import AuditEvent, Case
from tests.factories import make_analysis, make_case, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

CATALOGS = Path(settings.BASE_DIR) / "locale" / "de" / "LC_MESSAGES"
DOMAINS = ("django", "djangojs")
GIT = shutil.which("git") or "git"
PLACES = re.compile(r"%\(\w+\)|%s|%d|\{\w*\}")


@pytest.fixture(params=DOMAINS)
def catalog(request: pytest.FixtureRequest) -> polib.POFile:
    return polib.pofile(str(CATALOGS / f"{request.param}.po"))


def said(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_text_is_translated_and_checked(catalog: polib.POFile) -> None:
    assert len(catalog) > 80
    assert [entry.msgid for entry in catalog if not entry.translated()] == []
    assert catalog.fuzzy_entries() == []
    assert catalog.obsolete_entries() == []


def test_values_stay_in_their_texts(catalog: polib.POFile) -> None:
    for entry in catalog:
        known = set(PLACES.findall(entry.msgid + entry.msgid_plural))
        for text in said(entry):
            assert set(PLACES.findall(text)) <= known, entry.msgid
            if not entry.msgid_plural:
                assert set(PLACES.findall(text)) == known, entry.msgid


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_the_product_reads_is_what_the_translators_wrote(domain: str) -> None:
    written = polib.pofile(str(CATALOGS / f"{domain}.po"))
    compiled = polib.mofile(str(CATALOGS / f"{domain}.mo"))
    assert {(e.msgctxt, e.msgid): said(e) for e in written} == {
        (e.msgctxt, e.msgid): said(e) for e in compiled
    }


@pytest.mark.skipif(not shutil.which("xgettext"), reason="needs Debian's gettext")
@pytest.mark.slow
@pytest.mark.parametrize("domain", DOMAINS)
def test_the_catalog_has_every_text_of_the_code(domain: str, tmp_path: Path) -> None:
    files = subprocess.run(
        [GIT, "ls-files", "-z"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=True,
    )
    for name in files.stdout.decode().split("\0"):
        source = Path(settings.BASE_DIR) / name
        if source.is_file() and not name.startswith(("models_store", "docs", "tests")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, tmp_path / name)
    collect = (
        "from django.core.management import call_command;"
        f"call_command('makemessages', domain={domain!r}, locale=['de'],"
        " no_location=True, ignore_patterns=['static/vendor*'], verbosity=0)"
    )
    before = polib.pofile(str(CATALOGS / f"{domain}.po"))
    subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {collect}"],
        cwd=tmp_path,
        check=True,
        env={
            "PATH": f"{Path(settings.BASE_DIR) / '.venv/bin'}:/usr/bin:/bin",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(tmp_path),
        },
    )
    where = tmp_path / "locale" / "de" / "LC_MESSAGES" / f"{domain}.po"
    after = polib.pofile(str(where))
    assert {e.msgid for e in after} == {e.msgid for e in before}


def test_names_that_django_derives_are_for_the_translators_too() -> None:
    derived = set()
    for label in OURS:
        for model in apps.get_app_config(label).get_models():
            options = model._meta
            derived |= {str(field.verbose_name) for field in options.fields}
            derived |= {str(options.verbose_name), str(options.verbose_name_plural)}
    missing = {
        name
        for name in derived - set(NAMES)
        if not name.startswith(("band ", "ID", "user", "password", "last", "super"))
    }
    known = {entry.msgid for entry in polib.pofile(str(CATALOGS / "django.po"))}
    django_own = {"first name", "last name", "email address", "staff status", "active"}
    django_own |= {"date joined", "groups", "superuser status", "PDQ", "SHA-256"}
    assert missing - known - django_own == set()


# --- What stays English ---------------------------------------------------------------
@pytest.fixture
def german_lead(db: None) -> User:
    lead = make_user("lead")
    Preferences.objects.create(user=lead, language="de")
    return lead


def test_pages_speak_german_to_whoever_asked_for_it(
    german_lead: User, client_of: Callable[[User], Client]
) -> None:
    page = client_of(german_lead).get(reverse("moderation:queue")).content.decode()
    assert '<html lang="de"' in page
    assert "Prüfliste" in page
    assert "Review queue" not in page


def test_the_browsers_wish_holds_for_strangers(client: Client) -> None:
    page = client.get(reverse("login"), headers={"accept-language": "de"})
    assert "Anmelden" in page.content.decode()


def test_programs_are_answered_in_english(german_lead: User) -> None:
    api = APIClient()
    secret = issue_token(user=german_lead).secret
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}", HTTP_ACCEPT_LANGUAGE="de")
    case = make_case(assigned_to=make_user("moderator", username="ann"))
    refused = api.post(
        f"/api/v1/cases/{case.pk}/decide/", {"outcome": "maybe"}, format="json"
    )
    assert refused["Content-Language"] == "en"
    assert "Choose" in refused.content.decode() or "valid" in refused.content.decode()
    assert "Wählen" not in refused.content.decode()
    title = api.get("/api/v1/nothing/").json()["title"]
    assert title == "There is no such resource"


def test_what_is_stored_is_english_whoever_acts(
    german_lead: User, client_of: Callable[[User], Client]
) -> None:
    analysis = make_analysis()
    client = client_of(german_lead)
    client.post(reverse("moderation:open", args=[analysis.image_id]))
    case = Case.objects.get(image=analysis.image)
    assert case.opened_because == "Opened by hand"
    page = client.get(reverse("moderation:case", args=[case.pk])).content.decode()
    assert "Von Hand eröffnet" in page
    with override("de"):
        services.claim_case(case_id=case.pk, actor=german_lead)
        services.skip_case(case_id=case.pk, actor=german_lead, because="unscharf")
    recorded = " ".join(str(e.data) for e in AuditEvent.objects.filter(case=case))
    assert "Von Hand" not in recorded
