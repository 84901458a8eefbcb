"""Every body that the API takes has an example, and the examples are right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from django.utils import timezone
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from config.request_examples import EXAMPLES
from moderation.models import Decision
from tests.factories import make_case, make_user

if TYPE_CHECKING:
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def described(api_of: ApiOf) -> dict[str, Any]:
    schema = api_of(None).get("/api/v1/schema/", HTTP_ACCEPT="application/json")
    found: dict[str, Any] = schema.json()
    return found


def bodies(described: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what each operation with a body in JSON says of it."""
    return {
        operation["operationId"]: operation["requestBody"]["content"][JSON]
        for operations in described["paths"].values()
        for operation in operations.values()
        if JSON in operation.get("requestBody", {}).get("content", {})
    }


def test_every_body_has_its_examples_and_each_fits(described: dict[str, Any]) -> None:
    found = bodies(described)
    assert set(found) == set(EXAMPLES)
    whole = Resource.from_contents(described, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:api", whole)
    checks = jsonschema.FormatChecker()
    for name, body in found.items():
        schema = {"$ref": f"urn:api{body['schema']['$ref']}"}
        holds = jsonschema.Draft202012Validator(
            schema, registry=registry, format_checker=checks
        )
        known = described["components"]["schemas"][body["schema"]["$ref"][21:]]
        for example in body["examples"].values():
            holds.validate(example["value"])
            assert set(example["value"]) <= set(known["properties"]), name


def test_examples_of_a_case_do_what_they_say(api_of: ApiOf) -> None:
    lead = make_user("lead")
    make_user("moderator", username="moderator")
    client = api_of(lead)

    def send(operation: str, words: str, path: str) -> int:
        body = {**EXAMPLES[operation][words]}
        if "token" in body:
            claimed = client.post(f"/api/v1/cases/{case.pk}/claim/", content_type=JSON)
            body["token"] = claimed.json()["claim_token"]
        sent = client.post(f"/api/v1/cases/{path}", body, content_type=JSON)
        return sent.status_code

    case = make_case()
    here = f"{case.pk}"
    for operation, words, action in (
        ("cases_comments_create", "A word to the others", "comments"),
        ("cases_assign_create", "To somebody", "assign"),
        ("cases_assign_create", "Back to all", "assign"),
        ("cases_release_create", "What I hold", "release"),
        ("cases_skip_create", "Somebody else's field", "skip"),
        ("cases_escalate_create", "To a lead", "escalate"),
        ("cases_decide_create", "Fake", "decide"),
    ):
        assert send(operation, words, f"{here}/{action}/") < 300, (operation, words)
    Decision.objects.update(final_at=timezone.now())
    assert send("cases_appeals_create", "For a customer", f"{here}/appeals/") == 201

    case = make_case()
    here = f"{case.pk}"
    for operation, words, action in (
        ("cases_decide_create", "Nobody can tell", "decide"),
        ("cases_reopen_create", "New evidence", "reopen"),
        ("cases_hold_create", "Until somebody resumes it", "hold"),
    ):
        assert send(operation, words, f"{here}/{action}/") < 300, (operation, words)
    make_case()
    sent = client.post(
        "/api/v1/cases/claim-next/",
        EXAMPLES["cases_claim_next_create"]["From one"],
        content_type=JSON,
    )
    assert sent.status_code == 200
