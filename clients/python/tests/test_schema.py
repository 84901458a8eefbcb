"""The client speaks of all that the server's own description speaks of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from pixelwarden import AsyncClient, Client, Item, resources, words
from pixelwarden.calls import Listing
from pixelwarden.decoding import Resource, Word, hints_of
from pixelwarden.protocol import Answer, Request, Work

pytestmark = pytest.mark.processes
NOW = datetime(2026, 11, 26, tzinfo=UTC)

# Where one class stands for several shapes, or has another name.
SHAPES = {
    "Analysis": ("Analysis", "AnalysisSummary"),
    "Batch": ("BatchResult",),
    "BatchItem": ("BatchAnswer",),
    "Case": ("Case", "CaseSummary", "ClaimedCase"),
    "Comment": ("Comment", "Commented"),
    "Delivery": ("Delivery", "DeliveryDetail"),
    "Evidence": ("Evidence", "EvidenceDetail"),
    "Image": ("Image", "ReceivedImage", "AnsweredImage"),
    "NewEndpoint": ("EndpointWithSecret",),
    "Policy": ("Policy", "PolicySummary"),
    "Signal": ("Signal", "SignalSummary", "SignalDetail"),
    "StoredModel": ("StoredModel", "ModelWithCard"),
    "Upload": ("Upload", "BegunUpload"),
}
WORDS = {
    "BankPurpose": "PurposeEnum",
    "DisabledBecause": "DisabledBecauseEnum",
    "Integrity": "IntegrityEnum",
    "OrderKey": "OrderByEnum",
    "PolicyAction": "ActionEnum",
    "Priority": "PriorityEnum",
    "QueueOrder": "OrderEnum",
    "Resolution": "ResolutionEnum",
    "Scope": "ScopesEnum",
    "Trust": "TrustEnum",
}
# Inside of others, without a name there.
UNNAMED = {"ImagesSent"}

# Which method carries an operation out, with which arguments; named ones last.
METHODS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "analyses_list": ("analyses", ()),
    "analyses_mask_retrieve": ("mask", ("1",)),
    "analyses_retrieve": ("analysis", ("1",)),
    "appeals_list": ("appeals", ()),
    "appeals_retrieve": ("get_appeal", ("1",)),
    "audit_list": ("audit", ()),
    "audit_retrieve": ("audit_event", (1,)),
    "banks_entries_create": ("add_bank_entry", (1,)),
    "banks_entries_destroy": ("delete_bank_entry", (1, "1")),
    "banks_entries_list": ("bank_entries", (1,)),
    "banks_entries_retrieve": ("bank_entry", (1, "1")),
    "banks_list": ("banks", ()),
    "banks_retrieve": ("bank", (1,)),
    "cases_appeals_create": ("appeal", ("1", "Look again.")),
    "cases_assign_create": ("assign", ("1", "lead")),
    "cases_claim_create": ("claim", ("1",)),
    "cases_claim_next_create": ("claim_next", ()),
    "cases_comments_create": ("comment", ("1", "Odd.")),
    "cases_comments_list": ("comments", ("1",)),
    "cases_decide_create": ("decide", ("1", "fake", "other")),
    "cases_escalate_create": ("escalate", ("1", "Odd.")),
    "cases_hold_create": ("hold", ("1", "Odd.")),
    "cases_list": ("cases", ()),
    "cases_release_create": ("release", ("1",)),
    "cases_reopen_create": ("reopen", ("1", "Odd.")),
    "cases_resume_create": ("resume", ("1",)),
    "cases_retrieve": ("case", ("1",)),
    "cases_skip_create": ("skip", ("1", "Odd.")),
    "decisions_list": ("decisions", ()),
    "decisions_retrieve": ("decision", ("1",)),
    "decisions_undo_create": ("undo", ("1",)),
    "events_list": ("events", ()),
    "evidence_content_retrieve": ("evidence_content", ("1",)),
    "evidence_list": ("evidence_files", ()),
    "evidence_retrieve": ("evidence", ("1",)),
    "fetches_list": ("fetches", ()),
    "fetches_retrieve": ("fetch", ("1",)),
    "images_analyses_list": ("image_analyses", ("1",)),
    "images_batch_create": ("send_batch", ([Item(picture=b"a")],)),
    "images_create": ("send", (b"a",)),
    "images_list": ("images", ()),
    "images_original_retrieve": ("original", ("1",)),
    "images_reanalyze_create": ("reanalyze", ("1",)),
    "images_retrieve": ("image", ("1",)),
    "images_submissions_list": ("image_submissions", ("1",)),
    "keys_create": ("create_key", ("shop", "Uploads", ["images:write"])),
    "keys_current_retrieve": ("current_key", ()),
    "keys_list": ("keys", ()),
    "keys_retrieve": ("key", ("1",)),
    "keys_revoke_create": ("revoke_key", ("1",)),
    "keys_rotate_create": ("rotate_key", ("1",)),
    "models_list": ("models", ()),
    "models_retrieve": ("model", ("ela-cnn", "1.0")),
    "policies_list": ("policies", ()),
    "policies_retrieve": ("policy", (1,)),
    "policies_versions_list": ("policy_versions", (1,)),
    "policies_versions_retrieve": ("policy_version", (1, 2)),
    "problems_list": ("problem_types", ()),
    "problems_retrieve": ("problem_type", ("invalid",)),
    "queues_list": ("queues", ()),
    "queues_retrieve": ("queue", (1,)),
    "reports_pdf_retrieve": ("report_pdf", ("1",)),
    "reports_retrieve": ("report", ("1",)),
    "service_accounts_create": ("create_service_account", ("shop",)),
    "service_accounts_list": ("service_accounts", ()),
    "signals_list": ("signals", ()),
    "signals_retrieve": ("signal", ("1",)),
    "tokens_current_destroy": ("end_token", ()),
    "uploads_complete_create": ("complete_upload", ("1",)),
    "uploads_create": ("begin_upload", (9, "0" * 64)),
    "uploads_list": ("uploads", ()),
    "uploads_retrieve": ("upload", ("1",)),
    "webhooks_deliveries_list": ("deliveries", ()),
    "webhooks_deliveries_replay_one": ("replay_delivery", ("1",)),
    "webhooks_deliveries_replay_range": (
        "replay_deliveries",
        ("1", {"since": NOW, "until": NOW}),
    ),
    "webhooks_deliveries_retrieve": ("delivery", ("1",)),
    "webhooks_endpoints_create": ("create_endpoint", ("https://a.example",)),
    "webhooks_endpoints_destroy": ("delete_endpoint", ("1",)),
    "webhooks_endpoints_list": ("endpoints", ()),
    "webhooks_endpoints_retrieve": ("endpoint", ("1",)),
    "webhooks_endpoints_rotate_secret_create": ("rotate_endpoint_secret", ("1",)),
    "webhooks_endpoints_test_create": ("send_test_event", ("1",)),
    "webhooks_endpoints_update": ("update_endpoint", ("1",)),
}
WITHOUT = {
    "deprecations_list": 'for monitors; `request("GET", "deprecations/")` reads it',
    "root": "names the lists, which the methods know",
    "tokens_create": "takes a person's password, which no program should have",
    "uploads_content_update": "a signed address, with no key: `send(direct=True)` puts",
}
# What no single operation is behind.
BESIDE = {
    *("send_url", "send_folder", "wait_for_result", "watch"),
    *("request", "listing", "carry_out", "close", "aclose"),
}


@pytest.fixture(scope="module")
def api(server: Any, key_of: Any) -> dict[str, Any]:
    with Client(server.url, key_of("moderator")) as client:
        found: dict[str, Any] = client.request(
            "GET", "schema/", params={"format": "json"}
        )
    return found


@pytest.fixture(scope="module")
def schemas(api: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = api["components"]["schemas"]
    return found


def of_kind(base: type) -> list[type]:
    return [
        kind
        for kind in (vars(resources) | vars(words)).values()
        if isinstance(kind, type)
        and issubclass(kind, base)
        and kind is not base
        # What events are about, the description leaves open: see test_events.
        and (kind.__module__ != resources.Event.__module__ or kind is resources.Event)
        and kind.__name__ not in UNNAMED
    ]


@pytest.mark.parametrize("kind", of_kind(Resource), ids=lambda kind: kind.__name__)
def test_members_are_those_of_the_server(kind: type, schemas: dict[str, Any]) -> None:
    names = SHAPES.get(kind.__name__, (kind.__name__,))
    sent = {member for name in names for member in schemas[name]["properties"]}
    assert set(hints_of(kind)) == sent


@pytest.mark.parametrize("kind", of_kind(Word), ids=lambda kind: kind.__name__)
def test_words_are_those_of_the_server(
    kind: type[Word], schemas: dict[str, Any]
) -> None:
    name = WORDS.get(kind.__name__, kind.__name__)
    assert {str(word) for word in kind} == set(schemas[name]["enum"])


def operations(api: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        operation["operationId"]: (method.upper(), path)
        for path, methods in api["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    }


def test_every_operation_has_a_method_or_a_reason(api: dict[str, Any]) -> None:
    assert set(operations(api)) == set(METHODS) | set(WITHOUT)
    public = {name for name in vars(Client) if not name.startswith("_")}
    assert {name for name, _ in METHODS.values()} == public - BESIDE


@pytest.mark.parametrize("operation", METHODS)
@pytest.mark.parametrize("client", [Client, AsyncClient])
def test_a_method_asks_what_it_says(
    api: dict[str, Any], operation: str, client: Any
) -> None:
    name, arguments = METHODS[operation]
    method, template = operations(api)[operation]

    named = arguments[-1] if arguments and isinstance(arguments[-1], dict) else {}
    plain = arguments[:-1] if named else arguments
    asked = requests_of(getattr(client, name)(*plain, **named))

    pattern = re.sub(r"\{\w+\}", "[^/]+", template)
    found = [(one.method, f"/api/v1/{one.path}") for one in asked]
    assert any(m == method and re.fullmatch(pattern, p) for m, p in found), found


def requests_of(described: Any) -> list[Request]:
    """Return what an operation asks, while it is answered with next to nothing."""
    steps = described.page() if isinstance(described, Listing) else described
    asked: list[Request] = []
    answer: Any = None
    try:
        while True:
            step = steps.send(answer)
            if isinstance(step, Work):
                answer = step.run()
                continue
            asked.append(step)
            answer = Answer(200, {}, b'{"results": [], "event": "", "secret": ""}')
    except (StopIteration, KeyError):  # it wants more of the answer: it has asked
        return asked
