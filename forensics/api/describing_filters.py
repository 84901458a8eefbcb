"""What the description says of filters and bodies, beyond what the generator sees."""

from __future__ import annotations

from typing import Any

from django.forms import IntegerField
from drf_spectacular.contrib.django_filters import DjangoFilterExtension
from drf_spectacular.extensions import OpenApiSerializerExtension

LIMITS = {"min_value": "minimum", "max_value": "maximum", "max_length": "maxLength"}


class LimitedFilters(DjangoFilterExtension):  # type: ignore[no-untyped-call]
    """Filters with the limits that they hold their values to."""

    target_class = "forensics.api.filters.StrictFilterBackend"
    priority = 1

    def resolve_filter_field(self, *args: Any) -> list[dict[str, Any]]:
        """Return the parameters of one filter, with its limits."""
        found: list[dict[str, Any]] = super().resolve_filter_field(*args)  # type: ignore[no-untyped-call]
        asked = args[-1]
        for one in found:
            schema = one["schema"]
            if asked.field_class is IntegerField:
                schema["type"] = "integer"
                schema.pop("format", None)
            for name, word in LIMITS.items():
                if asked.extra.get(name) is not None:
                    schema[word] = asked.extra[name]
        return found


class StrictBodies(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Bodies that take no name but those that are described."""

    target_class = "accounts.api.strict.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """Return the schema; of a request, a closed one."""
        schema: dict[str, Any] = auto_schema._map_serializer(  # noqa: SLF001 - as its docs have it
            self.target, direction, bypass_extensions=True
        )
        if direction == "request":
            schema["additionalProperties"] = False
        return schema
