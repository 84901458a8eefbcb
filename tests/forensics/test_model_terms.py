"""Weights for research only are marked wherever a result of theirs is shown."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from config.tasks import analyze_image
from forensics.models import Analysis
from forensics.wording import RESEARCH_ONLY
from tests.factories import (
    make_analysis,
    make_finding,
    make_image,
    make_queued_analysis,
)
from tests.images import jpeg

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from accounts.models import User

    ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db
TERMS = "only <b>research</b> and teaching"


def model(**changes: Any) -> dict[str, Any]:
    sound = {"name": "a-model", "version": "1.2.3", "sha256": "0" * 64}
    return sound | {"engine": "litert", "research_only": True, "terms": TERMS} | changes


def analysis_with(*models: dict[str, Any], **data: Any) -> Analysis:
    analysis = make_analysis(models_used=list(models))
    make_finding(analysis=analysis, analyzer="localizer", data=data)
    return analysis


def shown(client: Client, analysis: Analysis) -> str:
    page = client.get(reverse("forensics:image-detail", args=[analysis.image_id]))
    return str(page.content.decode())


def in_admin(client: Client, analysis: Analysis) -> str:
    place = reverse("admin:forensics_analysis_change", args=[analysis.pk])
    return str(client.get(place).content.decode())


def test_the_page_marks_the_model_and_its_finding(
    client_of: ClientOf, moderator: User
) -> None:
    page = shown(client_of(moderator), analysis_with(model(), research_only=True))
    assert page.count(str(RESEARCH_ONLY.label)) == 2
    assert page.count(str(RESEARCH_ONLY.meaning)[:40]) == 2
    assert "only &lt;b&gt;research&lt;/b&gt; and teaching" in page


def test_the_page_does_not_mark_free_weights(
    client_of: ClientOf, moderator: User
) -> None:
    free = analysis_with(model(research_only=False), research_only=False)
    assert str(RESEARCH_ONLY.label) not in shown(client_of(moderator), free)


def test_the_admin_marks_research_only_weights_and_shows_their_terms(
    client_of: ClientOf, administrator: User
) -> None:
    client = client_of(administrator)
    page = in_admin(client, analysis_with(model()))
    assert str(RESEARCH_ONLY.label) in page
    assert "only &lt;b&gt;research&lt;/b&gt; and teaching" in page
    free = in_admin(client, analysis_with(model(research_only=False)))
    assert str(RESEARCH_ONLY.label) not in free


def test_results_from_before_the_marks_are_still_shown(
    client_of: ClientOf, administrator: User
) -> None:
    old = model()
    del old["research_only"], old["terms"]
    analysis = analysis_with(old)
    client = client_of(administrator)
    assert "a-model 1.2.3" in in_admin(client, analysis)
    assert "a-model 1.2.3" in shown(client, analysis)
    answer = client.get(reverse("api:analysis-detail", args=[analysis.pk])).json()
    (found,) = answer["models"]
    assert found["research_only"] is None
    assert found["terms"] == ""


def test_an_analysis_records_what_its_models_may_be_used_for(
    client_of: ClientOf, moderator: User
) -> None:
    """The shipped baseline learned from CASIA, and says so to the API."""
    name = default_storage.save("originals/x.jpg", ContentFile(jpeg()))
    image = make_image(original=name, sha256=_sha256(jpeg()))
    analysis = make_queued_analysis(image=image)
    analyze_image.call(str(analysis.id))
    place = reverse("api:analysis-detail", args=[analysis.pk])
    models = client_of(moderator).get(place).json()["models"]
    baseline = next(m for m in models if m["name"] == "casia-ela-cnn")
    assert baseline["research_only"] is True
    assert "research and teaching only" in baseline["terms"]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
