"""What to send, for each operation that takes a body: shown in Swagger and Redoc."""

from __future__ import annotations

from typing import Any

TOKEN = "0198d1a0-6a5e-7c1b-9c1e-2f6a1a0c7d11"  # noqa: S105 - of a claim
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
CLAIM: dict[str, Any] = {
    "external_id": "claim-17",
    "context": {"order": {"shop": "Bonn"}},
}
ENDPOINT: dict[str, Any] = {
    "url": "https://example.com/hooks/pixelwarden",
    "description": "the claims system",
    "event_types": ["analysis.completed", "case.decided"],
    "filters": {"verdicts": ["fake", "suspicious"]},
    "order_by": "image",
}
# By operation, then by what each one shows.
EXAMPLES: dict[str, dict[str, dict[str, Any]]] = {
    "tokens_create": {"A token for a month": {"days": 30}},
    "images_create": {
        "A picture at an address": {"url": "https://example.com/roof.jpg", **CLAIM}
    },
    "images_batch_create": {
        "Two addresses": {
            "items": [
                {"url": "https://example.com/front.jpg", "external_id": "claim-17/1"},
                {"url": "https://example.com/back.jpg", "external_id": "claim-17/2"},
            ]
        },
        "A finished upload": {"items": [{"upload": TOKEN, **CLAIM}]},
    },
    "uploads_create": {
        "A large photograph": {
            "byte_size": 14_250_113,
            "sha256": SHA256,
            "filename": "roof.jpg",
            **CLAIM,
        }
    },
    "banks_entries_create": {
        "Bytes by their hash": {
            "sha256": SHA256,
            "source": "https://example.com/debunked/17",
            "note": "shared as new since 2019",
            "tags": ["flood"],
        }
    },
    "cases_claim_next_create": {
        "From any queue": {},
        "From one": {"queue": "review"},
    },
    "cases_decide_create": {
        "Fake": {
            "token": TOKEN,
            "outcome": "fake",
            "reason": "content_edited",
            "note": "The roof's hole repeats the chimney's shadow.",
        },
        "Nobody can tell": {"outcome": "cannot_tell", "reason": "quality_too_low"},
    },
    "cases_skip_create": {
        "Somebody else's field": {"token": TOKEN, "because": "needs a geologist"}
    },
    "cases_hold_create": {
        "Until somebody resumes it": {
            "token": TOKEN,
            "because": "the original was asked for",
        }
    },
    "cases_escalate_create": {
        "To a lead": {"token": TOKEN, "because": "may concern the police"}
    },
    "cases_release_create": {"What I hold": {"token": TOKEN}},
    "cases_assign_create": {
        "To somebody": {"person": "moderator"},
        "Back to all": {"person": None},
    },
    "cases_reopen_create": {"New evidence": {"because": "the original turned up"}},
    "cases_comments_create": {"A word to the others": {"text": "See claim 12, too."}},
    "cases_appeals_create": {
        "For a customer": {
            "because": "I took it myself; here is the original.",
            "on_behalf_of": "customer-4711",
            "external_id": "appeal-17",
        }
    },
    "service_accounts_create": {
        "The claims system": {"username": "claims-system", "groups": ["integrator"]}
    },
    "keys_create": {
        "To send pictures and read results": {
            "account": "claims-system",
            "name": "production",
            "scopes": ["images:write", "images:read", "analyses:read"],
            "days": 180,
        }
    },
    "keys_rotate_create": {"A week to change over": {"overlap_hours": 168}},
    "webhooks_endpoints_create": {"Fakes and decisions, in order": ENDPOINT},
    "webhooks_endpoints_update": {"Switched off": {**ENDPOINT, "is_enabled": False}},
    "webhooks_endpoints_rotate_secret_create": {
        "A day to change over": {"overlap_hours": 24}
    },
    "webhooks_deliveries_replay_range": {
        "What failed in an outage": {
            "endpoint": TOKEN,
            "since": "2026-11-27T02:00:00Z",
            "until": "2026-11-27T05:00:00Z",
        }
    },
}


def add_examples(
    result: dict[str, Any],
    generator: Any,
    request: Any,
    public: bool,  # noqa: FBT001 - called so
) -> dict[str, Any]:
    """Put the examples beside the bodies they are of; a hook of drf-spectacular."""
    for operations in result["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            shown = EXAMPLES.get(operation["operationId"])
            if shown and "application/json" in content:
                content["application/json"]["examples"] = {
                    words: {"summary": words, "value": value}
                    for words, value in shown.items()
                }
    return result
