"""Fields of this app's serializers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from moderation.models import Priority

# Words outside, sortable numbers inside.
PRIORITY_WORDS = {int(p): p.name.lower() for p in Priority}


@extend_schema_field(serializers.ChoiceField([(w, w) for w in PRIORITY_WORDS.values()]))
class PriorityField(serializers.Field[Any, Any, str, Any]):
    """How urgent, as a word."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: int) -> str:
        """Return the word."""
        return PRIORITY_WORDS[value]
