"""What a key can be allowed to do. A closed list: names never change their meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable

# In a table of endpoints, instead of a scope.
PUBLIC = "public"  # whoever asks, with or without a key
ANY_KEY = "any key"  # every key that holds, whatever its scopes
PEOPLE = "people"  # never a key: tokens and sessions of people only


class Scope(models.TextChoices):
    """One thing a key can be allowed. What its account may not do stays refused."""

    IMAGES_READ = (
        "images:read",
        _("Read images with their newest verdict, and originals"),
    )
    IMAGES_WRITE = "images:write", _("Send images, ask for a new analysis")
    ANALYSES_READ = "analyses:read", _("Read analyses, signals, evidence and reports")
    CASES_READ = "cases:read", _("Read cases with their comments and decisions")
    CASES_WRITE = "cases:write", _("Claim, pass on, hold, assign and comment on cases")
    DECISIONS_READ = "decisions:read", _("Read decisions")
    DECISIONS_WRITE = "decisions:write", _("Decide, take back and reopen")
    APPEALS_READ = "appeals:read", _("Read appeals")
    APPEALS_WRITE = "appeals:write", _("Open appeals")
    POLICIES_READ = "policies:read", _("Read policies")
    QUEUES_READ = "queues:read", _("Read queues")
    BANKS_READ = "banks:read", _("Read banks of known images")
    BANKS_WRITE = "banks:write", _("Change banks of known images")
    WEBHOOKS_MANAGE = "webhooks:manage", _("Manage webhook endpoints, read deliveries")
    EVENTS_READ = "events:read", _("Read the list of events")
    MODELS_READ = "models:read", _("Read which models are installed")
    AUDIT_READ = "audit:read", _("Read the record")
    KEYS_MANAGE = (
        "keys:manage",
        _("Manage keys and service accounts, never above itself"),
    )


def in_order(scopes: Iterable[str]) -> list[str]:
    """Return scopes once each, in the order of the list above."""
    wanted = set(scopes)
    return [scope for scope in Scope.values if scope in wanted]


def unknown(scopes: Iterable[str]) -> list[str]:
    """Return what is no scope."""
    return sorted(set(scopes) - set(Scope.values))
