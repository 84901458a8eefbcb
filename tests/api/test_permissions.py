"""One table: every endpoint, and what it answers to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from accounts.keys.services import KeyPlan, create_key, create_service_account
from forensics.models import Fetch
from forensics.sending import NOTHING
from forensics.services.uploads import begin_upload
from moderation.models import AuditEvent, Delivery
from moderation.services import decide_case, open_appeal
from moderation.services.endpoints import Wish, create_endpoint
from moderation.services.publishing import publish_events
from tests.api.helpers import picture
from tests.factories import (
    make_analysis,
    make_area,
    make_bank_entry,
    make_case,
    make_image,
    make_user,
)
from tests.moderation.checks import decided as decided_for_good

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db

WHO = (
    "anonymous",
    "nobody",
    "integrator",
    "rival",
    "moderator",
    "lead",
    "administrator",
    "auditor",
)
# Answers in the order of WHO. The integrator sent the image in, the rival did not.
#                                            anon nob int riv mod lead adm aud
BANKS = (401, 403, 403, 403, 200, 200, 200, 200)
TABLE = [
    ("GET", "/", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/deprecations/", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/problems/", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/problems/invalid/", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/schema/", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/docs/", (200, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/nowhere/", (404, 404, 404, 404, 404, 404, 404, 404)),
    ("GET", "/images/", (401, 200, 200, 200, 200, 200, 200, 200)),
    ("POST", "/images/", (401, 403, 202, 202, 202, 202, 202, 403)),
    ("POST", "/images/batch/", (401, 403, 207, 207, 207, 207, 207, 403)),
    ("GET", "/uploads/", (401, 200, 200, 200, 200, 200, 200, 200)),
    ("POST", "/uploads/", (401, 403, 201, 201, 201, 201, 201, 403)),
    # One's own, whoever else may see images.
    ("GET", "/uploads/{upload}/", (401, 404, 200, 404, 404, 404, 404, 404)),
    ("POST", "/uploads/{upload}/complete/", (401, 403, 409, 404, 404, 404, 404, 403)),
    # The signed address is the key; nobody needs another.
    ("PUT", "/uploads/{upload}/content/", (403, 403, 403, 403, 403, 403, 403, 403)),
    ("GET", "/fetches/", (401, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/fetches/{fetch}/", (401, 404, 200, 404, 404, 404, 404, 404)),
    ("GET", "/images/{image}/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/images/{image}/original/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("POST", "/images/{image}/reanalyze/", (401, 403, 403, 403, 403, 202, 202, 403)),
    ("GET", "/images/{image}/analyses/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/images/{image}/submissions/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/analyses/{analysis}/mask/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/signals/", (401, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/signals/{signal}/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/evidence/", (401, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/models/", (401, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/models/fusion/1.0.0/", (401, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/banks/", BANKS),
    ("GET", "/banks/{bank}/", BANKS),
    ("GET", "/banks/{bank}/entries/", BANKS),
    ("POST", "/banks/{bank}/entries/", (401, 403, 403, 403, 403, 201, 201, 403)),
    ("GET", "/banks/{bank}/entries/{entry}/", BANKS),
    (
        "DELETE",
        "/banks/{bank}/entries/{entry}/",
        (401, 403, 403, 403, 403, 204, 204, 403),
    ),
    ("GET", "/analyses/", (401, 200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/analyses/{analysis}/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/evidence/{evidence}/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/evidence/{evidence}/content/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/reports/{analysis}/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/reports/{analysis}/pdf/", (401, 404, 200, 404, 200, 200, 200, 200)),
    ("GET", "/cases/", (401, 403, 403, 403, 200, 200, 200, 200)),
    ("GET", "/cases/{case}/", (401, 403, 403, 403, 200, 200, 200, 200)),
    ("POST", "/cases/{case}/claim/", (401, 403, 403, 403, 200, 200, 200, 403)),
    ("POST", "/cases/{case}/decide/", (401, 403, 403, 403, 201, 201, 201, 403)),
    ("POST", "/cases/{case}/release/", (401, 403, 403, 403, 409, 409, 409, 403)),
    ("POST", "/cases/{decided}/reopen/", (401, 403, 403, 403, 403, 200, 200, 403)),
    ("POST", "/cases/claim-next/", (401, 403, 403, 403, 200, 200, 200, 403)),
    ("POST", "/cases/{case}/skip/", (401, 403, 403, 403, 200, 200, 200, 403)),
    ("POST", "/cases/{case}/hold/", (401, 403, 403, 403, 200, 200, 200, 403)),
    ("POST", "/cases/{case}/resume/", (401, 403, 403, 403, 409, 409, 409, 403)),
    ("POST", "/cases/{case}/escalate/", (401, 403, 403, 403, 200, 200, 200, 403)),
    ("POST", "/cases/{case}/assign/", (401, 403, 403, 403, 200, 200, 200, 403)),
    ("GET", "/cases/{case}/comments/", (401, 403, 403, 403, 200, 200, 200, 200)),
    ("POST", "/cases/{case}/comments/", (401, 403, 403, 403, 201, 201, 201, 403)),
    # Only whoever decided takes it back.
    ("POST", "/decisions/{decision}/undo/", (401, 403, 403, 403, 403, 200, 403, 403)),
    ("POST", "/cases/{final}/appeals/", (401, 403, 201, 404, 403, 201, 201, 403)),
    ("GET", "/appeals/", (401, 403, 200, 200, 200, 200, 200, 200)),
    ("GET", "/appeals/{appeal}/", (401, 403, 404, 404, 200, 200, 200, 200)),
    ("GET", "/decisions/", (401, 403, 403, 403, 200, 200, 200, 200)),
    ("GET", "/decisions/{decision}/", (401, 403, 403, 403, 200, 200, 200, 200)),
    ("GET", "/policies/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("GET", "/policies/1/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("GET", "/policies/1/versions/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("GET", "/policies/1/versions/1/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("GET", "/audit/1/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("GET", "/audit/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("GET", "/queues/", (401, 403, 403, 403, 200, 200, 200, 200)),
    ("GET", "/queues/1/", (401, 403, 403, 403, 200, 200, 200, 200)),
    ("GET", "/events/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("GET", "/webhooks/endpoints/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("POST", "/webhooks/endpoints/", (401, 403, 403, 403, 403, 201, 201, 403)),
    ("GET", "/webhooks/endpoints/{webhook}/", (401, 403, 403, 403, 403, 200, 200, 200)),
    ("PUT", "/webhooks/endpoints/{webhook}/", (401, 403, 403, 403, 403, 400, 400, 403)),
    (
        "DELETE",
        "/webhooks/endpoints/{webhook}/",
        (401, 403, 403, 403, 403, 204, 204, 403),
    ),
    (
        "POST",
        "/webhooks/endpoints/{webhook}/test/",
        (401, 403, 403, 403, 403, 202, 202, 403),
    ),
    (
        "POST",
        "/webhooks/endpoints/{webhook}/rotate-secret/",
        (401, 403, 403, 403, 403, 200, 200, 403),
    ),
    ("GET", "/webhooks/deliveries/", (401, 403, 403, 403, 403, 200, 200, 200)),
    (
        "GET",
        "/webhooks/deliveries/{delivery}/",
        (401, 403, 403, 403, 403, 200, 200, 200),
    ),
    (
        "POST",
        "/webhooks/deliveries/{delivery}/replay/",
        (401, 403, 403, 403, 403, 202, 202, 403),
    ),
    ("POST", "/webhooks/deliveries/replay/", (401, 403, 403, 403, 403, 400, 400, 403)),
    ("GET", "/keys/", (401, 403, 403, 403, 403, 200, 200, 403)),
    ("POST", "/keys/", (401, 403, 403, 403, 403, 201, 201, 403)),
    ("GET", "/keys/{key}/", (401, 403, 403, 403, 403, 200, 200, 403)),
    ("POST", "/keys/{key}/rotate/", (401, 403, 403, 403, 403, 200, 200, 403)),
    ("POST", "/keys/{key}/revoke/", (401, 403, 403, 403, 403, 200, 200, 403)),
    ("GET", "/service-accounts/", (401, 403, 403, 403, 403, 200, 200, 403)),
    ("POST", "/service-accounts/", (401, 403, 403, 403, 403, 201, 201, 403)),
    ("GET", "/keys/current/", (401, 404, 404, 404, 404, 404, 404, 404)),
    # A token cannot make another one; it can end itself.
    ("POST", "/auth/tokens/", (401, 401, 401, 401, 401, 401, 401, 401)),
    ("DELETE", "/auth/tokens/current/", (401, 204, 204, 204, 204, 204, 204, 204)),
]
FIELDS: dict[str, Callable[[], dict[str, Any]]] = {
    "/webhooks/endpoints/": lambda: {"url": "https://hooks.example.org/"},
    "/images/": lambda: {"file": SimpleUploadedFile("new.jpg", picture(9))},
    "/images/batch/": lambda: {"file": SimpleUploadedFile("new.jpg", picture(8))},
    "/uploads/": lambda: {"byte_size": 100, "sha256": 64 * "0"},
    "/keys/": lambda: {"account": "shop", "name": "A", "scopes": ["images:write"]},
    "/service-accounts/": lambda: {"username": "another"},
    "/cases/{case}/decide/": lambda: {"outcome": "fake", "reason": "content_edited"},
    "/banks/{bank}/entries/": lambda: {"sha256": "0" * 64},
    "/cases/{case}/skip/": lambda: {"because": "I know the sender."},
    "/cases/{case}/hold/": lambda: {"because": "The sender was asked."},
    "/cases/{case}/escalate/": lambda: {"because": "I am not sure."},
    "/cases/{case}/assign/": lambda: {"person": "moderator"},
    "/cases/{case}/comments/": lambda: {"text": "Look at the shadow."},
    "/cases/{final}/appeals/": lambda: {"because": "We have the raw file."},
    "/cases/{decided}/reopen/": lambda: {"because": "New facts."},
}


@pytest.fixture
def people() -> dict[str, User | None]:
    groups = {name: [name] for name in WHO} | {"nobody": [], "rival": ["integrator"]}
    return {"anonymous": None} | {
        name: make_user(*groups[name], username=name) for name in WHO[1:]
    }


@pytest.fixture
def ids(people: dict[str, User | None]) -> dict[str, str]:
    analysis = make_analysis(image=make_image(submitted_by=people["integrator"]))
    case, decided = make_case(analysis=analysis), make_case()
    lead = people["lead"]
    assert lead is not None
    sent = make_image(submitted_by=people["integrator"])
    final = decided_for_good(lead, analysis=make_analysis(image=sent))
    appealed = decided_for_good(lead)
    appeal = open_appeal(case_id=appealed.pk, actor=lead, because="Look again.")
    decision = decide_case(
        case_id=decided.pk, actor=lead, outcome="fake", reason="content_edited"
    )
    endpoint, _ = create_endpoint(wish=Wish(url="https://a.example/"), actor=lead)
    publish_events()
    sender = people["integrator"]
    assert sender is not None
    upload = begin_upload(
        byte_size=9, sha256=64 * "0", original_name="", said=NOTHING, sent_by=sender
    )
    fetch = Fetch.objects.create(
        organization=sender.organization, sent_by=sender, url="https://example.org/"
    )
    make_area(analysis=analysis)
    entry = make_bank_entry()
    account = create_service_account(actor=lead, username="shop")
    plan = KeyPlan(name="Uploads", scopes=["images:write"])
    issued = create_key(actor=lead, account=account, plan=plan)
    return {
        "upload": str(upload.pk),
        "fetch": str(fetch.pk),
        "webhook": str(endpoint.pk),
        "delivery": str(Delivery.objects.values_list("pk", flat=True)[0]),
        "key": str(issued.key.pk),
        "final": str(final.pk),
        "appeal": str(appeal.pk),
        "image": str(analysis.image_id),
        "analysis": str(analysis.pk),
        "signal": str(analysis.findings.get().pk),
        "bank": str(entry.bank_id),
        "entry": str(entry.pk),
        "evidence": str(analysis.evidence_files.get(kind="thumbnail").pk),
        "case": str(case.pk),
        "decided": str(decided.pk),
        "decision": str(decision.pk),
    }


@pytest.mark.parametrize(("method", "path", "expected"), TABLE)
def test_every_endpoint_answers_each_group_as_the_table_says(
    api_of: ApiOf,
    people: dict[str, User | None],
    ids: dict[str, str],
    *,
    method: str,
    path: str,
    expected: tuple[int, ...],
) -> None:
    answers = {}
    for who in WHO:
        fields = FIELDS.get(path, dict)() if method == "POST" else {}
        before = transaction.savepoint()
        answer = api_of(people[who]).generic_send(method, path.format(**ids), fields)
        transaction.savepoint_rollback(before)
        answers[who] = answer.status_code
        assert answer.status_code != 401 or answer.headers["WWW-Authenticate"]

    assert answers == dict(zip(WHO, expected, strict=True))


def test_the_table_names_every_endpoint_of_the_schema(api_of: ApiOf) -> None:
    schema = api_of(None).get("/api/v1/schema/", HTTP_ACCEPT="application/json").json()
    described = {
        (method.upper(), _shape(path.removeprefix("/api/v1")))
        for path, methods in schema["paths"].items()
        for method in methods
    }

    assert described <= {(method, _shape(path)) for method, path, _ in TABLE}


def _shape(path: str) -> str:
    path = path.replace("/models/fusion/1.0.0/", "/models/{}/{}/")
    parts = path.replace("/1/", "/{}/").replace("/problems/invalid/", "/problems/{}/")
    return "/".join("{}" if part.startswith("{") else part for part in parts.split("/"))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/images/{image}/", "/cases/{case}/", "/decisions/{decision}/"]
)
def test_nothing_can_be_overwritten_or_deleted(
    api_of: ApiOf,
    people: dict[str, User | None],
    ids: dict[str, str],
    method: str,
    path: str,
) -> None:
    answer = api_of(people["administrator"]).generic_send(
        method, path.format(**ids), {}
    )

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert answer.json()["code"] == "method_not_allowed"


def test_a_reader_changes_nothing_but_the_record_of_what_was_read(
    api_of: ApiOf, people: dict[str, User | None], ids: dict[str, str]
) -> None:
    client = api_of(people["administrator"])
    before = _counts()
    for method, path, _ in TABLE:
        if method == "GET":
            client.generic_send(method, path.format(**ids), {})

    assert _counts() == before


def _counts() -> dict[str, int]:
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model is not AuditEvent
        and model._meta.app_label in {"forensics", "moderation", "accounts"}
    }
