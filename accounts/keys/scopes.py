"""What a key can be allowed to do. A closed list: names never change their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from collections.abc import Iterable

# In a table of endpoints, instead of a scope.
PUBLIC = "public"  # whoever asks, with or without a key
ANY_KEY = "any key"  # every key that holds, whatever its scopes
PEOPLE = "people"  # never a key: tokens and sessions of people only


class Scope(models.TextChoices):
    """One thing a key can be allowed. What its account may not do stays refused."""

    IMAGES_READ = "images:read", "Read images and originals"
    IMAGES_WRITE = "images:write", "Send images, ask for a new analysis"
    ANALYSES_READ = "analyses:read", "Read analyses, signals, evidence and reports"
    CASES_READ = "cases:read", "Read cases and their comments"
    CASES_WRITE = "cases:write", "Claim, pass on, hold, assign and comment on cases"
    DECISIONS_READ = "decisions:read", "Read decisions"
    DECISIONS_WRITE = "decisions:write", "Decide, take back and reopen"
    APPEALS_READ = "appeals:read", "Read appeals"
    APPEALS_WRITE = "appeals:write", "Open appeals"
    POLICIES_READ = "policies:read", "Read policies"
    QUEUES_READ = "queues:read", "Read queues"
    BANKS_READ = "banks:read", "Read banks of known images"
    BANKS_WRITE = "banks:write", "Change banks of known images"
    WEBHOOKS_MANAGE = "webhooks:manage", "Manage webhook endpoints, read deliveries"
    EVENTS_READ = "events:read", "Read the list of events"
    MODELS_READ = "models:read", "Read which models are installed"
    AUDIT_READ = "audit:read", "Read the record"
    KEYS_MANAGE = "keys:manage", "Manage keys and service accounts, never above itself"


def in_order(scopes: Iterable[str]) -> list[str]:
    """Return scopes once each, in the order of the list above."""
    wanted = set(scopes)
    return [scope for scope in Scope.values if scope in wanted]


def unknown(scopes: Iterable[str]) -> list[str]:
    """Return what is no scope."""
    return sorted(set(scopes) - set(Scope.values))
