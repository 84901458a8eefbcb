"""The OpenAPI description is valid, and says what the server does."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from config.tasks import analyze_image
from tests.api.helpers import IMAGES, picture, upload
from tests.factories import make_analysis, make_area, make_bank_entry, make_case

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User
    from tests.api.conftest import ApiOf, TestClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(api_of: ApiOf) -> dict[str, Any]:
    answer = api_of(None).get("/api/v1/schema/", HTTP_ACCEPT="application/json")
    described: dict[str, Any] = answer.json()
    return described


def check(schema: dict[str, Any], answer: Any, method: str, template: str) -> None:
    """Hold an answer to what the description says of it."""
    responses = schema["paths"][f"/api/v1{template}"][method]["responses"]
    content = responses[str(answer.status_code)]["content"]
    media_type = answer.headers["Content-Type"].split(";")[0]
    resource = Resource.from_contents(schema, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:api", resource)
    pointer = f"paths/~1api~1v1{template.replace('/', '~1')}/{method}/responses"
    place = f"{answer.status_code}/content/{media_type.replace('/', '~1')}/schema"
    validator = jsonschema.Draft202012Validator(
        {"$ref": f"urn:api#/{pointer}/{place}"}, registry=registry
    )
    assert media_type in content
    body = answer.json()
    validator.validate(body)
    validator_of_all(schema, content[media_type]["schema"], registry).validate(body)


def check_chosen(
    schema: dict[str, Any], answer: Any, method: str, template: str
) -> None:
    """Hold an answer with chosen fields to what the description says of it."""
    content = schema["paths"][f"/api/v1{template}"][method]["responses"]["200"]
    described = content["content"]["application/json"]["schema"]["anyOf"][1]
    resource = Resource.from_contents(schema, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:api", resource)
    absolute = {"$ref": f"urn:api{described['$ref']}"}
    jsonschema.Draft202012Validator(absolute, registry=registry).validate(answer.json())


def validator_of_all(schema: dict[str, Any], described: Any, registry: Any) -> Any:
    """Return a validator of answers without ``fields`` and ``expand``."""
    name = described.get("$ref", "").rsplit("/", 1)[-1]
    page = schema["components"]["schemas"].get(name, {}).get("properties", {})
    items = page.get("results", {}).get("items", {})
    if "anyOf" in items:
        described = {"properties": {"results": {"items": items["anyOf"][0]}}}
    elif "anyOf" in described:
        described = described["anyOf"][0]
    absolute = json.loads(json.dumps(described).replace('"#/', '"urn:api#/'))
    return jsonschema.Draft202012Validator(absolute, registry=registry)


def test_it_is_generated_without_a_warning_and_valid() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_it_is_openapi_3_1(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    assert {"token", "password"} <= set(schema["components"]["securitySchemes"])


def test_answers_are_as_described(
    schema: dict[str, Any],
    api_of: ApiOf,
    integrator: User,
    lead: User,
    settings: SettingsWrapper,
) -> None:
    settings.FETCH_URLS = True
    sender, reviewer = api_of(integrator), api_of(lead)
    received = upload(sender, picture())
    check(schema, received, "post", "/images/")
    check(schema, upload(sender, b"no picture"), "post", "/images/")
    check_sending(schema, sender)
    analysis = received.json()["analysis"]
    check(schema, sender.get(analysis["url"]), "get", "/analyses/{id}/")
    analyze_image.call(analysis["id"])
    check(schema, sender.get(analysis["url"]), "get", "/analyses/{id}/")
    report = sender.get(f"/api/v1/reports/{analysis['id']}/")
    check(schema, report, "get", "/reports/{id}/")
    check(schema, sender.get(received.json()["url"]), "get", "/images/{id}/")
    arrivals = sender.get(f"{received.json()['url']}submissions/")
    check(schema, arrivals, "get", "/images/{image}/submissions/")
    check(schema, sender.get(IMAGES), "get", "/images/")
    check(schema, sender.get(f"{IMAGES}?no=1"), "get", "/images/")
    check(schema, sender.get("/api/v1/analyses/"), "get", "/analyses/")
    check(schema, sender.get("/api/v1/cases/"), "get", "/cases/")

    case = f"/api/v1/cases/{make_case().pk}/"
    check(schema, reviewer.post(f"{case}claim/"), "post", "/cases/{id}/claim/")
    fake = {"outcome": "fake", "reason": "content_edited"}
    decided_first: Any = None
    for _ in range(2):  # the second one is a conflict
        decided = reviewer.post(f"{case}decide/", fake, format="json")
        check(schema, decided, "post", "/cases/{id}/decide/")
        decided_first = decided if decided.status_code == 201 else decided_first
    undo = f"{decided_first.json()['url']}undo/"
    check(schema, reviewer.post(undo), "post", "/decisions/{id}/undo/")
    said = {"text": "Look at the shadow, @nobody."}
    comments = f"{case}comments/"
    for method, answer in (
        ("post", reviewer.post(comments, said, format="json")),
        ("get", reviewer.get(comments)),
    ):
        check(schema, answer, method, "/cases/{id}/comments/")
    because = {"because": "The sender was asked."}
    for name in ("hold", "resume", "escalate", "skip"):
        answer = reviewer.post(f"{case}{name}/", because, format="json")
        check(schema, answer, "post", f"/cases/{{id}}/{name}/")
    mine = reviewer.post(f"{case}assign/", {"person": lead.username}, format="json")
    check(schema, mine, "post", "/cases/{id}/assign/")
    for _ in range(2):
        make_case()
        taken = reviewer.post("/api/v1/cases/claim-next/")
        check(schema, taken, "post", "/cases/claim-next/")
    check(schema, reviewer.get(case), "get", "/cases/{id}/")
    check(schema, reviewer.get("/api/v1/cases/"), "get", "/cases/")
    check(schema, reviewer.get("/api/v1/decisions/"), "get", "/decisions/")
    check(schema, reviewer.get("/api/v1/policies/"), "get", "/policies/")
    check(schema, reviewer.get("/api/v1/audit/"), "get", "/audit/")
    whole = f"{case}?expand=image,analysis,decision&fields=id,image.analysis,analysis"
    check_chosen(schema, reviewer.get(whole), "get", "/cases/{id}/")
    check(schema, reviewer.get("/api/v1/queues/"), "get", "/queues/")
    check(schema, reviewer.get("/api/v1/"), "get", "/")
    check(schema, reviewer.get("/api/v1/problems/"), "get", "/problems/")


def check_sending(schema: dict[str, Any], sender: TestClient) -> None:
    sent = upload(sender, picture(5)).json()
    analyze_image.call(sent["analysis"]["id"])
    waited = sender.post(f"{IMAGES}?wait=5", {"file": named(picture(5))})
    assert waited.status_code == 200
    check(schema, waited, "post", "/images/")
    batch = {"file": [named(picture(6)), named(b"no picture")]}
    check(schema, sender.post(f"{IMAGES}batch/", batch), "post", "/images/batch/")
    announced = {"byte_size": 9, "sha256": 64 * "0"}
    begun = sender.post("/api/v1/uploads/", announced, format="json")
    check(schema, begun, "post", "/uploads/")
    done = sender.post(begun.json()["complete_url"])
    check(schema, done, "post", "/uploads/{id}/complete/")
    check(schema, sender.get("/api/v1/uploads/"), "get", "/uploads/")
    check(schema, sender.get(begun.json()["url"]), "get", "/uploads/{id}/")
    asked = sender.post(IMAGES, {"url": "https://example.org/a.jpg"}, format="json")
    check(schema, asked, "post", "/images/")
    check(schema, sender.get("/api/v1/fetches/"), "get", "/fetches/")
    check(schema, sender.get(asked.headers["Location"]), "get", "/fetches/{id}/")


def named(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", data, content_type="image/jpeg")


def test_every_post_that_needs_a_sender_takes_a_key(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        post = operations.get("post")
        if post is not None and any(post.get("security", [])):
            names = [one["name"] for one in post["parameters"]]
            assert "Idempotency-Key" in names, path
            assert {"409", "422"} <= set(post["responses"]), path


def test_the_newer_resources_are_as_described(
    schema: dict[str, Any], api_of: ApiOf, lead: User
) -> None:
    reviewer = api_of(lead)
    area = make_area(analysis=make_analysis(), signal="metadata")
    reviewer.get(f"/api/v1/analyses/{area.analysis_id}/")  # an event of the record
    check(schema, reviewer.get("/api/v1/audit/1/"), "get", "/audit/{position}/")
    check(schema, reviewer.get("/api/v1/signals/"), "get", "/signals/")
    check(schema, reviewer.get("/api/v1/evidence/"), "get", "/evidence/")
    check(schema, reviewer.get("/api/v1/models/"), "get", "/models/")
    entry = make_bank_entry()
    check(schema, reviewer.get("/api/v1/banks/"), "get", "/banks/")
    entries = f"/api/v1/banks/{entry.bank_id}/entries/"
    check(schema, reviewer.get(entries), "get", "/banks/{bank}/entries/")
    signal = area.analysis.findings.get()
    shown = reviewer.get(f"/api/v1/signals/{signal.pk}/")
    assert shown.json()["localization"]["rle"] == {"size": [4, 4], "counts": "52203"}
    check(schema, shown, "get", "/signals/{id}/")


def test_the_pages_for_people_stay_within_the_content_policy(
    client: Client, moderator: User
) -> None:
    client.force_login(moderator)
    docs = client.get("/api/v1/docs/")
    script = client.get("/api/v1/docs/?script=")
    listing = client.get(IMAGES, headers={"Accept": "text/html"})

    assert "<style" not in docs.content.decode()
    assert "unsafe-inline" not in docs.headers["Content-Security-Policy"]
    assert script.headers["Content-Type"].startswith("application/javascript")
    policy = listing.headers["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "script-src" not in policy  # the default stands: our own files only
    for page in (docs, listing):
        text = page.content.decode()
        assert 'src="http' not in text
        assert "<script>" not in text
