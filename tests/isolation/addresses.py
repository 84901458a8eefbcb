"""Every address of the project, filled with one organization's keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from tests.isolation.worlds import NOBODYS, NOBODYS_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Whose key a part of an address is.
PARTS = {
    "evidence_id": "evidence",
    "pyramid_id": "pyramid",
    "image_id": "image",
    "change_id": "change",
    "view_id": "view",
    "case_id": "case",
    "policy_id": "policy",
    "policy": "policy",
    "backtest_id": "backtest",
    "analysis_id": "analysis",
    "decision_id": "decision",
    "slug": "slug",
    "endpoint_id": "endpoint",
    "delivery_id": "delivery",
    "key_id": "key",
    "image": "image",
    "bank": "bank",
}
# Parts that name no row: any value will do.
VALUES = {
    "number": "1",
    "level": "0",
    "column": "0",
    "row": "0",
    "state": "live",
    "list_name": "cases",
    "app_label": "moderation",
    "content_type_id": "",  # filled in by each world
    "name": "ela-cnn",
    "version": "1",
    "position": "987654321",
    "provider_id": "oidc",
    "code": "not_found",
    "url": "nothing-here",
}
# Of the API, by what stands before the key.
OF_API = {
    "images": "image",
    "analyses": "analysis",
    "evidence": "evidence",
    "cases": "case",
    "decisions": "decision",
    "policies": "policy",
    "queues": "queue",
    "reports": "analysis",
    "appeals": "appeal",
    "keys": "key",
    "uploads": "upload",
    "fetches": "fetch",
    "signals": "finding",
    "endpoints": "endpoint",
    "deliveries": "delivery",
    "banks": "bank",
    "entries": "bankentry",
}
# Tables of the installation, of which no organization has rows of its own.
EVERYBODYS = {"group", "worker", "dbtaskresult"}
_PART = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True)
class Address:
    """A pattern of the project, such as ``cases/<uuid:case_id>/claim/``."""

    pattern: str

    @property
    def parts(self) -> list[str]:
        """Return the names in it."""
        return [
            *_GROUP.findall(self.pattern),
            *_PART.findall(_GROUP.sub("", self.pattern)),
        ]

    @property
    def kinds(self) -> dict[str, str]:
        """Return whose key each part is; an unknown part is a KeyError."""
        return {part: self._kind(part) for part in self.parts if part not in VALUES}

    def filled(self, keys: Mapping[str, Any]) -> str:
        """Return the address with these keys."""
        values = VALUES | {"content_type_id": str(keys["contenttype"])}
        values |= {part: str(keys[kind]) for part, kind in self.kinds.items()}

        def value(found: re.Match[str]) -> str:
            return values[found[1]]

        text = _PART.sub(value, _GROUP.sub(value, self.pattern))
        return "/" + text.replace("^", "").replace("$", "").replace("\\", "")

    def _kind(self, part: str) -> str:
        if part in PARTS:
            return PARTS[part]
        words = self.pattern.split("/")
        kind = "uuid" if "<uuid:pk>" in words else "int"
        if words[:2] == ["api", "v1"] and part == "pk":
            return OF_API[words[words.index(f"<{kind}:pk>") - 1]]
        if words[:2] == ["settings", "sign-in"]:
            return "authenticator"
        if words[0] == "admin" and part in {"object_id", "id"}:
            kind = "case" if words[1] == "r" else words[2]
            return {"webhookendpoint": "endpoint", "apikey": "key"}.get(kind, kind)
        raise KeyError(f"{self.pattern}: whose key is {part}? Say so here.")


def addresses() -> list[Address]:
    """Return every address that the resolver knows."""
    return [Address(pattern) for pattern in _patterns(get_resolver(), "")]


def _patterns(resolver: Any, before: str) -> Iterator[str]:
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _patterns(one, pattern)
        else:
            yield pattern


def nobodys(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys of the same kinds that no row has."""
    return {
        name: NOBODYS
        if isinstance(key, UUID)
        else "no-such-row"
        if isinstance(key, str)
        else key
        if name == "contenttype"
        else NOBODYS_NUMBER
        for name, key in keys.items()
    }
