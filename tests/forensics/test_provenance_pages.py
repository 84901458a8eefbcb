"""Content Credentials on the evidence page and in the installation's checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from config.tasks import analyze_image
from forensics.checks import check_trust_list
from forensics.models import Analysis
from forensics.services import pipeline as pipeline_service
from forensics.services.pipeline import read_trust_list, usable_trust_list
from tests.credentials import Part, action, identity, opened, signed
from tests.factories import make_analysis, make_finding
from tests.forensics.pages import ClientOf, send
from tests.images import jpeg, photo_like

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.test import Client
    from pytest_django import Settings

    from accounts.models import User

HOSTILE = '<img src=x onerror="alert(1)">'
pytestmark = pytest.mark.django_db


@pytest.fixture
def own_list(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """An installation that trusts the tests' own signer."""
    path = tmp_path / "ours.pem"
    head = b"# name: Ours\n# date: 2026-01-02\n# source: made here\n\n"
    path.write_bytes(head + identity().root)
    settings.C2PA_TRUST_LIST = path
    pipeline_service.current_pipeline.cache_clear()
    yield path
    pipeline_service.current_pipeline.cache_clear()


def nested() -> bytes:
    picture = jpeg(photo_like(4, (96, 64)))
    first = signed(picture)
    return signed(
        first,
        opened(),
        action("c2pa.color_adjustments"),
        parts=[Part(first, title=HOSTILE)],
        title="the edited one",
    )


def analyzed(client: Client, data: bytes) -> Analysis:
    send(client, SimpleUploadedFile("a.jpg", data, content_type="image/jpeg"))
    analysis = Analysis.objects.latest("queued_at")
    analyze_image.call(str(analysis.pk))
    analysis.refresh_from_db()
    return analysis


def page_of(client: Client, analysis: Analysis) -> str:
    answer = client.get(reverse("forensics:image-detail", args=[analysis.image_id]))
    return str(answer.content.decode())


@pytest.mark.usefixtures("own_list")
def test_the_page_shows_two_badges_and_the_tree(
    client_of: ClientOf, moderator: User
) -> None:
    client = client_of(moderator)
    page = page_of(client, analyzed(client, nested()))
    assert "Unchanged since signing" in page
    assert "Trusted signer" in page
    assert "Ours, as of 2026-01-02." in page
    assert "Certificate issued by" in page
    assert "the edited one" in page
    assert "Colors adjusted with Test Program" in page
    assert "Made from" in page
    assert HOSTILE not in page
    assert "&lt;img src=x" in page


def test_no_credential_is_said_and_makes_no_card(
    client_of: ClientOf, moderator: User
) -> None:
    client = client_of(moderator)
    page = page_of(client, analyzed(client, jpeg(photo_like(4, (96, 64)))))
    assert "provenance-heading" not in page
    assert "their absence speaks neither way" in page


def test_a_failed_finding_is_shown_as_unknown(
    client_of: ClientOf, moderator: User
) -> None:
    analysis = make_analysis()
    make_finding(analysis=analysis, analyzer="provenance", status="failed", data={})
    page = page_of(client_of(moderator), analysis)
    assert "Signer not known" in page
    assert "Trusted signer" not in page


def test_the_bundled_list_is_what_its_head_says() -> None:
    trust = read_trust_list()
    assert trust is not None
    assert (trust.name, trust.date) == ("C2PA Trust List", "2026-09-24")
    assert trust.certificates == 30
    assert trust.authorities.count("BEGIN CERTIFICATE") == 22
    assert check_trust_list() == []


@pytest.mark.parametrize(
    ("content", "words"), [(None, "No such file"), (b"nothing", "no certificate")]
)
def test_an_unusable_list_is_a_warning_and_trusts_nobody(
    settings: Settings, tmp_path: Path, content: bytes | None, words: str
) -> None:
    settings.C2PA_TRUST_LIST = tmp_path / "list.pem"
    if content is not None:
        settings.C2PA_TRUST_LIST.write_bytes(content)
    (warning,) = check_trust_list()
    assert warning.id == "forensics.W002"
    assert words in warning.msg
    assert usable_trust_list() is None


def test_going_without_a_list_is_a_choice(settings: Settings) -> None:
    settings.C2PA_TRUST_LIST = None
    assert check_trust_list() == []
    assert usable_trust_list() is None
