"""Every address of the project, and whose ids it takes. A new one is in no table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.urls import URLResolver, get_resolver

from tests.isolation.world import World

Ids = dict[str, Any]
NOBODY = UUID("01900000-0000-7000-8000-000000000000")
NO_NUMBER, NO_WORD = 987654321, "no-such-word"

# --- Addresses with ids: which row's, by the name of the argument -------------------
ARGUMENTS: Mapping[str, str] = {
    "image_id": "image",
    "evidence_id": "evidence",
    "pyramid_id": "tiles",
    "case_id": "case",
    "change_id": "bulk",
    "view_id": "view",
    "analysis_id": "analysis",
    "decision_id": "decision",
    "policy_id": "policy",
    "backtest_id": "backtest",
}
FIXED: Mapping[str, Any] = {
    "level": 0,
    "column": 0,
    "row": 0,
    "number": 1,
    "state": "live",
}
# The API and the admin name every id alike: the row is told by the address' name.
API: Mapping[str, str] = {
    "image": "image",
    "analysis": "analysis",
    "evidence": "evidence",
    "case": "case",
    "decision": "decision",
    "policy": "policy",
    "queue": "queue",
    "report": "analysis",
    "appeal": "appeal",
}
ADMIN: Mapping[str, str] = {
    "accounts_user": "user",
    "accounts_organization": "organization",
    "forensics_analysis": "analysis",
    "forensics_finding": "finding",
    "forensics_bank": "bank",
    "forensics_bankentry": "entry",
    "forensics_image": "image",
    "moderation_case": "case",
    "moderation_policy": "policy",
    "moderation_goldenanswer": "golden",
    "moderation_appeal": "appeal",
    "moderation_queue": "queue",
    "moderation_decision": "decision",
    "moderation_auditevent": "event",
    "knox_authtoken": "token",
}

# --- Addresses about nobody: the same for all -----------------------------------------
OF_THE_INSTALLATION = frozenset(
    {
        "admin:auth_group_history",
        "admin:auth_group_delete",
        "admin:auth_group_change",
        "admin:forensics_worker_history",
        "admin:forensics_worker_delete",
        "admin:forensics_worker_change",
        # Only a superuser's, where several organizations are.
        "admin:django_tasks_database_dbtaskresult_history",
        "admin:django_tasks_database_dbtaskresult_delete",
        "admin:django_tasks_database_dbtaskresult_change",
        "admin:app_list",
        "api:problem-detail",
        "moderation:export",  # the name of a list
        "moderation:view-save",
    }
)
# Redirects to the page with a longer address, or answers that there is none.
NAMELESS = frozenset({"admin:", "api:", ""})

# --- Addresses without ids ------------------------------------------------------------
NEVER_ABOUT_ROWS = frozenset(
    {
        "login",
        "logout",
        "words",
        "javascript-catalog",
        "health",
        "settings-keyboard",
        "api:root",
        "api:problem-list",
        "api:schema",
        "api:docs",
        "api:token-list",
        "api:token-current",
        "admin:login",
        "admin:logout",
        "admin:jsi18n",
        "admin:password_change",
        "admin:password_change_done",
    }
)


def every_address() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield each address' name with the names of its arguments."""
    seen = set()
    for name, arguments in _walk(get_resolver()):
        if name not in seen:
            seen.add(name)
            yield name, arguments


def _walk(resolver: URLResolver, *spaces: str) -> Iterator[tuple[str, frozenset[str]]]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            inner = (*spaces, one.namespace) if one.namespace else spaces
            yield from _walk(one, *inner)
        else:
            arguments = frozenset(one.pattern.regex.groupindex)
            if not arguments and hasattr(one.pattern, "converters"):
                arguments = frozenset(one.pattern.converters)
            yield ":".join([*spaces, one.name or ""]), arguments


def ids_of(name: str, arguments: frozenset[str], world: World) -> Ids | None:
    """Return an organization's own ids for an address; None if it is in no table."""
    return _filled(name, arguments, lambda row: world.rows[row].pk, world.word)


def ids_of_nobody(name: str, arguments: frozenset[str], world: World) -> Ids:
    """Return ids of the same form that nothing has."""

    def nothing(row: str) -> Any:
        return NOBODY if isinstance(world.rows[row].pk, UUID) else NO_NUMBER

    found = _filled(name, arguments, nothing, NO_WORD)
    assert found is not None
    return found


def _filled(
    name: str, arguments: frozenset[str], key_of: Callable[[str], Any], word: str
) -> Ids | None:
    space, _colon, rest = name.partition(":")
    found: Ids = {}
    for one in arguments:
        if one in FIXED:
            found[one] = FIXED[one]
        elif one in ARGUMENTS:
            found[one] = key_of(ARGUMENTS[one])
        elif one == "slug" and rest.startswith("queue-"):
            found[one] = word
        elif (row := _row_of(space, rest, one)) is not None:
            found[one] = key_of(row)
        else:
            return None
    return found


def _row_of(space: str, rest: str, argument: str) -> str | None:
    if space == "api" and argument == "pk":
        return API.get(rest.partition("-")[0])
    if space == "admin" and argument == "id" and rest.endswith("_password_change"):
        return "user"
    if space == "admin" and argument == "object_id":
        return ADMIN.get(rest.rpartition("_")[0])
    return None
