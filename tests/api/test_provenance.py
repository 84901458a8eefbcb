"""Content Credentials in the API: integrity and trust, never merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from config.tasks import analyze_image
from forensics.services import pipeline
from tests.api.helpers import picture, upload
from tests.api.test_schema import check, schema
from tests.credentials import GENERATED, action, flipped, identity, signed
from tests.factories import make_analysis, make_finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django import Settings

    from accounts.models import User
    from tests.api.conftest import ApiOf

__all__ = ["schema"]  # a fixture
pytestmark = pytest.mark.django_db


@pytest.fixture
def own_list(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """An installation that trusts the tests' own signer."""
    settings.C2PA_TRUST_LIST = tmp_path / "ours.pem"
    settings.C2PA_TRUST_LIST.write_bytes(b"# date: 2026-01-02\n" + identity().root)
    pipeline.current_pipeline.cache_clear()
    yield
    pipeline.current_pipeline.cache_clear()


@pytest.mark.usefixtures("own_list")
def test_a_changed_file_of_a_trusted_signer(
    api_of: ApiOf, integrator: User, schema: dict[str, Any]
) -> None:
    client = api_of(integrator)
    data = signed(picture(), action(source=GENERATED))
    sent = upload(client, flipped(data, len(data) - 300)).json()["analysis"]
    analyze_image.call(sent["id"])
    answer = client.get(sent["url"])
    check(schema, answer, "get", "/analyses/{id}/")
    assert answer.json()["provenance"] == {
        "integrity": "invalid",
        "trust": "trusted",
        "signer": "Test Signer",
        "organization": "Test Studio",
        "issuer": "Test Root, Test Authority",
        "signed_at": None,
        "signed_at_is_trusted": None,
        "origin": "generated",
        "trust_list_date": "2026-01-02",
    }
    listed = answer.json()["parameters"]["c2pa_trust_list"]
    assert listed.startswith("2026-01-02 ")


def test_no_credential_is_an_answer(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    sent = upload(client, picture()).json()["analysis"]
    analyze_image.call(sent["id"])
    found = client.get(sent["url"]).json()["provenance"]
    assert (found["integrity"], found["trust"]) == ("none", "unknown")
    assert found["signer"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "failed", "data": {}},
        {"data": {"integrity": "certainly", "trust": ["x"], "tree": "x"}},
    ],
)
def test_a_failed_or_odd_finding_is_unknown(
    api_of: ApiOf, moderator: User, fields: dict[str, Any]
) -> None:
    analysis = make_analysis()
    make_finding(analysis=analysis, analyzer="provenance", **fields)
    answer = api_of(moderator).get(f"/api/v1/analyses/{analysis.pk}/").json()
    found = answer["provenance"]
    assert (found["integrity"], found["trust"]) == ("unknown", "unknown")


def test_an_older_analysis_says_nothing(api_of: ApiOf, moderator: User) -> None:
    analysis = make_analysis()
    answer = api_of(moderator).get(f"/api/v1/analyses/{analysis.pk}/").json()
    assert answer["provenance"] is None
